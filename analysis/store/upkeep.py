"""The short jobs of the periodic process on the database."""

import json
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from analysis.store import recovery
from analysis.store.database import StoreBusy, named_errors, open_writer, transaction
from analysis.store.rows import HealthRow
from analysis.store.status import REPLAY, write_health

SILENCE = 15.0
"""Seconds without a heartbeat after which a sensor is told to be silent; it writes one a second."""
_OTHERS = """
DELETE FROM health WHERE component = ? AND subject NOT IN (SELECT value FROM json_each(?))"""
ENDED = ("stopped", "finished", "over")
"""States of a sensor that is meant to be quiet."""


def tell(
    path: str | Path, rows: Iterable[HealthRow], now: float | None = None, whole: str | None = None
) -> None:
    """Write standing findings about Sentinel itself. `whole` names a component of which these rows are
    all there is to say: its other subjects are removed. Raises StoreError."""
    rows = list(rows)
    with closing(open_writer(path)) as db, transaction(db):
        if whole is not None:
            subjects = json.dumps([row.subject for row in rows])
            db.execute(_OTHERS, (whole, subjects))
        write_health(db, rows, now)


def watch_heartbeats(path: str | Path, now: float | None = None) -> None:
    """Raise an alarm for each sensor that should write and does not. Also says that upkeep runs: a
    dashboard that finds this row old knows that nobody watches the sensors. Raises StoreError."""
    now = time.time() if now is None else now
    rows = [HealthRow("periodic", "process", "ok", "Upkeep is running.", None)]
    with closing(open_writer(path)) as db, transaction(db):
        sensors = db.execute("SELECT name, state, heartbeat FROM sensors WHERE name <> ?", (REPLAY,))
        rows += [_heard(name, state, now - (heartbeat or 0.0)) for name, state, heartbeat in sensors]
        write_health(db, rows, now)


def _heard(name: str, state: str, age: float) -> HealthRow:
    if state in ENDED or age <= SILENCE:
        return HealthRow("sensor", name, "ok", f"The sensor of {name}: {state}.", None)
    text = f"The sensor of {name} has not been heard for {_span(age)}: nothing is watched there."
    return HealthRow("sensor", name, "alarm", text, "Start Sentinel again, or run `sentinel.py doctor`.")


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"


def checkpoint(path: str | Path) -> bool:
    """Fold the write-ahead log into the database and cut it to nothing; False while readers hold it."""
    with closing(open_writer(path, timeout=1.0)) as db:
        try:
            with named_errors():
                busy: int = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except StoreBusy:
            return False
    return busy == 0


def optimize(path: str | Path) -> None:
    """Renew the statistics that the query planner uses, where they are stale."""
    with closing(open_writer(path)) as db, named_errors():
        db.execute("PRAGMA analysis_limit = 1000")
        db.execute("PRAGMA optimize").fetchall()


def check_integrity(path: str | Path) -> str | None:
    """The thorough check: None when there is no damage, else what was done about it (the database is
    replaced by what could be read of it)."""
    told = recovery.ensure_sound(path, thorough=True)
    if told is None:
        tell(path, [HealthRow("database", "integrity", "ok", "The daily check found no damage.", None)])
    return told
