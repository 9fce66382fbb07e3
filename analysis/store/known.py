"""What a sensor loads when it starts, so that a restart is not a new home."""

import json
import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from analysis.store.database import transaction
from analysis.store.links import LINKED, RANKS, heads
from analysis.store.rows import BaselineRow, DeviceKey, KnownDevice, VolumeRow

DEVICES = 4_096
BASELINE = 65_536
EACH = 32
CLUES = 96
"""Newest rows loaded: devices, rows of what is usual, and addresses, names and clues of each device."""


class Reset(NamedTuple):
    """A person asked that a device's baseline be learned anew."""

    id: int
    device: DeviceKey
    asked: float
    """Wall time."""


class GivenName(NamedTuple):
    """What a person says of a device now; None takes back what was said."""

    key: DeviceKey
    name: str | None
    trust: str
    changed: float
    kind: str | None = None
    """For all addresses of one device, what was said of the address that stands for it."""


class AllGiven(NamedTuple):
    """All that people say of devices now, told anew because a device was forgotten, or addresses were joined
    or parted. Of a device that is not in it nothing is said any more."""

    given: tuple[GivenName, ...]


_DEVICES = """
SELECT d.id, d.network, d.mac, n.name, coalesce(n.trust, 'unknown'), d.router, d.first_seen, d.last_seen,
    n.kind
FROM devices d LEFT JOIN device_notes n ON n.network = d.network AND n.mac = d.mac
WHERE d.network = ?1 ORDER BY d.last_seen DESC LIMIT ?2"""

_ADDRESSES = "SELECT ip, last_seen FROM device_addresses WHERE device = ? ORDER BY last_seen DESC LIMIT ?"
_NAMES = "SELECT source, name FROM device_names WHERE device = ? ORDER BY last_seen DESC LIMIT ?"

_EVIDENCE = """
SELECT source, clue, min(first_seen), max(last_seen) AS last FROM device_evidence WHERE device = ?
GROUP BY source, clue ORDER BY last DESC, source, clue LIMIT ?"""

_BASELINE = """
SELECT d.network, d.mac, b.peer, b.port, b.proto, b.service, b.learned, b.first_seen, b.last_seen
FROM baseline b JOIN devices d ON d.id = b.device
WHERE d.network = ?1 ORDER BY b.last_seen DESC LIMIT ?2"""

_VOLUMES = """
SELECT d.network, d.mac, o.hour, o.bytes_up, o.places
FROM outside_hour o JOIN devices d ON d.id = o.device
WHERE o.hour > (SELECT max(hour) FROM outside_hour) - ?2 AND d.network = ?1
ORDER BY o.hour DESC, o.device LIMIT ?3"""

_RESETS = """
SELECT r.id, d.network, d.mac, r.asked FROM baseline_resets r JOIN devices d ON d.id = r.device
WHERE r.id > ? ORDER BY r.id LIMIT 1000"""

# What was learned before a reset is void, also when no sensor ran at that time.
_VOID = """
DELETE FROM baseline WHERE EXISTS (
    SELECT 1 FROM baseline_resets r
    WHERE r.device = baseline.device AND r.id > ? AND baseline.first_seen <= r.asked)"""

_GIVEN = """
SELECT network, mac, name, trust, changed, kind FROM device_notes WHERE changed > ? ORDER BY changed
LIMIT 1000"""
_ALL_GIVEN = """
SELECT network, mac, name, trust, changed, kind FROM device_notes ORDER BY changed DESC LIMIT ?"""
_OF_LINKED = """
SELECT d.id, d.network, d.mac, n.name, coalesce(n.trust, 'unknown'), n.kind
FROM devices d LEFT JOIN device_notes n ON n.network = d.network AND n.mac = d.mac
WHERE d.id IN (SELECT value FROM json_each(?))"""
_REGROUPED = """
SELECT (SELECT max(id) FROM forgotten), (SELECT max(changed) FROM device_links),
    (SELECT count(*) FROM device_links)"""


