"""Reassembly of the first payload, and who is asked about it."""

import random
from itertools import pairwise

import pytest

from analysis.events import Flow, SessionSeen
from sensors.packets import ParseError
from sensors.parsers.base import STREAM_LIMIT, Stream, StreamParser
from sensors.streams import MAX_STREAMS, UNDECIDED_SECONDS, Streams

FLOW = Flow(1, 0.0, None, None, "10.0.0.1", "10.0.0.2", 40000, 23, "tcp", True, True, False)


def collecting(wanted: int):
    """A parser that takes what begins with `P` and is done after so many bytes."""
    seen: list[bytes] = []

    def parse(stream: Stream, ts: float):
        if len(stream.up) >= wanted:
            seen.append(bytes(stream.up))
            stream.done = True
            yield SessionSeen(ts, stream.flow, "p", False)

    return StreamParser("p", lambda s: s.up[:1] == b"P" if s.up else None, parse), seen


@pytest.mark.parametrize("seed", range(20))
def test_segments_are_put_in_order_whatever_the_network_did(seed):
    rng = random.Random(seed)
    data = b"P" + rng.randbytes(4000)
    parser, seen = collecting(len(data))
    cuts = sorted({0, *(rng.randrange(1, len(data)) for _ in range(6)), len(data)})
    isn = rng.choice([0, 1000, 2**32 - 1500])
    segments = [((isn + a) % 2**32, data[a:b]) for a, b in pairwise(cuts)]
    again = [sorted(rng.sample(range(len(data) + 1), 2)) for _ in range(4)]  # retransmissions, cut elsewhere
    segments += [((isn + a) % 2**32, data[a:b]) for a, b in again] + rng.sample(segments, 2)
    rng.shuffle(segments)
    streams, events = Streams([parser]), []
    for seq, part in segments:
        events += streams.feed(1, FLOW, isn, True, seq, part, 1.0)
    assert seen == [data]
    assert [e.service for e in events] == ["p"]
    assert not streams.wants(1)


def test_what_nobody_knows_is_told_once_by_its_port():
    streams = Streams([StreamParser("never", lambda s: False, lambda s, t: [])])
    events = streams.feed(1, FLOW, 0, True, 0, b"\0bc", 1.0)
    events += streams.feed(1, FLOW, 0, True, 3, b"\0bc", 1.1)
    events += streams.end(1, 2.0)
    assert events == [SessionSeen(1.0, FLOW, None, False)]


def test_a_stream_that_stays_undecided_is_told_after_a_while_and_may_still_be_recognised():
    parser, _ = collecting(1)
    streams = Streams([parser])
    assert streams.feed(1, FLOW, 0, False, 0, b"banner", 1.0) == []
    assert streams.tick(1.0 + UNDECIDED_SECONDS) == []
    told = streams.tick(1.1 + UNDECIDED_SECONDS)
    assert [e.service for e in told] == [None]
    assert streams.tick(100.0) == []
    later = streams.feed(1, FLOW, 0, True, 0, b"P", 101.0)
    assert [e.service for e in later] == ["p"]


def test_an_undecided_stream_is_told_when_its_flow_ends():
    parser, _ = collecting(1)
    streams = Streams([parser])
    streams.feed(1, FLOW, 0, False, 0, b"banner", 1.0)
    assert [e.service for e in streams.end(1, 2.0)] == [None]


@pytest.mark.parametrize("error, counted", [(ParseError("bad"), "bad"), (RuntimeError("bug"), "bad (bug)")])
def test_a_failing_parser_is_counted_and_its_stream_closed(error, counted):
    def parse(stream, ts):
        raise error
        yield

    streams = Streams([StreamParser("bad", lambda s: True, parse)])
    assert streams.feed(1, FLOW, 0, True, 0, b"abc", 1.0) == []
    assert streams.failures == {counted: 1}
    assert not streams.wants(1)


def test_memory_is_bounded_in_bytes_and_streams():
    parser, _ = collecting(10**9)
    streams = Streams([parser])
    for n in range(MAX_STREAMS + 100):
        streams.feed(n, FLOW._replace(id=n), 0, True, 0, b"P", 1.0)
    assert streams.evicted == 100
    for n in range(100):
        streams.feed(MAX_STREAMS + 50, FLOW, 0, True, 1 + n * 1000, b"x" * 1000, 1.0)
    assert not streams.wants(MAX_STREAMS + 50)
    assert STREAM_LIMIT == 16384


