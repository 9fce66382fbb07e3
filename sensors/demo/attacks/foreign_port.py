"""Protocols in disguise, and what only looks like it."""

import random

from sensors.demo import cast, frames
from sensors.demo.attacks.case import Case
from sensors.demo.talk import Frames, at_home, join, outside, tcp, tls

AWAY = outside("203.0.113.99")
NAS = at_home(cast.NAS)
SSH = [
    (False, b"SSH-2.0-OpenSSH_9.2p1\r\n"),
    (True, b"SSH-2.0-Go\r\n"),
    (False, bytes(800)),
    (True, bytes(700)),
]
FTP = [
    (False, b"220 ready\r\n"),
    (True, b"USER anna\r\n"),
    (False, b"331 Password\r\n"),
    (True, b"PASS *\r\n"),
]
HTTP = [(True, b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"), (False, b"HTTP/1.1 200 OK\r\n\r\n")]
ORDERS = [(False, b"HELLO|556\r\n"), (True, b"HELLO|laptop|US|rat1|NO\n"), (False, b"SCREEN60\r\n")]
NOISE = [(True, b"WA\x06\x03" + bytes(range(120, 200))), (False, bytes(range(130, 220)))]


def talk(
    t: float, rng: random.Random, server: tuple[str, str], dport: int, turns: list[tuple[bool, bytes]]
) -> Frames:
    yield from join(t, rng, cast.LAPTOP)
    yield from tcp(t + 5, rng, at_home(cast.LAPTOP), server, dport, turns)


def encrypted(t: float, rng: random.Random, dport: int) -> Frames:
    yield from join(t, rng, cast.LAPTOP)
    yield from tls(t + 5, rng, at_home(cast.LAPTOP), AWAY, "play.gamenet.example", 500, 2000, dport)


def dns_over_tcp(t: float, rng: random.Random) -> Frames:
    question, answer = frames.dns_query(7, "a.example"), frames.dns_answer(7, "a.example", ["192.0.2.1"])
    turns = [(up, len(data).to_bytes(2, "big") + data) for up, data in ((True, question), (False, answer))]
    return talk(t, rng, AWAY, 53, turns)


RULE = "foreign-port"
CASES = (
    Case(RULE, "positive", "ssh on 443", lambda t, rng: talk(t, rng, AWAY, 443, SSH)),
    Case(RULE, "positive", "ssh on 902", lambda t, rng: talk(t, rng, AWAY, 902, SSH)),
    Case(RULE, "positive", "ftp on 8884", lambda t, rng: talk(t, rng, AWAY, 8884, FTP)),
    Case(RULE, "positive", "a web request on 23", lambda t, rng: talk(t, rng, AWAY, 23, HTTP)),
    Case(RULE, "positive", "readable orders on 4433", lambda t, rng: talk(t, rng, NAS, 4433, ORDERS)),
    Case(RULE, "near-miss", "ssh on 8022 inside the home", lambda t, rng: talk(t, rng, NAS, 8022, SSH)),
    Case(RULE, "near-miss", "readable orders on 4434", lambda t, rng: talk(t, rng, NAS, 4434, ORDERS)),
    Case(RULE, "benign", "a messenger's own encryption on 443",
         lambda t, rng: talk(t, rng, AWAY, 443, NOISE)),
    Case(RULE, "benign", "TLS on an odd port", lambda t, rng: encrypted(t, rng, 27_015)),
    Case(RULE, "benign", "a web server on 8080", lambda t, rng: talk(t, rng, AWAY, 8080, HTTP)),
    Case(RULE, "benign", "DNS over TCP", dns_over_tcp),
)  # fmt: skip
