"""Kept answers are those of a reader that keeps none, whatever happens to incidents and decisions."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.config import Config, Retention
from analysis.store.notes import Notes
from analysis.store.reader import Reader
from analysis.store.retention import run_once
from tests.dashboard.filldb import RULES, Home, small

Change = Callable[[Home, Notes], object]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return small(tmp_path / "home.db")


def answers(reader: Reader) -> tuple[object, ...]:
    reader.forget_directory()
    return reader.open_counts(), reader.open_groups(50), reader.worst_open(), reader.worst_by_device()


def newest(home: Home, severity: int) -> int:
    sql = "SELECT id FROM alerts WHERE severity = ? AND device IS NOT NULL ORDER BY id DESC LIMIT 1"
    return int(home.db.execute(sql, (severity,)).fetchone()[0])


def raised(home: Home, _: Notes) -> None:
    """A NORMAL incident becomes a CRITICAL one, as a later finding of the same key makes it."""
    home.db.execute(
        "UPDATE alerts SET severity = 2, change = (SELECT MAX(change) + 1 FROM alerts) WHERE id = ?",
        (newest(home, 0),),
    )


def expected(home: Home, notes: Notes) -> None:
    from analysis.store.scopes import scopes_of

    found = Reader(home.path).alert(newest(home, 2))
    assert found is not None
    notes.expect(scopes_of(found)["everyone"], None, "")


CHANGES: dict[str, Change] = {
    "a critical incident": lambda home, _: home.alert(1, RULES[0], "192.0.2.99", time.time(), title="New"),
    "a normal incident": lambda home, _: home.db.execute(
        "UPDATE alerts SET severity = 0, change = (SELECT MAX(change) + 1 FROM alerts) WHERE id = ?",
        (home.alert(1, RULES[0], "192.0.2.98", time.time()),),
    ),
    "a raised severity": raised,
    "an acknowledgement": lambda home, notes: notes.decide_alert(newest(home, 2), "acknowledged", ""),
    "a deleted incident": lambda home, _: home.db.execute(
        "DELETE FROM alerts WHERE id = (SELECT id FROM alerts ORDER BY last_seen LIMIT 1)"
    ),
    "a device forgotten": lambda home, notes: notes.forget_device(
        home.db.execute("SELECT device FROM alerts WHERE id = ?", (newest(home, 2),)).fetchone()[0]
    ),
    "an expectation": expected,
}


@pytest.mark.parametrize("name", CHANGES)
def test_kept_answers_follow_every_change(name: str, home: Home) -> None:
    reader = Reader(home.path)
    before = answers(reader)
    assert answers(reader) == before == answers(Reader(home.path))
    CHANGES[name](home, Notes(home.path))
    assert answers(reader) == answers(Reader(home.path))
    if name != "a normal incident":
        assert answers(reader) != before


def test_kept_answers_follow_a_decision_taken_back(home: Home) -> None:
    reader, notes = Reader(home.path), Notes(home.path)
    before, alert = answers(reader), newest(home, 2)
    notes.decide_alert(alert, "acknowledged", "")
    assert answers(reader) != before
    notes.decide_alert(alert, "open", "")
    assert answers(reader) == before


def test_kept_answers_follow_retention(home: Home) -> None:
    reader = Reader(home.path)
    before = answers(reader)
    spread = "UPDATE alerts SET first_seen = last_seen - 1, last_seen = ? - 86400.0 * 20 / (1 + id % 20)"
    home.db.execute(spread, (home.now,))
    home.db.execute("UPDATE alerts SET change = change + 100000")
    assert answers(reader) == answers(Reader(home.path))
    middle = answers(reader)
    config = Config(retention=Retention(days=5, alert_days=5, size_mb=1_000))
    report = run_once(home.path, config, home.now)
    assert report.deleted["alerts"]
    assert answers(reader) == answers(Reader(home.path))
    assert answers(reader)[0] != middle[0] == before[0]


def test_kept_answers_are_of_the_file_that_is_there(home: Home, tmp_path: Path) -> None:
    reader = Reader(home.path)
    answers(reader)
    home.db.close()
    other = small(tmp_path / "other.db")
    other.db.execute("DELETE FROM alerts WHERE severity = 2")
    other.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.db.close()
    for left in tmp_path.glob("home.db*"):
        left.unlink()
    (tmp_path / "other.db").rename(home.path)
    assert reader.open_counts()[2] == 0


def test_nothing_is_asked_twice_while_nothing_changes(home: Home) -> None:
    asked: list[str] = []

    class Listening(Reader):
        def table(self, sql: str, parameters: object = ()) -> object:  # type: ignore[override]
            asked.append(sql)
            return super().table(sql, parameters)  # type: ignore[arg-type]

    reader = Listening(home.path)
    answers(reader)
    asked.clear()
    answers(reader)
    assert not [sql for sql in asked if "GROUP BY" in sql and "FROM alerts" in sql]


def test_open_incidents_are_read_from_one_index(home: Home) -> None:
    from analysis.store.queries import serious

    db = sqlite3.connect(home.path)
    for sql in (serious._WORST, serious._GROUPS):
        plan = [row[3] for row in db.execute("EXPLAIN QUERY PLAN " + sql, (5,) * sql.count("LIMIT ?"))]
        assert "COVERING INDEX alerts_serious" in plan[0]
        assert sql is serious._GROUPS or not any("TEMP B-TREE" in step for step in plan)


def test_worst_of_each_place_equals_a_plain_question(home: Home) -> None:
    notes = Notes(home.path)
    for n in range(40):
        home.alert(1 + n % 5, RULES[n % len(RULES)], f"peer{n % 7}.example", home.now - n)
    notes.decide_alert(newest(home, 2), "acknowledged", "")
    reader = Reader(home.path)
    plain = reader.rows(
        "SELECT device, peer_ip, peer_name, MAX(severity) AS severity FROM alerts WHERE severity > 0"
        " AND device IS NOT NULL AND uid NOT IN (SELECT uid FROM alert_notes WHERE state <> 'open')"
        " GROUP BY device, peer_ip, peer_name"
    )
    assert reader.worst_open() == {
        (row["device"], row["peer_ip"], row["peer_name"]): row["severity"] for row in plain
    }
    worst = {row["device"]: 0 for row in plain}
    for row in plain:
        worst[row["device"]] = max(worst[row["device"]], row["severity"])
    assert {device: severity for device, (severity, _) in reader.worst_by_device().items()} == worst


def test_pictures_of_weeks_are_kept_for_a_minute_but_not_over_a_forgotten_device(home: Home) -> None:
    newest = home.db.execute("SELECT MAX(hour) FROM edge_hour").fetchone()[0]
    reader = Reader(home.path)
    before = reader.edges(newest - 24 * 7)
    device = min(before)
    home.db.execute("UPDATE edge_day SET flows = flows + 1")
    kept = reader.edges(newest - 24 * 7)
    assert kept in (before, Reader(home.path).edges(newest - 24 * 7))  # a minute may just have passed
    home.db.execute("DELETE FROM edge_day WHERE device = ?", (device,))
    home.db.execute("INSERT INTO forgotten VALUES (NULL, ?, 1.0)", (device,))
    after = reader.edges(newest - 24 * 7)
    assert after == Reader(home.path).edges(newest - 24 * 7)
    assert device not in after


def test_hours_that_are_over_are_kept_for_a_minute_and_the_present_one_is_read_anew(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: home.now)
    reader, hour = Reader(home.path), home.db.execute("SELECT MAX(hour) FROM edge_hour").fetchone()[0]
    before = reader.edges(hour - 24)
    insert = "INSERT INTO edge_hour VALUES (?, 1, 'late.example', 443, 'tcp', 1, 2, 3)"
    home.db.execute(insert, (hour,))
    after = reader.edges(hour - 24)
    assert after == {**before, 1: {**before[1], "late.example": 5}}
    home.db.execute(insert, (hour - 1,))
    assert reader.edges(hour - 24) == after
    monkeypatch.setattr("time.time", lambda: home.now + 60)
    assert reader.edges(hour - 24)[1]["late.example"] == 10
    home.db.execute(insert, (hour + 1,))
    assert reader.edges(hour - 24)[1]["late.example"] == 15, "an hour has begun"


NAMES = [
    "a.example",
    'a"b.example',
    "back\\slash",
    "new\nline",
    "\u00fc.example",
    "\U0001f600",
    "",
    "device:2",
]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 60), st.integers(1, 3), st.sampled_from(NAMES), st.sampled_from([53, 443]),
            st.integers(0, 1 << 50),
        ),
        max_size=40,
    )
)  # fmt: skip
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_edges_equal_a_plain_question(home: Home, rows: list[tuple[int, int, str, int, int]]) -> None:
    for unit in ("hour", "day"):
        home.db.execute(f"DELETE FROM edge_{unit}")
        home.db.executemany(
            f"INSERT OR IGNORE INTO edge_{unit} VALUES (1000 + ?, ?, ?, ?, 'tcp', 1, ?, 7)", rows
        )
    for since, unit, first in ((1040, "hour", 1040), (-5000, "day", -209)):
        sql = f"SELECT device, peer, SUM(bytes_up + bytes_down) FROM edge_{unit} WHERE {unit} >= ? GROUP BY 1, 2"
        plain: dict[int, dict[str, int]] = {}
        for device, peer, size in home.db.execute(sql + " ORDER BY 1, 2", (first,)):
            plain.setdefault(device, {})[peer] = size
        found = Reader(home.path).edges(since)
        assert found == plain
        assert [(d, *peers) for d, peers in found.items()] == [(d, *peers) for d, peers in plain.items()]


@given(st.lists(st.tuples(st.sampled_from(sorted(CHANGES)), st.booleans()), max_size=12))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_kept_answers_follow_any_course_of_changes(
    tmp_path_factory: pytest.TempPathFactory, course: list[tuple[str, bool]]
) -> None:
    home = small(tmp_path_factory.mktemp("course") / "home.db")
    reader, notes = Reader(home.path), Notes(home.path)
    for name, asked_between in course:
        home.change = home.db.execute("SELECT COALESCE(MAX(change), 0) FROM alerts").fetchone()[0]
        with suppress(TypeError):  # no such incident is left
            CHANGES[name](home, notes)
        if asked_between:
            assert answers(reader) == answers(Reader(home.path))
    assert answers(reader) == answers(Reader(home.path))
    reader.close()
    home.db.close()
