"""POP3 on any port (RFC 1939), login in clear, AUTH (RFC 5034), STLS (RFC 2595)."""

import re
from collections.abc import Iterator

from analysis.events import Event
from sensors.parsers.base import LETTERS, Stream, StreamParser
from sensors.parsers.dialogue import PATIENCE, tell

_COMMAND = re.compile(
    rb"(?:USER|PASS|APOP|AUTH|CAPA|STLS|STAT|LIST|RETR|DELE|NOOP|UIDL|TOP|QUIT|UTF8|LANG)[ \r\n]", re.I
)
_PASSWORD = re.compile(rb"^PASS +[^\r\n]+\r?\n", re.I | re.M)
_AUTH = re.compile(rb"^AUTH +(?:PLAIN|LOGIN|XOAUTH2|OAUTHBEARER)(?: +\S+|\r?\n[^\r\n]+)\r?\n", re.I | re.M)
_ASKED = re.compile(rb"^\+(?: |\r?\n)", re.M)


def recognise(stream: Stream) -> bool | None:
    """A POP3 command answered, or invited, by +OK or -ERR."""
    up, down = stream.up, stream.down
    if down and not down.startswith((b"+OK"[: len(down)], b"-ERR"[: len(down)])):
        return False
    if len(up) < 5:
        return None if not up or up.isalpha() else False
    if not _COMMAND.match(up):
        return False
    return True if len(down) >= 4 else None


def parse(stream: Stream, ts: float) -> Iterator[Event]:
    """SessionSeen "pop3"; login once PASS was sent, or AUTH carried what anyone can decode."""
    login = bool(_PASSWORD.search(stream.up, 0, PATIENCE))
    if not login and _AUTH.search(stream.up, 0, PATIENCE):
        login = bool(_ASKED.search(stream.down, 0, PATIENCE))
    return tell(stream, ts, "pop3", login)


PARSER = StreamParser("pop3", recognise, parse, client=LETTERS, server=b"+-")
