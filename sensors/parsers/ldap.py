"""LDAP in clear on any port, by its first request (RFC 4511): bind, search or StartTLS."""

from collections.abc import Iterator

from analysis.events import Event, SessionSeen
from sensors.packets import ParseError
from sensors.parsers.base import Stream, StreamParser
from sensors.parsers.ber import read, read_number

_BIND, _SEARCH, _EXTENDED = 0x60, 0x63, 0x77
_SIMPLE, _SASL, _EXTENDED_NAME = 0x80, 0xA3, 0x80
_OCTETS = 0x04
_START_TLS = b"1.3.6.1.4.1.1466.20037"
_ENOUGH = 64
"""Bytes in which the first request shows what it is, a long name of who binds aside."""
MAX_REQUESTS = 16
"""Requests looked at: a client binds with the first one or two."""


def _operation(data: bytearray, at: int) -> tuple[int, int, int, int]:
    """The request at `at`: its kind, where its contents begin and end, and where the next one begins.
    Raises ParseError."""
    _, begin, end = read(data, at, 0x30)
    number, begin = read_number(data, begin)
    kind, inside, last = read(data, begin)
    if number <= 0 or last > end:
        raise ParseError("not an LDAP message")
    return kind, inside, last, end


def recognise(stream: Stream) -> bool | None:
    """A bind of version 2 or 3, a search with a base, or an extended request with an OID."""
    up = stream.up
    if not up:
        return None if not stream.down or stream.down[0] == 0x30 else False
    if up[0] != 0x30:
        return False
    try:
        kind, at, _, _ = _operation(up, 0)
        if kind == _BIND:
            version, at = read_number(up, at)
            read(up, at, _OCTETS)
            return version in (2, 3)
        if kind == _SEARCH:
            _, _, end = read(up, at, _OCTETS)
            return read(up, end, 0x0A)[2] - end == 3
        if kind == _EXTENDED:
            _, begin, end = read(up, at, _EXTENDED_NAME)
            return up[begin:end].replace(b".", b"").isdigit()
    except ParseError:
        return None if len(up) < _ENOUGH else False
    return False


def parse(stream: Stream, ts: float) -> Iterator[Event]:
    """SessionSeen "ldap" at once, and again with login when a simple bind carried a password (an empty
    one is anonymous, RFC 4513, section 5.1). StartTLS ends the clear text."""
    if stream.state is None:
        stream.state = True
        yield SessionSeen(ts, stream.flow, "ldap", False)
    at, up = 0, stream.up
    for _ in range(MAX_REQUESTS):
        if at < len(up) and up[at] != 0x30:
            break
        try:
            kind, begin, end, following = _operation(up, at)
            if end > len(up):
                return
            if kind == _BIND and _password(up, begin):
                yield SessionSeen(ts, stream.flow, "ldap", True)
                break
        except ParseError:
            return
        if kind == _EXTENDED and _START_TLS in up[begin:end]:
            break
        at = following
    stream.done = True


def _password(up: bytearray, at: int) -> bool:
    """Whether a bind's contents at `at` hold a password. Raises ParseError."""
    _, at = read_number(up, at)
    _, _, at = read(up, at, _OCTETS)
    kind, begin, end = read(up, at)
    return kind == _SIMPLE and end > begin


PARSER = StreamParser("ldap", recognise, parse, client=b"\x30", server=b"\x30")
