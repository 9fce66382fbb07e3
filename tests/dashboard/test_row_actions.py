"""Buttons name what to do; whatever else a request names changes nothing."""

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from analysis.config import Blocklists, BlocklistSource, Config
from analysis.own_list import OwnListError
from analysis.store.notes import NoteError
from analysis.store.reader import Reader
from dashboard.app import create_app
from dashboard.context import reader
from dashboard.row_actions import act, choices, subject
from dashboard.row_details import find_row
from tests.dashboard.filldb import RULES, Home

CALLBACK = "/_dash-update-component"


@pytest.fixture
def listed(home: Home) -> Any:
    """The app of a home whose list is a file of the test's own."""
    lists = (BlocklistSource(name="Own list", file="own.txt"),)
    return create_app(home.path, Config(blocklists=Blocklists(lists=lists), base=str(home.path.parent)))


def test_only_what_a_button_offers_is_done(home: Home, listed: Any) -> None:
    home.lookup(4, "www.evil.example", home.now + 1)
    with listed.server.app_context():
        newest = reader().newest("dns")
        row = find_row(reader(), "dns", newest)
        assert row is not None and row["name"] == "www.evil.example"
        for what in ("other.example", "../x", "", "name\nx"):
            with pytest.raises(OwnListError):
                act(reader(), "dns", row, "list", what)
        with pytest.raises(NoteError):
            act(reader(), "dns", row, "expect", "1")
        with pytest.raises(NoteError):
            act(reader(), "dns", row, "delete", "name")
    assert not Path(home.path.parent / "own.txt").exists()
    assert home.db.execute("SELECT COUNT(*) FROM expectations").fetchone() == (0,)


def test_what_a_row_is_about(home: Home, listed: Any) -> None:
    with listed.server.app_context():
        store = reader()
        one, two = list(store.directory().by_ip)[:2]
        assert subject(store, "packets", {"src": one, "dst": two}) is None
        assert subject(store, "packets", {"src": "203.0.113.9", "dst": two}) == "203.0.113.9"
        assert subject(store, "flows", {"peer": "device:3", "server_ip": two}) is None
        assert subject(store, "flows", {"peer": None, "server_ip": "203.0.113.9"}) == "203.0.113.9"
    assert choices(None) == {}
    assert choices("a.b.bbc.co.uk") == {"name": "a.b.bbc.co.uk", "domain": "bbc.co.uk"}
    assert choices("bbc.co.uk") == {"name": "bbc.co.uk"}
    assert choices("203.0.113.9") == {"name": "203.0.113.9"}


def test_a_change_asked_by_another_site_is_refused(home: Home, listed: Any) -> None:
    client: FlaskClient = listed.server.test_client()
    for headers in ({}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
        assert client.post(CALLBACK, json={}, headers=headers).status_code == 403
    assert not Path(home.path.parent / "own.txt").exists()


def test_a_row_finds_the_incidents_with_its_other_side(home: Home) -> None:
    rule = RULES[3]
    told = {
        peer: home.alert(5, rule, peer, home.now + n) for n, peer in enumerate(("a.evil.test", "evil.test"))
    }
    home.alert(5, rule, "notevil.test", home.now + 9)
    home.alert(4, rule, "evil.test", home.now + 9)
    store = Reader(home.path)
    assert [row["id"] for row in store.alerts_with(5, "EVIL.test.")] == [
        told["evil.test"],
        told["a.evil.test"],
    ]
    assert [row["id"] for row in store.alerts_with(5, "a.evil.test")] == [
        told["evil.test"],
        told["a.evil.test"],
    ]
    assert [row["id"] for row in store.alerts_with(5, "b.evil.test")] == [told["evil.test"]]
    assert len(store.alerts_with(5, "203.0.113.5", limit=2)) == 2, "by address"
    assert store.alerts_with(5, "e%il.test") == [] == store.alerts_with(5, "il.test")