def test_what_is_kept_of_a_stream_goes_with_its_flow():
    parser, _ = collecting(3)
    streams = Streams([parser])
    for n, data in enumerate((b"Pxx", b"P", b"\0ther", b"")):
        streams.feed(n, FLOW._replace(id=n), 0, bool(data), 0, data or b"banner", 1.0)
    assert [streams.wants(n) for n in range(4)] == [False, True, False, True]
    for n in range(4):
        streams.end(n, 2.0)
    assert not streams._open and not streams._undecided and not streams._over


def test_the_undecided_are_told_in_the_order_in_which_they_began():
    parser, _ = collecting(1)
    streams = Streams([parser])
    for n in (3, 1, 2):
        streams.feed(n, FLOW._replace(id=n), 0, False, 0, b"banner", 1.0 + n / 10)
    streams.feed(1, FLOW, 0, True, 0, b"P", 1.5)
    assert [e.flow.id for e in streams.tick(1.25 + UNDECIDED_SECONDS)] == [2]
    assert [e.flow.id for e in streams.tick(9.0)] == [3]


@pytest.mark.parametrize(
    ("up", "down", "start", "text"),
    [
        (b"HELLO|laptop|US\r\n", b"", 1, True),
        (b"HELLO|laptop|US\r\n", b"SCREEN60\r\n", 1, True),
        (b"HELLO|laptop|US\r\n", b"\x00\x01\x02\x03\x04\x05\x06\x07\x08", 1, False),
        (b"HELLO|laptop|US\r\n", b"", None, False),
        (b"short\r\n", b"", 1, False),
    ],
)
def test_unknown_content_that_people_can_read_is_told(up, down, start, text):
    nobody = StreamParser("nobody", lambda s: None, lambda s, ts: ())
    streams = Streams([nobody])
    events = streams.feed(1, FLOW, start, True, 1, up, 1.0)
    events += streams.feed(1, FLOW, start, False, 1, down, 1.0) if down else []
    events += streams.end(1, 2.0)
    assert [(e.service, e.text) for e in events if isinstance(e, SessionSeen)][-1:] == [(None, text)]


def test_a_shells_first_words_are_too_few_to_tell_and_the_next_are_waited_for():
    nobody = StreamParser("nobody", lambda s: False, lambda s, ts: ())
    streams = Streams([nobody])
    assert streams.feed(1, FLOW, 1, False, 1, b"id\n", 1.0) == []
    (event,) = streams.feed(1, FLOW, 1, True, 1, b"uid=0(root) gid=0(root)\n", 1.1)
    assert event.text and event.service is None
    assert streams.feed(2, FLOW._replace(id=2), 1, False, 1, b"ok\n", 1.0) == []
    assert [e.text for e in streams.tick(1.1 + UNDECIDED_SECONDS)] == [False]


@pytest.mark.parametrize("first", [1, 5000])
def test_a_beginning_that_the_capture_lost_is_not_waited_for_once_the_server_speaks(first):
    parser, seen = collecting(2)
    streams = Streams([parser])
    assert streams.feed(1, FLOW, 0, True, first + 1, b"Q", 1.0) == []
    assert streams.feed(1, FLOW, 0, True, first, b"P", 1.0) == []
    events = streams.feed(1, FLOW, 0, False, 700, b"banner", 1.1)
    assert [e.service for e in events] == ["p"] and seen == [b"PQ"]


def test_a_client_that_answers_is_put_in_order_from_its_first_byte():
    parser, seen = collecting(2)
    streams = Streams([parser])
    streams.feed(1, FLOW, 9, False, 700, b"banner", 1.0)
    for seq, data in ((10, b"Q"), (9, b"P")):
        streams.feed(1, FLOW, 9, True, seq, data, 1.1)
    assert seen == [b"PQ"]


def test_a_first_segment_of_another_connection_is_not_waited_for():
    """Sequence numbers that are not of the SYN seen: the endpoints were used again."""
    parser, seen = collecting(1)
    streams = Streams([parser])
    streams.feed(1, FLOW, 0, True, STREAM_LIMIT, b"P", 1.0)
    assert seen == [b"P"]


def test_what_comes_early_is_bounded():
    parser, _ = collecting(10**9)
    streams = Streams([parser])
    streams.feed(1, FLOW, 0, True, 0, b"P", 1.0)
    for n in range(1000):
        streams.feed(1, FLOW, 0, True, 2 + n, bytes(60_000), 1.0)
        streams.feed(1, FLOW, 0, True, 20_000 + n, b"x", 1.0)
    side = streams._open[1].up
    assert sum(map(len, side.ahead.values())) <= STREAM_LIMIT and len(side.ahead) <= 16
