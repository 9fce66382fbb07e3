"""The periodic process: upkeep of the database, and a watch over the other processes' heartbeats."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from analysis import blocklist
from analysis.config import Config
from analysis.store import recovery, retention
from analysis.store.database import StoreError, named_errors, open_writer, transaction
from analysis.store.rows import HealthRow
from analysis.store.status import REPLAY, write_health

SILENCE = 15.0
"""Seconds without a heartbeat after which a sensor is told to be silent; it writes one a second."""
ENDED = ("stopped", "finished")
"""States of a sensor that is meant to be quiet."""


@dataclass
class Task:
    """Something done again and again."""

    name: str
    every: float
    """Seconds."""
    do: Callable[[], None]
    due: float = 0.0
    """Monotonic time."""


def database_path(config: Config) -> Path:
    """Where the database is: relative to config.yaml, or absolute."""
    return Path(config.base) / config.database


def run(config: Config, stop_event: Event) -> None:
    """Do what is due until told to stop. A task that fails is told in `health` and tried again when it
    is next due; none stops the others."""
    path = database_path(config)
    tasks = tasks_of(config, path)
    _guarded(path, Task("repair", 0, lambda: _repair(path)))
    while not stop_event.is_set():
        now = time.monotonic()
        for task in tasks:
            if task.due <= now and not stop_event.is_set():
                task.due = now + task.every
                _guarded(path, task)
        stop_event.wait(max(0.2, min(task.due for task in tasks) - time.monotonic()))


def tasks_of(config: Config, path: Path) -> list[Task]:
    """What is done how often. The daily ones are not done at the start, when much else is."""
    tomorrow = time.monotonic() + 86_400
    return [
        Task("watch", 5, lambda: watch(path)),
        Task("checkpoint", 60, lambda: _checkpoint(path)),
        Task("retention", 600, lambda: _retain(path, config)),
        Task("lists", 600, lambda: _store(path, blocklist.health(config))),
        Task("optimize", 86_400, lambda: retention.optimize(path), tomorrow),
        Task("integrity", 86_400, lambda: check_integrity(path), tomorrow),
    ]


def watch(path: Path, now: float | None = None) -> None:
    """Raise an alarm for each sensor that should write and does not; and say that we are here."""
    now = time.time() if now is None else now
    with closing(open_writer(path)) as db, named_errors():
        rows = [HealthRow("periodic", "process", "ok", "Upkeep is running.", None)]
        sensors = db.execute("SELECT name, state, heartbeat FROM sensors WHERE name <> ?", (REPLAY,))
        rows += [_silence(name, state, now - (heartbeat or 0.0)) for name, state, heartbeat in sensors]
        with transaction(db):
            write_health(db, rows, now)


def _silence(name: str, state: str, age: float) -> HealthRow:
    if state in ENDED or age <= SILENCE:
        return HealthRow("sensor", name, "ok", f"{state}", None)
    text = f"The sensor of {name} has not been heard for {_span(age)}: nothing is watched there."
    return HealthRow("sensor", name, "alarm", text, "Start Sentinel again, or run `sentinel.py doctor`.")


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"


def check_integrity(path: Path) -> None:
    """The thorough check; a damaged database is replaced by what can be read of it."""
    told = recovery.ensure_sound(path, thorough=True)
    if told is None:
        _store(path, [HealthRow("database", "integrity", "ok", "The daily check found no damage.", None)])


def _repair(path: Path) -> None:
    recovery.ensure_sound(path)


def _checkpoint(path: Path) -> None:
    retention.checkpoint(path)


def _retain(path: Path, config: Config) -> None:
    retention.run_once(path, config)


def _store(path: Path, rows: list[HealthRow]) -> None:
    with closing(open_writer(path)) as db, transaction(db):
        write_health(db, rows)


def _guarded(path: Path, task: Task) -> None:
    """Do a task; whatever goes wrong is told, and only once it works again taken back."""
    row = HealthRow("periodic", task.name, "ok", "done", None)
    try:
        task.do()
    except Exception as error:  # one task must not stop the others
        text = f"{task.name} failed: {type(error).__name__}: {error}"[:300]
        row = HealthRow("periodic", task.name, "alarm", text, "See `sentinel.py doctor`.")
    try:
        _store(path, [row])
    except (StoreError, sqlite3.Error, OSError):
        return  # told at the next turn, when the database takes rows again
