"""Every page's layout and its callbacks, asked as the browser asks, without a browser."""

import re
from types import ModuleType

import pytest
from dash import Dash
from flask.testing import FlaskClient

from dashboard.pages import (
    PAGES,
    alerts,
    charts,
    device,
    devices,
    dns,
    health,
    network_map,
    overview,
    traffic,
)
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


@pytest.mark.parametrize(
    "module", [alerts, charts, device, devices, dns, health, network_map, overview, traffic]
)
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
    "?state=all&state=open&id=1&id=2&range=7d&range=24h&device=1&device=2&q=a&q=b&view=list&view=map&row=1&row=2",
    "?severity=9&severity=2&range=&range=24h&trust=x&trust=new&blocked=x&blocked=1&proto=x&proto=tcp",
]


@pytest.mark.parametrize(
    "where", ["/", "/map", "/alerts", "/devices", "/dns", "/traffic", "/charts", "/health"]
)
def test_odd_addresses_draw_the_page(client: FlaskClient, where: str) -> None:
    for query in ODD:
        page(client, where, query)


def test_of_a_filter_given_twice_the_first_counts(client: FlaskClient) -> None:
    assert "last 7 days" in page(client, "/map", "?range=7d&range=24h")
    assert "not known here (range" in page(client, "/charts", "?range=x&range=7d")
    assert "ipcam-front" in page(client, "/devices/4", "?q=1&q=2")


@pytest.mark.parametrize("device", ["999", "x", "-1", "4%27", "99999999999999999999"])
def test_a_device_that_is_not_there(client: FlaskClient, device: str) -> None:
    assert "No such device" in page(client, f"/devices/{device}")


def test_page_names_and_paths_are_distinct() -> None:
    assert len({p.path for p in PAGES}) == len({p.name for p in PAGES}) == len(PAGES)


def decide(client: FlaskClient, app: Dash, alert: int, button: str, **state: object) -> None:
    """Press a button of the drawer."""
    client.get("/_dash-layout")
    output = next(key for key in app.callback_map if "alert-decided.data" in key)
    outputs = [
        {"id": "alert-drawer", "property": "children@" + output.split("children@")[1].split("...")[0]},
        {"id": "alert-decided", "property": "data"},
    ]
    clicks = [
        {"id": f"alert-{b}", "property": "n_clicks", "value": 1 if b == button else None}
        for b in ("acknowledge", "expect", "reopen", "keep-note", "undo")
    ]
    given = {"note": "", "scope": "once", "lasts": "30", "expectations": []} | state
    states = [{"id": "alert-chosen", "property": "data", "value": alert}]
    states += [
        {"id": f"alert-{k}", "property": "data" if k == "expectations" else "value", "value": v}
        for k, v in given.items()
    ]
    body = {
        "output": output, "outputs": outputs, "inputs": clicks, "state": states,
        "changedPropIds": [f"alert-{button}.n_clicks"],
    }  # fmt: skip
    answer = client.post("/_dash-update-component", json=body, headers=SAME)
    assert answer.status_code == 200


def test_decisions_through_the_callback_reach_the_database(
    own_client: FlaskClient, home: Home, app: Dash
) -> None:
    decide(own_client, app, 1, "acknowledge", note="ok")
    assert home.db.execute("SELECT state, note FROM alert_notes").fetchall() == [("acknowledged", "ok")]
    decide(own_client, app, 1, "keep-note", note="better")
    assert home.db.execute("SELECT state, note FROM alert_notes").fetchall() == [("acknowledged", "better")]


def test_an_expectation_is_made_listed_and_undone(own_client: FlaskClient, home: Home, app: Dash) -> None:
    decide(own_client, app, 16, "expect", scope="place", lasts="7", note="the recorder")
    made = home.db.execute(
        "SELECT rule, device, peer, port, round((expires - made) / 86400), note FROM expectations"
    ).fetchall()
    assert made == [("insecure-protocol", 4, "203.0.113.9", 23, 7, "the recorder")]
    assert own_client.get("/api/v1/live").json["counts"]["critical"] == 0
    assert "the recorder" in page(own_client, "/health")
    decide(own_client, app, 16, "undo", expectations=[1])
    assert home.db.execute("SELECT * FROM expectations").fetchall() == []


def test_single_incidents_that_are_expected_are_told_too(
    own_client: FlaskClient, home: Home, app: Dash
) -> None:
    assert "Only 1 single incident" not in page(own_client, "/health")
    decide(own_client, app, 16, "expect", scope="once")
    assert "Only 1 single incident: the next of its kind" in page(own_client, "/health")
    decide(own_client, app, 1, "expect", scope="device")
    assert "Also 1 single incident: the next of its kind" in page(own_client, "/health")


