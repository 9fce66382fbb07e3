"""Regular calls: a bot that asks for orders, a spy that sends pictures, and what only looks like them."""

import random

from sensors.demo import cast
from sensors.demo.attacks.case import Case
from sensors.demo.talk import Frames, at_home, join, lookup, outside, tcp, tls

OWNER, PLACE = "203.0.113.77", "updates.panel.example"


def calls(
    t: float, rng: random.Random, device: cast.Device, count: int, every: float, jitter: float = 0.02,
    name: str | None = None, address: str = OWNER,
) -> Frames:  # fmt: skip
    """So many equal TLS conversations at even intervals."""
    yield from join(t, rng, device)
    if name:
        yield from lookup(t + 5, rng, device, name, [address])
    for n in range(count):
        begin = t + 10 + n * every + rng.uniform(-jitter, jitter) * every
        yield from tls(begin, rng, at_home(device), outside(address), name or "", 200, 300)


def nameless_bot(t: float, rng: random.Random) -> Frames:
    """Malware calls its owner's bare address once a minute for over three hours."""
    return calls(t, rng, cast.CAMERA, 210, 60.0)


def named_bot(t: float, rng: random.Random) -> Frames:
    """The same, quicker and to a name."""
    return calls(t, rng, cast.LAPTOP, 280, 3.0, name=PLACE)


def screen_spy(t: float, rng: random.Random) -> Frames:
    """A remote-access trojan sends a picture of the screen every ten seconds."""
    yield from join(t, rng, cast.LAPTOP)
    for n in range(8):
        turns = [(True, bytes(90_000)), (False, b"ok")]
        yield from tcp(t + 10 + n * 10, rng, at_home(cast.LAPTOP), outside(OWNER), 4433, turns, gap=0.01)


def setting_up(t: float, rng: random.Random) -> Frames:
    """A bridge calls its cloud every two seconds for two minutes while it is set up."""
    return calls(t, rng, cast.PRINTER, 60, 2.0, name="setup.vendor.example")


def browsing(t: float, rng: random.Random) -> Frames:
    """A person visits one site again and again, at a person's intervals and sizes."""
    yield from join(t, rng, cast.LAPTOP)
    yield from lookup(t + 5, rng, cast.LAPTOP, "www.daily-news.example", ["192.0.2.10"])
    begin = t + 10
    for _ in range(300):
        begin += rng.expovariate(1 / 15)
        sent = int(rng.lognormvariate(7, 1))
        server = outside("192.0.2.10")
        yield from tls(begin, rng, at_home(cast.LAPTOP), server, "www.daily-news.example", sent, 4000)


def own_maker(t: float, rng: random.Random) -> Frames:
    """A bridge called Philips-hue calls its maker's lights service."""
    return calls(t, rng, cast.HUE, 280, 3.0, name="bridge.huelights.example", address="203.0.113.30")


def everybody(t: float, rng: random.Random) -> Frames:
    """Two devices of the home call the same weather service."""
    yield from calls(t, rng, cast.TABLET, 3, 200.0, name="api.weather.example", address="192.0.2.77")
    yield from calls(t + 1, rng, cast.PHONE, 280, 3.0, name="api.weather.example", address="192.0.2.77")


CASES = (
    Case("beacon", "positive", "a bot calls a bare address every minute", nameless_bot),
    Case("beacon", "positive", "a bot calls a name every three seconds", named_bot),
    Case("beacon", "positive", "a trojan sends the screen every ten seconds", screen_spy),
    Case("beacon", "near-miss", "set-up calls end after two minutes", setting_up),
    Case("beacon", "benign", "a person reads the news", browsing),
    Case("beacon", "benign", "a bridge calls its maker", own_maker),
    Case("beacon", "benign", "two devices use one weather service", everybody),
)
