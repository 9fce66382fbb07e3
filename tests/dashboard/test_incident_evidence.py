"""An incident shows which of the conversations beside it it is about, under every name that it has."""

from pathlib import Path
from typing import Any

import pytest

from analysis.alerts import Subject
from analysis.store.reader import Reader
from analysis.store.rows import Batch
from analysis.store.writer import Writer
from dashboard.alert_details import details
from dashboard.incident import as_text, incident, is_about
from tests.analysis.store.samples import KEY, T0, device, finding, flow
from tests.dashboard.test_incident_words import words

LISTED = "203.0.113.66"


@pytest.fixture
def store(tmp_path: Path) -> Reader:
    """An incident that names an address only, and conversations with it, by its name, and with others."""
    subject = Subject(KEY[1], "192.168.1.7", LISTED, None, 443, "tcp")
    told = finding(rule="blocklisted-address", title=f"Camera contacted {LISTED}", subject=subject)
    flows = [
        flow(1, server_ip=LISTED, peer="relay.example"),
        flow(2, server_ip="203.0.113.10", peer="api.smartcam.example"),
        flow(3, server_ip=LISTED, port=80, peer=None),
    ]
    with Writer(tmp_path / "s.db", "eth0") as writer:
        writer.write(Batch(devices=[device()], flows=flows, findings=[(told, KEY, 3600.0)]))
    return Reader(tmp_path / "s.db")


def drawn(store: Reader) -> str:
    found: Any = store.alert(1)
    return " ".join(words(details(store, found, None)))


def test_the_conversation_in_question_has_its_address_and_is_marked(store: Reader) -> None:
    shown = drawn(store)
    assert f"relay.example ({LISTED}) , 443/tcp  this incident" in shown
    assert f"{LISTED} , 80/tcp" in shown and "api.smartcam.example , 443/tcp" in shown
    assert shown.count("tcp  this incident") == 1


def test_the_saved_incident_says_the_same(store: Reader) -> None:
    found = incident(store, 1)
    assert found is not None
    (line,) = (line for line in as_text(found).splitlines() if "this incident" in line)
    assert f"relay.example ({LISTED}) 443/tcp" in line


def test_an_incident_of_a_name_only_is_about_the_conversation_of_that_name() -> None:
    row = {"server_ip": LISTED, "port": 6667, "peer": "c2.darkpanel.example"}
    alert = {"peer_ip": None, "peer_name": "c2.darkpanel.example", "port": None}
    assert is_about(alert, row) and not is_about(alert, row | {"peer": "example"})
    nobody = {"peer_ip": None, "peer_name": None, "port": None}
    assert not is_about(nobody, row | {"peer": None})


def test_the_heading_has_the_rules_title_and_the_first_time(store: Reader) -> None:
    found: Any = store.alert(1)
    chips = [part for part in details(store, found, None).children[0].children if part is not None]
    assert [(chip.children, chip.title) for chip in chips[2:]] == [
        ("Address on a blocklist", "blocklisted-address")
    ]
    before = details(store, found, None).children[2].children[0].children
    assert " · first " in before and not any("since" in str(part) for part in before)
    assert found["first_seen"] == T0
