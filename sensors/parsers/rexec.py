"""rexec on any port, by the client's first message (BSD rexec(3)): port for the error stream, NUL, user, NUL,
password, NUL, command, NUL. How it is told from rsh stands in `rsh.py`."""

from collections.abc import Iterator

from analysis.events import Event, SessionSeen
from sensors.parsers.base import DIGITS, Stream, StreamParser
from sensors.parsers.rsh import PORTS, remote_command


def recognise(stream: Stream) -> bool | None:
    """The request whole, and rexec's."""
    found = remote_command(stream)
    return None if found is None else found == "rexec"


def parse(stream: Stream, ts: float) -> Iterator[Event]:
    """SessionSeen with login, once: the request holds user and password."""
    stream.done = True
    yield SessionSeen(ts, stream.flow, "rexec", True)


PARSER = StreamParser("rexec", recognise, parse, client=DIGITS, server=b"\0\1", ports=PORTS)
