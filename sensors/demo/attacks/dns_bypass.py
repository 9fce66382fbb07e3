"""Resolvers outside."""

import random

from sensors.demo import frames
from sensors.demo.attacks.case import Case
from sensors.demo.cast import CAMERA, LAPTOP, ROUTER_MAC, Device
from sensors.demo.talk import Frames, at_home, join, lookup, outside, port, tls


def _ask(t: float, rng: random.Random, device: Device, server: str) -> Frames:
    """A question in clear to a resolver outside."""
    txid, sport, name = rng.randrange(1 << 16), port(rng), "api.smartcam.example"
    query, answer = frames.dns_query(txid, name), frames.dns_answer(txid, name, ["203.0.113.10"])
    yield t, frames.udp(device.mac, ROUTER_MAC, device.ip, server, sport, 53, query)
    yield t + 0.02, frames.udp(ROUTER_MAC, device.mac, server, device.ip, 53, sport, answer)


def in_clear(t: float, rng: random.Random) -> Frames:
    yield from join(t, rng, LAPTOP)
    for n in range(5):
        yield from _ask(t + 10 + n, rng, LAPTOP, "192.0.2.53")


def over_https(t: float, rng: random.Random) -> Frames:
    yield from join(t, rng, LAPTOP)
    for n in range(5):
        server = outside("104.16.248.249")
        yield from tls(t + 10 + n, rng, at_home(LAPTOP), server, "mozilla.cloudflare-dns.com", 300, 500)


def camera_over_tls(t: float, rng: random.Random) -> Frames:
    yield from join(t, rng, CAMERA)
    yield from tls(t + 10, rng, at_home(CAMERA), outside("9.9.9.9"), "dns.quad9.net", 300, 500, dport=853)


def unanswered(t: float, rng: random.Random) -> Frames:
    """The router blocks the resolver outside: nobody answers."""
    yield from join(t, rng, LAPTOP)
    for n in range(5):
        query = next(_ask(t + 10 + n, rng, LAPTOP, "8.8.8.8"))
        yield query


def at_home_only(t: float, rng: random.Random) -> Frames:
    """The router's resolver is used, and a page of a resolver's operator is visited."""
    yield from join(t, rng, LAPTOP)
    for n in range(5):
        yield from lookup(t + 10 + n, rng, LAPTOP, "www.cloudflare.com", ["104.16.124.96"])
        server = outside("104.16.124.96")
        yield from tls(t + 10.1 + n, rng, at_home(LAPTOP), server, "www.cloudflare.com", 300, 9_000)


CASES = (
    Case("dns-bypass", "positive", "in clear", in_clear),
    Case("dns-bypass", "positive", "over HTTPS", over_https),
    Case("dns-bypass", "positive", "camera over TLS", camera_over_tls),
    Case("dns-bypass", "near-miss", "unanswered", unanswered),
    Case("dns-bypass", "benign", "the router's resolver", at_home_only),
)
