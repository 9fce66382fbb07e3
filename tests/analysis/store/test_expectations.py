"""What a person expects is told no more, is recorded all the same, and comes back when undone."""

import time
from pathlib import Path

import pytest

from analysis.store.notes import NoteError, Notes
from analysis.store.reader import Reader
from analysis.store.scopes import Scope, scopes_of
from tests.dashboard.filldb import RULES, Home, small

TELNET = RULES[0]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """The camera (device 4) has a Telnet incident with 203.0.113.9; more are added here."""
    home = small(tmp_path / "home.db")
    home.alert(4, TELNET, "203.0.113.9", home.now - 300)
    home.alert(4, TELNET, "198.51.100.7", home.now - 200)
    home.alert(5, TELNET, "203.0.113.9", home.now - 100)
    return home


@pytest.fixture
def reader(home: Home) -> Reader:
    return Reader(home.path)


@pytest.fixture
def notes(home: Home) -> Notes:
    return Notes(home.path)


def camera(reader: Reader) -> dict[str, Scope]:
    found = reader.alert(16)
    assert found is not None
    return scopes_of(found)


@pytest.mark.parametrize(("scope", "covers"), [("place", 2), ("device", 3), ("everyone", 3)])
def test_the_preview_is_what_it_then_covers(
    home: Home, reader: Reader, notes: Notes, scope: str, covers: int
) -> None:
    preview = reader.would_cover(camera(reader)[scope])
    assert (preview["incidents"], preview["open"]) == (covers, covers)
    before = reader.open_counts()[2]
    notes.expect(camera(reader)[scope], 30)
    assert reader.open_counts()[2] == before - covers
    states = {"state": "expected", "range": "30d"}
    assert len(reader.page("alerts", states, now=home.now).rows) == covers, "recorded and listed"
    assert reader.expectations()[0]["covers"] == covers


def test_every_count_and_list_agrees(reader: Reader, notes: Notes) -> None:
    notes.expect(camera(reader)["device"], None)
    assert [row["device"] for row in reader.open_groups() if row["rule"] == TELNET[0]] == [5]
    assert 4 not in reader.worst_by_device()
    assert 4 not in [device for device, _, _ in reader.worst_open()]
    assert {row["state"] for row in reader.device_alerts(4) if row["rule"] == TELNET[0]} == {"expected"}
    found = reader.alert(16)
    assert found is not None and found["state"] == "expected"
    assert [row["rule"] for row in reader.expectations_of(16)] == [TELNET[0]]


def test_the_next_of_its_kind_is_recorded_and_not_told(home: Home, reader: Reader, notes: Notes) -> None:
    notes.expect(camera(reader)["place"], 30)
    before = reader.open_counts()
    alert = home.alert(4, TELNET, "203.0.113.9", time.time())
    assert reader.open_counts() == before
    found = reader.alert(alert)
    assert found is not None and found["state"] == "expected"


def test_another_rule_at_the_same_place_is_told(home: Home, reader: Reader, notes: Notes) -> None:
    notes.expect(camera(reader)["device"], None)
    before = reader.open_counts()[1]
    home.alert(4, RULES[2], "203.0.113.9", time.time())
    assert reader.open_counts()[1] == before + 1


def test_after_its_end_news_is_told_again_and_old_news_stays_away(
    home: Home, reader: Reader, notes: Notes
) -> None:
    notes.expect(camera(reader)["place"], 1)
    before = reader.open_counts()[2]
    home.alert(4, TELNET, "203.0.113.9", time.time() + 2 * 86_400)
    assert reader.open_counts()[2] == before + 1


def test_undo_brings_them_back(reader: Reader, notes: Notes) -> None:
    before = reader.open_counts()
    number = notes.expect(camera(reader)["everyone"], None)
    assert reader.open_counts() != before
    notes.undo_expectation(number)
    assert reader.open_counts() == before
    assert reader.expectations() == []


def test_an_acknowledged_incident_is_counted_once(reader: Reader, notes: Notes) -> None:
    notes.decide_alert(16, "acknowledged")
    before = reader.open_counts()[2]
    notes.expect(camera(reader)["place"], None)
    assert reader.open_counts()[2] == before - 1
    found = reader.alert(16)
    assert found is not None and found["state"] == "acknowledged"


def test_a_note_changes_no_state(reader: Reader, notes: Notes) -> None:
    notes.expect(camera(reader)["place"], None)
    notes.remark_alert(16, "the recorder")
    found = reader.alert(16)
    assert found is not None and (found["state"], found["note"]) == ("expected", "the recorder")


def test_an_incident_without_device_offers_only_the_widest() -> None:
    alert = {"rule": "arp-spoofing", "device": None, "port": None, "peer_name": None, "peer_ip": None}
    assert scopes_of(alert) == {"everyone": Scope("arp-spoofing")}


@pytest.mark.parametrize("days", [0, -1, 1e9])
def test_odd_times_are_refused(reader: Reader, notes: Notes, days: float) -> None:
    with pytest.raises(NoteError):
        notes.expect(camera(reader)["place"], days)
    assert reader.expectations() == []
