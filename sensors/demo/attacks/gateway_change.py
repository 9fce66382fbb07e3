"""Another device in the router's place."""

import random

from sensors.demo import frames
from sensors.demo.attacks.case import Case
from sensors.demo.cast import PHONE, ROUTER_IP, ROUTER_MAC
from sensors.demo.talk import Frames, at_home, join, tls

NEW_MAC = "f4:f2:6d:10:20:99"
SERVER = "192.0.2.30"


def _through(t: float, rng: random.Random, mac: str, times: int, pause: float = 60.0) -> Frames:
    """The phone talks to the outside through this MAC."""
    for n in range(times):
        at = t + n * pause
        yield at, frames.arp(2, mac, ROUTER_IP, PHONE.mac, PHONE.ip)
        yield from tls(at + 0.1, rng, at_home(PHONE), (mac, SERVER), "chat.messenger.example", 500, 900)


def replaced(t: float, rng: random.Random) -> Frames:
    yield from join(t, rng, PHONE)
    yield from _through(t + 10, rng, ROUTER_MAC, 5)
    yield from _through(t + 600, rng, NEW_MAC, 8)


def for_four_minutes(t: float, rng: random.Random) -> Frames:
    """Another stands in for less than five minutes."""
    yield from join(t, rng, PHONE)
    yield from _through(t + 10, rng, ROUTER_MAC, 5)
    yield from _through(t + 600, rng, NEW_MAC, 5)
    yield from _through(t + 900, rng, ROUTER_MAC, 8)


def two_routers(t: float, rng: random.Random) -> Frames:
    """Two routers share the work."""
    yield from join(t, rng, PHONE)
    for n in range(12):
        yield from _through(t + 10 + n * 60, rng, (ROUTER_MAC, NEW_MAC)[n % 2], 1)


CASES = (
    Case("gateway-change", "positive", "replaced", replaced),
    Case("gateway-change", "near-miss", "for four minutes", for_four_minutes),
    Case("gateway-change", "benign", "two routers share the work", two_routers),
)
