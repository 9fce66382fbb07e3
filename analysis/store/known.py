"""What a sensor loads when it starts, so that a restart is not a new home."""

import sqlite3
from typing import NamedTuple

from analysis.store.rows import BaselineRow, DeviceKey

DEVICES = 4_096
BASELINE = 65_536
ADDRESSES = 64
"""Newest rows loaded, of all devices; addresses and names: of each device."""


class KnownDevice(NamedTuple):
    """A device as the database knows it."""

    id: int
    key: DeviceKey
    vendor: str | None
    randomised: bool
    name: str | None
    """The best name from the wire."""
    name_source: str | None
    given_name: str | None
    """The name that a person gave."""
    trust: str
    vendor_class: str | None
    dhcp_parameters: str | None
    kind: str | None
    os: str | None
    router: bool
    ip: str | None
    first_seen: float
    last_seen: float
    addresses: tuple[tuple[str, float, float], ...]
    """(ip, first seen, last seen), newest first."""
    names: tuple[tuple[str, str, float, float], ...]
    """(source, name, first seen, last seen), newest first."""


class GivenName(NamedTuple):
    """A person named a device, or took the name back (None)."""

    key: DeviceKey
    name: str | None
    trust: str
    changed: float


_DEVICES = """
SELECT d.id, d.network, d.mac, d.vendor, d.randomised, d.name, d.name_source, n.name,
       coalesce(n.trust, 'unknown'), d.vendor_class, d.dhcp_parameters, d.kind, d.os, d.router, d.ip,
       d.first_seen, d.last_seen
FROM devices d LEFT JOIN device_notes n ON n.network = d.network AND n.mac = d.mac
ORDER BY d.last_seen DESC LIMIT ?"""

_ADDRESSES = """
SELECT ip, first_seen, last_seen FROM device_addresses WHERE device = ? ORDER BY last_seen DESC LIMIT ?"""

_NAMES = """
SELECT source, name, first_seen, last_seen FROM device_names WHERE device = ?
ORDER BY last_seen DESC LIMIT ?"""

_BASELINE = """
SELECT d.network, d.mac, b.peer, b.port, b.proto, b.service, b.learned, b.first_seen, b.last_seen
FROM baseline b JOIN devices d ON d.id = b.device ORDER BY b.last_seen DESC LIMIT ?"""

_RESETS = """
SELECT r.id, d.network, d.mac FROM baseline_resets r JOIN devices d ON d.id = r.device
WHERE r.id > ? ORDER BY r.id LIMIT 1000"""

_GIVEN = """
SELECT network, mac, name, trust, changed FROM device_notes WHERE changed > ? ORDER BY changed LIMIT 1000"""


def devices(db: sqlite3.Connection) -> list[KnownDevice]:
    """The newest `DEVICES` devices with their newest addresses and names."""
    found = []
    for row in db.execute(_DEVICES, (DEVICES,)).fetchall():
        number, network, mac, vendor, randomised, *middle, router, ip, first, last = row
        addresses = tuple(db.execute(_ADDRESSES, (number, ADDRESSES)))
        names = tuple(db.execute(_NAMES, (number, ADDRESSES)))
        found.append(
            KnownDevice(
                number, (network, mac), vendor, bool(randomised), *middle, bool(router), ip, first, last,
                addresses, names,
            )
        )  # fmt: skip
    return found


def baseline(db: sqlite3.Connection) -> list[BaselineRow]:
    """The newest `BASELINE` rows of what is usual."""
    rows = db.execute(_BASELINE, (BASELINE,))
    return [BaselineRow((r[0], r[1]), r[2], r[3], r[4], r[5], bool(r[6]), r[7], r[8]) for r in rows]


def resets(db: sqlite3.Connection, after: int) -> list[tuple[int, DeviceKey]]:
    """Baselines that a person asked to learn anew: (id, device), ids above `after`, ascending."""
    return [(number, (network, mac)) for number, network, mac in db.execute(_RESETS, (after,))]


def given_names(db: sqlite3.Connection, after: float) -> list[GivenName]:
    """What people decided about devices later than `after` (wall time), oldest first."""
    rows = db.execute(_GIVEN, (after,))
    return [GivenName((network, mac), name, trust, changed) for network, mac, name, trust, changed in rows]
