"""A built-in address behind a fine name, and devices that look names up where we cannot see it."""

import random

from sensors.demo import cast
from sensors.demo.attacks.case import Case
from sensors.demo.talk import Frames, at_home, join, lookup, outside, tls

AWAY = outside("203.0.113.99")


def day(t: float, rng: random.Random, names: int = 25, device: cast.Device = cast.LAPTOP) -> Frames:
    """A device comes, looks names up and connects to them for two hours."""
    yield from join(t, rng, device)
    for n in range(names):
        name, address = f"www.site{n}.example", f"192.0.2.{n + 1}"
        yield from lookup(t + 60 + n * 280, rng, device, name, [address])
        yield from tls(t + 61 + n * 280, rng, at_home(device), outside(address), name, 800, 3000)


def pretence(t: float, rng: random.Random, *names: str, times: int = 2, begun: int = 25) -> Frames:
    """At the end of the day a program connects to names that it never looked up."""
    yield from day(t, rng, begun)
    for n in range(times):
        for m, name in enumerate(names):
            yield from tls(t + 7200 + n * 30 + m, rng, at_home(cast.LAPTOP), AWAY, name, 900, 900)


def encrypted_dns(t: float, rng: random.Random) -> Frames:
    """The browser asks its names over HTTPS."""
    yield from day(t, rng)
    resolver = outside("192.0.2.200")
    yield from lookup(t + 7100, rng, cast.LAPTOP, "dns.google", [resolver[1]])
    yield from tls(t + 7101, rng, at_home(cast.LAPTOP), resolver, "dns.google", 900, 900)
    for n in range(3):
        yield from tls(t + 7200 + n, rng, at_home(cast.LAPTOP), AWAY, "www.hidden.example", 900, 900)


def neighbour(t: float, rng: random.Random) -> Frames:
    """Another host of a domain that was looked up."""
    yield from day(t, rng)
    for n in range(3):
        yield from tls(t + 7200 + n, rng, at_home(cast.LAPTOP), AWAY, "img.site3.example", 900, 900)


RULE = "unresolved-sni"
CASES = (
    Case(RULE, "positive", "a pretended name", lambda t, rng: pretence(t, rng, "www.fine.example")),
    Case(RULE, "near-miss", "once only", lambda t, rng: pretence(t, rng, "www.fine.example", times=1)),
    Case(RULE, "near-miss", "a device that has looked up little",
         lambda t, rng: pretence(t, rng, "www.fine.example", begun=15)),
    Case(RULE, "benign", "encrypted look-ups", encrypted_dns),
    Case(RULE, "benign", "another host of a known domain", neighbour),
    Case(RULE, "benign", "many such names: look-ups that we do not see",
         lambda t, rng: pretence(t, rng, "a.one.example", "b.two.example", "c.three.example")),
)  # fmt: skip
