"""Layouts and the map as functions, without a browser."""

import json
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient

from dashboard.map_layout import Data, arrange
from dashboard.pages import PAGES
from dashboard.verdict import verdict
from dashboard.watch import Watch
from dashboard.words import share, size
from tests.dashboard.filldb import Home, busy

SAME = {"Origin": "http://localhost"}
LIVE = Watch("live", "Live", None, None)


def page(client: FlaskClient, path: str, query: str = "") -> str:
    """The page as Dash's router sends it."""
    body = {
        "output": ".._pages_content.children..._pages_store.data..",
        "outputs": [
            {"id": "_pages_content", "property": "children"},
            {"id": "_pages_store", "property": "data"},
        ],
        "inputs": [
            {"id": "_pages_location", "property": "pathname", "value": path},
            {"id": "_pages_location", "property": "search", "value": query},
        ],
        "changedPropIds": ["_pages_location.pathname"],
    }
    client.get("/_dash-layout")
    answer = client.post("/_dash-update-component", json=body, headers=SAME)
    assert answer.status_code == 200, answer.data[:300]
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("where", [page.path.replace("<device_id>", "4") for page in PAGES])
def test_every_page_draws_with_and_without_data(
    client: FlaskClient, empty_client: FlaskClient, where: str
) -> None:
    assert '"type": "H1"' in page(client, where).replace('"type":"H1"', '"type": "H1"')
    assert "No sensor has run yet" in page(empty_client, where)


ODD = [
    "?device=x&q=%00&range=9z&severity=9&view=z",
    "?id=99999999999999999999",
    "?id=-1",
    "?unknown=1&rule=%3Cscript%3E",
]


@pytest.mark.parametrize("where", ["/", "/map", "/alerts", "/devices", "/dns", "/traffic", "/health"])
def test_odd_addresses_draw_the_page(client: FlaskClient, where: str) -> None:
    for query in ODD:
        page(client, where, query)


@pytest.mark.parametrize("device", ["999", "x", "-1", "4%27", "99999999999999999999"])
def test_a_device_that_is_not_there(client: FlaskClient, device: str) -> None:
    assert "No such device" in page(client, f"/devices/{device}")


def test_page_names_and_paths_are_distinct() -> None:
    assert len({p.path for p in PAGES}) == len({p.name for p in PAGES}) == len(PAGES)


def test_verdicts_put_the_worst_first() -> None:
    worst = {"id": 7, "title": "The camera talks to a known malware address", "advice": "Unplug it."}
    devices = {"online": 12, "unknown": 0, "devices": 12}
    silent = Watch("silent", "Sensor eth0 silent", "Start it", 0.0)
    assert verdict({2: 1, 1: 3, 0: 0}, worst, silent, devices)[:2] == (
        "bad",
        "1 thing needs you: The camera talks to a known malware address.",
    )
    assert verdict({2: 0, 1: 3, 0: 0}, worst, silent, devices).line == "Sentinel is not seeing everything."
    assert verdict({2: 0, 1: 1, 0: 0}, worst, LIVE, devices).tone == "warn"
    quiet = verdict({2: 0, 1: 0, 0: 9}, None, LIVE, devices)
    assert (quiet.tone, quiet.next) == ("ok", "Nothing to do.")
    assert (
        verdict({2: 0, 1: 0, 0: 0}, None, Watch("missing", "", "x", None), devices).line
        == "Nothing is being watched yet."
    )


def device(number: int, kind: str | None = "phone", severity: int | None = None) -> dict[str, Any]:
    return {"id": number, "name": f"d{number}", "kind": kind, "trust": "trusted", "severity": severity}


def edge(device: int, peer: str, size: int = 10) -> dict[str, Any]:
    return {"device": device, "peer": peer, "bytes_up": size, "bytes_down": 0}


