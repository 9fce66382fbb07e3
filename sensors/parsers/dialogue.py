"""What FTP, SMTP, POP3 and IMAP have in common: lines in clear, a login, and the step to TLS."""

import re
from collections.abc import Iterator

from analysis.events import Event, SessionSeen
from sensors.parsers.base import Stream
from sensors.parsers.tls import Handshake

_UPGRADE = re.compile(
    rb"^(?:\S{1,32} +)?(?:STARTTLS|STLS|AUTH +(?:TLS|SSL)[^\r\n]{0,8})\r?\n(?=\x16\x03)", re.I | re.M
)
"""A client that asked for TLS (RFC 3207, RFC 2595, RFC 4217) and, having been told yes, began it."""

PATIENCE = 8192
"""Bytes of either side after which no login is looked for any more."""


class Dialogue:
    """How far one such conversation has been told."""

    __slots__ = ("greeted", "login", "refused", "secured", "tls", "told")

    def __init__(self) -> None:
        self.greeted = False
        self.told = False
        self.login = False
        self.refused = 0
        self.secured = False
        self.tls: Handshake | None = None


def dialogue(stream: Stream) -> Dialogue:
    """The stream's own, made at the first call."""
    if stream.state is None:
        stream.state = Dialogue()
    state: Dialogue = stream.state
    return state


def upgraded(stream: Stream) -> int | None:
    """Where in `up` TLS begins, once the client has gone over to it."""
    ready = _UPGRADE.search(stream.up, 0, PATIENCE)
    return ready.end() if ready else None


def clear(stream: Stream, ts: float, service: str, login: bool) -> Iterator[Event]:
    """SessionSeen once, and once more when credentials passed. Sets `stream.done` when there is
    nothing more to wait for."""
    state = dialogue(stream)
    if not state.told or (login and not state.login):
        state.told, state.login = True, login
        yield SessionSeen(ts, stream.flow, service, login)
    stream.done = login or max(len(stream.up), len(stream.down)) > PATIENCE


def agreed(stream: Stream, ts: float, service: str) -> Iterator[Event]:
    """SessionSeen for the service over TLS, once."""
    state = dialogue(stream)
    if not state.secured:
        state.secured = True
        yield SessionSeen(ts, stream.flow, service, False)


def secure(stream: Stream, ts: float, service: str, up: int) -> Iterator[Event]:
    """What `agreed` says, and the hellos from position `up` on."""
    yield from agreed(stream, ts, service)
    state = dialogue(stream)
    if state.tls is None:
        first = stream.down.find(b"\n\x16\x03") + 1
        state.tls = Handshake(up, first or len(stream.down))
    yield from state.tls.advance(stream, ts)


def tell(stream: Stream, ts: float, service: str, login: bool) -> Iterator[Event]:
    """What mail protocols say: the session in clear, its login, or that it went over to TLS."""
    state = dialogue(stream)
    start = None if login else upgraded(stream)
    if start is None or not state.told:
        yield from clear(stream, ts, service, login)
    if start is not None:
        yield from secure(stream, ts, "tls", start)
