"""The JSON endpoints as plain HTTP."""

import json
import time
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from analysis.store.reader import Reader
from dashboard.api import summary
from dashboard.app import create_app
from tests.dashboard.filldb import RULES, Home

FEEDS = ["alerts", "dns", "flows", "packets"]
SQL = [
    "' OR 1=1 --",
    "1; DROP TABLE alerts",
    "%' UNION SELECT sql FROM sqlite_master --",
    "\\",
    "\x00",
    "'",
    '"',
    "1 OR 1",
    "(SELECT 1)",
    "?1",
    "; ATTACH 'x' AS y",
]
FILTERS = [
    "q",
    "device",
    "severity",
    "rule",
    "state",
    "range",
    "proto",
    "port",
    "blocked",
    "qtype",
    "transport",
    "id",
    "before",
    "n",
    "order",
    "sort",
]


def test_live_says_how_things_are(client: FlaskClient) -> None:
    news = client.get("/api/v1/live").json
    assert news["watch"]["state"] == "live"
    assert (news["counts"]["critical"], news["counts"]["high"], news["counts"]["unknown"]) == (1, 1, 2)


def test_live_gives_the_rows_after_since(own_client: FlaskClient, home: Home) -> None:
    newest = own_client.get("/api/v1/rows/dns").json["newest"]
    assert own_client.get(f"/api/v1/live?feed=dns&since={newest}").json["feed"]["rows"] == []
    home.lookup(1, "just.now", time.time())
    rows = own_client.get(f"/api/v1/live?feed=dns&since={newest}").json["feed"]["rows"]
    assert [row[4] for row in rows] == ["just.now"]


def test_live_applies_the_filters_of_the_page(own_client: FlaskClient, home: Home) -> None:
    newest = own_client.get("/api/v1/rows/dns").json["newest"]
    home.lookup(1, "one.test", time.time())
    home.lookup(2, "two.test", time.time())
    rows = own_client.get(f"/api/v1/live?feed=dns&since={newest}&device=2").json["feed"]["rows"]
    assert [row[4] for row in rows] == ["two.test"]


def test_a_quiet_poll_is_small(client: FlaskClient) -> None:
    newest = client.get("/api/v1/rows/packets").json["newest"]
    assert len(client.get(f"/api/v1/live?feed=packets&since={newest}").data) < 1500


@pytest.mark.parametrize("feed", FEEDS)
def test_sql_in_a_filter_is_only_text(own_client: FlaskClient, home: Home, feed: str) -> None:
    before = home.db.execute("SELECT COUNT(*) FROM alerts").fetchone()
    usual = len(own_client.get(f"/api/v1/rows/{feed}").json["rows"])
    for name in FILTERS:
        for text in SQL:
            answer = own_client.get(f"/api/v1/rows/{feed}", query_string={name: text})
            assert answer.status_code in (200, 400), (name, text)
            if answer.status_code == 200:
                rows = answer.json["rows"]
                words, told = text.lower().split(), [json.dumps(row).lower() for row in rows]
                searched = name == "q" and all(word in row for row in told for word in words)
                assert searched or len(rows) in (0, usual), (
                    "a filter either does not apply or finds nothing, a search finds what holds its text"
                )
            elif len(text) > 3:
                assert text not in json.dumps(answer.json)
    assert home.db.execute("SELECT COUNT(*) FROM alerts").fetchone() == before


def test_unknown_feeds_are_404(client: FlaskClient) -> None:
    assert client.get("/api/v1/rows/sqlite_master").status_code == 404
    assert client.get("/api/v1/live?feed=devices&since=0").status_code == 404


def test_pages_are_at_most_500_rows(client: FlaskClient) -> None:
    assert len(client.get("/api/v1/rows/dns?n=99999999").json["rows"]) == 500


def test_wrong_numbers_are_400(client: FlaskClient) -> None:
    for query in ("before=x", "n=-1", "before=99999999999999999999", "device=x"):
        assert client.get(f"/api/v1/rows/dns?{query}").status_code == 400


def test_nothing_but_reading_is_offered(client: FlaskClient) -> None:
    same = {"Origin": "http://localhost"}
    for method in ("post", "put", "delete", "patch"):
        assert getattr(client, method)("/api/v1/rows/dns", headers=same).status_code in (404, 405)


def test_without_a_database_the_state_is_told_not_an_error(tmp_path: Path) -> None:
    client = create_app(tmp_path / "none.db").server.test_client()
    news = client.get("/api/v1/live", headers={"Host": "localhost"})
    assert news.status_code == 200
    assert news.json["watch"]["state"] == "missing"
    assert "sentinel.py up" in news.json["watch"]["fix"]
    page = client.get("/", headers={"Host": "localhost"})
    assert page.status_code == 200 and b"sentinel.py up" in page.data


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ("UPDATE sensors SET heartbeat = heartbeat - 60", "silent"),
        ("UPDATE sensors SET state = 'stopped'", "stopped"),
        ("UPDATE sensors SET state = 'link down', message = 'plug the cable in'", "down"),
        ("UPDATE sensors SET name = 'replay'", "recording"),
        ("DELETE FROM sensors", "missing"),
    ],
)
def test_the_watch_is_told_honestly(home: Home, change: str, state: str) -> None:
    home.db.execute(change)
    client = create_app(home.path).server.test_client()
    assert client.get("/api/v1/live", headers={"Host": "localhost"}).json["watch"]["state"] == state


def test_pages_draw_again_for_what_they_show_only(home: Home) -> None:
    """Overview and map show nothing of NORMAL incidents, and new things are met all the time."""
    store = Reader(home.path)
    normal = next(rule for rule in RULES if rule[1] == 0)
    first = summary(store)
    home.alert(2, normal, "news.example", time.time())
    second = summary(store)
    assert second["revision"] == first["revision"]
    assert second["counts"]["normal"] == first["counts"]["normal"] + 1
    home.alert(2, RULES[0], "c2.example", time.time())
    assert summary(store)["revision"] != first["revision"]
