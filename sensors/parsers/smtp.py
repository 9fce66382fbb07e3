"""SMTP on any port (RFC 5321), login in clear (RFC 4954), STARTTLS (RFC 3207)."""

import re
from collections.abc import Iterator

from analysis.events import Event
from sensors.parsers.base import Stream, StreamParser
from sensors.parsers.dialogue import PATIENCE, tell

_COMMAND = re.compile(rb"(?:EHLO|HELO|LHLO) |MAIL FROM:|RCPT TO:", re.I)
_LOGIN = re.compile(rb"^AUTH +(?:PLAIN|LOGIN|XOAUTH2|OAUTHBEARER)(?: +\S+|\r?\n[^\r\n]+)\r?\n", re.I | re.M)
_ASKED = re.compile(rb"^(?:334|235)", re.M)


def recognise(stream: Stream) -> bool | None:
    """EHLO or HELO from the client after a 220 greeting; envelope commands when joined later."""
    up, down = stream.up, stream.down
    if down and not down[:1].isdigit():
        return False
    if not up:
        return None if down.startswith(b"220"[: len(down)]) else False
    if _COMMAND.match(up):
        return True
    return None if len(up) < 5 and up[:1] in b"EeHhLlMmRr" else False


def parse(stream: Stream, ts: float) -> Iterator[Event]:
    """SessionSeen "smtp"; login once AUTH carried a name or a password that anyone can decode."""
    asked = _LOGIN.search(stream.up, 0, PATIENCE)
    login = bool(asked and _ASKED.search(stream.down, 0, PATIENCE))
    return tell(stream, ts, "smtp", login)


PARSER = StreamParser("smtp", recognise, parse, client=b"EeHhLlMmRr", server=b"2")
