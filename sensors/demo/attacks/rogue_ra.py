"""Router advertisements by others than the router."""

import random

from sensors.demo import frames
from sensors.demo.attacks.case import Case
from sensors.demo.cast import GUEST, PHONE, ROUTER_MAC, SPEAKER
from sensors.demo.talk import Frames, join

ROUTER, GUEST_IP = "fe80::3ea6:2fff:fe10:2001", "fe80::ac77:21ff:fe45:11e"


def _home(t: float, rng: random.Random) -> Frames:
    yield from join(t, rng, PHONE)
    for n in range(3):
        yield t + 10 + n * 200, frames.router_advertisement(ROUTER_MAC, ROUTER, ["2001:db8:1::"])


def second(t: float, rng: random.Random) -> Frames:
    """A guest's computer advertises itself beside the router."""
    yield from _home(t, rng)
    for n in range(5):
        yield t + 500 + n * 10, frames.router_advertisement(GUEST.mac, GUEST_IP, ["2001:db8:bad::"])


def where_none_was(t: float, rng: random.Random) -> Frames:
    """A guest's computer advertises itself in a home without IPv6, as mitm6 does."""
    yield from join(t, rng, PHONE)
    yield from join(t + 5, rng, GUEST)
    yield t + 60, frames.router_advertisement(GUEST.mac, GUEST_IP, ["2001:db8:bad::"])


def flood(t: float, rng: random.Random) -> Frames:
    """One network after the other, each by another sender."""
    yield from _home(t, rng)
    for n in range(200):
        mac = f"02:00:00:00:{n >> 8:02x}:{n & 255:02x}"
        yield t + 500 + n / 50, frames.router_advertisement(mac, ROUTER, [f"2001:db8:{n + 2:x}::"])


def new_prefix(t: float, rng: random.Random) -> Frames:
    """The router has another prefix, three times: the provider changes it."""
    yield from _home(t, rng)
    for n in range(3):
        yield t + 500 + n * 5, frames.router_advertisement(ROUTER_MAC, ROUTER, [f"2001:db8:{n + 2}::"])


def smart_home_hub(t: float, rng: random.Random) -> Frames:
    """A speaker advertises its Thread network, and no way out (lifetime 0)."""
    yield from _home(t, rng)
    for n in range(5):
        yield (
            t + 500 + n * 60,
            frames.router_advertisement(SPEAKER.mac, "fe80::1:17", ["fd12:2b84:e5cc::"], 0),
        )


CASES = (
    Case("rogue-ra", "positive", "second router", second),
    Case("rogue-ra", "positive", "where none was", where_none_was),
    Case("rogue-ra", "positive", "flood", flood),
    Case("rogue-ra", "near-miss", "new prefix", new_prefix),
    Case("rogue-ra", "benign", "smart-home hub", smart_home_hub),
)
