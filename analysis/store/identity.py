"""Devices, their addresses and their names: rows in, row ids out."""

import sqlite3
from collections.abc import Iterable, Sequence

from analysis.store.rows import AddressRow, DeviceKey, DeviceRow, EvidenceRow, NameRow

CACHE = 65_536
"""Row ids remembered; then all are forgotten and asked for again. About 10 MB when full."""

# None keeps what is there, but clues that contradict each other take a kind or system back. A name travels
# with its source. Times only widen.
_DEVICE = """
INSERT INTO devices (network, mac, vendor, randomised, name, name_source, vendor_class, dhcp_parameters,
                     kind, os, router, ip, first_seen, last_seen, maker, model, confidence, os_confidence)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (network, mac) DO UPDATE SET
    vendor = coalesce(excluded.vendor, vendor), randomised = excluded.randomised,
    name = coalesce(excluded.name, name),
    name_source = CASE WHEN excluded.name IS NULL THEN name_source ELSE excluded.name_source END,
    vendor_class = coalesce(excluded.vendor_class, vendor_class),
    dhcp_parameters = coalesce(excluded.dhcp_parameters, dhcp_parameters),
    kind = iif(excluded.confidence IS NULL, coalesce(excluded.kind, kind), excluded.kind),
    os = iif(excluded.os_confidence IS NULL, coalesce(excluded.os, os), excluded.os),
    confidence = coalesce(excluded.confidence, confidence),
    os_confidence = coalesce(excluded.os_confidence, os_confidence),
    maker = coalesce(excluded.maker, maker), model = coalesce(excluded.model, model),
    router = excluded.router, ip = coalesce(excluded.ip, ip),
    first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen)
RETURNING id"""

# A row may speak of a device whose own row was not written yet; the next DeviceRow completes it.
_STUB = """
INSERT INTO devices (network, mac, randomised, first_seen, last_seen) VALUES (?, ?, ?, ?, ?)
RETURNING id"""

_ADDRESS = """
INSERT INTO device_addresses (device, ip, first_seen, last_seen) VALUES (?, ?, ?, ?)
ON CONFLICT (device, ip) DO UPDATE SET
    first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen)"""

_NAME = """
INSERT INTO device_names (device, source, name, first_seen, last_seen) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (device, source, name) DO UPDATE SET
    first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen)"""


_EVIDENCE = """
INSERT INTO device_evidence (device, source, clue, says, weight, first_seen, last_seen)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (device, source, clue, says) DO UPDATE SET weight = excluded.weight,
    first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen)"""


class Identity:
    """Turns device keys into row ids, inside the caller's transaction.

    After a transaction that was rolled back, call `forget`: the ids of new devices are void.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._ids: dict[DeviceKey | None, int] = {}
        self._forgotten: int | None = None

    def follow_forgotten(self) -> None:
        """Let go of the row ids when a person has had a device forgotten: they may be void."""
        newest = self._db.execute("SELECT max(id) FROM forgotten").fetchone()[0]
        if newest != self._forgotten:
            self._forgotten = newest
            self._ids.clear()

    def forget(self) -> None:
        """Ask the database again from now on."""
        self._ids.clear()

    def of(self, key: DeviceKey, seen: float) -> int:
        """The row id of a device; `seen` (packet time) is its first and last if it is new here."""
        known = self._ids.get(key)
        return known if known is not None else self._find(key, seen)

    def of_all(self, keys: Sequence[DeviceKey | None], seen: Sequence[float]) -> list[int | None]:
        """`of` for the keys of many rows; a row without a device has None."""
        strange = set(keys).difference(self._ids)
        strange.discard(None)
        if not strange:
            return list(map(self._ids.get, keys))
        return [None if key is None else self.of(key, ts) for key, ts in zip(keys, seen, strict=True)]

    def _find(self, key: DeviceKey, seen: float) -> int:
        row = self._db.execute("SELECT id FROM devices WHERE network = ? AND mac = ?", key).fetchone()
        if row is None:
            row = self._db.execute(_STUB, (*key, is_randomised(key[1]), seen, seen)).fetchone()
        return self._remember(key, row[0])

    def _remember(self, key: DeviceKey, number: int) -> int:
        if len(self._ids) >= CACHE:
            self._ids.clear()
        self._ids[key] = number
        return number

    def write_devices(self, rows: Iterable[DeviceRow]) -> None:
        """Insert or complete devices."""
        for row in rows:
            found = self._db.execute(_DEVICE, (*row.key, *row[1:])).fetchone()
            self._remember(row.key, found[0])

    def write_addresses(self, rows: Iterable[AddressRow]) -> None:
        """Insert or widen the times at which a device had an address."""
        self._db.executemany(_ADDRESS, [(self.of(r.key, r.first_seen), *r[1:]) for r in rows])

    def write_names(self, rows: Iterable[NameRow]) -> None:
        """Insert or widen the times at which a device had a name."""
        self._db.executemany(_NAME, [(self.of(r.key, r.first_seen), *r[1:]) for r in rows])

    def write_evidence(self, rows: Iterable[EvidenceRow]) -> None:
        """Insert or widen the times at which a clue about a device was seen."""
        self._db.executemany(_EVIDENCE, [(self.of(r.key, r.first_seen), *r[1:]) for r in rows])


def is_randomised(mac: str) -> bool:
    """Whether a MAC is locally administered (IEEE 802: bit 1 of the first octet)."""
    try:
        return bool(int(mac[:2], 16) & 2)
    except ValueError:
        return False
