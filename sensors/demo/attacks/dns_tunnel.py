"""Names that carry data, and names that only look so."""

import random
from collections.abc import Sequence

from sensors.demo import frames
from sensors.demo.attacks.case import Case
from sensors.demo.cast import LAPTOP, ROUTER_IP, ROUTER_MAC
from sensors.demo.talk import Frames, at_home, join, lookup, outside, port, tls

TXT, NULL = 16, 10


def _hex(rng: random.Random, length: int) -> str:
    return f"{rng.getrandbits(4 * length):0{length}x}"


def _ask(t: float, rng: random.Random, name: str, qtype: int) -> Frames:
    """A question for a record that carries data, and an empty answer."""
    txid, sport = rng.randrange(1 << 16), port(rng)
    query = frames.dns_query(txid, name, qtype)
    yield t, frames.udp(LAPTOP.mac, ROUTER_MAC, LAPTOP.ip, ROUTER_IP, sport, 53, query)
    answer = frames.dns_answer(txid, name, [])
    yield t + 0.02, frames.udp(ROUTER_MAC, LAPTOP.mac, ROUTER_IP, LAPTOP.ip, 53, sport, answer)


def _names(t: float, rng: random.Random, names: Sequence[str], addresses: Sequence[str]) -> Frames:
    yield from join(t, rng, LAPTOP)
    for n, name in enumerate(names):
        yield from lookup(t + 5 + n, rng, LAPTOP, name, addresses)


def null_records(t: float, rng: random.Random) -> Frames:
    """As iodine does."""
    yield from join(t, rng, LAPTOP)
    for n in range(120):
        yield from _ask(t + 5 + n / 4, rng, f"p{_hex(rng, 7)}.tunnel.example", NULL)


def hex_names(t: float, rng: random.Random) -> Frames:
    """As dnscat2 does with A records: nobody connects to the answers."""
    return _names(t, rng, [f"{_hex(rng, 60)}.c.panel.example" for _ in range(150)], ["192.0.2.77"])


def ninety_nine(t: float, rng: random.Random) -> Frames:
    """One name short of the threshold."""
    return _names(t, rng, [f"{_hex(rng, 60)}.c.panel.example" for _ in range(99)], ["192.0.2.77"])


def advertising(t: float, rng: random.Random) -> Frames:
    """A page shows advertisements, each from a name of its own, and the browser connects."""
    yield from join(t, rng, LAPTOP)
    for n in range(150):
        name = f"{_hex(rng, 64)}.frames.adhost.example"
        yield from lookup(t + 5 + n * 3, rng, LAPTOP, name, ["192.0.2.78"])
        if n % 10 == 0:
            yield from tls(t + 5.1 + n * 3, rng, at_home(LAPTOP), outside("192.0.2.78"), name, 500, 2_000)


def virus_scanner(t: float, rng: random.Random) -> Frames:
    """Sums of files as names; the answer is a code in 127.0.0.0/8."""
    return _names(t, rng, [f"{_hex(rng, 40)}.lookup.scanner.example" for _ in range(200)], ["127.0.0.2"])


def news_site(t: float, rng: random.Random) -> Frames:
    """Many short names of one site."""
    return _names(t, rng, [f"images-{n}.static.news.example" for n in range(200)], ["192.0.2.79"])


CASES = (
    Case("dns-tunnel", "positive", "NULL records", null_records),
    Case("dns-tunnel", "positive", "hexadecimal names", hex_names),
    Case("dns-tunnel", "near-miss", "ninety-nine names", ninety_nine),
    Case("dns-tunnel", "near-miss", "virus scanner", virus_scanner),
    Case("dns-tunnel", "benign", "advertising", advertising),
    Case("dns-tunnel", "benign", "news site", news_site),
)
