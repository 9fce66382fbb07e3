"""SSH on any port: the identification strings (RFC 4253, section 4.2)."""

from collections.abc import Iterator

from analysis.events import BannerSeen, Event, SessionSeen
from analysis.text import LIMIT, clean
from sensors.parsers.base import Stream, StreamParser

_MARKS = (b"SSH-2.", b"SSH-1.")


def _begins(buffer: bytearray) -> bool | None:
    if len(buffer) < 6:
        return None if b"SSH-".startswith(buffer[:4]) else False
    return buffer.startswith(_MARKS)


def recognise(stream: Stream) -> bool | None:
    """An identification string at the beginning of either side."""
    up, down = _begins(stream.up), _begins(stream.down)
    if up or down:
        return True
    return None if up is None and down is None else False


def parse(stream: Stream, ts: float) -> Iterator[Event]:
    """SessionSeen once, and BannerSeen for each side when its line is whole."""
    if stream.state is None:
        stream.state = set()
        yield SessionSeen(ts, stream.flow, "ssh", False)
    told: set[bool] = stream.state
    for from_client, buffer in ((False, stream.down), (True, stream.up)):
        if from_client in told or not buffer:
            continue
        end = buffer.find(b"\n", 0, LIMIT)
        if end < 0 and len(buffer) < LIMIT:
            continue
        told.add(from_client)
        if buffer.startswith(_MARKS):
            banner = clean(bytes(buffer[: end if end >= 0 else LIMIT]).rstrip(b"\r"))
            yield BannerSeen(ts, stream.flow, "ssh", banner, from_client)
    stream.done = len(told) == 2


PARSER = StreamParser("ssh", recognise, parse, client=b"S", server=b"S")
