"""Newcomers, and frames that are nobody's."""

import random

from sensors.demo import cast, frames
from sensors.demo.attacks.case import Case
from sensors.demo.talk import Frames, join


def newcomer(t: float, rng: random.Random) -> Frames:
    """A phone joins and tells its name."""
    return join(t, rng, cast.GUEST)


def group_sender(t: float, rng: random.Random) -> Frames:
    """Frames whose sender is a group address, which no device has (IEEE 802.3)."""
    for n in range(5):
        yield (
            t + n * 30,
            frames.udp("01:00:5e:00:00:07", cast.ROUTER_MAC, "192.168.1.99", "192.168.1.1", 9, 9, b"x"),
        )


def loopback(t: float, rng: random.Random) -> Frames:
    """A computer talks to itself."""
    zero = "00:00:00:00:00:00"
    for n in range(5):
        yield t + n * 30, frames.udp(zero, zero, "127.0.0.1", "127.0.0.1", 9, 9, b"x")


CASES = (
    Case("new-device", "positive", "a guest joins", newcomer),
    Case("new-device", "near-miss", "frames of a group address", group_sender),
    Case("new-device", "benign", "a computer talks to itself", loopback),
)
