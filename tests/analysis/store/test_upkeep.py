"""Heartbeats, checkpoints, statistics."""

import sqlite3
import time
from pathlib import Path

import pytest

from analysis.store import upkeep
from analysis.store.rows import Batch, HealthRow
from analysis.store.writer import Writer
from tests.analysis.store import samples
from tests.analysis.store.samples import ask, one


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "s.db"
    for name, state in (("eth0", "running"), ("wlan0", "stopped"), ("replay", "running")):
        with Writer(path, name) as writer:
            writer.write(Batch(status=samples.status(state=state)))
    return path


def levels(path: Path) -> dict[str, str]:
    return dict(ask(path, "SELECT subject, level FROM health WHERE component = 'sensor'"))


def test_a_sensor_that_writes_is_well(path: Path) -> None:
    upkeep.watch_heartbeats(path)
    assert levels(path) == {"eth0": "ok", "wlan0": "ok"}
    assert one(path, "SELECT level FROM health WHERE component = 'periodic' AND subject = 'process'") == "ok"


def test_a_sensor_that_should_write_and_does_not_is_an_alarm_until_it_does(path: Path) -> None:
    upkeep.watch_heartbeats(path, time.time() + 3_600)
    assert levels(path) == {"eth0": "alarm", "wlan0": "ok"}
    assert "60 minutes" in one(path, "SELECT message FROM health WHERE level = 'alarm'")
    with Writer(path, "eth0") as writer:
        writer.write(Batch(status=samples.status()))
    upkeep.watch_heartbeats(path)
    assert levels(path)["eth0"] == "ok"


def test_checkpoint_cuts_the_log_but_not_under_a_reader(path: Path) -> None:
    with Writer(path, "eth0") as writer:
        writer.write(Batch(http=[samples.http()] * 500))
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM http").fetchone()
        writer.write(Batch(http=[samples.http()] * 500))
        assert not upkeep.checkpoint(path)
        reader.close()
        assert upkeep.checkpoint(path)
        assert Path(f"{path}-wal").stat().st_size == 0


def test_optimize_and_the_daily_check(path: Path) -> None:
    upkeep.optimize(path)
    assert upkeep.check_integrity(path) is None
    assert one(path, "SELECT level FROM health WHERE component = 'database'") == "ok"


def test_all_of_a_component_are_told_at_once(path: Path) -> None:
    upkeep.tell(path, [HealthRow("lists", name, "alarm", "missing", None) for name in ("a", "b")])
    upkeep.tell(path, [HealthRow("lists", "b", "ok", "there", None)], whole="lists")
    assert ask(path, "SELECT subject, level FROM health WHERE component = 'lists'") == [("b", "ok")]
