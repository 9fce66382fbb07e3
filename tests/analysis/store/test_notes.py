"""What a person decides reaches the database, and nothing else does."""

import sqlite3
from pathlib import Path

import pytest

from analysis.store.notes import NoteError, NoteFailed, Notes
from analysis.store.reader import Reader
from tests.dashboard.filldb import Home, small


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return small(tmp_path / "home.db")


@pytest.fixture
def notes(home: Home) -> Notes:
    return Notes(home.path)


def test_name_and_trust_do_not_overwrite_each_other(home: Home, notes: Notes) -> None:
    notes.name_device(4, "  Front door  ")
    notes.trust_device(4, "iot")
    notes.remark_device(4, "bought 2024")
    device = Reader(home.path).device(4)
    assert (device["noted"], device["trust"], device["note"]) == ("Front door", "iot", "bought 2024")
    notes.name_device(4, "")
    assert Reader(home.path).device(4)["name"] == "ipcam-front"


def test_a_decision_about_an_incident_and_its_note(home: Home, notes: Notes) -> None:
    notes.decide_alert(1, "acknowledged", "asked Anna")
    notes.decide_alert(1, "expected")
    alert = Reader(home.path).alert(1)
    assert (alert["state"], alert["note"]) == ("expected", "asked Anna")


def test_a_decision_leaves_the_incident_itself_alone(home: Home, notes: Notes) -> None:
    before = home.db.execute("SELECT * FROM alerts").fetchall()
    notes.decide_alert(1, "expected", "x")
    assert home.db.execute("SELECT * FROM alerts").fetchall() == before


def test_baseline_reset_is_asked_not_done(home: Home, notes: Notes) -> None:
    known = Reader(home.path).baseline_state(2)["known"]
    notes.reset_baseline(2)
    state = Reader(home.path).baseline_state(2)
    assert state["known"] == known > 0
    assert state["reset"] is not None


def test_hidden_characters_become_visible(home: Home, notes: Notes) -> None:
    notes.name_device(1, "evil\u202egnp.exe\x07")
    assert Reader(home.path).device(1)["noted"] == "evil\\u202egnp.exe\\x07"
    notes.decide_alert(1, "open", "line\nline\u200b")
    assert Reader(home.path).alert(1)["note"] == "line\nline\\u200b"


def test_wrong_values_are_refused_and_nothing_is_written(home: Home, notes: Notes) -> None:
    with pytest.raises(NoteError):
        notes.trust_device(1, "admin'; DROP TABLE devices; --")
    with pytest.raises(NoteError):
        notes.name_device(1, "x" * 61)
    with pytest.raises(NoteError):
        notes.decide_alert(1, "deleted")
    with pytest.raises(NoteError):
        notes.decide_alert(1, "open", "x" * 1001)
    with pytest.raises(NoteError):
        notes.name_device(999, "nobody")
    with pytest.raises(NoteError):
        notes.decide_alert(999, "open")
    assert home.db.execute("SELECT COUNT(*) FROM alert_notes").fetchone()[0] == 0


def test_sql_in_a_name_is_only_a_name(home: Home, notes: Notes) -> None:
    notes.name_device(1, "x'); DELETE FROM devices; --")
    assert Reader(home.path).device(1)["noted"] == "x'); DELETE FROM devices; --"


def test_no_database_is_told_and_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(NoteFailed):
        Notes(tmp_path / "none.db").name_device(1, "x")
    assert not (tmp_path / "none.db").exists()


def test_a_writing_sensor_is_waited_for(home: Home, notes: Notes) -> None:
    """A second writer holds the lock for a moment; the decision waits and is not lost."""
    import threading

    other = sqlite3.connect(home.path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.3, other.execute, ("COMMIT",)).start()
    notes.name_device(1, "patient")
    assert Reader(home.path).device(1)["noted"] == "patient"
