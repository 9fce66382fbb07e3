"""Scans of ports and of hosts, and busy devices that only look alike."""

import random

from sensors.demo import cast, frames
from sensors.demo.attacks.case import Case
from sensors.demo.talk import Frames, at_home, join, outside, refused, tls

SSDP, SSDP_MAC = "239.255.255.250", "01:00:5e:7f:ff:fa"
SEARCH = (
    b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\n'
    b"MX: 1\r\nST: ssdp:all\r\n\r\n"
)
FOUND = b"HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nUSN: uuid:1\r\n\r\n"


def doors(t: float, rng: random.Random, count: int) -> Frames:
    """A guest tries so many doors of the NAS, one every 0.3 seconds."""
    yield from join(t, rng, cast.GUEST)
    for n in range(count):
        yield from refused(t + 5 + n * 0.3, rng, at_home(cast.GUEST), at_home(cast.NAS), 8000 + n)


def vertical(t: float, rng: random.Random) -> Frames:
    """Forty doors of one host."""
    return doors(t, rng, 40)


def worm(t: float, rng: random.Random) -> Frames:
    """One door of sixty hosts outside, which do not answer."""
    yield from join(t, rng, cast.CAMERA)
    for n in range(60):
        (mac, ip), (router, target) = at_home(cast.CAMERA), outside(f"198.51.100.{n + 1}")
        yield t + 5 + n * 0.5, frames.tcp(mac, router, ip, target, 41_000 + n, 2323, frames.SYN, n)


def few(t: float, rng: random.Random) -> Frames:
    """A person tries a few ports of their NAS."""
    return doors(t, rng, 8)


def browsing(t: float, rng: random.Random) -> Frames:
    """A page made of forty servers: all of them answer."""
    yield from join(t, rng, cast.LAPTOP)
    for n in range(40):
        server = outside(f"198.51.100.{n + 1}")
        yield from tls(t + 5 + n * 0.1, rng, at_home(cast.LAPTOP), server, f"s{n}.news.example", 600, 3000)


def udp_from_53(t: float, rng: random.Random) -> Frames:
    """A guest sends a packet to each of sixty ports of the NAS, as if from a name server."""
    yield from join(t, rng, cast.GUEST)
    (mac, ip), (other_mac, other) = at_home(cast.GUEST), at_home(cast.NAS)
    for n in range(60):
        yield t + 5 + n, frames.udp(mac, other_mac, ip, other, 53, 10_000 + n, b"probe")


def discovery(t: float, rng: random.Random) -> Frames:
    """A laptop looks for screens by SSDP every two minutes for two hours, each time from another port; the
    TV answers from other ports, too."""
    yield from join(t, rng, cast.LAPTOP)
    yield from join(t + 1, rng, cast.TV)
    (mac, ip), (tv_mac, tv) = at_home(cast.LAPTOP), at_home(cast.TV)
    for n in range(60):
        at, sport = t + 10 + n * 118, 50_000 + n * 7
        yield at, frames.udp(mac, SSDP_MAC, ip, SSDP, sport, 1900, SEARCH)
        yield at + 0.4, frames.udp(tv_mac, mac, tv, ip, 40_000 + n * 13, sport, FOUND)


CASES = (
    Case("port-scan", "positive", "forty doors of one host", vertical),
    Case("port-scan", "positive", "one door of sixty hosts", worm),
    Case("port-scan", "positive", "sixty UDP ports from port 53", udp_from_53),
    Case("port-scan", "near-miss", "eight doors", few),
    Case("port-scan", "benign", "a page of forty servers", browsing),
    Case("port-scan", "benign", "answers to a search from any port", discovery),
)
