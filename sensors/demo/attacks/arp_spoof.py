"""ARP spoofing: who claims whose address, and how often."""

import random

from sensors.demo import frames
from sensors.demo.attacks.case import Case
from sensors.demo.cast import CAMERA, GUEST, LAPTOP, NAS, PHONE, ROUTER_IP, ROUTER_MAC
from sensors.demo.talk import Frames, join

VIRTUAL_MAC = "00:00:5e:00:01:0a"


def _spoof(t: float, rng: random.Random, times: int, address: str, pause: float = 2.0) -> Frames:
    """The guest tells the phone that an address is his, after asking for both."""
    yield from join(t, rng, PHONE)
    yield from join(t + 3, rng, GUEST)
    for n, (ip, mac) in enumerate(((ROUTER_IP, ROUTER_MAC), (PHONE.ip, PHONE.mac), (NAS.ip, NAS.mac))):
        yield t + 6 + n, frames.arp(1, GUEST.mac, GUEST.ip, "", ip)
        yield t + 6.01 + n, frames.arp(2, mac, ip, GUEST.mac, GUEST.ip)
    for n in range(times):
        yield t + 20 + n * pause, frames.arp(2, GUEST.mac, address, PHONE.mac, PHONE.ip)


def as_the_router(t: float, rng: random.Random) -> Frames:
    return _spoof(t, rng, 10, ROUTER_IP)


def as_the_nas(t: float, rng: random.Random) -> Frames:
    return _spoof(t, rng, 10, NAS.ip)


def two_claims(t: float, rng: random.Random) -> Frames:
    """One claim short of the threshold."""
    return _spoof(t, rng, 2, ROUTER_IP)


def slow_claims(t: float, rng: random.Random) -> Frames:
    """Never three within a minute."""
    return _spoof(t, rng, 8, ROUTER_IP, pause=40.0)


def fail_over(t: float, rng: random.Random) -> Frames:
    """The second of two routers takes over their shared address and tells everybody, five times."""
    yield from join(t, rng, PHONE)
    second = "3c:a6:2f:10:20:02"
    yield t + 10, frames.arp(1, second, "192.168.1.3", "", PHONE.ip)
    for n in range(5):
        yield t + 20 + n, frames.arp(1, second, ROUTER_IP, "", ROUTER_IP)
    for n in range(5):
        yield t + 30 + n, frames.arp(2, VIRTUAL_MAC, ROUTER_IP, PHONE.mac, PHONE.ip)


def new_lease(t: float, rng: random.Random) -> Frames:
    """A camera gives up its factory address, then gets one that the laptop had."""
    for n in range(4):
        yield t + n, frames.arp(2, CAMERA.mac, "192.168.0.20", ROUTER_MAC, ROUTER_IP)
    yield t + 5, frames.arp(1, LAPTOP.mac, CAMERA.ip, "", ROUTER_IP)
    yield from join(t + 10, rng, CAMERA)
    for n in range(6):
        yield t + 15 + n, frames.arp(1, ROUTER_MAC, ROUTER_IP, "", CAMERA.ip)
        yield t + 15.01 + n, frames.arp(2, CAMERA.mac, CAMERA.ip, ROUTER_MAC, ROUTER_IP)


CASES = (
    Case("arp-spoof", "positive", "as the router", as_the_router),
    Case("arp-spoof", "positive", "as the NAS", as_the_nas),
    Case("arp-spoof", "near-miss", "two claims", two_claims),
    Case("arp-spoof", "near-miss", "slow claims", slow_claims),
    Case("arp-spoof", "benign", "fail-over of two routers", fail_over),
    Case("arp-spoof", "benign", "new lease", new_lease),
)
