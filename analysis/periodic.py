"""The periodic process: upkeep of the database, and a watch over the sensors' heartbeats."""

import argparse
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from analysis import blocklist, destinations
from analysis.config import Config, ConfigError, load
from analysis.retro_hunt import RetroHunt
from analysis.store import merges, retention, upkeep
from analysis.store.database import StoreError
from analysis.store.rows import HealthRow

DAY = 86_400.0
SETTLE = 60.0
"""Seconds before the past is searched: at the start there is much else to do."""


@dataclass
class Task:
    """Something done again and again."""

    name: str
    every: float
    """Seconds."""
    do: Callable[[], object]
    due: float = 0.0
    """Monotonic time."""


def run(config: Config, stop_event: Event) -> None:
    """Do what is due until told to stop. A task that fails is told in `health` and tried again when it
    is next due; none stops the others."""
    path = config.database_path
    tasks = tasks_of(config, path)
    while not stop_event.is_set():
        for task in tasks:
            if task.due <= time.monotonic() and not stop_event.is_set():
                task.due = time.monotonic() + task.every
                attempt(path, task)
        stop_event.wait(max(0.2, min(task.due for task in tasks) - time.monotonic()))


def tasks_of(config: Config, path: Path) -> list[Task]:
    """What is done how often. The daily ones not at the start, when there is much else to do."""
    tomorrow = time.monotonic() + DAY
    return [
        Task("watch", 5, lambda: upkeep.watch_heartbeats(path)),
        Task("checkpoint", 60, lambda: upkeep.checkpoint(path)),
        Task("lists", 600, lambda: upkeep.tell(path, blocklist.health(config), whole="blocklists")),
        Task(
            "destinations", 600, lambda: upkeep.tell(path, destinations.health(config), whole="destinations")
        ),
        Task("retro-hunt", 5, RetroHunt(config, path).step, time.monotonic() + SETTLE),
        Task("retention", 600, lambda: retention.run_once(path, config)),
        Task("one device or two", 300, lambda: merges.propose(path)),
        Task("optimize", DAY, lambda: upkeep.optimize(path), tomorrow),
        Task("integrity", DAY, lambda: upkeep.check_integrity(path), tomorrow),
    ]


def attempt(path: Path, task: Task) -> None:
    """Do a task; a failure is told in `health` until the task works again."""
    row = HealthRow("periodic", task.name, "ok", f"{task.name}: done.", None)
    try:
        task.do()
    except Exception as error:  # one task must not stop the others
        text = f"{task.name} failed: {type(error).__name__}: {error}"[:300]
        row = HealthRow("periodic", task.name, "alarm", text, "Run `sentinel.py doctor`.")
    with suppress(StoreError):  # told at the next turn, when the database takes rows again
        upkeep.tell(path, [row])


def main(argv: Sequence[str] | None = None) -> int:
    """Exit 0 when stopped, 2 for a mistake in config.yaml."""
    parser = argparse.ArgumentParser(prog="python -m analysis.periodic", description=__doc__)
    parser.add_argument("--db", type=Path, help="the database (default: as in config.yaml)")
    parser.add_argument("--config", type=Path, help="another config.yaml")
    arguments = parser.parse_args(argv)
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        config = load(arguments.config)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    if arguments.db is not None:
        config = config.model_copy(update={"database": str(arguments.db.absolute())})
    run(config, stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
