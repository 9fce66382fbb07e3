"""Long connections: remote control, and a maker's service that is meant to last."""

import random

from sensors.demo import cast
from sensors.demo.attacks.case import Case
from sensors.demo.talk import Frames, at_home, join, lookup, outside, tcp


def held(t: float, rng: random.Random, device: cast.Device, name: str, address: str, hours: float) -> Frames:
    """One connection with a sign of life in every two minutes."""
    yield from join(t, rng, device)
    yield from lookup(t + 5, rng, device, name, [address])
    turns = [(n % 2 == 0, b"\x17\x03\x03\x00\x10" + bytes(16)) for n in range(int(hours * 30))]
    yield from tcp(t + 10, rng, at_home(device), outside(address), 8443, turns, gap=120.0)


def remote_control(t: float, rng: random.Random) -> Frames:
    """A program holds a connection to a stranger for five hours."""
    return held(t, rng, cast.LAPTOP, "relay.remotehelp.example", "203.0.113.99", 5.0)


def film(t: float, rng: random.Random) -> Frames:
    """A long film: three and a half hours."""
    return held(t, rng, cast.TV, "video.streamflix.example", "198.51.100.10", 3.5)


def maker(t: float, rng: random.Random) -> Frames:
    """The thermostat stays connected to its maker all day."""
    return held(t, rng, cast.THERMOSTAT, "push.thermostat-cloud.example", "203.0.113.40", 6.0)


CASES = (
    Case("long-connection", "positive", "a stranger's relay for five hours", remote_control),
    Case("long-connection", "near-miss", "a long film", film),
    Case("long-connection", "benign", "a maker's own service", maker),
)
