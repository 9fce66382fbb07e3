"""HTTP/1 in clear on any port (RFC 9112): what conversation is HTTP, and each request's head.

A request is told from the one segment that begins with it, wherever in a conversation that is. A client
whose first head goes on in the next segment is followed: what its heads say beyond that is told, too.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator

from analysis.events import Event, HttpRequest, SessionSeen
from sensors.packets import Packet, ParseError
from sensors.parsers.base import STREAM_LIMIT, PacketParser, Stream, StreamParser
from sensors.parsers.http_head import BEGINNING, HEAD_LIMIT, LINE, METHODS, Head, read_head
from sensors.parsers.port_mapping import read_mapping

_STARTS = tuple(m + b" " for m in METHODS)
_FIRST = bytes({m[0] for m in METHODS})
_END = b"\r\n\r\n"
_LINE_ENDS = (b" HTTP/1.1\r\n", b" HTTP/1.0\r\n")

_BARE = frozenset({"GET", "HEAD"})
"""Methods whose requests have no content (RFC 9110, sections 9.3.1 and 9.3.2)."""
MAX_PIPELINED = 16
"""Requests told from one segment; APT sends ten before it waits for an answer."""
MAX_REMEMBERED = 1024
"""Connections whose last request is remembered, to know a retransmission or a mirror port's double."""


class Requests:
    """Tells requests from single segments, each once, as far as these hold them."""

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[str, int, str, int], tuple[int, int]] = OrderedDict()

    def parse(self, packet: Packet) -> list[Event]:
        """The request that begins with this segment, and those that were sent along with it. A head that
        goes on in the next segment gives what is here, see `_Following`. Raises ParseError when the first
        line is not a request's."""
        payload = packet.payload[:HEAD_LIMIT]
        head = read_head(payload)
        if head is None and not BEGINNING.fullmatch(payload):
            raise ParseError("not an HTTP/1 request line")
        if head is None or _is_line(payload):
            return []  # all else comes later; `_Following` tells it
        if self._repeated(packet):
            return []
        ends = (packet.ts, packet.src_mac, packet.src, packet.dst, packet.dport)
        told: list[Event] = [HttpRequest(*ends, *head, packet.sport)]
        if head.method in _BARE:
            told += [HttpRequest(*ends, *more, packet.sport) for more in _further(payload)]
        elif head.method == "POST" and b"PortMapping" in payload:
            told += read_mapping(packet)
        return told

    def _repeated(self, packet: Packet) -> bool:
        key = (packet.src, packet.sport, packet.dst, packet.dport)
        last = self._last.pop(key, None)
        self._last[key] = this = (packet.seq, hash(packet.payload))
        if len(self._last) > MAX_REMEMBERED:
            self._last.popitem(last=False)
        return last == this


def _is_line(segment: bytes) -> bool:
    """Whether a segment is a request line and nothing more, as of clients that send line by line."""
    return segment.endswith(_LINE_ENDS) and segment.find(b"\n") == len(segment) - 1


def _further(payload: bytes) -> Iterator[Head]:
    """The heads of requests that were sent along with a first one that has no content."""
    begin, count = payload.find(_END) + len(_END), 1
    while begin >= len(_END) and payload.startswith(_STARTS, begin) and count < MAX_PIPELINED:
        head = read_head(payload[begin:])
        if head is None:
            return
        yield head
        if head.method not in _BARE:
            return
        begin, count = payload.find(_END, begin) + len(_END), count + 1


def recognise(stream: Stream) -> bool | None:
    """A request's or a response's first line."""
    up, down = stream.up, stream.down
    if down and down.startswith(b"HTTP/1."):
        return True
    if not up:
        return None if b"HTTP/1.".startswith(down[:7]) else False
    if up[0] not in _FIRST:
        return False
    if up.startswith(_STARTS):
        return bool(LINE.match(up) or BEGINNING.fullmatch(up, 0, HEAD_LIMIT))
    if up.startswith(b"PRI * HTTP/2.0"):
        return True
    return None if any(m.startswith(up) for m in METHODS) else False


def parse(stream: Stream, ts: float) -> Iterable[Event]:
    """SessionSeen at once. A client whose first head is whole in one segment is done with: `Requests`
    tells its requests. Another is followed."""
    following: _Following | None = stream.state
    if following is not None:
        return following.next(stream, ts)
    first = bytes(stream.up[: stream.first])
    if stream.up.startswith(_STARTS) and _END not in first:
        stream.state = _Following(first)
        return _follow(stream, ts)
    stream.done = True
    return (SessionSeen(ts, stream.flow, "http", False),)


def _follow(stream: Stream, ts: float) -> Iterator[Event]:
    """The first call, whose SessionSeen stands even if the rest cannot be read."""
    yield SessionSeen(ts, stream.flow, "http", False)
    yield from stream.state.next(stream, ts)


class _Following:
    """The requests of one client whose heads need more than a segment. Where `Requests` has told the
    beginning of one, it is told once more if the whole says more."""

    __slots__ = ("begin", "said", "seen")

    def __init__(self, first: bytes) -> None:
        """`first` is the first segment, which begins a head."""
        self.seen = 0
        self.begin: int | None = 0  # where the head begins that is not whole yet
        self.said = _said(first)

    def next(self, stream: Stream, ts: float) -> tuple[Event, ...]:
        """The pending request once its head is whole. A request begins where a segment begins."""
        up = stream.up
        if self.begin is None and self.seen < len(up):
            segment = bytes(up[self.seen :])
            if segment.startswith(_STARTS) and _END not in segment:
                self.begin, self.said = self.seen, _said(segment)
        self.seen = len(up)
        if self.begin is None:
            return ()
        head = bytes(up[self.begin : self.begin + HEAD_LIMIT])
        if _END not in head and len(head) < HEAD_LIMIT and len(up) < STREAM_LIMIT:
            return ()
        self.begin = None
        found = read_head(head)
        if found is None:
            raise ParseError("not an HTTP/1 request line")
        if found == self.said:
            return ()
        flow = stream.flow
        ends = (ts, flow.client_mac, flow.client_ip, flow.server_ip, flow.port)
        return (HttpRequest(*ends, *found, flow.client_port, self.said is not None),)


def _said(segment: bytes) -> Head | None:
    """What `Requests` tells of a segment that begins a head."""
    return None if _is_line(segment) else read_head(segment[:HEAD_LIMIT])


def fresh() -> Callable[[Packet], list[Event]]:
    """A `parse` for single segments that remembers none."""
    return Requests().parse


REQUESTS = PacketParser("http", fresh(), tcp_prefixes=frozenset(s[:4] for s in _STARTS), fresh=fresh)
PARSER = StreamParser("http", recognise, parse, client=_FIRST, server=b"H")
