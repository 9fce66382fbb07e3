"""Addresses on a list, their neighbours, and knocks from outside."""

import random

from sensors.demo import cast, frames
from sensors.demo.attacks.case import Case
from sensors.demo.incidents import listed_address
from sensors.demo.talk import Frames, at_home, outside, tls

FILES = {"addresses.txt": f"{cast.BLOCKED_ADDRESS}\n"}
LISTS = {"blocklists": {"lists": [{"name": "demo addresses", "file": "addresses.txt"}]}}


def neighbour(t: float, rng: random.Random) -> Frames:
    """The address next to the listed one."""
    return tls(t, rng, at_home(cast.CAMERA), outside("203.0.113.65"), "relay.example", 4_000, 500)


def knock(t: float, rng: random.Random) -> Frames:
    """The listed address knocks, as it does everywhere, and nobody answers."""
    (router, attacker), (mac, ip) = outside(cast.BLOCKED_ADDRESS), at_home(cast.NAS)
    for n in range(5):
        yield t + n, frames.tcp(router, mac, attacker, ip, 40_000 + n, 443, frames.SYN, n)


CASES = (
    Case(
        "blocklisted-address", "positive", "a camera contacts it", listed_address, config=LISTS, files=FILES
    ),
    Case("blocklisted-address", "near-miss", "its neighbour", neighbour, config=LISTS, files=FILES),
    Case("blocklisted-address", "benign", "it knocks in vain", knock, config=LISTS, files=FILES),
)
