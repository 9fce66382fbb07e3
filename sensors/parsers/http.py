"""HTTP/1 in clear on any port (RFC 9112): each request's head, and what conversation is HTTP."""

import re
from collections.abc import Iterator

from analysis.events import Event, HttpRequest, SessionSeen
from analysis.text import clean
from sensors.packets import Packet, ParseError
from sensors.parsers.base import PacketParser, Stream, StreamParser

_METHODS = (b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"CONNECT", b"TRACE")
"""RFC 9110 and RFC 5789. SSDP's NOTIFY and M-SEARCH are not among them."""

_HEAD_LIMIT = 8192
"""Bytes of a request that are looked at; servers refuse longer heads."""

_LINE = re.compile(rb"([A-Z]{3,7}) ([!-~\x80-\xff]+) HTTP/1\.[01]\r?(?:\n|$)")
_HEADER = re.compile(
    rb"\n(?:(host)|(user-agent)|((?:proxy-)?authorization)):[ \t]*([^\r\n]*)(?=(\r?\n)|)", re.I
)
_AUTHORITY = re.compile(rb"[a-z][a-z0-9+.-]*://([^/?#]*)", re.I)
_BEGINNING = re.compile(rb"(?:" + rb"|".join(_METHODS) + rb") (?:/|\*|https?://|[!-~]+:[0-9]{1,5} )")


def parse(packet: Packet) -> list[Event]:
    """The request that begins with this segment. A head that goes on in the next segment gives what
    is here; a cut Host is left out. Raises ParseError when the first line is not a request's."""
    payload = packet.payload[:_HEAD_LIMIT]
    line = _LINE.match(payload)
    if line is None:
        raise ParseError("not an HTTP/1 request line")
    end = payload.find(b"\r\n\r\n")
    head = payload if end < 0 else payload[: end + 2]
    host, agent, basic = _headers(head, line.end() - 1)
    authority, path = _target(line[2], line[1] == b"CONNECT")
    host = host or authority
    return [
        HttpRequest(
            packet.ts, packet.src_mac, packet.src, packet.dst, packet.dport, line[1].decode("ascii"),
            clean(host.rpartition(b"@")[2]).lower() if host else None, clean(path),
            None if agent is None else clean(agent), basic,
        )
    ]  # fmt: skip


def _headers(head: bytes, start: int) -> tuple[bytes | None, bytes | None, bool]:
    """Host, User-Agent (the first of each) and whether Basic credentials were sent (RFC 7617)."""
    host = agent = None
    basic = False
    for found in _HEADER.finditer(head, start):
        if found[1] and host is None and found[5]:
            host = found[4].rstrip()
        elif found[2] and agent is None:
            agent = found[4].rstrip()
        elif found[3]:
            basic = basic or found[4][:6].lower() == b"basic "
    return host, agent, basic


def _target(target: bytes, connect: bool) -> tuple[bytes | None, bytes]:
    """Authority, if the request target names one, and path without query (RFC 9112, section 3.2)."""
    if connect:
        return target, b""
    authority = None
    if absolute := _AUTHORITY.match(target):
        authority = absolute[1]
        target = target[absolute.end() :] or b"/"
    return authority, target.partition(b"?")[0].partition(b"#")[0]


def recognise(stream: Stream) -> bool | None:
    """A request's or a response's first line."""
    up, down = stream.up, stream.down
    if down and down.startswith(b"HTTP/1."):
        return True
    if not up:
        return None if b"HTTP/1.".startswith(bytes(down[:7])) else False
    if not 0x43 <= up[0] <= 0x54:  # C to T
        return False
    if _BEGINNING.match(up) or up.startswith(b"PRI * HTTP/2.0"):
        return True
    if len(up) < 64 and b"\n" not in up and bytes(up).partition(b" ")[0] in _METHODS:
        return None
    return None if any(m.startswith(up) for m in _METHODS) else False


def seen(stream: Stream, ts: float) -> Iterator[Event]:
    """SessionSeen, once."""
    stream.done = True
    yield SessionSeen(ts, stream.flow, "http", False)


REQUESTS = PacketParser("http", parse, tcp_prefixes=frozenset((m + b" ")[:4] for m in _METHODS))
PARSER = StreamParser("http", recognise, seen)
