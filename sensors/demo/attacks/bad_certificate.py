"""Certificates of their own making, out of date, or somebody else's; and good ones."""

import random

from sensors.demo import cast
from sensors.demo.attacks.case import Case
from sensors.demo.attacks.handshakes import DAY, certificate, conversation
from sensors.demo.talk import Frames, at_home, join, outside

NAME = "api.smartcam.example"
SERVER = outside(cast.SERVICES[NAME])
CA = "Example Trust CA"


def shows(t: float, rng: random.Random, *shown: bytes, server: tuple[str, str] = SERVER) -> Frames:
    """The camera's service shows these certificates, one after the other."""
    yield from join(t, rng, cast.CAMERA)
    for n, one in enumerate(shown):
        yield from conversation(t + 5 + n * 60, rng, at_home(cast.CAMERA), server, NAME, one)


def elsewhere(t: float, rng: random.Random, count: int, age: float = 0.0) -> Frames:
    """The laptop meets other services, whose certificates ended so many days ago, or are good."""
    yield from join(t, rng, cast.LAPTOP)
    for n in range(count):
        name, end = f"www{n}.shop.example", t + (90 - age) * DAY
        good = certificate(name, end - 365 * DAY, end, CA)
        yield from conversation(
            t + 2 + n / 4, rng, at_home(cast.LAPTOP), outside(f"192.0.2.{n + 60}"), name, good
        )


def expired(t: float, rng: random.Random, days: float, others: float = 0.0) -> Frames:
    old = certificate(NAME, t - 400 * DAY, t - days * DAY, CA)
    yield from elsewhere(t, rng, 8, others)
    yield from shows(t + 60, rng, old)


def good(t: float) -> bytes:
    return certificate(NAME, t - DAY, t + 90 * DAY, CA)


def self_made(t: float, name: str = NAME) -> bytes:
    return certificate(name, t - DAY, t + 3650 * DAY)


RULE = "bad-certificate"
CASES = (
    Case(RULE, "positive", "self-signed", lambda t, rng: shows(t, rng, self_made(t), self_made(t))),
    Case(RULE, "positive", "expired", lambda t, rng: expired(t, rng, 30)),
    Case(RULE, "positive", "another's name",
         lambda t, rng: shows(t, rng, certificate("login.bank.example", t - DAY, t + 90 * DAY, CA))),
    Case(RULE, "positive", "changed for a self-signed one",
         lambda t, rng: shows(t, rng, good(t), self_made(t))),
    Case(RULE, "near-miss", "expired yesterday", lambda t, rng: expired(t, rng, 1)),
    Case(RULE, "near-miss", "a clock that is wrong", lambda t, rng: expired(t, rng, 200, 200)),
    Case(RULE, "near-miss", "self-signed inside the home",
         lambda t, rng: shows(t, rng, self_made(t), server=at_home(cast.NAS))),
    Case(RULE, "benign", "good", lambda t, rng: shows(t, rng, good(t), good(t))),
)  # fmt: skip
