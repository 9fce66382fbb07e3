"""The store's writing face: a batch of rows in, one transaction, nothing out."""

import json
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import repeat
from pathlib import Path
from types import TracebackType
from typing import Any

from analysis.events import of_values
from analysis.store import known, recovery
from analysis.store.database import BUSY_TIMEOUT, StoreCorrupt, named_errors, open_writer, transaction
from analysis.store.identity import Identity
from analysis.store.incidents import Incidents
from analysis.store.rollups import Rollups
from analysis.store.rows import (
    BaselineRow,
    Batch,
    DnsRow,
    FlowRow,
    HealthRow,
    HttpRow,
    KnownDevice,
    PacketRow,
    TlsRow,
    VolumeRow,
    columns_of,
)
from analysis.store.status import Status, write_health

# The home device of a flow is settled by its first row: changing it would rewrite an index each time.
_FLOW = """
INSERT INTO flows (sensor, flow, device, client_ip, server_ip, client_port, port, proto, peer, service, state,
    first_seen, last_seen, packets_up, packets_down, bytes_up, bytes_down)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (sensor, flow) DO UPDATE SET peer = coalesce(excluded.peer, peer),
    service = coalesce(excluded.service, service), state = excluded.state,
    last_seen = max(last_seen, excluded.last_seen),
    packets_up = excluded.packets_up, packets_down = excluded.packets_down,
    bytes_up = excluded.bytes_up, bytes_down = excluded.bytes_down"""
_DNS = """
INSERT INTO dns (ts, sensor, device, transport, client_ip, client_mac, server_ip, name, qtype, rcode, answers,
    blocked_by, elapsed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_TLS = """
INSERT INTO tls (ts, device, client_ip, server_ip, port, sni, version, alpn, ja4, ech, quic)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_HTTP = """
INSERT INTO http (ts, device, client_ip, server_ip, port, method, host, path, user_agent)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_PACKET = """
INSERT INTO packets (ts, sensor, src, dst, sport, dport, proto, length, sample)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_RING = "DELETE FROM packets WHERE id <= (SELECT max(id) FROM packets) - ?"
_BASELINE = """
INSERT INTO baseline (device, peer, port, proto, service, learned, first_seen, last_seen)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET service = coalesce(excluded.service, service), learned = excluded.learned,
    first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen)"""

PACKET_ROWS = 20_000
"""Rows kept of the packet log (the default of config.yaml's `packet_log.rows`)."""


