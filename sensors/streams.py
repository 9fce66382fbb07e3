"""The first payload of TCP conversations, put in order and shown to the stream parsers."""

import logging
import re
from collections.abc import Sequence

from analysis.events import Event, Flow, SessionSeen
from sensors.packets import ParseError
from sensors.parsers.base import ANY, STREAM_LIMIT, Stream, StreamParser

_TEXT = re.compile(rb"[\t\r\n -~]+")
_BEGINNING, _BY_CHANCE = 64, 8
"""Bytes of each direction that are looked at for readable text; fewer than the second are so by chance."""

log = logging.getLogger(__name__)

MAX_STREAMS = 4_096
"""Streams whose buffers are kept at a time: 4,096 x 2 x 32 KiB is the bound, 2 KiB each is usual."""
UNDECIDED_SECONDS = 3.0
"""After so long a stream that no parser knows is told by its port alone."""
UNDECIDED_SEGMENTS = 6
"""After so many segments without an answer no parser will know: each decides on a greeting or a request."""
_AHEAD = 16
"""Segments of a direction kept that arrived before the one they follow; together at most `STREAM_LIMIT`."""
_WRAP = 1 << 32


class _Side:
    """One direction: what is in order, and what came too early."""

    __slots__ = ("ahead", "next")

    def __init__(self) -> None:
        self.next: int | None = None
        self.ahead: dict[int, bytes] | None = None  # made when the first one comes early, which is rare

    def add(self, into: bytearray, start: int | None, seq: int, data: bytes) -> bool:
        """Append a segment; False when nothing in order was added. `start` as in `_starts_late`."""
        before, at = len(into), self.next
        if at is None:
            at = seq if start is None or not _starts_late(start, seq) else start
        if seq == at:
            into += data[: STREAM_LIMIT - before]
            self.next = (seq + len(data)) % _WRAP
        else:
            self.next = at
            self._place(into, at, seq, data)
        if self.ahead:
            self._join(into)
        return len(into) > before

    def begin(self, into: bytearray) -> None:
        """What comes first is missing for good: begin with the earliest segment that there is."""
        if self.ahead and self.next is not None:
            start = self.next
            self.next = min(self.ahead, key=lambda seq: (seq - start) % _WRAP)
            self._join(into)

    def _place(self, into: bytearray, at: int, seq: int, data: bytes) -> None:
        """Of a segment that comes again what is new; one that comes early is kept. `at` is `next`."""
        offset = (at - seq) % _WRAP
        if offset >= _WRAP // 2:
            self._keep(seq, data[: max(0, STREAM_LIMIT - len(into) - (seq - at) % _WRAP)])
        elif offset < len(data):
            into += data[offset : offset + STREAM_LIMIT - len(into)]
            self.next = (seq + len(data)) % _WRAP

    def _keep(self, seq: int, data: bytes) -> None:
        ahead = self.ahead = self.ahead or {}
        if data and len(ahead) < _AHEAD and sum(map(len, ahead.values())) + len(data) <= STREAM_LIMIT:
            ahead[seq] = max(ahead.get(seq, b""), data, key=len)

    def _join(self, into: bytearray) -> None:
        """Append what came early, as far as it follows now. A retransmission may have other boundaries, so it
        may also begin before."""
        ahead, at = self.ahead or {}, self.next or 0
        while due := [seq for seq in ahead if (at - seq) % _WRAP < _WRAP // 2]:
            for seq in due:
                self._place(into, at, seq, ahead.pop(seq))
                at = self.next or 0


def _starts_late(start: int, seq: int) -> bool:
    """Whether the first segment of a client comes before those it follows. `start` is the number of the first
    byte after the SYN seen; numbers far from it are another connection's between the same endpoints."""
    return 0 < (seq - start) % _WRAP < STREAM_LIMIT


class _State:
    """An open stream: what it is, whose it is, and the order of both directions."""

    __slots__ = ("down", "parser", "segments", "since", "stream", "up")

    def __init__(self, stream: Stream, parser: StreamParser | None, since: float) -> None:
        self.stream, self.parser, self.since = stream, parser, since
        self.up, self.down = _Side(), _Side()
        self.segments = 1


class Streams:
    """All open streams of a sensor, by the serial of their flow. `failures` counts by parser."""

    def __init__(self, parsers: Sequence[StreamParser]) -> None:
        self._parsers = tuple(parsers)
        self._after_client = [tuple(p for p in parsers if byte in p.client) for byte in ANY]
        self._after_server = [tuple(p for p in parsers if byte in p.server) for byte in ANY]
        self._ports = frozenset().union(*(p.ports for p in parsers))
        self._open: dict[int, _State] = {}
        self._undecided: dict[int, _State] = {}
        """Those of the open ones that no parser has recognised and nobody was told of."""
        self._over: set[int] = set()
        """Flows that go on although nothing more of them is of use."""
        self.failures: dict[str, int] = {}
        self.evicted = 0

    def wants(self, serial: int) -> bool:
        """Whether more payload of this flow is of use."""
        return serial not in self._over

    def feed(
        self, serial: int, flow: Flow, start: int | None, up: bool, seq: int, data: bytes, ts: float
    ) -> list[Event]:
        """A payload segment of a flow; returns the events that it completes. `start` is the number of the
        client's first byte, None where the capture began later."""
        state = self._open.get(serial)
        if state is None:
            return [] if serial in self._over else self._first(serial, flow, start, up, seq, data, ts)
        stream = state.stream
        side, buffer = (state.up, stream.up) if up else (state.down, stream.down)
        if not side.add(buffer, start if up else None, seq, data):
            return []
        if up:
            stream.first = stream.first or len(data)
        elif not stream.up:
            state.up.begin(stream.up)  # the server has what it answers
        events = self._look(serial, state, ts)
        if stream.done or len(buffer) >= STREAM_LIMIT:
            events += self._close(serial, ts)
            self._over.add(serial)
        return events

    def _first(
        self, serial: int, flow: Flow, start: int | None, up: bool, seq: int, data: bytes, ts: float
    ) -> list[Event]:
        """The first segment of a flow, which often says all that is of use: then nothing is kept."""
        if len(self._open) >= MAX_STREAMS:
            self._evict(ts)
        stream = Stream(flow, start is None)
        if up and start is not None and _starts_late(start, seq):
            state = self._open[serial] = self._undecided[serial] = _State(stream, None, ts)
            state.up.add(stream.up, start, seq, data)
            return []
        buffer = stream.up if up else stream.down
        buffer += data[:STREAM_LIMIT]
        stream.first = len(stream.up)
        likely = self._parsers
        if flow.port not in self._ports:
            likely = (self._after_client if up else self._after_server)[data[0]]
        parser, undecided = _recognise(stream, likely)
        events = [] if parser is None else self._parse(stream, parser, ts)
        if (parser is None and not undecided) or stream.done or len(buffer) >= STREAM_LIMIT:
            self._over.add(serial)
            return events if parser is not None else [_unknown(stream, ts)]
        state = self._open[serial] = _State(stream, parser, ts)
        (state.up if up else state.down).next = (seq + len(data)) % _WRAP
        if parser is None:
            self._undecided[serial] = state
        return events

    def tick(self, now: float) -> list[Event]:
        """Tell the streams that nobody recognised in time."""
        late = [key for key, state in self._undecided.items() if now - state.since > UNDECIDED_SECONDS]
        return [_unknown(self._undecided.pop(key).stream, now) for key in late]

    def end(self, serial: int, ts: float) -> list[Event]:
        """The flow is over: what was still to say."""
        if serial in self._open:
            return self._close(serial, ts)
        self._over.discard(serial)
        return []

    def _evict(self, ts: float) -> None:
        """Give up the oldest stream."""
        oldest = next(iter(self._open))
        self._close(oldest, ts)
        self._over.add(oldest)
        self.evicted += 1

    def _close(self, serial: int, ts: float) -> list[Event]:
        """Free the buffers; what nobody has recognised is told."""
        del self._open[serial]
        state = self._undecided.pop(serial, None)
        return [] if state is None else [_unknown(state.stream, ts)]

    def _look(self, serial: int, state: _State, ts: float) -> list[Event]:
        """There is more of a stream."""
        stream = state.stream
        if state.parser is None:
            state.parser, undecided = _recognise(stream, self._parsers)
            if state.parser is None:
                state.segments += 1
                stream.done = not undecided or state.segments >= UNDECIDED_SEGMENTS
                return []
            self._undecided.pop(serial, None)
        return self._parse(stream, state.parser, ts)

    def _parse(self, stream: Stream, parser: StreamParser, ts: float) -> list[Event]:
        """What the parser says that has recognised a stream."""
        stream.service = parser.name
        events: list[Event] = []
        try:
            events += parser.parse(stream, ts)
            return events
        except ParseError:
            self._failed(parser.name)
        except Exception:
            if parser.name + " (bug)" not in self.failures:
                log.exception("parser %s failed; further failures are counted only", parser.name)
            self._failed(parser.name + " (bug)")
        stream.done = True
        return events

    def _failed(self, name: str) -> None:
        self.failures[name] = self.failures.get(name, 0) + 1


def _recognise(stream: Stream, parsers: tuple[StreamParser, ...]) -> tuple[StreamParser | None, bool]:
    """Whose a stream is; if nobody's, whether it may yet become somebody's."""
    undecided = False
    for parser in parsers:
        answer = parser.recognise(stream)
        if answer:
            return parser, False
        undecided = undecided or answer is None
    return None, undecided or 0 < _readable(stream) < _BY_CHANCE


def _readable(stream: Stream) -> int:
    """Bytes at the beginning of the direction that says more, if people can read what both say; else 0."""
    sides = [bytes(side[:_BEGINNING]) for side in (stream.up, stream.down) if side]
    if stream.midstream or not all(map(_TEXT.fullmatch, sides)):
        return 0
    return max(map(len, sides), default=0)


def _unknown(stream: Stream, ts: float) -> SessionSeen:
    """No parser knows this conversation; whether what both sides begin with can be read by people."""
    return SessionSeen(ts, stream.flow, None, False, _readable(stream) >= _BY_CHANCE)
