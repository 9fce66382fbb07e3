"""From one device to the next, and the daily use of the same services."""

import random

from sensors.demo import cast
from sensors.demo.attacks.case import Case
from sensors.demo.talk import Frames, at_home, join, outside, refused, tcp

SMB = [(True, b"\0\0\0\x90\xfeSMB" + bytes(140)), (False, b"\0\0\0\xf0\xfeSMB" + bytes(236))]


def reach(
    t: float, rng: random.Random, device: cast.Device, dport: int, target: cast.Device = cast.NAS
) -> Frames:
    yield from join(t, rng, device)
    yield from tcp(t + 5, rng, at_home(device), at_home(target), dport, SMB)


def daily(t: float, rng: random.Random) -> Frames:
    """The laptop used the NAS while it was learned, and does so still."""
    yield from join(t, rng, cast.LAPTOP)
    for hours in (0.1, 1.0, 3.0, 9.0):
        yield from tcp(t + hours * 3600, rng, at_home(cast.LAPTOP), at_home(cast.NAS), 445, SMB)


def after_alert(t: float, rng: random.Random) -> Frames:
    """A laptop still in its learning time spoke Telnet to a stranger; then it goes for the NAS."""
    yield from join(t, rng, cast.LAPTOP)
    turns = [(False, b"\xff\xfd\x18\xff\xfd\x20"), (True, b"\xff\xfb\x18\xff\xfc\x20")]
    yield from tcp(t + 5, rng, at_home(cast.LAPTOP), outside("203.0.113.99"), 23, turns)
    yield from tcp(t + 60, rng, at_home(cast.LAPTOP), at_home(cast.NAS), 445, SMB)


def closed(t: float, rng: random.Random) -> Frames:
    yield from join(t, rng, cast.LAPTOP)
    yield from refused(t + 5, rng, at_home(cast.LAPTOP), at_home(cast.NAS), 3389)


RULE = "lateral-movement"
LEARNS = {"learning_hours": 2}
CASES = (
    Case(RULE, "positive", "a camera opens file sharing", lambda t, rng: reach(t, rng, cast.CAMERA, 445)),
    Case(RULE, "positive", "remote desktop for the first time",
         lambda t, rng: reach(t, rng, cast.GUEST, 3389, cast.LAPTOP)),
    Case(RULE, "positive", "after a serious alert", after_alert, config=LEARNS),
    Case(RULE, "near-miss", "the same while it is learned", lambda t, rng: reach(t, rng, cast.LAPTOP, 445),
         config=LEARNS),
    Case(RULE, "near-miss", "a door that stays shut", closed),
    Case(RULE, "benign", "the NAS every day", daily, config=LEARNS),
    Case(RULE, "benign", "printing", lambda t, rng: reach(t, rng, cast.LAPTOP, 9100, cast.PRINTER)),
)  # fmt: skip