def nodes(elements: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {e["data"]["id"]: e for e in elements if "position" in e}


def test_the_map_folds_the_quiet_tail_and_shows_alerts_first() -> None:
    edges = [edge(1, f"site{n}.test", 1000 - n) for n in range(50)]
    worst = [{"device": 1, "peer_ip": "192.0.2.1", "peer_name": "www.site49.test", "severity": 2}]
    drawn = nodes(arrange(Data([device(1, severity=2)], edges, worst, {})))
    assert drawn["p-site49.test"]["data"]["severity"] == 2
    assert drawn["tail"]["data"]["label"] == "34 quieter ones"
    assert "p-site48.test" not in drawn


def test_an_alert_between_devices_is_a_line_between_devices() -> None:
    worst = [{"device": 1, "peer_ip": "192.168.1.2", "peer_name": None, "severity": 1}]
    elements = arrange(Data([device(1, severity=1), device(2)], [], worst, {"192.168.1.2": 2}))
    line = next(e["data"] for e in elements if "source" in e["data"])
    assert (line["source"], line["target"], line["severity"], line["home"]) == ("d1", "d2", 1, 1)


def test_every_line_of_the_map_ends_at_a_node_and_nothing_overlaps(tmp_path: Path) -> None:
    from analysis.store.reader import Reader

    home = busy(tmp_path / "busy.db", flows=10, lookups=10, alerts=300)
    store = Reader(home.path)
    hour = int(store.clock() // 3600)
    data = Data(store.devices(hour - 24), store.edges(hour - 24), store.worst_open(), store.directory().by_ip)
    elements = arrange(data)
    drawn = nodes(elements)
    assert sum(n["data"]["t"] == "device" for n in drawn.values()) == 40
    for element in elements:
        if "source" in element["data"]:
            assert element["data"]["source"] in drawn and element["data"]["target"] in drawn
    spots = [(round(n["position"]["x"]), round(n["position"]["y"])) for n in drawn.values()]
    assert len(spots) == len(set(spots))
    lefts = sum(n["data"].get("side") == "left" and n["data"]["t"] == "device" for n in drawn.values())
    assert 14 <= lefts <= 26
    assert arrange(data) == elements, "the same data gives the same picture"
    assert len(json.dumps(elements)) < 200_000


def test_the_map_of_nobody_and_of_one() -> None:
    assert arrange(Data([], [], [], {})) == []
    assert "d1" in nodes(arrange(Data([device(1, None)], [], [], {})))


def test_numbers_in_words() -> None:
    assert [size(n) for n in (0, 999, 1500, 15_000, 2.5e12)] == ["0 B", "999 B", "1.5 kB", "15 kB", "2.5 TB"]
    assert [share(0, 0), share(1, 10**9), share(1, 100), share(1, 2)] == ["0 %", "< 0.01 %", "1 %", "50 %"]


def test_a_decision_through_the_callback_reaches_the_database(
    own_client: FlaskClient, home: Home, app: Dash
) -> None:
    own_client.get("/_dash-layout")
    output = next(key for key in app.callback_map if "alert-decided.data" in key)
    outputs = [
        {"id": "alert-drawer", "property": "children@" + output.split("children@")[1].split("...")[0]},
        {"id": "alert-decided", "property": "data"},
    ]
    clicks = [
        {"id": f"alert-{b}", "property": "n_clicks", "value": 1 if b == "acknowledge" else None}
        for b in ("acknowledge", "expect", "reopen", "keep-note")
    ]
    state = [
        {"id": "alert-chosen", "property": "data", "value": 1},
        {"id": "alert-note", "property": "value", "value": "ok"},
        {"id": "alert-state", "property": "data", "value": "open"},
    ]
    body = {
        "output": output,
        "outputs": outputs,
        "inputs": clicks,
        "state": state,
        "changedPropIds": ["alert-acknowledge.n_clicks"],
    }
    answer = own_client.post("/_dash-update-component", json=body, headers=SAME)
    assert answer.status_code == 200
    assert home.db.execute("SELECT state, note FROM alert_notes").fetchall() == [("acknowledged", "ok")]
