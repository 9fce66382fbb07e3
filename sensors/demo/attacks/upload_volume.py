"""Uploads: files taken away, and backups that only look alike."""

import random

from sensors.demo import cast
from sensors.demo.attacks.case import Case
from sensors.demo.talk import Frames, at_home, join, lookup, outside, tcp

THIEF = "203.0.113.88"
SMALL = {"rules": {"upload-volume": {"megabytes": 2}}}
"""A low limit: a hundred megabytes of frames would only cost time."""


def send(t: float, rng: random.Random, device: cast.Device, server: tuple[str, str], size: int) -> Frames:
    """One upload."""
    return tcp(t, rng, at_home(device), server, 443, [(True, bytes(size)), (False, b"stored")])


def theft(t: float, rng: random.Random) -> Frames:
    """The NAS sends three megabytes to a stranger after a day of little uploads."""
    yield from join(t, rng, cast.NAS)
    for hour in range(26):
        yield from send(t + 60 + hour * 3600, rng, cast.NAS, outside("192.0.2.20"), 20_000)
    yield from send(t + 27 * 3600, rng, cast.NAS, outside(THIEF), 3_000_000)


def almost(t: float, rng: random.Random) -> Frames:
    """The same, below the limit."""
    yield from join(t, rng, cast.NAS)
    yield from send(t + 60, rng, cast.NAS, outside(THIEF), 1_800_000)


def every_hour(t: float, rng: random.Random) -> Frames:
    """A camera that always sends two to four megabytes an hour, a little of it more than usual."""
    yield from join(t, rng, cast.CAMERA)
    yield from lookup(t + 5, rng, cast.CAMERA, "api.smartcam.example", ["203.0.113.10"])
    for hour in range(10):
        size = 1_500_000 + 300_000 * (hour % 3)
        yield from send(t + 60 + hour * 3600, rng, cast.CAMERA, outside("203.0.113.10"), size)
    yield from send(t + 60 + 10 * 3600, rng, cast.CAMERA, outside("203.0.113.10"), 2_600_000)


def backup_at_home(t: float, rng: random.Random) -> Frames:
    """The laptop copies three megabytes to the NAS: nothing leaves the home."""
    yield from join(t, rng, cast.LAPTOP)
    yield from join(t + 1, rng, cast.NAS)
    yield from send(t + 60, rng, cast.LAPTOP, at_home(cast.NAS), 3_000_000)


CASES = (
    Case("upload-volume", "positive", "files go to a stranger", theft, config=SMALL),
    Case("upload-volume", "near-miss", "an upload below the limit", almost, config=SMALL),
    Case("upload-volume", "benign", "a camera sends what it always sends", every_hour, config=SMALL),
    Case("upload-volume", "benign", "a backup stays at home", backup_at_home, config=SMALL),
)
