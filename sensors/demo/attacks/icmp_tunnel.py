"""What pings carry."""

import random

from sensors.demo import frames
from sensors.demo.attacks.case import Case
from sensors.demo.cast import LAPTOP, ROUTER_MAC
from sensors.demo.talk import Frames, join

SERVER = "203.0.113.90"
_PATTERN = bytes(range(0x10, 0x100)) * 8


def _ping(t: float, seq: int, data: bytes, answer: bytes | None = None) -> Frames:
    there = LAPTOP.mac, ROUTER_MAC, LAPTOP.ip, SERVER
    back = ROUTER_MAC, LAPTOP.mac, SERVER, LAPTOP.ip
    yield t, frames.icmp_echo(*there, seq, data)
    yield t + 0.02, frames.icmp_echo(*back, seq, data if answer is None else answer, reply=True)


def tunnel(t: float, rng: random.Random) -> Frames:
    """Other data each time, both ways."""
    yield from join(t, rng, LAPTOP)
    for n in range(60):
        yield from _ping(t + 5 + n, n, rng.randbytes(200), rng.randbytes(900))


def thirty_nine(t: float, rng: random.Random) -> Frames:
    """Another content in each of 39 pings, returned as it came."""
    yield from join(t, rng, LAPTOP)
    for n in range(39):
        yield from _ping(t + 5 + n, n, rng.randbytes(200))


def ordinary(t: float, rng: random.Random) -> Frames:
    """Pings of the usual size and of the largest: only their time stamp differs."""
    yield from join(t, rng, LAPTOP)
    for n in range(600):
        stamp = rng.randbytes(16)
        yield from _ping(t + 5 + n, n, stamp + _PATTERN[: 40 if n % 2 else 1456])


def by_chance(t: float, rng: random.Random) -> Frames:
    """Five small pings each half minute for an hour, filled by chance, as Home Assistant's (icmplib)."""
    yield from join(t, rng, LAPTOP)
    for n in range(600):
        yield from _ping(t + 5 + n // 5 * 30 + n % 5, n, rng.randbytes(56))


CASES = (
    Case("icmp-tunnel", "positive", "tunnel", tunnel),
    Case("icmp-tunnel", "near-miss", "thirty-nine contents", thirty_nine),
    Case("icmp-tunnel", "benign", "ordinary pings", ordinary),
    Case("icmp-tunnel", "benign", "pings filled by chance", by_chance),
)
