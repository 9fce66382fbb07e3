"""Proposals that two addresses are one device: read from what is stored, written for a person to decide."""

import json
import sqlite3
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path

from analysis.same_device import MOST, Traits, proposals
from analysis.store.database import open_writer, transaction

_DEVICES = """
SELECT d.id, d.network, d.mac, d.randomised, coalesce(n.kind, d.kind), d.os, d.first_seen, d.last_seen,
    d.dhcp_parameters, d.vendor_class
FROM devices d LEFT JOIN device_notes n ON n.network = d.network AND n.mac = d.mac
WHERE NOT d.router ORDER BY d.last_seen DESC LIMIT ?"""
_NAMES = """
SELECT lower(name) FROM device_names
WHERE device = ? AND source IN ('dhcp', 'dhcpv6', 'mdns', 'nbns', 'llmnr') ORDER BY last_seen DESC LIMIT 32"""
_HABITS = """
SELECT source, clue FROM device_evidence WHERE device = ? AND source IN ('ja4', 'client-id', 'duid')
ORDER BY last_seen DESC LIMIT 96"""
# Hours in which both were active, then the minutes of those hours: both look-ups by primary key.
_HOURS = """
SELECT a.hour FROM traffic_hour a JOIN traffic_hour b ON b.device = ?2 AND b.hour = a.hour
WHERE a.device = ?1 ORDER BY a.hour DESC LIMIT 48"""
_MINUTES = """
SELECT count(*) FROM traffic_minute a JOIN traffic_minute b ON b.minute = a.minute AND b.device = ?2
WHERE a.device = ?1 AND a.minute BETWEEN ?3 * 60 AND ?3 * 60 + 59"""
_DECIDED = "SELECT network, mac, other_network, other_mac FROM device_links"


def propose(path: str | Path, now: float | None = None) -> int:
    """Renew the proposals; how many there are. Pairs that a person decided are left out. Raises
    StoreError."""
    now = time.time() if now is None else now
    with closing(open_writer(path)) as db:
        devices, keys = _traits(db)
        decided = {frozenset(((a, b), (c, d))) for a, b, c, d in db.execute(_DECIDED)}
        found = [
            p
            for p in proposals(devices, lambda one, other: together(db, one, other))
            if frozenset((keys[p.a], keys[p.b])) not in decided
        ]
        with transaction(db):
            db.execute("DELETE FROM merge_proposals")
            db.executemany(
                "INSERT INTO merge_proposals (a, b, score, evidence, made) VALUES (?, ?, ?, ?, ?)",
                [(p.a, p.b, p.score, json.dumps(p.evidence), now) for p in found],
            )
    return len(found)


def _traits(db: sqlite3.Connection) -> tuple[list[Traits], dict[int, tuple[str, str]]]:
    devices, keys = [], {}
    for number, network, mac, randomised, kind, system, first, last, asked, told in db.execute(
        _DEVICES, (MOST,)
    ).fetchall():
        habits: dict[str, set[str]] = defaultdict(set)
        for source, clue in db.execute(_HABITS, (number,)):
            habits[source].add(clue)
        names = frozenset(row[0].split(".")[0] for row in db.execute(_NAMES, (number,)))
        fingerprint = f"{asked} {told or ''}" if asked else None
        keys[number] = (network, mac)
        devices.append(
            Traits(number, mac, bool(randomised), kind, system, first, last, names, fingerprint,
                   frozenset(habits["client-id"] | habits["duid"]), frozenset(habits["ja4"]))
        )  # fmt: skip
    return devices, keys


def together(db: sqlite3.Connection, one: int, other: int) -> int:
    """In how many minutes both devices were active, within the latest 48 hours that they share."""
    hours = db.execute(_HOURS, (one, other)).fetchall()
    return sum(db.execute(_MINUTES, (one, other, hour)).fetchone()[0] for (hour,) in hours)
