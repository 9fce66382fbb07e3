"""IMAP on any port (RFC 9051), login in clear, STARTTLS."""

import re
from collections.abc import Iterator

from analysis.events import Event
from sensors.parsers.base import DIGITS, LETTERS, Stream, StreamParser
from sensors.parsers.dialogue import PATIENCE, tell

_TAG = rb"[A-Za-z0-9.$_-]{1,32}"
_COMMAND = re.compile(
    _TAG
    + rb" (?:CAPABILITY|NOOP|LOGOUT|STARTTLS|AUTHENTICATE|LOGIN|ID|ENABLE|SELECT|EXAMINE|LIST|LSUB|STATUS"
    rb"|NAMESPACE|IDLE|FETCH|UID|SEARCH|STORE|COMPRESS|GETQUOTAROOT|XLIST)[ \r\n]",
    re.I,
)
_BEGUN = re.compile(_TAG + rb"(?: [A-Z]{0,12})?", re.I)
_LOGIN = re.compile(rb"^" + _TAG + rb" LOGIN +[^\r\n]+\r?\n", re.I | re.M)
_AUTH = re.compile(
    rb"^" + _TAG + rb" AUTHENTICATE +(?:PLAIN|LOGIN|XOAUTH2|OAUTHBEARER)(?: +\S+|\r?\n[^\r\n]+)\r?\n",
    re.I | re.M,
)
_ASKED = re.compile(rb"^\+(?: |\r?\n)", re.M)


def recognise(stream: Stream) -> bool | None:
    """A tagged IMAP command beside an untagged "* " answer."""
    up, down = stream.up, stream.down
    if down and not down.startswith(b"* "[: len(down)]):
        return False
    if not up:
        return None
    if _COMMAND.match(up):
        return True if len(down) >= 2 else None
    return None if _BEGUN.fullmatch(up, 0, 64) and len(up) < 50 else False


def parse(stream: Stream, ts: float) -> Iterator[Event]:
    """SessionSeen "imap"; login once LOGIN was sent, or AUTHENTICATE carried what anyone can decode."""
    login = bool(_LOGIN.search(stream.up, 0, PATIENCE))
    if not login and _AUTH.search(stream.up, 0, PATIENCE):
        login = bool(_ASKED.search(stream.down, 0, PATIENCE))
    return tell(stream, ts, "imap", login)


PARSER = StreamParser("imap", recognise, parse, client=LETTERS + DIGITS + b".$_-", server=b"*")
