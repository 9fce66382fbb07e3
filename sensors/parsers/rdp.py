"""Remote Desktop on any port, by its connection request (MS-RDPBCGR 2.2.1.1; ITU-T X.224 in RFC 1006)."""

from collections.abc import Iterator

from analysis.events import Event, SessionSeen
from sensors.parsers.base import Stream, StreamParser

_HEAD = b"\x03\x00"
_CONNECT = 0xE0


def recognise(stream: Stream) -> bool | None:
    """A TPKT header of the length that follows, then an X.224 connection request from the client."""
    up = stream.up
    if not up:
        return None if not stream.down or stream.down.startswith(_HEAD) else False
    if len(up) < 11:
        return None if up.startswith(_HEAD[: len(up)]) else False
    size = int.from_bytes(up[2:4], "big")
    return up.startswith(_HEAD) and up[5] == _CONNECT and up[4] == size - 5 and up[6:8] == b"\0\0"


def parse(stream: Stream, ts: float) -> Iterator[Event]:
    """SessionSeen "rdp"; the rest is encrypted."""
    stream.done = True
    yield SessionSeen(ts, stream.flow, "rdp", False)


PARSER = StreamParser("rdp", recognise, parse, client=_HEAD[:1], server=_HEAD[:1])
