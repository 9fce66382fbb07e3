"""Devices that suddenly talk to everybody, and such as always do or have only come."""

import random
from collections.abc import Sequence

from sensors.demo import cast
from sensors.demo.attacks.case import Case
from sensors.demo.talk import Frames, at_home, join, outside, refused, tcp

TURNS = [(True, b"\x16\x01\x02\x03" * 8), (False, b"\x17\x01\x02\x03" * 8)]


def places(t: float, rng: random.Random, device: cast.Device, count: int, first: int = 0) -> Frames:
    """Short talks with so many addresses within twenty minutes, each on a port of its own."""
    for n in range(first, first + count):
        server = outside(f"198.51.{100 + n // 250}.{n % 250 + 1}")
        yield from tcp(t + n * 1100 / count, rng, at_home(device), server, 20_000 + n, TURNS)


def hours(t: float, rng: random.Random, device: cast.Device, counts: Sequence[int]) -> Frames:
    """A device's days: so many places an hour."""
    yield from join(t, rng, device)
    for hour, count in enumerate(counts):
        yield from places(t + 400 + hour * 3600, rng, device, count)


def attempts(t: float, rng: random.Random) -> Frames:
    """A plug after a quiet day: 130 addresses, on ever other ports, that all refuse."""
    yield from hours(t, rng, cast.PLUG, [2] * 26)
    for n in range(130):
        server = outside(f"198.51.100.{n + 1}")
        yield from refused(t + 400 + 27 * 3600 + n * 5, rng, at_home(cast.PLUG), server, 20_000 + n)


RULE = "fan-out"
CASES = (
    Case(RULE, "positive", "a camera after a day with few partners",
         lambda t, rng: hours(t, rng, cast.CAMERA, [3, 4] * 13 + [120])),
    Case(RULE, "positive", "a laptop begins to exchange files",
         lambda t, rng: hours(t, rng, cast.LAPTOP, [20, 30] * 13 + [200])),
    Case(RULE, "positive", "a plug attacks", attempts),
    Case(RULE, "near-miss", "below the limit", lambda t, rng: hours(t, rng, cast.CAMERA, [3, 4] * 13 + [90])),
    Case(RULE, "near-miss", "a device that has only come",
         lambda t, rng: hours(t, rng, cast.LAPTOP, [3, 4, 200])),
    Case(RULE, "benign", "a laptop on a busy evening",
         lambda t, rng: hours(t, rng, cast.LAPTOP, [20, 30, 60] * 9 + [150])),
    Case(RULE, "benign", "who always exchanges files",
         lambda t, rng: hours(t, rng, cast.NAS, [100, 130] * 13 + [250])),
)  # fmt: skip
