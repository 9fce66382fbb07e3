"""Telnet on any port, by its option negotiation (RFC 854, RFC 855).

Any binary data can hold 0xff, so a conversation must begin, in one direction, with two whole negotiations
or, in both directions, with one each; options are those IANA lists. Chance meets that once in 10^9. On
Telnet's own ports one is enough, and so is a login prompt.
"""

import re
from collections.abc import Iterator

from analysis.events import Event, LoginFailed, SessionSeen
from sensors.parsers.base import Stream, StreamParser
from sensors.parsers.prompts import PATIENCE, answered, exhausted

PORTS = frozenset({23, 2323})
_IAC = 0xFF
_OPTION = rb"[\x00-\x31\x8a-\x8c]"  # IANA telnet-options: 0 to 49, 138 to 140
_ASK = rb"\xff[\xfb-\xfe]" + _OPTION  # WILL, WON'T, DO, DON'T
_DETAIL = rb"\xff\xfa" + _OPTION + rb"(?:[^\xff]|\xff\xff){0,256}\xff\xf0"
_BEGINNING = re.compile(rb"(?:" + _ASK + rb"|" + _DETAIL + rb"){1,64}", re.S)
_COMMANDS = re.compile(_DETAIL + rb"|\xff[\xfb-\xfe].|\xff[\xf0-\xf9]", re.S)
_REFUSED = re.compile(
    rb"(?:login|password|authentication) (?:incorrect|failed|failure|invalid)|(?:bad|invalid|incorrect|wrong)"
    rb" (?:login|password|user|credentials)|authorization failed",
    re.I,
)
_PROMPT = re.compile(rb"(?:login|user ?name|password) ?: ?$", re.I)


def _negotiations(buffer: bytearray) -> int | None:
    """How many whole negotiations a buffer begins with; None when it may yet begin with one."""
    if begun := _BEGINNING.match(buffer):
        return len(_COMMANDS.findall(begun[0]))
    if not buffer or (buffer[0] == _IAC and (len(buffer) < 3 or buffer[1] == 0xFA)):
        return None if len(buffer) < 300 else 0
    return 0


def recognise(stream: Stream) -> bool | None:
    """Negotiations at the beginning; on Telnet's ports also a prompt."""
    up, down = stream.up, stream.down
    usual = stream.flow.port in PORTS
    if not usual and (not up or up[0] != _IAC) and (not down or down[0] != _IAC):
        return False
    asked, answers = _negotiations(up), _negotiations(down)
    total = (asked or 0) + (answers or 0)
    if total > 1 or (usual and total):
        return True
    if usual and asked != 0 and _PROMPT.search(down[:PATIENCE].rstrip()):
        return True
    if usual and len(down) < PATIENCE // 4 and asked is None:
        return None
    return None if None in (asked, answers) and (asked != 0 and answers != 0) else False


class _Told:
    """What of a conversation was said already."""

    __slots__ = ("login", "refused")

    def __init__(self) -> None:
        self.login = False
        self.refused = 0


def parse(stream: Stream, ts: float) -> Iterator[Event]:
    """SessionSeen at once, and again with login when the client answered a password prompt; then
    LoginFailed for each time the server says that it was wrong."""
    if stream.state is None:
        stream.state = _Told()
        yield SessionSeen(ts, stream.flow, "telnet", False)
    told: _Told = stream.state
    shown = _COMMANDS.sub(b"", stream.down[:PATIENCE])
    if answered(_COMMANDS.sub(b"", stream.up[:PATIENCE]), shown):
        if not told.login:
            told.login = True
            yield SessionSeen(ts, stream.flow, "telnet", True)
        flow, refused = stream.flow, len(_REFUSED.findall(shown))
        for _ in range(refused - told.refused):
            yield LoginFailed(ts, flow.client_mac, flow.client_ip, flow.server_ip, flow.port, "telnet")
        told.refused = max(refused, told.refused)
    stream.done = exhausted(len(stream.up), len(stream.down))


PARSER = StreamParser("telnet", recognise, parse, client=b"\xff", server=b"\xff", ports=PORTS)
