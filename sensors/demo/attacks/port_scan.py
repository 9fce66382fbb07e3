"""Scans of ports and of hosts, and busy devices that only look alike."""

import random

from sensors.demo import cast, frames
from sensors.demo.attacks.case import Case
from sensors.demo.talk import Frames, at_home, join, outside, refused, tls


def doors(t: float, rng: random.Random, count: int) -> Frames:
    """A guest tries so many doors of the NAS, one every 0.3 seconds."""
    yield from join(t, rng, cast.GUEST)
    for n in range(count):
        yield from refused(t + 5 + n * 0.3, rng, at_home(cast.GUEST), at_home(cast.NAS), 8000 + n)


def vertical(t: float, rng: random.Random) -> Frames:
    """Forty doors of one host."""
    return doors(t, rng, 40)


def worm(t: float, rng: random.Random) -> Frames:
    """One door of sixty hosts outside, which do not answer."""
    yield from join(t, rng, cast.CAMERA)
    for n in range(60):
        (mac, ip), (router, target) = at_home(cast.CAMERA), outside(f"198.51.100.{n + 1}")
        yield t + 5 + n * 0.5, frames.tcp(mac, router, ip, target, 41_000 + n, 2323, frames.SYN, n)


def few(t: float, rng: random.Random) -> Frames:
    """A person tries a few ports of their NAS."""
    return doors(t, rng, 8)


def browsing(t: float, rng: random.Random) -> Frames:
    """A page made of forty servers: all of them answer."""
    yield from join(t, rng, cast.LAPTOP)
    for n in range(40):
        server = outside(f"198.51.100.{n + 1}")
        yield from tls(t + 5 + n * 0.1, rng, at_home(cast.LAPTOP), server, f"s{n}.news.example", 600, 3000)


CASES = (
    Case("port-scan", "positive", "forty doors of one host", vertical),
    Case("port-scan", "positive", "one door of sixty hosts", worm),
    Case("port-scan", "near-miss", "eight doors", few),
    Case("port-scan", "benign", "a page of forty servers", browsing),
)
