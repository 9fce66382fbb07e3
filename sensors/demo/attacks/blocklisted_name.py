"""Names on a list, and names that only resemble them."""

import random

from sensors.demo import cast, frames
from sensors.demo.attacks.case import Case
from sensors.demo.incidents import phishing_click
from sensors.demo.talk import Frames, lookup

FILES = {"names.txt": "login-postbox.example\n"}
LISTS = {"blocklists": {"lists": [{"name": "demo names", "file": "names.txt"}]}}
ALLOWED = {"blocklists": {**LISTS["blocklists"], "allow": ["login-postbox.example"]}}


def resembling(t: float, rng: random.Random) -> Frames:
    """Names that contain the listed one, but not as a parent."""
    for n, name in enumerate(("mylogin-postbox.example", "login-postbox.example.test", "postbox.example")):
        yield from lookup(t + n, rng, cast.PIXEL, name, ["192.0.2.20"])


def on_the_link(t: float, rng: random.Random) -> Frames:
    """The name is asked by mDNS: that is of the local network."""
    question = frames.dns_query(0, "login-postbox.example")
    mac, ip = cast.PIXEL.mac, cast.PIXEL.ip
    yield t, frames.udp(mac, "01:00:5e:00:00:fb", ip, "224.0.0.251", 5353, 5353, question)


CASES = (
    Case("blocklisted-name", "positive", "a phishing link", phishing_click, config=LISTS, files=FILES),
    Case("blocklisted-name", "near-miss", "names that resemble it", resembling, config=LISTS, files=FILES),
    Case(
        "blocklisted-name", "benign", "a person allowed the name", phishing_click, config=ALLOWED, files=FILES
    ),
    Case("blocklisted-name", "benign", "asked on the link only", on_the_link, config=LISTS, files=FILES),
)
