"""What the supervisor has to say, on its way to the database without ever making it wait."""

import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

from analysis.store.database import StoreError
from analysis.store.rows import Batch, HealthRow
from analysis.store.writer import Writer

_WAITING = 256
"""Health rows kept while the database cannot be written; more are dropped (they are in the log)."""
_RETRY = 1.0
"""Seconds until a row that the database did not take is tried again."""
_LAST_CALL = 1.5
"""Seconds that the last rows have to be written when Sentinel stops."""


class HealthLog:
    """Writes health rows in a thread of its own.

    Opening makes the database where it is missing, and raises StoreError where that cannot be."""

    def __init__(self, database: Path, log: Callable[[str, str], None]) -> None:
        self._writer = Writer(database, "supervisor")
        self._log = log
        self._rows: queue.Queue[HealthRow] = queue.Queue(_WAITING)
        self._over = threading.Event()
        self._told: str | None = None
        """What hindered the last row from being written."""
        self._thread = threading.Thread(target=self._run, name="health", daemon=True)

    def __enter__(self) -> "HealthLog":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(_LAST_CALL)

    def record(self, row: HealthRow) -> None:
        """Returns at once; the row is written soon."""
        try:
            self._rows.put_nowait(row)
        except queue.Full:
            self._log(row.subject, "the database takes no notes; this one stands only here")

    def _run(self) -> None:
        try:
            while not (self._over.is_set() and self._rows.empty()):
                try:
                    row = self._rows.get(timeout=0.2)
                except queue.Empty:
                    continue
                self._write(row)
        finally:
            self._writer.close()

    def _write(self, row: HealthRow) -> None:
        while True:
            try:
                self._writer.write(Batch(health=[row]))
                self._told = None
                return
            except StoreError as error:
                if str(error) != self._told:
                    self._log("supervisor", f"cannot write to the database: {error}")
                    self._told = str(error)
            if self._over.is_set():
                return
            time.sleep(_RETRY)
