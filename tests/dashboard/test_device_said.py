"""The kind that a person says a device is: kept, shown in place of the guess, gone with the device."""

import sqlite3
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from analysis.store import merges, migrations
from analysis.store.database import open_writer
from analysis.store.export import Export
from analysis.store.notes import NoteError, Notes
from analysis.store.reader import Reader
from dashboard.map_layout import arrange
from dashboard.map_links import Data
from dashboard.words import new_to_you
from tests.dashboard.filldb import Home
from tests.dashboard.pages.test_layouts import SAME, page

FIELDS = ("name", "kind", "trust", "note")
NOTHING = dict(zip(FIELDS, ("", "guess", "unknown", ""), strict=True))
FIRST = Path(__file__).parents[1] / "analysis/store/schema_1.sql"


def save(
    client: FlaskClient,
    device: int,
    kind: str = "guess",
    name: str = "",
    trust: str = "unknown",
    note: str = "",
    shown: dict[str, str] | None = None,
    mac: str | None = None,
) -> str:
    """Press Save on the device's page, which showed something else in every field, or `shown`."""
    values = dict(zip(FIELDS, (name, kind, trust, note), strict=True))
    shown = shown or {field: value + "?" for field, value in values.items()}
    listed = {row["id"]: row["mac"] for row in client.get("/api/v1/devices").json["devices"]}
    body = {
        "output": "..device-body.children...device-said.children..",
        "outputs": [{"id": "device-body", "property": "children"}, {"id": "device-said", "property": "children"}],
        "inputs": [{"id": "device-save", "property": "n_clicks", "value": 1}],
        "changedPropIds": ["device-save.n_clicks"],
        "state": [{"id": "device-id", "property": "data", "value": {"id": device, "mac": mac or listed.get(device)}},
                  {"id": "device-shown", "property": "data", "value": shown}]
        + [{"id": f"device-{field}", "property": "value", "value": value} for field, value in values.items()],
    }  # fmt: skip
    client.get("/_dash-layout")
    answer = client.post("/_dash-update-component", json=body, headers=SAME)
    assert answer.status_code == 200, answer.data[:300]
    return answer.get_data(as_text=True)


def said(home: Home) -> list[tuple[str | None]]:
    return home.db.execute("SELECT kind FROM device_notes WHERE kind IS NOT NULL").fetchall()


def test_it_is_saved_shown_beside_the_guess_and_taken_back(home: Home, own_client: FlaskClient) -> None:
    guessed = home.db.execute("SELECT kind FROM devices WHERE id = 4").fetchone()[0]
    assert guessed == "camera"
    assert f"As Sentinel thinks ({guessed})" in page(own_client, "/devices/4")
    shown = save(own_client, 4, "appliance")
    assert '"Saved."' in shown and said(home) == [("appliance",)]
    assert "you said so; Sentinel thinks " in shown and "New to you" not in shown
    assert home.db.execute("SELECT kind FROM devices WHERE id = 4").fetchone() == (guessed,)
    shown = save(own_client, 4, "guess")
    assert "you said so" not in shown and said(home) == []


def test_only_what_was_changed_is_kept(home: Home, own_client: FlaskClient) -> None:
    """Two tabs show the same form: what one has saved meanwhile, the other leaves alone."""
    home.db.execute("DELETE FROM device_notes")
    assert '"Saved."' in save(own_client, 4, name="Front door", shown=NOTHING)
    shown = save(own_client, 4, note="by the gate", shown=NOTHING)
    assert '"Saved."' in shown and "Front door" in shown
    kept = home.db.execute("SELECT name, kind, trust, note FROM device_notes").fetchall()
    assert kept == [("Front door", None, "unknown", "by the gate")]
    assert '"Nothing was changed."' in save(own_client, 4, shown=NOTHING)
    assert home.db.execute("SELECT name, kind, trust, note FROM device_notes").fetchall() == kept


def test_another_device_under_the_number_of_the_page_is_left_alone(
    home: Home, own_client: FlaskClient
) -> None:
    before = home.db.execute("SELECT * FROM device_notes").fetchall()
    for device, mac in ((4, "02:00:00:00:00:01"), (999, "02:00:00:00:00:01")):
        assert "the database was replaced by another" in save(own_client, device, name="Mine", mac=mac)
    assert home.db.execute("SELECT * FROM device_notes").fetchall() == before


def test_the_same_word_as_the_guess_is_not_told_twice(home: Home, own_client: FlaskClient) -> None:
    shown = save(own_client, 4, "camera")
    assert (
        " you said so" in shown and "Sentinel thinks camera" not in shown and "; Sentinel thinks" not in shown
    )


def test_what_is_no_kind_is_refused_in_words(home: Home, own_client: FlaskClient) -> None:
    assert "kind: expected one of phone, " in save(own_client, 4, "<b>toaster</b>")
    assert said(home) == []
    with pytest.raises(NoteError):
        Notes(home.path).kind_device(4, "")


def test_it_takes_the_place_of_the_guess_everywhere(home: Home, own_client: FlaskClient) -> None:
    Notes(home.path).kind_device(4, "printer")
    reader = Reader(home.path)
    listed = {row["id"]: row for row in reader.devices(0)}
    assert listed[4]["kind"] == "printer" and not new_to_you(listed[4])
    assert [row["kind"] for row in own_client.get("/api/v1/devices").json["devices"] if row["id"] == 4] == [
        "printer"
    ]
    rows = own_client.get("/api/v1/export/devices.json?q=printer").json["rows"]
    assert 4 in [row["id"] for row in rows]
    table = own_client.get("/api/v1/export/devices.csv?q=printer").get_data(as_text=True)
    assert ",printer," in table
    told = Export(home.path, everything=True)
    mac = listed[4]["mac"]
    assert [(r["kind"], r["confidence"]) for r in told.devices() if r["mac"] == mac] == [("printer", None)]
    told.close()
    assert "4" in reader.ids_called("printer") and "4" not in reader.ids_called("camera")
    assert 4 not in [row["id"] for row in reader.new_devices(0)]


