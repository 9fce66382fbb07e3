"""Long connections: remote control, and a maker's service that is meant to last."""

import random

from sensors.demo import cast
from sensors.demo.attacks.case import Case
from sensors.demo.talk import Frames, at_home, join, lookup, outside, tcp


def held(
    t: float, rng: random.Random, device: cast.Device, name: str, address: str, hours: float,
    every: float = 120.0,
) -> Frames:  # fmt: skip
    """One connection with a sign of life in every two minutes."""
    yield from join(t, rng, device)
    yield from lookup(t + 5, rng, device, name, [address])
    turns = [(n % 2 == 0, b"\x17\x03\x03\x00\x10" + bytes(16)) for n in range(int(hours * 3600 / every))]
    yield from tcp(t + 10, rng, at_home(device), outside(address), 8443, turns, gap=every)


def remote_control(t: float, rng: random.Random) -> Frames:
    """A program holds a connection to a stranger for five hours."""
    return held(t, rng, cast.LAPTOP, "relay.remotehelp.example", "203.0.113.99", 5.0)


def rare_signs(t: float, rng: random.Random) -> Frames:
    """The same with a sign of life every six minutes, longer than a silent connection is waited for."""
    return held(t, rng, cast.LAPTOP, "relay.remotehelp.example", "203.0.113.99", 8.0, 360.0)


def message_service(t: float, rng: random.Random) -> Frames:
    """A tablet's message service, with a sign of life every quarter of an hour all day."""
    return held(t, rng, cast.TABLET, "push.messages.example", "198.51.100.20", 20.0, 900.0)


def film(t: float, rng: random.Random) -> Frames:
    """A long film: three and a half hours."""
    return held(t, rng, cast.TV, "video.streamflix.example", "198.51.100.10", 3.5)


def maker(t: float, rng: random.Random) -> Frames:
    """The thermostat stays connected to its maker all day."""
    return held(t, rng, cast.THERMOSTAT, "push.thermostat-cloud.example", "203.0.113.40", 6.0)


CASES = (
    Case("long-connection", "positive", "a stranger's relay for five hours", remote_control),
    Case("long-connection", "positive", "the same, silent for six minutes each", rare_signs),
    Case("long-connection", "near-miss", "a long film", film),
    Case("long-connection", "benign", "a maker's own service", maker),
    Case("long-connection", "benign", "a message service", message_service),
)
