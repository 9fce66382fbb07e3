"""Who answers for an IPv6 address."""

import random

from sensors.demo import frames
from sensors.demo.attacks.case import Case
from sensors.demo.cast import GUEST, LAPTOP, NAS, ROUTER_MAC
from sensors.demo.talk import Frames, join

ROUTER = "fe80::3ea6:2fff:fe10:2001"


def _answers(t: float, rng: random.Random, rounds: int, pause: float) -> Frames:
    """The router and the guest answer each question for the router's address."""
    yield from join(t, rng, GUEST)
    yield t + 5, frames.router_advertisement(ROUTER_MAC, ROUTER, ["2001:db8:1::"])
    for n in range(rounds):
        yield t + 10 + n * pause, frames.neighbor_advertisement(ROUTER_MAC, ROUTER)
        yield t + 10.1 + n * pause, frames.neighbor_advertisement(GUEST.mac, ROUTER)


def beside_the_router(t: float, rng: random.Random) -> Frames:
    return _answers(t, rng, 4, 20.0)


def three_rounds(t: float, rng: random.Random) -> Frames:
    """One change of hands short of the threshold."""
    return _answers(t, rng, 3, 20.0)


def cable_to_wifi(t: float, rng: random.Random) -> Frames:
    """A laptop takes its address along to another card, and says so several times."""
    yield from join(t, rng, LAPTOP)
    for n in range(10):
        mac = LAPTOP.mac if n < 5 else NAS.mac
        yield t + 10 + n * 10, frames.neighbor_advertisement(mac, "2001:db8:1::23")


CASES = (
    Case("neighbor-spoof", "positive", "beside the router", beside_the_router),
    Case("neighbor-spoof", "near-miss", "three rounds", three_rounds),
    Case("neighbor-spoof", "benign", "from cable to Wi-Fi", cable_to_wifi),
)
