"""What one HTTP/1 request head says (RFC 9112, section 3)."""

import re
from typing import NamedTuple

from analysis.text import clean

METHODS = (
    b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"CONNECT", b"TRACE",
    b"PROPFIND", b"PROPPATCH", b"MKCOL", b"COPY", b"MOVE", b"LOCK", b"UNLOCK", b"REPORT",
)  # fmt: skip
"""RFC 9110, RFC 5789, and of WebDAV RFC 4918 and RFC 3253. SSDP's NOTIFY and M-SEARCH are not among them."""

HEAD_LIMIT = 8192
"""Bytes of a request that are looked at; servers refuse longer heads."""

REMEMBERED = 512
"""Heads of which is kept what they say: programs without encryption mostly ask the same again and again."""

LINE = re.compile(
    rb"(" + rb"|".join(METHODS) + rb") ([!-~\x80-\xff]+) HTTP/1\.[01]\r?(?:\n|\Z)"
    rb"|(GET) (/[!-~\x80-\xff]*)\r?\n(?:\r?\n)?\Z"
)
"""A request line; the last form is HTTP/0.9 (RFC 1945, section 5)."""

BEGINNING = re.compile(
    rb"(?:"
    + rb"|".join(METHODS)
    + rb") (?:(?:/|\*|https?://|[a-z0-9.-]+:[0-9])[!-~\x80-\xff]*(?: [HTP/1.]*)?)?",
    re.I,
)
"""The beginning of a request line, whole only as far as it goes."""

_HEADER = re.compile(
    rb"\n(?:(host)|(user-agent)|((?:proxy-)?authorization)):[ \t]*([^\r\n]*)(?=(\r?\n)|)", re.I
)
_AUTHORITY = re.compile(rb"[a-z][a-z0-9+.-]{0,31}://([^/?#]*)", re.I)


class Head(NamedTuple):
    """The fields are those of `HttpRequest`, in its order."""

    method: str
    host: str | None
    path: str
    user_agent: str | None
    basic_auth: bool


def read_head(head: bytes) -> Head | None:
    """A request's head, or its beginning; None when the first line is not a whole request line. What the head
    does not hold is None; so is a Host that was cut."""
    # Remembered by Python's own hash, SipHash with a secret of this process: the bytes themselves may hold a
    # password or a session, which nobody shall keep. By chance one head in 10^16 is taken for another (64
    # bits, `REMEMBERED` heads), and without the secret nobody can make such a pair or try passwords.
    key = hash(head)
    if key in _remembered:
        return _remembered[key]
    if len(_remembered) >= REMEMBERED:
        _remembered.clear()
    found = _remembered[key] = _read(head)
    return found


_remembered: dict[int, Head | None] = {}


def _read(head: bytes) -> Head | None:
    line = LINE.match(head)
    if line is None:
        return None
    method, target = (line[1], line[2]) if line[1] else (line[3], line[4])
    end = head.find(b"\r\n\r\n")
    host, agent, basic = _headers(head if end < 0 else head[: end + 2], line.end(2 if line[1] else 4))
    authority, path = _target(target, method == b"CONNECT")
    host = authority or host  # a server must not look at Host then (RFC 9112, section 3.2.2)
    return Head(
        method.decode("ascii"), clean(host.rpartition(b"@")[2]).lower() if host else None, clean(path),
        clean(agent) if agent else None, basic,
    )  # fmt: skip


def _headers(head: bytes, start: int) -> tuple[bytes | None, bytes | None, bool]:
    """Host, User-Agent (the first of each) and whether Basic credentials were sent (RFC 7617)."""
    host = agent = None
    basic = False
    for found in _HEADER.finditer(head, start):
        if found[1]:
            host = found[4].rstrip() if host is None and found[5] else host
        elif found[2]:
            agent = found[4].rstrip() if agent is None else agent
        else:
            basic = basic or found[4][:6].lower() == b"basic "
    return host, agent, basic


def _target(target: bytes, connect: bool) -> tuple[bytes | None, bytes]:
    """Authority, if the request target names one, and path without query (RFC 9112, section 3.2)."""
    if connect:
        return target, b""
    authority = None
    if absolute := _AUTHORITY.match(target):
        authority = absolute[1]
        target = target[absolute.end() :] or b"/"
    return authority, target.partition(b"?")[0].partition(b"#")[0]
