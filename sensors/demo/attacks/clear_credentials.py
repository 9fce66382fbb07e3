"""Passwords in clear, and the encrypted ways beside them."""

import random

from sensors.demo import cast, frames
from sensors.demo.attacks.case import Case
from sensors.demo.talk import Frames, at_home, join, outside, port, tcp, tls

MAIL = outside(cast.SERVICES["mail.postbox.example"])


def dialogue(t: float, rng: random.Random, dport: int, *turns: tuple[bool, bytes]) -> Frames:
    """A mail program and its server."""
    yield from join(t, rng, cast.PHONE)
    yield from tcp(t + 5, rng, at_home(cast.PHONE), MAIL, dport, turns)


def pop3(t: float, rng: random.Random, login: bool = True) -> Frames:
    turns = [(False, b"+OK ready\r\n"), (True, b"CAPA\r\n"), (False, b"+OK\r\nSTLS\r\n.\r\n")]
    if login:
        turns += [
            (True, b"USER anna\r\n"),
            (False, b"+OK\r\n"),
            (True, b"PASS ********\r\n"),
            (False, b"+OK\r\n"),
        ]
    return dialogue(t, rng, 110, *turns)


def imap(t: float, rng: random.Random) -> Frames:
    return dialogue(t, rng, 143, (False, b"* OK ready\r\n"), (True, b"a1 LOGIN anna ********\r\n"),
                    (False, b"a1 OK LOGIN completed\r\n"))  # fmt: skip


def smtp(t: float, rng: random.Random, login: bool = True) -> Frames:
    turns = [(False, b"220 mail ESMTP\r\n"), (True, b"EHLO phone\r\n"), (False, b"250 AUTH PLAIN\r\n")]
    if login:
        turns += [(True, b"AUTH PLAIN AAAA\r\n"), (False, b"235 OK\r\n")]
    else:
        turns += [(True, b"MAIL FROM:<a@postbox.example>\r\n"), (False, b"250 OK\r\n")]
    return dialogue(t, rng, 587, *turns)


def imap_over_tls(t: float, rng: random.Random) -> Frames:
    yield from join(t, rng, cast.PHONE)
    yield from tls(t + 5, rng, at_home(cast.PHONE), MAIL, "mail.postbox.example", 900, 9000, 993)


def basic(t: float, rng: random.Random, header: str) -> Frames:
    ask = f"GET /feed HTTP/1.1\r\nHost: shop.bigmarket.example\r\n{header}\r\n".encode()
    yield from join(t, rng, cast.LAPTOP)
    server = outside(cast.SERVICES["shop.bigmarket.example"])
    yield from tcp(
        t + 5, rng, at_home(cast.LAPTOP), server, 80, [(True, ask), (False, b"HTTP/1.1 200 OK\r\n\r\n")]
    )


def _ber(tag: int, data: bytes) -> bytes:
    return bytes([tag, len(data)]) + data


def ldap(t: float, rng: random.Random, password: bytes) -> Frames:
    bind = _ber(0x02, b"\3") + _ber(0x04, b"cn=anna") + _ber(0x80, password)
    ask = _ber(0x30, _ber(0x02, b"\1") + _ber(0x60, bind))
    answer = _ber(0x30, _ber(0x02, b"\1") + _ber(0x61, b"\x0a\1\0\4\0\4\0"))
    yield from join(t, rng, cast.WORK)
    yield from tcp(
        t + 5, rng, at_home(cast.WORK), outside("203.0.113.50"), 389, [(True, ask), (False, answer)]
    )


def snmp(t: float, rng: random.Random, server: tuple[str, str], community: bytes, kind: int = 0xA0) -> Frames:
    body = _ber(0x02, b"\7") + _ber(0x02, b"\0") + _ber(0x02, b"\0") + _ber(0x30, b"")
    message = _ber(0x30, _ber(0x02, b"\1") + _ber(0x04, community) + _ber(kind, body))
    yield from join(t, rng, cast.LAPTOP)
    for n in range(4):
        sport = port(rng)
        yield (
            t + 5 + n,
            frames.udp(cast.LAPTOP.mac, server[0], cast.LAPTOP.ip, server[1], sport, 161, message),
        )


PRINTER = at_home(cast.PRINTER)
RULE = "clear-credentials"
CASES = (
    Case(RULE, "positive", "pop3", pop3),
    Case(RULE, "near-miss", "pop3 without a login", lambda t, rng: pop3(t, rng, False)),
    Case(RULE, "positive", "imap", imap),
    Case(RULE, "benign", "imap over TLS", imap_over_tls),
    Case(RULE, "positive", "smtp", smtp),
    Case(RULE, "benign", "smtp without a login", lambda t, rng: smtp(t, rng, False)),
    Case(RULE, "positive", "http basic", lambda t, rng: basic(t, rng, "Authorization: Basic ****\r\n")),
    Case(RULE, "near-miss", "http bearer", lambda t, rng: basic(t, rng, "Authorization: Bearer ****\r\n")),
    Case(RULE, "positive", "ldap simple bind", lambda t, rng: ldap(t, rng, b"********")),
    Case(RULE, "near-miss", "ldap anonymous bind", lambda t, rng: ldap(t, rng, b"")),
    Case(RULE, "positive", "snmp outside", lambda t, rng: snmp(t, rng, outside("203.0.113.60"), b"public")),
    Case(RULE, "positive", "snmp sets the printer", lambda t, rng: snmp(t, rng, PRINTER, b"private", 0xA3)),
    Case(RULE, "positive", "snmp with a community of one's own",
         lambda t, rng: snmp(t, rng, PRINTER, b"zx81")),
    Case(RULE, "benign", "the printer's ink by snmp", lambda t, rng: snmp(t, rng, PRINTER, b"public")),
)  # fmt: skip
