"""The first payload of TCP conversations, put in order and shown to the stream parsers."""

import logging
import re
from collections.abc import Sequence

from analysis.events import Event, Flow, SessionSeen
from sensors.packets import ParseError
from sensors.parsers.base import STREAM_LIMIT, Stream, StreamParser

_TEXT = re.compile(rb"[\t\r\n -~]{8,64}")
"""Readable text; shorter beginnings are so by chance."""

log = logging.getLogger(__name__)

MAX_STREAMS = 4_096
"""Streams whose buffers are kept at a time: 4,096 x 2 x 16 KiB is the bound, 2 KiB each is usual."""
UNDECIDED_SECONDS = 3.0
"""After so long a stream that no parser knows is told by its port alone."""
UNDECIDED_SEGMENTS = 6
"""After so many segments without an answer no parser will know: each decides on a greeting or a request."""
_AHEAD = 8
"""Segments kept that arrived before the one they follow."""
_WRAP = 1 << 32


class _Side:
    """One direction: what is in order, and what came too early."""

    __slots__ = ("ahead", "next")

    def __init__(self) -> None:
        self.next: int | None = None
        self.ahead: dict[int, bytes] = {}

    def add(self, into: bytearray, seq: int, data: bytes) -> bool:
        """Append a segment; False when nothing in order was added."""
        before = len(into)
        self._place(into, seq, data)
        while self.next in self.ahead:
            self._place(into, self.next, self.ahead.pop(self.next))
        return len(into) > before

    def _place(self, into: bytearray, seq: int, data: bytes) -> None:
        expected = seq if self.next is None else self.next
        offset = (expected - seq) % _WRAP
        if offset == 0 or offset < len(data):  # in order, or a retransmission that adds something
            into += data[offset : offset + STREAM_LIMIT - len(into)]
            self.next = (seq + len(data)) % _WRAP
        elif offset > _WRAP // 2 and len(self.ahead) < _AHEAD:
            self.ahead[seq] = data


class _State:
    __slots__ = ("down", "parser", "segments", "since", "stream", "told", "up")

    def __init__(self, flow: Flow, midstream: bool, ts: float) -> None:
        self.stream = Stream(flow, midstream)
        self.up, self.down = _Side(), _Side()
        self.parser: StreamParser | None = None
        self.since = ts
        self.told = False
        self.segments = 0


class Streams:
    """All open streams of a sensor, by the serial of their flow. `failures` counts by parser."""

    def __init__(self, parsers: Sequence[StreamParser]) -> None:
        self._parsers = parsers
        self._open: dict[int, _State | None] = {}
        self._buffered = 0
        self.failures: dict[str, int] = {}
        self.evicted = 0

    def wants(self, serial: int) -> bool:
        """Whether more payload of this flow is of use."""
        return self._open.get(serial, self) is not None

    def feed(
        self, serial: int, flow: Flow, midstream: bool, up: bool, seq: int, data: bytes, ts: float
    ) -> list[Event]:
        """A payload segment of a flow; returns the events that it completes."""
        state = self._open.get(serial)
        if state is None:
            if serial in self._open:
                return []
            state = self._begin(serial, flow, midstream, ts)
        side, buffer = (state.up, state.stream.up) if up else (state.down, state.stream.down)
        if not side.add(buffer, seq, data):
            return []
        events = self._look(state, ts)
        if state.stream.done or len(buffer) >= STREAM_LIMIT:
            events += self._close(serial, ts)
        return events

    def tick(self, now: float) -> list[Event]:
        """Tell the streams that nobody recognised in time."""
        events: list[Event] = []
        for state in self._open.values():
            if state and not state.told and state.parser is None and now - state.since > UNDECIDED_SECONDS:
                state.told = True
                events.append(_unknown(state.stream, now))
        return events

    def end(self, serial: int, ts: float) -> list[Event]:
        """The flow is over: what was still to say."""
        events = self._close(serial, ts)
        self._open.pop(serial, None)
        return events

    def _begin(self, serial: int, flow: Flow, midstream: bool, ts: float) -> _State:
        if self._buffered >= MAX_STREAMS:
            oldest = next(key for key, state in self._open.items() if state is not None)
            self._close(oldest, ts)
            self.evicted += 1
        state = _State(flow, midstream, ts)
        self._open[serial] = state
        self._buffered += 1
        return state

    def _close(self, serial: int, ts: float) -> list[Event]:
        state = self._open.get(serial)
        if state is None:
            return []
        self._open[serial] = None
        self._buffered -= 1
        if state.parser is None and not state.told:
            return [_unknown(state.stream, ts)]
        return []

    def _look(self, state: _State, ts: float) -> list[Event]:
        stream = state.stream
        if state.parser is None:
            state.parser = self._recognise(state, ts)
            if state.parser is None:
                if stream.done and not state.told:
                    state.told = True
                    return [_unknown(stream, ts)]
                return []
            stream.service = state.parser.name
        events: list[Event] = []
        try:
            events.extend(state.parser.parse(stream, ts))
            return events
        except ParseError:
            self._failed(state.parser.name)
        except Exception:
            if state.parser.name + " (bug)" not in self.failures:
                log.exception("parser %s failed; further failures are counted only", state.parser.name)
            self._failed(state.parser.name + " (bug)")
        stream.done = True
        return events

    def _recognise(self, state: _State, ts: float) -> StreamParser | None:
        undecided = False
        for parser in self._parsers:
            answer = parser.recognise(state.stream)
            if answer:
                return parser
            undecided = undecided or answer is None
        state.segments += 1
        state.stream.done = not undecided or state.segments >= UNDECIDED_SEGMENTS
        return None

    def _failed(self, name: str) -> None:
        self.failures[name] = self.failures.get(name, 0) + 1


def _unknown(stream: Stream, ts: float) -> SessionSeen:
    """No parser knows this conversation; whether what both sides begin with can be read by people."""
    sides = [bytes(side[:64]) for side in (stream.up, stream.down) if side]
    text = not stream.midstream and all(map(_TEXT.fullmatch, sides)) and bool(sides)
    return SessionSeen(ts, stream.flow, None, False, text)
