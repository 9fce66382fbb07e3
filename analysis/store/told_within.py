"""Incidents about one connection: the gravest is the head, the others are told within it.

Every incident keeps its row, its count and its severity. What is decided here is only which of them
stands in lists of what needs somebody; the others are shown within it, until it is expected or was
decided on before they came (see `queries/expectations.py`).
"""

import sqlite3
from typing import NamedTuple

REACH = 3600.0
"""Seconds between two incidents of one connection that belong together: the usual cooldown of a rule."""
SHARED_PORTS = frozenset({53, 67, 68, 546, 547, 853, 5353})
"""Servers that all business of a device passes through (names, addresses): what two rules say about talk with
them are two affairs."""
HUMBLE = "new-connection"
"""Says the least about a connection, so anything else of the same severity stands before it."""
MOST = 64
"""Incidents of one connection that are looked at: rules are fewer."""


class Connection(NamedTuple):
    """Of an incident's columns those that say which connection it is about, and when."""

    peer_ip: str | None
    port: int | None
    proto: str | None
    first_seen: float
    last_seen: float
    device: int | None
    device_ip: str | None


_ABOUT = f"SELECT {', '.join(Connection._fields)} FROM alerts WHERE id = ?"  # noqa: S608 (names of ours)
_KIN = (
    "SELECT uid, rule, severity FROM alerts WHERE peer_ip = ?1 AND port = ?2 AND proto IS ?3"
    " AND last_seen >= ?4 AND first_seen <= ?5"
    " AND CASE WHEN ?6 IS NULL THEN device IS NULL AND device_ip IS ?7 ELSE device = ?6 END"
    " ORDER BY severity DESC, rule = ?8, first_seen, uid LIMIT ?9"
)

_FORGET = """
WITH moved AS (SELECT uid FROM alerts WHERE id = ?)
DELETE FROM told_within WHERE uid IN moved OR head IN moved"""


def connection(db: sqlite3.Connection, alert: int) -> Connection:
    """What a stored incident is about."""
    return Connection(*db.execute(_ABOUT, (alert,)).fetchone())


def settle(db: sqlite3.Connection, about: Connection) -> None:
    """Say which incident of a connection is the head, inside the caller's transaction; `about` is of one that
    was just stored. Two incidents of one rule have different keys and stay two."""
    peer, port, proto, first, last, device, device_ip = about
    if peer is None or port is None or port in SHARED_PORTS:
        return
    found = db.execute(
        _KIN, (peer, port, proto, first - REACH, last + REACH, device, device_ip, HUMBLE, MOST)
    ).fetchall()
    if len(found) < 2:
        return
    head, rule = found[0][:2]
    others = [(head, uid) for uid, its_rule, _ in found[1:] if its_rule != rule]
    db.execute("DELETE FROM told_within WHERE uid = ?", (head,))
    db.executemany("UPDATE told_within SET head = ? WHERE head = ?", others)
    db.executemany("INSERT OR REPLACE INTO told_within (head, uid) VALUES (?, ?)", others)


def resettle(db: sqlite3.Connection, alert: int, before: Connection) -> None:
    """The same for an incident that a further finding was added to, which may have made it one about another
    connection than `before`: those that it leaves are settled, too."""
    now = connection(db, alert)
    if _which(now) != _which(before):
        db.execute(_FORGET, (alert,))
        settle(db, before)
    settle(db, now)


def _which(about: Connection) -> tuple[object, ...]:
    device = about.device_ip if about.device is None else about.device
    return about.peer_ip, about.port, about.proto, about.device is None, device
