"""HTTP/1 in clear on any port (RFC 9112): what conversation is HTTP, and each request's head.

A request is told from the one segment that begins with it, wherever in a conversation that is. Only
where the request line itself goes on in the next segment does it take the conversation put in order.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator

from analysis.events import Event, HttpRequest, SessionSeen
from sensors.packets import Packet, ParseError
from sensors.parsers.base import PacketParser, Stream, StreamParser
from sensors.parsers.http_head import BEGINNING, HEAD_LIMIT, LINE, METHODS, read_head
from sensors.parsers.port_mapping import read_mapping

_STARTS = tuple(m + b" " for m in METHODS)

MAX_REMEMBERED = 1024
"""Connections whose last request is remembered, to know a retransmission or a mirror port's double."""


class Requests:
    """Tells requests from single segments, each once."""

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[str, int, str, int], tuple[int, int]] = OrderedDict()

    def parse(self, packet: Packet) -> list[Event]:
        """The request that begins with this segment. A head that goes on in the next segment gives
        what is here. Raises ParseError when the first line is not a request's."""
        payload = packet.payload[:HEAD_LIMIT]
        head = read_head(payload)
        if head is None:
            if BEGINNING.fullmatch(payload):
                return []  # the line goes on; `_Following` tells it
            raise ParseError("not an HTTP/1 request line")
        if self._repeated(packet):
            return []
        request = HttpRequest(
            packet.ts, packet.src_mac, packet.src, packet.dst, packet.dport, *head, packet.sport
        )
        if head.method == "POST" and b"PortMapping" in payload:
            return [request, *read_mapping(packet)]
        return [request]

    def _repeated(self, packet: Packet) -> bool:
        key = (packet.src, packet.sport, packet.dst, packet.dport)
        last = self._last.pop(key, None)
        self._last[key] = this = (packet.seq, hash(packet.payload))
        if len(self._last) > MAX_REMEMBERED:
            self._last.popitem(last=False)
        return last == this


def recognise(stream: Stream) -> bool | None:
    """A request's or a response's first line."""
    up, down = stream.up, stream.down
    if down and down.startswith(b"HTTP/1."):
        return True
    if not up:
        return None if b"HTTP/1.".startswith(down[:7]) else False
    if not 0x43 <= up[0] <= 0x54:  # C to T
        return False
    if up.startswith(_STARTS):
        return bool(LINE.match(up) or BEGINNING.fullmatch(up, 0, HEAD_LIMIT))
    if up.startswith(b"PRI * HTTP/2.0"):
        return True
    return None if any(m.startswith(up) for m in METHODS) else False


def parse(stream: Stream, ts: float) -> Iterable[Event]:
    """SessionSeen at once. A client whose first request line is whole is done with: `Requests`
    tells its requests. Another is followed."""
    following: _Following | None = stream.state
    if following is not None:
        return following.next(stream, ts)
    if stream.up.startswith(_STARTS) and not LINE.match(stream.up):
        stream.state = _Following()
        return _follow(stream, ts)
    stream.done = True
    return (SessionSeen(ts, stream.flow, "http", False),)


def _follow(stream: Stream, ts: float) -> Iterator[Event]:
    """The first call, whose SessionSeen stands even if the rest cannot be read."""
    yield SessionSeen(ts, stream.flow, "http", False)
    yield from stream.state.next(stream, ts)


class _Following:
    """The requests of one client whose request lines need more than a segment."""

    __slots__ = ("pending", "seen")

    def __init__(self) -> None:
        self.seen = 0
        self.pending: int | None = None

    def next(self, stream: Stream, ts: float) -> tuple[Event, ...]:
        """The pending request once its head is whole. A request begins where a segment begins."""
        up = stream.up
        if self.pending is None and self.seen < len(up):
            segment = bytes(up[self.seen :])
            if segment.startswith(_STARTS) and not LINE.match(segment):
                self.pending = self.seen
        self.seen = len(up)
        if self.pending is None or (up.find(b"\r\n\r\n", self.pending) < 0 and len(up) < HEAD_LIMIT):
            return ()
        head = read_head(bytes(up[self.pending : self.pending + HEAD_LIMIT]))
        self.pending = None
        if head is None:
            raise ParseError("not an HTTP/1 request line")
        flow = stream.flow
        return (
            HttpRequest(
                ts, flow.client_mac, flow.client_ip, flow.server_ip, flow.port, *head, flow.client_port
            ),
        )


def fresh() -> Callable[[Packet], list[Event]]:
    """A `parse` for single segments that remembers none."""
    return Requests().parse


REQUESTS = PacketParser("http", fresh(), tcp_prefixes=frozenset(s[:4] for s in _STARTS), fresh=fresh)
PARSER = StreamParser("http", recognise, parse, client=b"CDGHOPT", server=b"H")