class Writer:
    """Writes the batches of one sensor. Not for use by two threads at once.

    A file that was deleted or replaced while open is noticed at the next batch, which then goes to
    the file that has the name now (a new one if there is none). A file that is too damaged to be
    opened is set aside first, see `recovery`.
    """

    def __init__(
        self, path: str | Path, sensor: str, packet_rows: int = PACKET_ROWS, timeout: float = BUSY_TIMEOUT
    ) -> None:
        self.path = Path(path)
        self.sensor = sensor
        self._packet_rows = packet_rows
        self._timeout = timeout
        self._status = Status(sensor)
        try:
            self._open()
        except StoreCorrupt:
            recovery.ensure_sound(self.path)
            self._open()

    def _open(self) -> None:
        self._db = db = open_writer(self.path, self._timeout)
        self._inode = _inode(self.path)
        self._identity = Identity(db)
        self._rollups = Rollups(db, self._identity)
        self._incidents = Incidents(db, self._identity, self.sensor)

    def close(self) -> None:
        """Close the file; a later `write` opens it again. The last process to do so folds the
        write-ahead log into it."""
        self._inode = None
        with suppress(sqlite3.Error):
            self._db.close()

    def __enter__(self) -> "Writer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, batch: Batch) -> None:
        """Store all rows of a batch, or none.

        Raises StoreBusy, StoreFull, StoreUnavailable or StoreCorrupt; the batch is unharmed and may be
        tried again. Any other error means that a row cannot be stored.
        """
        if self._inode is None or _inode(self.path) != self._inode:
            taken_away = self._inode is not None
            self.close()
            self._open()
            if taken_away and not self._is_known():
                batch.health = [*batch.health, _lost(self.path)]
        try:
            self._write(batch)
        except sqlite3.IntegrityError:
            # A device whose row id we remembered is gone: `_write` has forgotten it, so once more.
            self._write(batch)

    def _is_known(self) -> bool:
        """Whether the file holds what this sensor wrote before: one that recovery made does."""
        found = self._db.execute("SELECT 1 FROM sensors WHERE name = ?", (self.sensor,)).fetchone()
        return found is not None

    def _write(self, batch: Batch) -> None:
        try:
            with transaction(self._db):
                self._identity.follow_forgotten()
                self._write_devices(batch)
                self._write_traffic(batch)
                if batch.findings:
                    self._incidents.write(batch.findings)
                if batch.health:
                    write_health(self._db, batch.health)
                if batch.status is not None:
                    self._status.write(self._db, batch.status)
        except BaseException:
            self._identity.forget()
            raise
        if batch.status is not None:
            self._status.commit(batch.status)

    def _write_devices(self, batch: Batch) -> None:
        self._identity.write_devices(batch.devices)
        if batch.addresses:
            self._identity.write_addresses(batch.addresses)
        if batch.names:
            self._identity.write_names(batch.names)
        if batch.evidence:
            self._identity.write_evidence(batch.evidence)
        if batch.baseline:
            self._write_baseline(batch.baseline)

    def _write_traffic(self, batch: Batch) -> None:
        if batch.flows:
            self._write_flows(batch.flows)
            self._rollups.add_flows(batch.flows)
        self._rollups.add_traffic(batch.traffic)
        self._rollups.keep_volumes(batch.volumes)
        if batch.dns:
            self._write_dns(batch.dns)
        if batch.tls:
            self._db.executemany(_TLS, self._with_devices(batch.tls))
        if batch.http:
            self._db.executemany(_HTTP, self._with_devices(batch.http))
        if batch.packets:
            self._write_packets(batch.packets)

    def _write_flows(self, rows: list[FlowRow]) -> None:
        flows, keys, *columns = columns_of(latest(rows))
        devices = self._identity.of_all(keys, columns[8])
        self._db.executemany(_FLOW, zip(repeat(self.sensor), flows, devices, *columns[:14], strict=False))

    def _write_dns(self, rows: list[DnsRow]) -> None:
        (ts, keys, transports, clients, macs, servers, names, qtypes, rcodes, answers, blocked_by,
         elapsed) = columns_of(rows)  # fmt: skip
        devices = self._identity.of_all(keys, ts)
        foreign = [  # `devices` has a device's own
            None if key is not None and key[1] == mac else mac for key, mac in zip(keys, macs, strict=True)
        ]
        self._db.executemany(
            _DNS,
            zip(
                ts, repeat(self.sensor), devices, transports, clients, foreign, servers, names, qtypes,
                rcodes, map(json_list, answers), blocked_by, elapsed, strict=False,
            ),
        )  # fmt: skip
        self._rollups.add_dns(ts, devices, rcodes, blocked_by)

    def _with_devices(self, rows: Sequence[TlsRow | HttpRow]) -> Iterator[tuple[Any, ...]]:
        """Rows that begin with their time and their device's key, which its row id takes the place of."""
        ts, keys, *columns = columns_of(rows)
        return zip(ts, self._identity.of_all(keys, ts), *columns, strict=True)

    def _write_packets(self, rows: list[PacketRow]) -> None:
        if self._packet_rows <= 0:
            return
        ts, *columns = columns_of(rows[-self._packet_rows :])
        self._db.executemany(_PACKET, zip(ts, repeat(self.sensor), *columns, strict=False))
        self._db.execute(_RING, (self._packet_rows,))

    def _write_baseline(self, rows: list[BaselineRow]) -> None:
        of = self._identity.of
        self._db.executemany(_BASELINE, [(of(r.device, r.first_seen), *r[1:]) for r in rows])

    def known_devices(self, network: str | None = None) -> list[KnownDevice]:
        """What a sensor loads at start: the newest devices with addresses, names and decisions. Of the
        network that has the sensor's name, unless told."""
        with named_errors():
            return known.devices(self._db, network or self.sensor)

    def known_baseline(self, network: str | None = None) -> list[BaselineRow]:
        """What a sensor loads at start: the newest rows of what is usual. Of the network that has the
        sensor's name, unless told."""
        with named_errors():
            return known.baseline(self._db, network or self.sensor)

    def known_volumes(self, network: str | None = None, hours: int = 14 * 24) -> list[VolumeRow]:
        """What a sensor loads at start: what devices sent out of the home, by hour. Of the network that
        has the sensor's name, unless told."""
        with named_errors():
            return known.volumes(self._db, network or self.sensor, hours)

    def baseline_resets(self, after_id: int = 0) -> list[known.Reset]:
        """Resets asked by a person since, ascending. Deletes what was learned before."""
        with named_errors():
            return known.resets(self._db, after_id)

    def given_names(self, after: float = 0.0) -> list[known.GivenName]:
        """Names, trust and kinds that a person gave since (wall time)."""
        with named_errors():
            return known.given_names(self._db, after)

    def all_given(self) -> known.AllGiven:
        """Names, trust and kinds that people gave, all of them."""
        with named_errors():
            return known.all_given(self._db)

    def regrouped(self) -> tuple[object, ...]:
        """Differs after a device was forgotten, or addresses were joined or parted."""
        with named_errors():
            return known.regrouped(self._db)


def latest(rows: list[FlowRow]) -> list[FlowRow]:
    """One row a flow, in the order of the first, as if all had been written: a row that grows after it was
    written splits its page, which costs a sixth of the table."""
    found: dict[int, FlowRow] = {}
    for row in rows:
        before = found.setdefault(row[0], row)
        if before is not row:
            found[row[0]] = _continued(before, row)
    return list(found.values())


def _continued(before: FlowRow, row: FlowRow) -> FlowRow:
    """The later row of a flow, with what the earlier one settled or alone knew."""
    return of_values(
        FlowRow,
        (
            row.flow, before.device, *row[2:7], row.peer or before.peer, row.service or before.service,
            row.state, row.first_seen, max(row.last_seen, before.last_seen), *row[12:],
        ),
    )  # fmt: skip


def json_list(values: tuple[str, ...]) -> str:
    """A JSON array of texts. Nearly all need no escaping, and then a join is five times as fast."""
    if not values:
        return "[]"
    joined = '","'.join(values)
    plain = joined.isascii() and joined.isprintable() and "\\" not in joined
    if plain and joined.count('"') == 2 * len(values) - 2:
        return f'["{joined}"]'
    return json.dumps(values, ensure_ascii=False)


def _lost(path: Path) -> HealthRow:
    when = time.strftime("%Y-%m-%d %H:%M")
    message = f"The database was deleted or replaced at {when} while Sentinel ran: what it held is gone."
    fix = f"If it was moved away, stop Sentinel and put it back as {path.name}. Else there is nothing to do."
    return HealthRow("database", "replaced", "alarm", message, fix)


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 -- Path.stat costs three times as much
    except OSError:
        return None
    return found.st_dev, found.st_ino
