"""What a program may ask, and that a slip of the pen is not answered with "nothing is wrong"."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from dashboard.api_filters import ALERT_FILTERS
from dashboard.words import STATE_WORDS
from tests.dashboard.filldb import Home

DOCS = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("query", "allowed"),
    [
        ("state=foo", "open"),
        ("severity=9", "0, 1, 2"),
        ("severity=high", "0, 1, 2"),
        ("rule=insecure-protocl", "insecure-protocol"),
        ("range=2h", "24h"),
        ("device=x", "/api/v1/devices"),
        ("device=999999", "/api/v1/devices"),
        ("bogus=1", "severity"),
        ("State=open", "state"),
        ("state=open&state=expected", "once"),
        ("n=0", "1 to 500"),
        ("n=501", "1 to 500"),
        ("n=x", "docs/api.md"),
        ("before=-1", "docs/api.md"),
    ],
)
def test_a_filter_with_a_mistake_is_refused_with_what_is_allowed(
    client: FlaskClient, query: str, allowed: str
) -> None:
    answer = client.get(f"/api/v1/alerts?{query}")
    assert answer.status_code == 400
    assert answer.json["error"] and allowed in answer.json["fix"]


@pytest.mark.parametrize("path", ["summary", "devices"])
def test_an_address_without_filters_takes_none(client: FlaskClient, path: str) -> None:
    assert client.get(f"/api/v1/{path}").status_code == 200
    answer = client.get(f"/api/v1/{path}?state=open")
    assert answer.status_code == 400 and "no filters" in answer.json["fix"]


def test_every_filter_still_narrows(client: FlaskClient) -> None:
    def ids(query: str) -> list[int]:
        return [row["id"] for row in client.get(f"/api/v1/alerts?{query}").json["alerts"]]

    everything = ids("n=500")
    assert ids("state=all&severity=all&rule=all&device=all&range=all&q=") == everything
    assert sorted(i for level in (0, 1, 2) for i in ids(f"severity={level}")) == sorted(everything)
    assert sorted(i for state in STATE_WORDS for i in ids(f"state={state}")) == sorted(everything)
    for query in ("rule=insecure-protocol", "device=4", "q=ipcam"):
        assert 0 < len(ids(query)) < len(everything)
    assert len(ids("n=1")) == 1


def test_the_documentation_names_what_there_is(
    client: FlaskClient, own_client: FlaskClient, home: Home
) -> None:
    for path in ("summary", "alerts", "devices"):
        answer = client.get(f"/api/v1/{path}").json
        fields = set(answer) | {
            name for rows in answer.values() if isinstance(rows, list) for name in rows[0]
        }
        for part in ("watch", "counts"):
            fields |= set(answer.get(part, {}))
        assert {name for name in fields if not re.search(rf"\b{name}\b", DOCS)} == set()
    for name in (*ALERT_FILTERS, *STATE_WORDS):
        assert re.search(rf"\b{name}\b", DOCS)
    home.db.execute(
        "UPDATE sensors SET state = 'starting', message = 'Reading in', heartbeat = heartbeat + 9e8"
    )
    state = own_client.get("/api/v1/summary").json["watch"]["state"]
    assert state == "starting" and f"| {state} |" in DOCS


def test_routers_are_left_out_as_documented(own_client: FlaskClient, home: Home) -> None:
    before = [row["id"] for row in own_client.get("/api/v1/devices").json["devices"]]
    home.db.execute("UPDATE devices SET router = 1 WHERE id = ?", (before[0],))
    assert [row["id"] for row in own_client.get("/api/v1/devices").json["devices"]] == before[1:]
    assert "without routers" in DOCS
