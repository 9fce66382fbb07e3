"""FTP control connections on any port (RFC 959), login in clear, AUTH TLS (RFC 4217).

SMTP also greets with 220 and POP3 also says USER: a reply of three digits and a verb that only FTP
has, or USER and AUTH in FTP's form, tell them apart.
"""

import re
from collections.abc import Iterator

from analysis.events import BannerSeen, Event, LoginFailed
from analysis.text import clean
from sensors.parsers.base import DIGITS, LETTERS, Stream, StreamParser
from sensors.parsers.dialogue import PATIENCE, agreed, clear, dialogue, secure, upgraded

_COMMAND = re.compile(
    rb"(?:USER|PASS|ACCT|CWD|XCWD|CDUP|PASV|EPSV|PORT|EPRT|LPRT|LPSV|TYPE|RETR|STOR|STOU|APPE|REST|RNFR|RNTO"
    rb"|ABOR|DELE|RMD|MKD|PWD|XPWD|NLST|MLSD|MLST|SITE|SYST|FEAT|OPTS|SIZE|MDTM|CLNT|PBSZ|PROT|CCC|REIN"
    rb"|AUTH +(?:TLS|SSL|GSSAPI)[^\r\n]{0,8})[ \r\n]",
    re.I,
)
_COMMON = re.compile(rb"(?:QUIT|HELP|NOOP|STAT|LIST|HOST)[ \r\n]", re.I)
_GREETINGS = (b"220", b"120")
_REPLY = re.compile(rb"[1-6][0-5][0-9][ -]")
_AUTH = re.compile(rb"AUTH +(?:TLS|SSL)[^\r\n]{0,8}\r?\n", re.I)
_FALLBACK = re.compile(rb"^(?:USER|PASS) ", re.I | re.M)
_ACCEPTED = re.compile(rb"^234[ -]", re.M)
_USER = re.compile(rb"^USER +([^\r\n]*)\r?\n", re.I | re.M)
_PUBLIC = frozenset({b"anonymous", b"ftp"})
"""User names that everybody may take (RFC 1635); their password is no secret."""
_PASSWORD = re.compile(rb"^PASS +[^\r\n]*\r?\n", re.I | re.M)
_REFUSED = re.compile(rb"^(?:530|430) (?![^\n]{0,80}(?:please|not logged|n't logged))", re.I | re.M)
_WELCOME = re.compile(rb"^230[ -]", re.M)


def recognise(stream: Stream) -> bool | None:
    """A 220 greeting and an FTP command; joined later, an FTP command and its reply."""
    up, down = stream.up, stream.down
    if len(down) < 4:
        if down and not down.isdigit():
            return False
    elif not _REPLY.match(down) or not (stream.midstream or down.startswith(_GREETINGS)):
        return False
    if len(up) < 5:
        return None if not up or up.rstrip().isalpha() else False
    if _COMMAND.match(up):
        return True if len(down) >= 4 else None
    if _COMMON.match(up) and b"FTP" in down[:512].upper():
        return True
    return None if b"\n" not in up and up[:5].upper() == b"AUTH " and len(up) < 16 else False


def parse(stream: Stream, ts: float) -> Iterator[Event]:
    """BannerSeen for the greeting; SessionSeen "ftp", with login once PASS was sent by a user not anonymous,
    and LoginFailed for each that was refused; or "ftps" and the hellos when the server accepted AUTH
    TLS before anything else."""
    state = dialogue(stream)
    if not state.greeted and (banner := _greeting(stream)) is not None:
        state.greeted = True
        yield BannerSeen(ts, stream.flow, "ftp", banner, False)
    start = upgraded(stream)
    if start is not None:
        yield from secure(stream, ts, "ftps", start)
    elif _in_clear(stream):
        yield from clear(stream, ts, "ftp", _gives_secret(stream))
        yield from _refusals(stream, ts)
    elif _ACCEPTED.search(stream.down, 0, PATIENCE):
        yield from agreed(stream, ts, "ftps")


def _gives_secret(stream: Stream) -> bool:
    """Whether a password was sent for a user that not everybody may be."""
    users = _USER.findall(stream.up, 0, PATIENCE)
    public = users and all(user.strip().lower() in _PUBLIC for user in users)
    return not public and _PASSWORD.search(stream.up, 0, PATIENCE) is not None


def _refusals(stream: Stream, ts: float) -> Iterator[Event]:
    """LoginFailed for each refusal that was not told; the conversation is followed until a login succeeds.
    A 530 may also ask to log in first, which is no refusal; servers word it alike."""
    state = dialogue(stream)
    refused = len(_REFUSED.findall(stream.down, 0, PATIENCE))
    flow = stream.flow
    for _ in range(refused - state.refused):
        yield LoginFailed(ts, flow.client_mac, flow.client_ip, flow.server_ip, flow.port, "ftp")
    state.refused = max(refused, state.refused)
    stream.done = max(len(stream.up), len(stream.down)) > PATIENCE or bool(
        _WELCOME.search(stream.down, 0, PATIENCE)
    )


def _in_clear(stream: Stream) -> bool:
    """Not while an AUTH TLS that came first waits for its answer, or was accepted."""
    if dialogue(stream).told or not _AUTH.match(stream.up):
        return True
    return bool(_FALLBACK.search(stream.up, 0, PATIENCE))


def _greeting(stream: Stream) -> str | None:
    """The text of the first line, when it is whole."""
    end = stream.down.find(b"\n", 0, 1024)
    if end < 0 or not stream.down.startswith(b"220"):
        return None
    return clean(bytes(stream.down[4:end]).strip())


PARSER = StreamParser("ftp", recognise, parse, client=LETTERS, server=DIGITS)
