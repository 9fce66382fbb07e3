"""The periodic process: tasks are done, fail alone, and end when told."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from analysis import periodic
from analysis.config import Config
from analysis.periodic import Task, attempt, run
from analysis.store.database import open_writer
from tests.analysis.store.samples import ask, one


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(base=str(tmp_path), database="s.db")


def test_the_first_round_leaves_its_marks(config: Config) -> None:
    path, wanted = config.database_path, {"process", "watch", "checkpoint", "lists", "retention"}
    open_writer(path).close()
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(config, stop), daemon=True)
    thread.start()
    until = time.monotonic() + 30
    done: set[str] = set()
    while not wanted <= done and time.monotonic() < until:
        time.sleep(0.05)
        done = {
            row[0]
            for row in ask(path, "SELECT subject FROM health WHERE component = 'periodic' AND level = 'ok'")
        }
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert wanted <= done
    assert one(path, "SELECT count(*) FROM health WHERE component = 'disk'") == 1


def test_a_task_that_fails_is_told_until_it_works(config: Config) -> None:
    path = config.database_path

    def fail() -> None:
        raise RuntimeError("no luck")

    attempt(path, Task("lists", 1, fail))
    level, message = ask(path, "SELECT level, message FROM health WHERE subject = 'lists'")[0]
    assert level == "alarm" and "RuntimeError: no luck" in message
    attempt(path, Task("lists", 1, lambda: None))
    assert one(path, "SELECT level FROM health WHERE subject = 'lists'") == "ok"


def test_a_database_that_cannot_be_opened_stops_nothing(tmp_path: Path) -> None:
    attempt(tmp_path / "nowhere" / "s.db", Task("watch", 1, lambda: 1 / 0))


def test_daily_tasks_wait_for_tomorrow(config: Config) -> None:
    due = {task.name: task.due - time.monotonic() for task in periodic.tasks_of(config, config.database_path)}
    assert due["integrity"] > 86_000 and due["optimize"] > 86_000 and due["retention"] <= 0


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_the_process_ends_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    child = subprocess.Popen(
        [sys.executable, "-m", "analysis.periodic", "--db", str(path)], cwd=Path(__file__).parents[2]
    )
    until = time.monotonic() + 30
    while not (path.exists() and path.stat().st_size) and time.monotonic() < until:
        time.sleep(0.05)
    child.send_signal(signal.SIGTERM)
    assert child.wait(15) == 0
    assert one(path, "PRAGMA quick_check") == "ok"