def devices(db: sqlite3.Connection, network: str) -> list[KnownDevice]:
    """The newest `DEVICES` devices, newest first, each with its newest addresses and names, oldest first."""
    found = []
    linked = {given.key: given for given in _linked(db, 0.0)}
    rows = db.execute(_DEVICES, (network, DEVICES)).fetchall()
    for number, place, mac, name, trust, router, first, last, kind in rows:
        together = linked.get((place, mac))
        addresses = db.execute(_ADDRESSES, (number, EACH)).fetchall()
        names = [(row[0], row[1]) for row in db.execute(_NAMES, (number, EACH))]
        evidence = db.execute(_EVIDENCE, (number, CLUES)).fetchall()
        found.append(
            KnownDevice(
                (place, mac), name, trust, bool(router), first, last,
                tuple(reversed(addresses)), tuple(reversed(names)),
                tuple(reversed(evidence)), together.kind if together else kind,
            )
        )  # fmt: skip
    return found


def baseline(db: sqlite3.Connection, network: str) -> list[BaselineRow]:
    """The newest `BASELINE` rows of what is usual, newest first."""
    with transaction(db):
        db.execute(_VOID, (0,))
    rows = db.execute(_BASELINE, (network, BASELINE))
    return [BaselineRow((r[0], r[1]), r[2], r[3], r[4], r[5], bool(r[6]), r[7], r[8]) for r in rows]


def volumes(db: sqlite3.Connection, network: str, hours: int) -> list[VolumeRow]:
    """What each device sent out of the home, and to how many places that are neither resolvers nor clocks,
    in each of the last `hours` hours, newest first."""
    rows = db.execute(_VOLUMES, (network, hours, BASELINE))
    return [VolumeRow((r[0], r[1]), *r[2:]) for r in rows]


def resets(db: sqlite3.Connection, after: int) -> list[Reset]:
    """Baselines that a person asked to learn anew, ids above `after`, ascending. What was learned
    before they asked is deleted."""
    rows = db.execute(_RESETS, (after,))
    found = [Reset(number, (network, mac), asked) for number, network, mac, asked in rows]
    if found:
        with transaction(db):
            db.execute(_VOID, (after,))
    return found


def given_names(db: sqlite3.Connection, after: float) -> list[GivenName]:
    """What people decided about devices later than `after` (wall time), oldest first; then that of all
    addresses that are one device with another."""
    found = _given(db.execute(_GIVEN, (after,)))
    return _with_linked(db, found) if found else []


def all_given(db: sqlite3.Connection) -> AllGiven:
    """What people say of the devices of which they spoke last."""
    return AllGiven(tuple(_with_linked(db, _given(db.execute(_ALL_GIVEN, (DEVICES,)))[::-1])))


def regrouped(db: sqlite3.Connection) -> tuple[object, ...]:
    """Differs after a device was forgotten, or addresses were joined or parted."""
    return tuple(db.execute(_REGROUPED).fetchone())


def _given(rows: Iterable[tuple[str, str, str | None, str, float, str | None]]) -> list[GivenName]:
    return [
        GivenName((network, mac), name, trust, changed, kind)
        for network, mac, name, trust, changed, kind in rows
    ]


def _with_linked(db: sqlite3.Connection, given: list[GivenName]) -> list[GivenName]:
    linked = _linked(db, given[-1].changed if given else 0.0)
    keys = {one.key for one in linked}
    return [one for one in given if one.key not in keys] + linked


def _linked(db: sqlite3.Connection, changed: float) -> list[GivenName]:
    """What is said of every address that is one device with another."""
    over = heads(db.execute(LINKED), lambda ids: db.execute(RANKS, (json.dumps(ids),)))
    members = json.dumps(sorted({*over, *over.values()}))
    rows = {row[0]: row for row in db.execute(_OF_LINKED, (members,))}
    return [
        GivenName((network, mac), name, trust, changed, rows[over.get(number, number)][5])
        for number, network, mac, name, trust, _ in rows.values()
    ]