def test_the_map_puts_it_where_the_person_says(home: Home) -> None:
    def families() -> dict[str, str]:
        """Each device with the header above it."""
        nodes = [
            n["data"] for n in arrange(Data(Reader(home.path).devices(0), {}, {}, {})) if "t" in n["data"]
        ]
        found, header = {}, ""
        for node in nodes:
            if node["t"] == "header":
                header = node["id"].split("-")[2]
            elif node["t"] == "device":
                found[node["id"]] = header
        return found

    assert families()["d4"] == "Cameras"
    Notes(home.path).kind_device(4, "speaker")
    assert families()["d4"] == "TV and media"


def test_of_joined_addresses_what_is_said_of_the_first_counts(home: Home, own_client: FlaskClient) -> None:
    notes, reader = Notes(home.path), Reader(home.path)
    notes.link_devices(4, 6, same=True)
    head, other = reader.directory().members(4)
    notes.kind_device(other, "speaker")
    notes.kind_device(head, "vacuum")
    reader.forget_directory()
    assert [reader.device(number)["kind"] for number in (head, other)] == ["vacuum", "vacuum"]
    assert [row["kind"] for row in reader.devices(0) if row["id"] in (4, 6)] == ["vacuum"]
    save(own_client, other, "printer", mac=reader.directory().devices[other].mac)
    notes.kind_device(head, None)
    guessed = {row["guessed_kind"] for row in reader.devices(0)}
    assert [row["kind"] in guessed for row in reader.devices(0) if row["id"] == head] == [True]


def test_a_word_tells_two_addresses_apart(home: Home) -> None:
    """A phone is no camera: what a person said counts also where Sentinel looks for one device's addresses."""
    for device, mac in ((1, "a"), (2, "b")):
        home.db.execute("UPDATE devices SET kind = 'phone', os = NULL WHERE id = ?", (device,))
        home.db.execute(
            "INSERT INTO device_evidence VALUES (?, 'client-id', 'same', '', 0, 1, ?)", (device, home.now)
        )
    assert any({p["a"], p["b"]} == {1, 2} for p in proposed(home))
    Notes(home.path).kind_device(2, "camera")
    assert not any({p["a"], p["b"]} == {1, 2} for p in proposed(home))


def proposed(home: Home) -> list[dict[str, int]]:
    merges.propose(home.path)
    return [{"a": a, "b": b} for a, b in home.db.execute("SELECT a, b FROM merge_proposals")]


def test_it_is_forgotten_with_the_device(home: Home) -> None:
    notes = Notes(home.path)
    notes.kind_device(4, "printer")
    notes.forget_device(4)
    assert said(home) == []


def test_a_database_of_an_older_version_takes_it_and_keeps_what_was_said(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = sqlite3.connect(path, isolation_level=None)
    for statement in migrations.statements(FIRST.read_text()):
        old.execute(statement)
    for step, script in enumerate(migrations.STEPS[:4], 2):
        for statement in migrations.statements(script):
            old.execute(statement)
        old.execute(f"PRAGMA user_version = {step}")
    old.execute(
        "INSERT INTO devices (network, mac, kind, first_seen, last_seen) VALUES ('eth0', 'aa', 'phone', 1, 2)"
    )
    old.execute("INSERT INTO device_notes VALUES ('eth0', 'aa', 'Ann', 'trusted', 'hers', 5)")
    old.close()
    open_writer(path).close()
    device = Reader(path).device(1)
    assert device is not None
    assert (device["noted"], device["trust"], device["note"], device["kind"]) == (
        "Ann",
        "trusted",
        "hers",
        "phone",
    )
    assert device["said_kind"] is None
    Notes(path).kind_device(1, "watch")
    device = Reader(path).device(1)
    assert device is not None and (device["noted"], device["kind"]) == ("Ann", "watch")


def test_a_badge_only_says_what_was_said(home: Home, own_client: FlaskClient) -> None:
    home.db.execute("DELETE FROM device_notes")
    assert "New to you" in page(own_client, "/devices/4")
    shown = save(own_client, 4, "guess", name="Front door")
    assert "New to you" not in shown and '"chip trust-' not in shown
    shown = save(own_client, 4, "guess", name="Front door", trust="guest")
    assert '"chip trust-guest"' in shown


def test_devices_are_listed_and_found_by_their_own_maker(home: Home, own_client: FlaskClient) -> None:
    home.db.execute("UPDATE devices SET vendor = 'Nest Labs Inc.', maker = 'Google Nest' WHERE id = 4")
    home.db.execute("UPDATE devices SET vendor = 'Rivet Networks Co.,Ltd.', maker = NULL WHERE id = 2")
    shown = page(own_client, "/devices")
    assert '"maker":"Google Nest","makers":"Google Nest; network card: Nest Labs Inc."' in shown
    assert '"maker":"Rivet","makers":"Rivet; network card: Rivet Networks Co.,Ltd."' in shown
    for word in ("google nest", "nest labs"):
        rows = own_client.get(f"/api/v1/export/devices.json?q={word}").json["rows"]
        assert [(row["maker"], row["vendor"]) for row in rows] == [("Google Nest", "Nest Labs Inc.")]
