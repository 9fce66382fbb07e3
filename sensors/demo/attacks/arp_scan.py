"""Searches of the link, and devices that only look for a few others."""

import random

from sensors.demo import cast, frames
from sensors.demo.attacks.case import Case
from sensors.demo.talk import Frames, join


def asks(t: float, rng: random.Random, count: int, pause: float) -> Frames:
    """A guest asks for so many addresses."""
    yield from join(t, rng, cast.GUEST)
    for n in range(count):
        yield t + 5 + n * pause, frames.arp(1, cast.GUEST.mac, cast.GUEST.ip, "", f"192.168.1.{n + 1}")


def search(t: float, rng: random.Random) -> Frames:
    """Every address in two seconds."""
    return asks(t, rng, 200, 0.01)


def few(t: float, rng: random.Random) -> Frames:
    """One address less than a search (the router was asked for, too)."""
    return asks(t, rng, 18, 0.1)


def slow(t: float, rng: random.Random) -> Frames:
    """A computer meets a hundred neighbours in the course of minutes."""
    return asks(t, rng, 100, 5.0)


CASES = (
    Case("arp-scan", "positive", "every address in two seconds", search),
    Case("arp-scan", "near-miss", "not quite enough addresses", few),
    Case("arp-scan", "benign", "neighbours met one by one", slow),
)
