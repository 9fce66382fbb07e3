"""History ends by age and by size, in steps so small that no sensor waits for them."""

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from analysis.config import Config
from analysis.store import history, upkeep
from analysis.store.database import companions, named_errors, open_writer, transaction
from analysis.store.history import DETAIL, SUMMARY, Table
from analysis.store.rows import HealthRow
from analysis.store.status import write_health

DAY = 86_400.0
ROWS, FEWEST_ROWS = 2_000, 50
"""Rows deleted in one transaction, adapted to the disk so that it lasts about `STEP_SECONDS`."""
STEP_SECONDS = 0.1
FREE_PAGES = 256
"""Pages given back to the disk in one transaction (1 MiB)."""
ROOM = 0.9
"""A database over its cap is brought to this share of it, so that it is not trimmed all the time."""
SLICES = 50
"""The span of history is given up in so many slices until the size fits."""
DEVICES, ADDRESSES, NAMES, CLUES = 10_000, 256, 64, 256
"""Rows kept: devices that nobody named, and addresses, names and clues of each. A home has under 100
devices; these bounds are for those who invent new ones."""
LEAST_FREE, LEAST_SHARE, PLENTY = 200 << 20, 0.05, 10 << 30
"""A disk is nearly full below 200 MB, or below 5 % unless that is over 10 GB."""


class RetentionReport(NamedTuple):
    """What one run did."""

    deleted: dict[str, int]
    """Rows by table; only tables that lost some."""
    refused: tuple[str, ...]
    """Tables that were left alone because the clock looked wrong."""
    size_before: int
    size_after: int
    """Bytes in use in the database file."""
    checkpointed: bool
    """The write-ahead log was folded into the file."""


def run_once(path: str | Path, config: Config, now: float | None = None) -> RetentionReport:
    """Delete what is too old or too much. `now` is wall time. Raises StoreError."""
    now = time.time() if now is None else now
    path = Path(path)
    with closing(open_writer(path)) as db:
        return _Run(db, path, config, now).run()


