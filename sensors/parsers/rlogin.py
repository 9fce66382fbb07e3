"""rlogin on any port, by the client's first message (RFC 1282): NUL, local user, NUL, remote user, NUL,
terminal/speed, NUL. On port 513 its beginning is enough."""

import re
from collections.abc import Iterator

from analysis.events import Event, SessionSeen
from sensors.parsers.base import Stream, StreamParser
from sensors.parsers.prompts import PATIENCE, answered, exhausted

PORT = 513
_NAMES = re.compile(rb"\x00[!-~]{1,32}\x00[!-~]{1,32}\x00[!-.0-~]{1,32}/[0-9]{1,7}\x00")
_BEGINNING = re.compile(rb"\x00(?:[!-~]{1,32}(?:\x00[!-~]{0,64}){0,2})?")
_WINDOW = re.compile(rb"\xff\xffss.{8}", re.S)


def recognise(stream: Stream) -> bool | None:
    """The message whole; on rlogin's port NUL and the beginning of a name."""
    up, down = stream.up, stream.down
    if (up and up[0]) or (down and stream.flow.port != PORT and down[0]):
        return False
    if len(up) < 2:
        return None
    if stream.flow.port == PORT and 0x21 <= up[1] <= 0x7E:
        return True
    if _NAMES.match(up):
        return True
    return None if _BEGINNING.fullmatch(up, 0, 200) and len(up) < 150 else False


def parse(stream: Stream, ts: float) -> Iterator[Event]:
    """SessionSeen at once, and again with login when the client answered a password prompt. The
    names in the first message are not counted as credentials: a trusted host sends nothing more."""
    if stream.state is None:
        stream.state = True
        yield SessionSeen(ts, stream.flow, "rlogin", False)
    if exhausted(len(stream.up), len(stream.down)):
        stream.done = True
        return
    parts = bytes(stream.up).split(b"\0", 4)
    typed = _WINDOW.sub(b"", parts[4]) if len(parts) == 5 else b""
    if answered(typed, bytes(stream.down[:PATIENCE])):
        stream.done = True
        yield SessionSeen(ts, stream.flow, "rlogin", True)


PARSER = StreamParser("rlogin", recognise, parse, client=b"\0", server=b"\0", ports=frozenset({PORT}))
