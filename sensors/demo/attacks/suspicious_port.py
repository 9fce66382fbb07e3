"""Ports of remote control and malware, and their harmless uses."""

import random

from sensors.demo import cast, frames
from sensors.demo.attacks.case import Case
from sensors.demo.incidents import remote_help
from sensors.demo.talk import Frames, at_home, outside, tcp


def chat_with_owner(t: float, rng: random.Random) -> Frames:
    """A bot reports to its owner over IRC."""
    turns = [(True, b"NICK th-4501\r\nUSER th 0 * :th\r\n"), (False, b":panel 001 th-4501 :welcome\r\n")]
    return tcp(t, rng, at_home(cast.THERMOSTAT), outside(cast.C2_ADDRESS), 6667, turns)


def twice(t: float, rng: random.Random) -> Frames:
    """Two openings that nobody answers: a mistyped address."""
    (mac, ip), (router, server) = at_home(cast.LAPTOP), outside("198.51.100.99")
    for n in range(2):
        yield t + n, frames.tcp(mac, router, ip, server, 40_000 + n, 3389, frames.SYN, n)


def at_home_only(t: float, rng: random.Random) -> Frames:
    """Remote desktop between two computers of the home."""
    turns = [
        (True, b"\x03\x00\x00\x13\x0e\xe0" + bytes(13)),
        (False, b"\x03\x00\x00\x13\x0e\xd0" + bytes(13)),
    ]
    return tcp(t, rng, at_home(cast.LAPTOP), at_home(cast.WORK), 3389, turns)


CASES = (
    Case("suspicious-port", "positive", "remote desktop to the outside", remote_help),
    Case("suspicious-port", "positive", "a bot on irc", chat_with_owner),
    Case("suspicious-port", "near-miss", "two unanswered attempts", twice),
    Case("suspicious-port", "benign", "remote desktop at home", at_home_only),
)
