"""Every page's layout and its callbacks, asked as the browser asks, without a browser."""

from types import ModuleType

import pytest
from dash import Dash
from flask.testing import FlaskClient

from dashboard.pages import PAGES, alerts, device, devices, dns, health, network_map, overview, traffic
from tests.dashboard.filldb import Home

SAME = {"Origin": "http://localhost"}


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


@pytest.mark.parametrize("module", [alerts, device, devices, dns, health, network_map, overview, traffic])
def test_every_page_draws_with_and_without_data(
    client: FlaskClient, empty_client: FlaskClient, module: ModuleType
) -> None:
    assert module.PAGE in PAGES
    where = module.PAGE.path.replace("<device_id>", "4")
    assert '"type":"H1"' in page(client, where).replace('"type": "H1"', '"type":"H1"')
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
