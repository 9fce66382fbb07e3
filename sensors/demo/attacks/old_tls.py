"""Old versions of TLS, and new ones."""

import random

from sensors.demo import cast
from sensors.demo.attacks.case import Case
from sensors.demo.attacks.handshakes import conversation
from sensors.demo.talk import Frames, at_home, join, outside, tls

SERVER = outside(cast.SERVICES["api.smartcam.example"])


def speaks(t: float, rng: random.Random, version: int, server: tuple[str, str] = SERVER) -> Frames:
    for n, device in enumerate((cast.CAMERA, cast.PLUG)):
        yield from join(t + n, rng, device)
    for n, device in enumerate((cast.CAMERA, cast.PLUG, cast.CAMERA)):
        yield from conversation(
            t + 5 + n, rng, at_home(device), server, "api.smartcam.example", None, version
        )


def today(t: float, rng: random.Random) -> Frames:
    yield from join(t, rng, cast.CAMERA)
    yield from tls(t + 5, rng, at_home(cast.CAMERA), SERVER, "api.smartcam.example", 900, 900)


RULE = "old-tls"
CASES = (
    Case(RULE, "positive", "TLS 1.0", lambda t, rng: speaks(t, rng, 0x0301)),
    Case(RULE, "positive", "SSL 3.0", lambda t, rng: speaks(t, rng, 0x0300)),
    Case(RULE, "near-miss", "TLS 1.2", lambda t, rng: speaks(t, rng, 0x0303)),
    Case(
        RULE, "near-miss", "TLS 1.0 inside the home", lambda t, rng: speaks(t, rng, 0x0301, at_home(cast.NAS))
    ),
    Case(RULE, "benign", "TLS 1.3", today),
)
