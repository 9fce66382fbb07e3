"""An incident is told with the name that its device has today, and is found by it."""

import json
from pathlib import Path

import pytest

from analysis.store.queries.renamed import renamed, with_routers
from analysis.store.reader import Reader
from dashboard.incident import as_text, incident
from tests.dashboard.filldb import RULES, Home, small

RULE = (RULES[0][0], 2, "{d} opened a Telnet session to {p}", "{d} is old.", "Disconnect ipcam-front.", 23)
NEW = "Garage camera"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """The camera (device 4, "ipcam-front" on the wire) has a name of a person's since its incidents."""
    home = small(tmp_path / "home.db")
    home.alert(4, RULE, "ipcam-front.example", home.now - 50)
    mac = home.db.execute("SELECT mac FROM devices WHERE id = 4").fetchone()[0]
    home.db.execute(
        "INSERT INTO device_notes (network, mac, name, trust, note, changed) VALUES ('eth0', ?, ?, 'iot', NULL, ?)",
        (mac, NEW, home.now),
    )
    return home


def titles(reader: Reader, home: Home, q: str) -> list[str]:
    page = reader.page("alerts", {"q": q}, now=home.now)
    return [row[page.columns.index("title")] for row in page.rows]


def test_every_view_of_an_incident_says_the_present_name(home: Home) -> None:
    reader = Reader(home.path)
    newest = home.db.execute("SELECT MAX(id) FROM alerts").fetchone()[0]
    alert = reader.alert(newest)
    assert alert is not None
    assert alert["title"] == f"{NEW} opened a Telnet session to ipcam-front.example", "the peer keeps its own"
    assert alert["advice"] == f"Disconnect {NEW}."
    assert alert["title"] == titles(reader, home, "")[0] == reader.device_alerts(4)[0]["title"]
    assert alert["title"] in [row["title"] for row in reader.open_groups()]
    assert all(
        NEW in row["title"] for row in [*reader.alerts_beside(alert, 9e9), *reader.alert_history(alert)]
    )
    found = incident(reader, newest)
    assert found is not None
    for text in (as_text(found), json.dumps(found)):
        assert "ipcam-front" not in text.replace("ipcam-front.example", "")
    kept = home.db.execute("SELECT title, device_name FROM alerts WHERE id = ?", (newest,)).fetchone()
    assert kept == ("ipcam-front opened a Telnet session to ipcam-front.example", "ipcam-front")


def test_a_search_finds_every_word_wherever_it_stands(home: Home) -> None:
    reader = Reader(home.path)
    assert len(titles(reader, home, "telnet GARAGE")) == len(titles(reader, home, "ipcam-front telnet")) > 1
    assert titles(reader, home, "garage nothing-like-it") == []
    cameras = titles(reader, home, "camera")
    assert cameras and all(NEW in title for title in cameras)
    assert titles(reader, home, "television"), "the kind of a device whose name does not say it"


@pytest.mark.parametrize(
    ("text", "old", "new", "then"),
    [
        ("cam1, cam10, cam1.test, my-cam1, cam1.", "cam1", "Door", "Door, cam10, cam1.test, my-cam1, Door."),
        ("TV spoke", "TV", "Den", "TV spoke"),
        ("192.168.1.7 spoke", "192.168.1.7", "Den", "192.168.1.7 spoke"),
        ("3c:52:82:00:00:01 spoke", "3c:52:82:00:00:01", "Den", "3c:52:82:00:00:01 spoke"),
        ("cam (x) spoke", "cam (x)", r"\1 <b>", r"\1 <b> spoke"),
        ("cam spoke", None, "Den", "cam spoke"),
        ("cam spoke", "cam", None, "cam spoke"),
    ],
)  # fmt: skip
def test_only_the_whole_name_is_replaced(text: str, old: str | None, new: str | None, then: str) -> None:
    assert renamed(text, old, new) == then


@pytest.mark.parametrize(
    ("title", "then"),
    [
        ("PC logged in to 192.168.1.1 with Telnet", "PC logged in to Fritz with Telnet"),
        ("PC talked to 192.168.1.1.", "PC talked to Fritz."),
        ("TV says it is your router (192.168.1.1)", "TV says it is your router (192.168.1.1)"),
        ("Router 192.168.1.1 spoke", "Router 192.168.1.1 spoke"),
        ("PC reached 192.168.1.10 and 192.168.1.1:80", "PC reached 192.168.1.10 and 192.168.1.1:80"),
    ],
)
def test_a_title_calls_a_router_by_its_name(title: str, then: str) -> None:
    assert with_routers(title, {"192.168.1.1": "Fritz"}) == then


def test_the_router_is_named_in_every_list(home: Home) -> None:
    home.db.execute(
        "INSERT INTO devices (network, mac, name, ip, router, first_seen, last_seen)"
        " VALUES ('eth0', '02:00:00:00:00:99', NULL, '192.168.1.1', 1, 1, ?)", (home.now,),
    )  # fmt: skip
    rule = (RULES[0][0], 2, "{d} opened a Telnet session to {p}", "why", "advice", 23)
    newest = home.alert(2, rule, "192.168.1.1", home.now)
    reader, said = Reader(home.path), "opened a Telnet session to Router 192.168.1.1"
    alert = reader.alert(newest)
    assert alert is not None and alert["title"].endswith(said)
    assert titles(reader, home, "")[0].endswith(said)
    assert reader.device_alerts(2)[0]["title"].endswith(said)
