"""rsh on any port, by the client's first message (BSD rcmd(3)): port for the error stream, NUL, local user,
NUL, remote user, NUL, command, NUL.

rexec's message (port, user, password, command) looks the same. The ports 514 and 512 decide; elsewhere
what rcmd(3) demands of rsh alone does: client and error stream use reserved ports (below 1024).
"""

import re
from collections.abc import Iterator

from analysis.events import Event, SessionSeen
from sensors.parsers.base import DIGITS, Stream, StreamParser

RSH_PORT, REXEC_PORT = 514, 512
PORTS = frozenset({RSH_PORT, REXEC_PORT})
_REQUEST = re.compile(rb"([0-9]{0,5})\x00[!-~]{1,32}\x00[!-~]{1,64}\x00[\t -~\x80-\xff]{1,1024}\x00")
_BEGINNING = re.compile(
    rb"[0-9]{0,5}(?:\x00(?:[!-~]{1,32}(?:\x00(?:[!-~]{1,64}(?:\x00[\t -~\x80-\xff]{0,1024})?)?)?)?)?"
)


def remote_command(stream: Stream) -> str | bool | None:
    """ "rsh" or "rexec" when the request is whole, False when there is none, None when undecided."""
    up, down, port = stream.up, stream.down, stream.flow.port
    usual = port in PORTS
    if up and not (0x30 <= up[0] <= 0x39 or (usual and not up[0])):
        return False
    if down and down[0] > 1:  # the server answers NUL, or 1 and an error text
        return False
    request = _REQUEST.match(up)
    if request is None:
        return None if len(up) < 1200 and _BEGINNING.fullmatch(up) else False
    if usual:
        return "rsh" if port == RSH_PORT else "rexec"
    error_port = int(request[1])
    if error_port > 65_535:
        return False
    return "rsh" if stream.flow.client_port < 1024 and error_port < 1024 else "rexec"


def recognise(stream: Stream) -> bool | None:
    """The request whole, and rsh's."""
    found = remote_command(stream)
    return None if found is None else found == "rsh"


def parse(stream: Stream, ts: float) -> Iterator[Event]:
    """SessionSeen, once. rsh sends no password: whoever names a trusted user is let in."""
    stream.done = True
    yield SessionSeen(ts, stream.flow, "rsh", False)


PARSER = StreamParser("rsh", recognise, parse, client=DIGITS, server=b"\0\1", ports=PORTS)
