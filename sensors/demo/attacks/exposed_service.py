"""Strangers at the door: answered, refused, and a call that only looks like a visit."""

import random

from sensors.demo import cast, frames
from sensors.demo.attacks.case import Case
from sensors.demo.talk import Frames, at_home, join, outside, refused, tcp

STRANGER = outside("203.0.113.99")


def visit(t: float, rng: random.Random, device: cast.Device, dport: int) -> Frames:
    """Somebody outside connects and is answered."""
    yield from join(t, rng, device)
    turns = [(True, b"hello\r\n"), (False, b"who are you?\r\n")]
    yield from tcp(t + 5, rng, STRANGER, at_home(device), dport, turns)


def knock(t: float, rng: random.Random) -> Frames:
    """Nobody opens."""
    yield from join(t, rng, cast.CAMERA)
    for n in range(5):
        yield from refused(t + 5 + n, rng, STRANGER, at_home(cast.CAMERA), 554)


def call(t: float, rng: random.Random) -> Frames:
    """A call's voice packets go both ways; the other side's came first."""
    yield from join(t, rng, cast.PHONE)
    phone, other = at_home(cast.PHONE), STRANGER
    for n in range(50):
        yield t + 5 + n * 0.02, frames.udp(other[0], phone[0], other[1], phone[1], 40_000, 50_000, bytes(160))
        yield (
            t + 5.01 + n * 0.02,
            frames.udp(phone[0], other[0], phone[1], other[1], 50_000, 40_000, bytes(160)),
        )


RULE = "exposed-service"
CASES = (
    Case(RULE, "positive", "the camera's video", lambda t, rng: visit(t, rng, cast.CAMERA, 554)),
    Case(RULE, "positive", "the NAS by ssh", lambda t, rng: visit(t, rng, cast.NAS, 22)),
    Case(RULE, "near-miss", "a closed door", knock),
    Case(RULE, "benign", "a call", call),
    Case(RULE, "benign", "a port opened on purpose", lambda t, rng: visit(t, rng, cast.NAS, 32400),
         config={"rules": {"exposed-service": {"allowed": [32400]}}}),
)  # fmt: skip
