"""A second DHCP server."""

import random

from sensors.demo import frames
from sensors.demo.attacks.case import Case
from sensors.demo.cast import LAPTOP, PHONE, ROUTER_IP, ROUTER_MAC, TABLET, Device
from sensors.demo.talk import Frames, join

ROGUE_MAC, ROGUE_IP = "02:52:6f:67:75:65", "192.168.1.66"


def _ask(t: float, device: Device) -> Frames:
    message = frames.dhcp(1, 7, device.mac, hostname=device.name)
    nowhere = "0.0.0.0"  # noqa: S104 (an address in a packet)
    yield t, frames.udp(device.mac, frames.BROADCAST, nowhere, "255.255.255.255", 68, 67, message)


def answer(t: float, device: Device, kind: int, router: str, server: str = ROGUE_IP,
           mac: str = ROGUE_MAC, dns: tuple[str, ...] = ()) -> Frames:  # fmt: skip
    """An offer (2) or ack (5) by a server."""
    message = frames.dhcp(kind, 7, device.mac, yiaddr=device.ip, server=server, router=router, dns=dns)
    yield t, frames.udp(mac, device.mac, server, device.ip, 67, 68, message)


def takes_the_traffic(t: float, rng: random.Random) -> Frames:
    """It answers two devices and names itself as the router."""
    yield from join(t, rng, PHONE)
    for n, device in enumerate((LAPTOP, TABLET)):
        yield from _ask(t + 30 + n, device)
        yield from answer(t + 30.1 + n, device, 2, ROGUE_IP)
        yield from answer(t + 30.2 + n, device, 5, ROGUE_IP)


def to_nobody_here(t: float, rng: random.Random) -> Frames:
    """A plug that is being set up offers an address in its own network to a phone that did not ask here."""
    yield from join(t, rng, PHONE)
    yield from answer(t + 30, LAPTOP, 2, "192.168.0.60", server="192.168.0.60")


def same_answers(t: float, rng: random.Random) -> Frames:
    """A second server that says the same: two routers that stand in for each other."""
    yield from join(t, rng, PHONE)
    yield from _ask(t + 30, LAPTOP)
    yield from answer(t + 30.1, LAPTOP, 2, ROUTER_IP)
    yield from answer(t + 30.2, LAPTOP, 5, ROUTER_IP)


def moved(t: float, rng: random.Random) -> Frames:
    """The router got another address."""
    yield from join(t, rng, PHONE)
    yield from _ask(t + 300, PHONE)
    yield from answer(t + 300.1, PHONE, 5, "192.168.1.254", server="192.168.1.254", mac=ROUTER_MAC)


CASES = (
    Case("rogue-dhcp", "positive", "takes the traffic", takes_the_traffic),
    Case("rogue-dhcp", "near-miss", "offer to nobody here", to_nobody_here),
    Case("rogue-dhcp", "benign", "second server says the same", same_answers),
    Case("rogue-dhcp", "benign", "router with another address", moved),
)
