"""A configuration that changes while Sentinel runs is told, with its mistakes."""

import os
import threading
from pathlib import Path

import pytest

from analysis.store.rows import HealthRow
from sensors import config_watch
from sensors.config_watch import ConfigWatch
from sensors.supervisor import Supervisor


class Watched:
    """A file and what was said of it."""

    def __init__(self, path: Path, text: str | None) -> None:
        self.path, self.rows, self.lines, self._time = path, [], [], 1_000.0
        if text is not None:
            self.write(text)
        self.watch = ConfigWatch(path)

    def write(self, text: str) -> None:
        self.path.write_text(text)
        self._time += 10
        os.utime(self.path, (self._time, self._time))

    def look(self) -> list[HealthRow]:
        before = len(self.rows)
        self.watch.look(self.rows.append, lambda name, text: self.lines.append(f"{name}: {text}"))
        assert len(self.lines) == len(self.rows)
        return self.rows[before:]


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.setattr(config_watch, "EVERY", 0.0)
    return Watched(tmp_path / "config.yaml", "learning_hours: 1\n")


def test_a_change_is_told_once_and_says_that_a_restart_is_needed(watched: Watched) -> None:
    assert watched.look() == []
    watched.write("learning_hours: 2\n")
    (row,) = watched.look()
    assert (row.component, row.subject, row.level, row.fix) == (
        "supervisor", "config.yaml", "note", "Restart Sentinel."
    )  # fmt: skip
    assert row.message.startswith("The file was changed at ")
    assert row.message.endswith("Sentinel works with what it read at its start until it is restarted.")
    assert watched.look() == [] and watched.lines == [f"config.yaml: {row.message}"]


def test_a_mistake_is_told_with_its_line(watched: Watched) -> None:
    watched.write("learning_hours: 1\nrules:\n  port-scan:\n    enabeld: false\n")
    (row,) = watched.look()
    assert row.level == "alarm" and " and has a mistake. Sentinel works with what" in row.message
    assert f"cannot start again. {watched.path}:4: rules.port-scan.enabeld" in row.message
    assert row.fix is not None and "sentinel.py check" in row.fix


def test_what_is_as_it_was_is_told_as_well(watched: Watched) -> None:
    watched.write("learning_hours: 2\n")
    watched.look()
    watched.write("learning_hours: 1\n")
    assert watched.look() == [ConfigWatch.unchanged()]
    watched.write("learning_hours: 1\n")
    assert watched.look() == [], "saved without a change"


def test_a_file_that_goes_or_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config_watch, "EVERY", 0.0)
    watched = Watched(tmp_path / "config.yaml", None)
    assert watched.look() == []
    watched.write("learning_hours: 2\n")
    assert [row.level for row in watched.look()] == ["note"]
    watched.path.unlink()
    assert watched.look() == [ConfigWatch.unchanged()]
    watched.write("learning_hours: 3\n")
    watched.look()
    watched.path.unlink()
    watched.path.mkdir()
    assert [row.level for row in watched.look()] == ["ok"]


def test_the_file_is_looked_at_now_and_then_only(tmp_path: Path) -> None:
    watched = Watched(tmp_path / "config.yaml", "learning_hours: 1\n")
    watched.write("learning_hours: 2\n")
    assert watched.look() == []


def test_the_supervisor_looks(watched: Watched) -> None:
    stop, rows = threading.Event(), []

    def record(row: HealthRow) -> None:
        rows.append(row)
        stop.set()

    keeping = threading.Thread(target=Supervisor([], record, watched.watch).run, args=(stop,))
    keeping.start()
    watched.write("learning_hours: nonsense\n")
    keeping.join(10)
    assert not keeping.is_alive() and [row.level for row in rows] == ["alarm"]
