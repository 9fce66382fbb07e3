"""A read-only, time-limited view of sentinel.db: one connection a thread, every failure a designed state."""

# ruff: noqa: S608 - the parts put together are constants of this package; values are bound

import sqlite3
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

Row = dict[str, Any]

LIMIT_SECONDS = 2.0
"""Longest a single question may run: pages poll every 2 s, so a slower answer is never in time."""
_CHECK_EVERY = 20_000
"""SQLite virtual machine steps between two looks at the clock: about 1 ms."""


class StoreError(Exception):
    """A question that could not be answered, said so that a page can show it."""

    state = "failed"
    fix = "Run: python3 sentinel.py doctor"


class NotMade(StoreError):
    """There is no database yet, or no sensor has written to it."""

    state = "missing"
    fix = "Start a sensor: sudo python3 sentinel.py up"


class NotReadable(StoreError):
    """The file is there but this user cannot read it."""

    state = "unreadable"
    fix = (
        "The dashboard's user needs read and write access to the folder of the database "
        "(SQLite keeps its -wal and -shm files there). Run: python3 sentinel.py doctor"
    )


class NoDatabase(StoreError):
    """The file is there and is something else, or was damaged at its beginning."""

    state = "unreadable"
    fix = (
        "Name another file: --db, or database in config.yaml. If it was Sentinel's, start a sensor: it sets "
        "the damaged file aside and saves what can be read."
    )


class QueryTooSlow(StoreError):
    """The question was stopped after `LIMIT_SECONDS`."""

    state = "slow"
    fix = "Narrow the time range."


class _Local(threading.local):
    connection: sqlite3.Connection | None = None
    inode: tuple[int, int] | None = None
    deadline: float = 0.0


class Session:
    """Runs questions for `Reader`. Values reach SQLite only as bound parameters."""

    def __init__(self, path: str | Path, limit_seconds: float = LIMIT_SECONDS) -> None:
        self.path = Path(path)
        self.limit_seconds = limit_seconds
        self._local = _Local()

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """All rows of a question. Raises a `StoreError`."""
        columns, values = self.table(sql, parameters)
        return [dict(zip(columns, row, strict=True)) for row in values]

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """The first row of a question, or None."""
        found = self.rows(sql, parameters)
        return found[0] if found else None

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """The first column of the first row, or None."""
        found = self.table(sql, parameters)[1]
        return found[0][0] if found else None

    def table(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Column names and rows as tuples: the shape that is cheapest to send."""
        local = self._local
        try:
            connection = self._connection()
            local.deadline = time.monotonic() + self.limit_seconds
            cursor = connection.execute(sql, parameters)
            values = cursor.fetchall()
        except sqlite3.Error as error:
            raise self._designed(error) from error
        return [column[0] for column in cursor.description], values

    def close(self) -> None:
        """Close this thread's connection."""
        if self._local.connection is not None:
            self._local.connection.close()
            self._local.connection = None

    def inode(self) -> tuple[int, int] | None:
        """Which file this thread reads; another one after the database was replaced."""
        return self._local.inode

    def _connection(self) -> sqlite3.Connection:
        """This thread's connection, opened anew when the file was replaced."""
        local = self._local
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            self.close()
            raise NotMade(f"There is no database at {self.path} yet.") from None
        except OSError as error:
            self.close()
            raise NotReadable(f"{self.path} cannot be opened: {error.strerror}.") from error
        inode = (stat.st_dev, stat.st_ino)
        if local.connection is None or local.inode != inode:
            self.close()
            local.connection, local.inode = self._open(), inode
        return local.connection

    def _open(self) -> sqlite3.Connection:
        local = self._local
        connection = sqlite3.connect(
            f"file:{quote(str(self.path))}?mode=ro", uri=True, timeout=1.0, isolation_level=None
        )
        connection.execute("PRAGMA query_only = 1")
        connection.set_progress_handler(lambda: int(time.monotonic() > local.deadline), _CHECK_EVERY)
        return connection

    def _designed(self, error: sqlite3.Error) -> StoreError:
        """The state that a page shows for an error of SQLite."""
        text = str(error)
        if "interrupted" in text:
            return QueryTooSlow(f"This question took longer than {self.limit_seconds:g} s.")
        self.close()
        if "no such table" in text or "no such column" in text:
            return NotMade("The database is not set up yet: no sensor has written to it.")
        if "not a database" in text:
            return NoDatabase(f"{self.path.name} is no database.")
        if any(sign in text for sign in ("unable to open", "readonly", "authorization")):
            return NotReadable(f"{self.path.name} cannot be read by this user ({text}).")
        return StoreError(f"The database did not answer ({text}).")

    def first_id_since(self, table: str, column: str, since: float) -> int:
        """The row id from which on `column` (a time that grows with the id) is at least `since`, by
        bisection: 25 look-ups in 5 million rows, where a scan takes seconds and no index is needed.
        `table` and `column` are names from this package, never from a request."""
        bounds = self.one(
            f"SELECT (SELECT MIN(id) FROM {table}) AS low, (SELECT MAX(id) FROM {table}) AS high"
        )
        if bounds is None or bounds["low"] is None:
            return 0
        low, high = int(bounds["low"]), int(bounds["high"]) + 1
        probe = f"SELECT id, {column} FROM {table} WHERE id >= ? ORDER BY id LIMIT 1"
        while low < high:
            middle = (low + high) // 2
            found = self.table(probe, (middle,))[1]
            if not found or found[0][1] >= since:
                high = middle
            else:
                low = found[0][0] + 1
        return low