@pytest.mark.parametrize("odd", [{"scope": "galaxy"}, {"scope": "device", "lasts": "1e9"}])
def test_an_odd_expectation_changes_nothing(
    own_client: FlaskClient, home: Home, app: Dash, odd: dict[str, str]
) -> None:
    decide(own_client, app, 16, "expect", **odd)
    assert home.db.execute("SELECT COUNT(*) FROM expectations").fetchone() == (0,)
    assert home.db.execute("SELECT COUNT(*) FROM alert_notes").fetchone() == (0,)


@pytest.mark.parametrize("span", ["24h", "7d", "30d"])
def test_charts_add_up(own_client: FlaskClient, home: Home, app: Dash, span: str) -> None:
    """The bars hold every byte of the roll-up, also of destinations beyond the six largest."""
    with app.server.app_context():
        drawn = charts.layout(span).to_plotly_json()["props"]["children"]
    hours = {"24h": 24, "7d": 168, "30d": 720}[span]
    since = int(home.now // 3600) - hours + 1
    since -= since % {"24h": 1, "7d": 6, "30d": 24}[span]
    by_device, by_peer = (panel.children[-1] for panel in drawn[2:4])
    wanted = home.db.execute(
        "SELECT SUM(bytes_up + bytes_down) FROM traffic_hour WHERE hour >= ?", (since,)
    ).fetchone()[0]
    assert sum(v for bar in by_device.data for k, v in bar.items() if k != "t") == wanted
    source, since = ("edge_hour", since) if span == "24h" else ("edge_day", since // 24)
    wanted = home.db.execute(
        f"SELECT SUM(bytes_up + bytes_down) FROM {source} WHERE {source[5:]} >= ?", (since,)
    ).fetchone()[0]
    assert sum(v for bar in by_peer.data for k, v in bar.items() if k != "t") == wanted
    assert [s["label"] for s in by_peer.series][-1] == "Everything else"


def test_health_says_counters_in_plain_words(client: FlaskClient) -> None:
    shown = page(client, "/health")
    for words in ("Not readable", "cut short 12", "Given up under load", "Forgotten early"):
        assert words in shown
    for word in ("Undecoded", "Shed", "Evicted", "Flooded", "hellos"):
        assert word not in shown


def test_a_new_device_is_said_to_be_learned(own_client: FlaskClient, home: Home) -> None:
    home.db.execute("UPDATE devices SET first_seen = ? WHERE id = 4", (home.now - 3600,))
    assert "still learns what is usual for it, for about 71 hours more" in page(own_client, "/devices/4")
    home.db.execute("UPDATE devices SET first_seen = ? WHERE id = 4", (home.now - 73 * 3600,))
    assert "Anything else is reported once, as new." in page(own_client, "/devices/4")


def test_a_device_that_nothing_answered_has_no_usual_and_is_not_said_to_be_silent(
    own_client: FlaskClient, home: Home
) -> None:
    home.db.execute("DELETE FROM baseline WHERE device = 4")
    shown = page(own_client, "/devices/4")
    assert "Only connections that were answered count" in shown
    assert "connected to nothing" not in shown and "No connections yet" not in shown


def test_health_says_none_of_what_is_not_kept(own_client: FlaskClient, home: Home) -> None:
    home.db.execute("DELETE FROM alerts")
    home.db.execute("DELETE FROM http")
    shown = page(own_client, "/health")
    assert "about 0" not in shown and re.search(r'"children":\s*"none"', shown)


def test_health_counts_incidents_exactly_as_the_alerts_page(own_client: FlaskClient, home: Home) -> None:
    home.db.execute(
        "INSERT INTO alert_notes (uid, state, changed) SELECT uid, 'acknowledged', 1 FROM alerts LIMIT 1"
        " ON CONFLICT DO UPDATE SET state = excluded.state"
    )
    still_open = len(own_client.get("/api/v1/alerts?state=open&n=500").json["alerts"])
    total = len(own_client.get("/api/v1/alerts?n=500").json["alerts"])
    assert 0 < still_open < total
    home.db.execute("UPDATE alerts SET id = id + 1000 WHERE id = (SELECT MAX(id) FROM alerts)")
    shown = page(own_client, "/health")
    assert f"{total}, {still_open} of them open" in shown and f"about {total}" not in shown
