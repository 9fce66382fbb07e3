"""The thread between a sensor and its database: taking a batch never waits, writing it may."""

import contextlib
import logging
import sqlite3
import threading
import time
from collections import deque
from pathlib import Path

from analysis.store import recovery
from analysis.store.backlog import KINDS, Backlog, size
from analysis.store.database import StoreBusy, StoreCorrupt, StoreError, StoreFull
from analysis.store.known import AllGiven, GivenName, Reset
from analysis.store.rows import Batch, HealthRow
from analysis.store.writer import PACKET_ROWS, Writer

log = logging.getLogger(__name__)

ROWS = 65_536
"""Rows that may wait: about 40 MB."""
TRANSACTION = 5_000
"""Rows a transaction; held about 50 ms."""
POLL = 2.0
"""Seconds between looks for what people decided."""
FIRST_WAIT, LONGEST_WAIT = 0.1, 5.0
"""Seconds until a failed write is tried again; doubled each time."""
_TROUBLES: dict[type, str] = {StoreBusy: "The database was locked", StoreFull: "The disk was full"}


class WriterThread:
    """Writes batches in the background, in order, each until it is stored.

    What `put` took is stored even if the database is locked or the disk full for hours, except for
    detail that is shed, and counted, when more waits than the bounds allow. A row that the database
    refuses is dropped alone and told in `health`.
    """

    def __init__(
        self, path: str | Path, sensor: str, capacity: int = 64, rows: int = ROWS,
        packet_rows: int = PACKET_ROWS,
    ) -> None:  # fmt: skip
        self.sensor = sensor
        self._writer = Writer(path, sensor, packet_rows)
        self._backlog = Backlog(capacity, rows)
        self._wake = threading.Condition()
        self._closing = False
        self._refused = 0
        self._trouble: tuple[str, float] | None = None
        self._decisions: deque[Reset | GivenName | AllGiven] = deque(maxlen=4_096)
        self._reset_seen = max((r.id for r in self._writer.baseline_resets()), default=0)
        self._given_seen = max((g.changed for g in self._writer.given_names()), default=0.0)
        self._regrouped = self._writer.regrouped()
        self._polled = time.monotonic()
        self._backlog.put(Batch(health=[HealthRow("store", sensor, "ok", "Everything is stored.", None)]))
        self._thread = threading.Thread(target=self._run, name=f"store {sensor}", daemon=True)
        self._thread.start()

    @property
    def shed(self) -> int:
        """Rows given up so far, because the database could not follow or refused them."""
        return self._backlog.shed.total() + self._refused

    @property
    def waiting(self) -> int:
        """Rows not yet stored, those being written not counted."""
        return self._backlog.rows

    def put(self, batch: Batch) -> bool:
        """Hand over a batch, which must not be touched afterwards. Never waits for the database.
        False when detail had to be shed, or after `close` (then nothing was taken)."""
        with self._wake:
            if self._closing:
                return False
            whole = self._backlog.put(batch)
            self._wake.notify()
            return whole

    def decisions(self) -> list[Reset | GivenName | AllGiven]:
        """What people decided since the last call: baselines to learn anew, names and kinds given. Seen
        about every two seconds, while batches come."""
        found = []
        with contextlib.suppress(IndexError):
            while True:
                found.append(self._decisions.popleft())
        return found

    def close(self, timeout: float = 5.0) -> bool:
        """Take no more, write what waits, let go of the file. False when time ran out first."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (batch := self._next()) is not None:
            self._store(batch)
            self._look_for_decisions()
        self._writer.close()

    def _next(self) -> Batch | None:
        with self._wake:
            while (batch := self._backlog.take(TRANSACTION)) is None and not self._closing:
                self._wake.wait()
            return batch

    def _store(self, batch: Batch) -> None:
        """Until it is written. Rows that cannot be are dropped one by one."""
        wait = FIRST_WAIT
        self._tell_shed(batch)
        while True:
            begun = time.monotonic()
            try:
                self._writer.write(batch)
                self._tell_trouble()
                return
            except StoreCorrupt:
                self._recover(begun)
            except StoreError as error:
                self._note_trouble(error, begun)
            except Exception as error:  # a row that cannot be stored must not stop all others
                self._store_parts(batch, error)
                return
            with self._wake:
                self._wake.wait(0 if self._closing and wait < 1 else wait)
            wait = min(wait * 2, LONGEST_WAIT)

    def _tell_shed(self, batch: Batch) -> None:
        if batch.status is not None and self.shed:
            told = batch.status.counters.get("shed", {})
            shed = {**told, **self._backlog.shed, "refused": self._refused}
            # A sum over all reasons, because a batch may come here twice: whole and in parts.
            batch.status = batch.status._replace(
                shed=sum(shed.values()), counters={**batch.status.counters, "shed": shed}
            )

    def _tell_trouble(self) -> None:
        """Once writing works again, `health` and the log say how long it did not."""
        if self._trouble is None:
            return
        text, since = self._trouble
        self._trouble = None
        seconds = time.monotonic() - since
        message = f"{text} for {seconds:.0f} s; {self.shed} rows of detail were given up so far."
        log.warning("%s: the database is written again. %s", self.sensor, message)
        with self._wake:
            self._backlog.put(Batch(health=[HealthRow("store", self.sensor, "note", message, None)]))

    def _note_trouble(self, error: Exception, begun: float) -> None:
        """`begun`: when the write began that failed."""
        if self._trouble is None:
            self._trouble = (_TROUBLES.get(type(error), "The database could not be written"), begun)
            log.warning("%s: cannot write to the database; what is found waits: %s", self.sensor, error)

    def _recover(self, begun: float) -> None:
        self._writer.close()
        try:
            recovery.ensure_sound(self._writer.path, thorough=True)
        except (StoreError, OSError) as error:
            self._note_trouble(error, begun)

    def _store_parts(self, batch: Batch, error: Exception) -> None:
        """Halve a batch that the database refuses until the rows that it refuses stand alone."""
        if size(batch) <= 1:
            self._refused += 1
            message = f"A row could not be stored and was dropped: {type(error).__name__}: {error}"[:300]
            self._store_health(HealthRow("store", f"{self.sensor} rows", "alarm", message, None))
            return
        for part in _halves(batch):
            self._store(part)

    def _store_health(self, row: HealthRow) -> None:
        with contextlib.suppress(StoreError, sqlite3.Error):
            self._writer.write(Batch(health=[row]))

    def _look_for_decisions(self) -> None:
        now = time.monotonic()
        if now - self._polled < POLL:
            return
        self._polled = now
        with contextlib.suppress(StoreError, sqlite3.Error):
            for reset in self._writer.baseline_resets(self._reset_seen):
                self._reset_seen = reset.id
                self._decisions.append(reset)
            for given in self._writer.given_names(self._given_seen):
                self._given_seen = given.changed
                self._decisions.append(given)
            if (regrouped := self._writer.regrouped()) != self._regrouped:
                self._decisions.append(self._writer.all_given())
                self._regrouped = regrouped


def _halves(batch: Batch) -> tuple[Batch, Batch]:
    """Devices stay before what speaks of them."""
    first, second = Batch(), Batch(status=batch.status)
    space = size(batch) // 2
    for kind in KINDS:
        rows = getattr(batch, kind)
        taken = rows[: max(0, space)]
        setattr(first, kind, taken)
        setattr(second, kind, rows[len(taken) :])
        space -= len(taken)
    return first, second