class _Run:
    """One run over an open database."""

    def __init__(self, db: sqlite3.Connection, path: Path, config: Config, now: float) -> None:
        self._db = db
        self._path = path
        self._limits = config.retention
        self._now = now
        self._rows = ROWS // 4
        self._deleted: dict[str, int] = {}
        self._refused: list[str] = []

    def run(self) -> RetentionReport:
        before = self._used()
        self._by_age()
        self._by_size()
        self._bound_devices()
        self._give_back()
        done = upkeep.checkpoint(self._path)
        self._tell()
        return RetentionReport(self._deleted, tuple(self._refused), before, self._used(), done)

    def _by_age(self) -> None:
        for tables, days in ((DETAIL, self._limits.days), (SUMMARY, self._limits.alert_days)):
            cutoff = self._now - days * DAY
            jumped = self._has_jumped(tables, cutoff)
            for table in tables:
                if jumped and self._takes_over_half(table, cutoff):
                    self._refused.append(table.name)
                else:
                    self._delete_before(table, cutoff)

    def _has_jumped(self, tables: tuple[Table, ...], cutoff: float) -> bool:
        """Whether the clock may be wrong: the present lies over a day beyond the newest row, or the
        rows that would stay are all of the last day and come after a gap of over a day: such a present
        must last for a day before it is believed."""
        newest = self._times(tables, history.newest)
        if not newest or self._now - max(newest) > DAY:
            return True
        staying = self._times(tables, history.first_from, cutoff)
        going = self._times(tables, history.last_before, cutoff)
        if not staying or not going:
            return False
        return min(staying) - max(going) > DAY and self._now - min(staying) < DAY

    def _takes_over_half(self, table: Table, cutoff: float) -> bool:
        old, every = self._db.execute(history.count(table), (cutoff,)).fetchone()
        return bool(old * 2 > every)

    def _times(self, tables: tuple[Table, ...], query: Callable[[Table], str], *values: float) -> list[float]:
        found = (self._db.execute(query(table), values).fetchone()[0] for table in tables)
        return [time for time in found if time is not None]

    def _by_size(self) -> None:
        cap = self._limits.size_mb << 20
        if self._used() <= cap:
            return
        for tables in (DETAIL, SUMMARY):
            for cutoff in self._slices(tables):
                for table in tables:
                    self._delete_before(table, cutoff)
                if self._used() <= cap * ROOM:
                    return

    def _slices(self, tables: tuple[Table, ...]) -> Iterator[float]:
        """Times from the oldest row's towards the newest's, which is not reached."""
        oldest, newest = self._times(tables, history.oldest), self._times(tables, history.newest)
        if not oldest:
            return
        first, last = min(oldest), max(newest)
        for number in range(1, SLICES):
            yield first + (last - first) * number / SLICES

    def _delete_before(self, table: Table, cutoff: float) -> None:
        sql = history.delete(table)
        while True:
            limit = self._rows
            gone = self._step(sql, (cutoff, limit))
            if gone:
                self._deleted[table.name] = self._deleted.get(table.name, 0) + gone
            if gone < limit:
                return

    def _step(self, sql: str, values: tuple[float, ...]) -> int:
        """One short transaction, then a pause as long, in which sensors have their turn."""
        begun = time.perf_counter()
        with transaction(self._db):
            gone = self._db.execute(sql, values).rowcount
        took = time.perf_counter() - begun
        if took > STEP_SECONDS:
            self._rows = max(FEWEST_ROWS, self._rows // 2)
        elif took < STEP_SECONDS / 4:
            self._rows = min(ROWS, self._rows * 2)
        if gone:
            time.sleep(min(took, STEP_SECONDS))
        return gone

    def _bound_devices(self) -> None:
        """Of devices that nobody named and that no incident is about, and of addresses and names of
        each, the longest unseen go."""
        for table, sql, keep in (
            ("devices", _OLD_DEVICES, DEVICES),
            ("device_addresses", _OLD_ADDRESSES, ADDRESSES),
            ("device_names", _OLD_NAMES, NAMES),
            ("device_evidence", _OLD_CLUES, CLUES),
        ):
            while gone := self._step(sql, (keep, self._rows)):
                self._deleted[table] = self._deleted.get(table, 0) + gone

    def _used(self) -> int:
        pages, free, size = (
            self._db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def _give_back(self) -> None:
        """Return free pages to the disk when they are over a tenth; the others are used again soon."""
        while True:
            pages, free = (
                self._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count")
            )
            if free * 10 <= pages:
                return
            with named_errors():
                # `execute` would stop after the first page, `executescript` goes on to the last.
                self._db.executescript(f"PRAGMA incremental_vacuum({FREE_PAGES})")
            if self._db.execute("PRAGMA freelist_count").fetchone()[0] >= free:
                return
            time.sleep(0.02)

    def _tell(self) -> None:
        """Rows for `health`: room on the disk, and whether the clock kept history from being removed."""
        names = ", ".join(self._refused)
        text = f"The clock seems wrong: the history of {names} was kept although it looks too old."
        fix = "Check the date and time of this computer."
        clock = (
            HealthRow("retention", "clock", "alarm", text, fix)
            if names
            else HealthRow("retention", "clock", "ok", "Old history is removed on time.", None)
        )
        with transaction(self._db):
            write_health(self._db, [_disk_health(self._path), clock])


def _disk_health(path: Path) -> HealthRow:
    """What to say about the room on the database's disk."""
    usage = shutil.disk_usage(path.absolute().parent)
    used = 0
    for name in companions(path):
        with suppress(OSError):
            used += name.stat().st_size
    text = f"{usage.free >> 20:,} MB free; the database takes {used >> 20:,} MB."
    if usage.free < LEAST_FREE or usage.free < min(LEAST_SHARE * usage.total, PLENTY):
        fix = "Make space on this disk, or lower retention.size_mb in config.yaml."
        return HealthRow("disk", "space", "alarm", f"The disk is nearly full: {text}", fix)
    return HealthRow("disk", "space", "ok", text, None)


_OLD_DEVICES = """
DELETE FROM devices WHERE id IN (
    SELECT d.id FROM devices d
    WHERE (SELECT count(*) FROM devices) > ?1
      AND NOT EXISTS (SELECT 1 FROM device_notes n WHERE n.network = d.network AND n.mac = d.mac)
      AND NOT EXISTS (SELECT 1 FROM alerts a WHERE a.device = d.id)
    ORDER BY d.last_seen LIMIT min(?2, (SELECT max(0, count(*) - ?1) FROM devices)))"""

_OLD_ADDRESSES = """
DELETE FROM device_addresses WHERE (device, ip) IN (
    SELECT device, ip FROM (
        SELECT device, ip, row_number() OVER (PARTITION BY device ORDER BY last_seen DESC) AS place
        FROM device_addresses
        WHERE device IN (SELECT device FROM device_addresses GROUP BY device HAVING count(*) > ?1))
    WHERE place > ?1 LIMIT ?2)"""

_OLD_CLUES = """
DELETE FROM device_evidence WHERE (device, source, clue, says) IN (
    SELECT device, source, clue, says FROM (
        SELECT device, source, clue, says,
               row_number() OVER (PARTITION BY device ORDER BY last_seen DESC) AS place
        FROM device_evidence
        WHERE device IN (SELECT device FROM device_evidence GROUP BY device HAVING count(*) > ?1))
    WHERE place > ?1 LIMIT ?2)"""

_OLD_NAMES = """
DELETE FROM device_names WHERE (device, source, name) IN (
    SELECT device, source, name FROM (
        SELECT device, source, name,
               row_number() OVER (PARTITION BY device ORDER BY last_seen DESC) AS place
        FROM device_names
        WHERE device IN (SELECT device FROM device_names GROUP BY device HAVING count(*) > ?1))
    WHERE place > ?1 LIMIT ?2)"""
