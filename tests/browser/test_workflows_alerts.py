"""Alerts, as a person works with them, on the demo's database and on a large one."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
CLOSED = "() => !document.querySelector('.details-title')?.checkVisibility()"
UNDECIDED = (
    " NOT EXISTS (SELECT 1 FROM alert_notes n WHERE n.uid = a.uid)"
    " AND NOT EXISTS (SELECT 1 FROM expectations e WHERE e.rule = a.rule)"
)


def some_alert(world: World, condition: str = "1", *values: Any) -> dict[str, Any]:
    """The newest incident that nobody has decided on yet, with all that scopes need."""
    names = ("id", "uid", "rule", "device", "peer", "port", "title", "severity")
    found = world.rows(
        "SELECT a.id, a.uid, a.rule, a.device, COALESCE(a.peer_name, a.peer_ip), a.port, a.title, a.severity"
        " FROM alerts a WHERE a.device IN (SELECT id FROM devices) AND COALESCE(a.peer_name, a.peer_ip) NOT"
        f" NULL AND a.port NOT NULL AND {UNDECIDED} AND {condition} ORDER BY a.last_seen DESC LIMIT 1",
        *values,
    )
    assert found, "the database has no such incident left"
    return dict(zip(names, found[0], strict=True))


def test_the_inbox_is_narrowed_read_and_emptied_one_by_one(
    world: World, new_page: Callable[..., Any]
) -> None:
    page = new_page(world.url + "/alerts")
    page.wait_for_selector(".ag-row")
    page.click(".segments >> text=Critical")
    page.wait_for_url("**/alerts?severity=2")
    page.wait_for_function("() => sentinel.feed.api.getDisplayedRowAtIndex(0)?.data.severity === 2")
    first = page.evaluate("() => sentinel.feed.api.getDisplayedRowAtIndex(0).data")
    page.click(".ag-row[row-index='0'] [col-id=title]")
    page.wait_for_selector(".details-title >> visible=true")
    assert page.locator(".details-title").inner_text() == first["title"]
    for heading in ("Why it matters", "What to do", "Who and when", "How usual is it", "Evidence"):
        assert page.locator(f".details h3:has-text('{heading}')").count() == 1, heading
    page.fill("#alert-note", "seen at breakfast")
    page.click("#alert-acknowledge")
    page.wait_for_selector(".details .state-acknowledged")
    page.keyboard.press("Escape")
    page.wait_for_function(CLOSED)
    page.wait_for_function(f"() => !sentinel.feed.api.getRowNode('{first['id']}')")
    uid = world.value("SELECT uid FROM alerts WHERE id = ?", first["id"])
    assert world.rows("SELECT state, note FROM alert_notes WHERE uid = ?", uid) == [
        ("acknowledged", "seen at breakfast")
    ]
    page.goto(world.url + "/alerts?state=acknowledged&range=all")
    page.click(f".ag-row[row-id='{first['id']}'] [col-id=title]")
    page.wait_for_selector("#alert-note >> visible=true")
    assert page.input_value("#alert-note") == "seen at breakfast"
    page.fill("#alert-note", "seen twice")
    page.click("#alert-keep-note")
    page.wait_for_selector(".said:has-text('Saved.')")
    page.click("#alert-reopen")
    page.wait_for_selector(".details .state-open")
    assert world.rows("SELECT state, note FROM alert_notes WHERE uid = ?", uid) == [("open", "seen twice")]


@pytest.mark.parametrize("scope", ["place", "device", "everyone"])
def test_one_thing_is_expected_previewed_listed_and_taken_back(
    world: World, new_page: Callable[..., Any], scope: str
) -> None:
    alert = some_alert(world)
    fields = {
        "place": ("rule", "device", "peer", "port"),
        "device": ("rule", "device"),
        "everyone": ("rule", "peer"),
    }[scope]
    covered = world.value(
        "SELECT COUNT(*) FROM (SELECT rule, device, COALESCE(peer_name, peer_ip) AS peer, port FROM alerts)"
        f" WHERE {' AND '.join(f'{field} = ?' for field in fields)}",
        *(alert[field] for field in fields),
    )
    page = new_page(f"{world.url}/alerts?id={alert['id']}")
    page.click(".expect summary")
    said = page.locator(f".expect .mantine-Radio-root:has(input[value={scope}])").inner_text()
    assert ("only this incident" if covered == 1 else f"{covered:,} incidents") in said
    page.check(f".expect input[value={scope}]")
    page.click("#alert-lasts")
    page.click("[role=option]:has-text('For a week')")
    page.click("#alert-expect")
    page.wait_for_selector(".details .state-expected")
    page.wait_for_selector(".covered:has-text('You expect this from') >> visible=true")
    [(number, rule, device, peer, port, expires)] = world.rows(
        "SELECT id, rule, device, peer, port, expires FROM expectations"
    )
    want = tuple(alert[field] if field in fields else None for field in ("device", "peer", "port"))
    assert (rule, device, peer, port) == (alert["rule"], *want)
    assert abs(expires - time.time() - 7 * 86_400) < 120
    page.goto(f"{world.url}/alerts?state=expected&range=all&rule={alert['rule']}")
    page.wait_for_selector(f".ag-row[row-id='{alert['id']}']")
    page.goto(world.url + "/health")
    page.wait_for_selector(f"#health-expected tr:has([title='{alert['rule']}'])")
    assert world.value("SELECT COUNT(*) FROM alerts WHERE id = ?", alert["id"]) == 1, "still recorded"
    page.click("#health-expected button:has-text('Undo')")
    page.wait_for_selector("#health-expected >> text=Nothing yet")
    assert world.rows("SELECT id FROM expectations WHERE id = ?", number) == []
    page.goto(f"{world.url}/alerts?id={alert['id']}")
    page.wait_for_selector(".details .state-open")


def test_an_expectation_that_has_ended_no_longer_covers(world: World, new_page: Callable[..., Any]) -> None:
    alert = some_alert(world)
    page = new_page(f"{world.url}/alerts?id={alert['id']}")
    page.click(".expect summary")
    page.check(".expect input[value=place]")
    page.click("#alert-expect")
    page.wait_for_selector(".details .state-expected")
    last = world.value("SELECT last_seen FROM alerts WHERE id = ?", alert["id"])
    db = world.db
    db.execute("UPDATE expectations SET made = ?1 - 99, expires = ?1 - 9", (last,))
    page.reload()
    page.wait_for_selector(".details .state-open")
    page.goto(world.url + "/health")
    page.wait_for_selector("#health-expected >> text=ended")
    db.execute("DELETE FROM expectations")
    db.close()


def test_one_incident_is_saved_as_text_and_as_json(
    world: World, new_page: Callable[..., Any], tmp_path: Path
) -> None:
    alert = some_alert(world)
    page = new_page(f"{world.url}/alerts?id={alert['id']}")
    page.wait_for_selector(".keep >> visible=true")
    title = page.locator(".details-title").inner_text()
    files = {}
    for kind in ("text", "JSON"):
        with page.expect_download() as download:
            page.click(f".keep >> text={kind}")
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        files[kind] = path
    assert files["text"].name == f"sentinel-incident-{alert['id']}.txt"
    told = files["text"].read_text()
    assert title in told and "Why it matters:" in told and "What to do:" in told and alert["rule"] in told
    found = json.loads(files["JSON"].read_text())
    assert (found["id"], found["title"], found["rule"]) == (alert["id"], title, alert["rule"])
    assert isinstance(found["evidence"], dict) and isinstance(found["flows"], list)


def test_filters_of_the_inbox_agree_with_the_database(world: World, new_page: Callable[..., Any]) -> None:
    alert = some_alert(world)
    page = new_page(f"{world.url}/alerts?state=all&range=all&rule={alert['rule']}&device={alert['device']}")
    most = world.value(
        "SELECT COUNT(*) FROM alerts WHERE rule = ? AND device = ?", alert["rule"], alert["device"]
    )
    page.wait_for_function(f"() => sentinel.feed?.api.getDisplayedRowCount() >= {min(most, 200)}")
    kinds = page.evaluate(
        "() => { const found = new Set(); sentinel.feed.api.forEachNode((n) => found.add(n.data.rule + ' ' + n.data.device)); return [...found]; }"
    )
    assert kinds == [f"{alert['rule']} {alert['device']}"]
    page.fill("input[type=search]", alert["peer"])
    page.wait_for_function("() => location.search.includes('q=')")
    page.wait_for_selector(f".ag-row[row-id='{alert['id']}']")
