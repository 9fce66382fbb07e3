"""First contacts after learning, and what is no contact or no news."""

import random

from sensors.demo import cast, frames
from sensors.demo.attacks.case import Case
from sensors.demo.incidents import first_visit
from sensors.demo.talk import Frames, at_home, outside, port

LEARNING = {"learning_hours": 72}


def unanswered(t: float, rng: random.Random) -> Frames:
    """An opening packet that nobody answers."""
    (mac, ip), (router, server) = at_home(cast.LAPTOP), outside("192.0.2.250")
    yield t, frames.tcp(mac, router, ip, server, port(rng), 443, frames.SYN, 1)


CASES = (
    Case("new-connection", "positive", "a bridge meets a new partner", first_visit),
    Case("new-connection", "near-miss", "nobody answers", unanswered),
    Case("new-connection", "benign", "a device that is still learned", first_visit, config=LEARNING),
)
