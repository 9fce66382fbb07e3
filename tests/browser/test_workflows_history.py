"""DNS and Live Traffic, as a person works with them, on the demo's database and on a large one."""

import csv
import io
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
COUNT = "sentinel.feed.api.getDisplayedRowCount()"
IDS = "() => { const found = []; sentinel.feed.api.forEachNode((n) => found.push(n.data.id)); return found; }"


def lookup(world: World, name: str, blocked_by: str | None = None) -> int:
    """A lookup of now, by the first device."""
    db = world.db
    row = db.execute(
        "INSERT INTO dns (ts, sensor, device, transport, client_ip, server_ip, name, qtype, rcode, answers,"
        " blocked_by, elapsed) SELECT ?, 'test', id, 'udp', ip, '192.168.1.1', ?, 'A', 'NOERROR',"
        " '[\"192.0.2.5\"]', ?, 0.01 FROM devices WHERE NOT router ORDER BY id LIMIT 1",
        (time.time(), name, blocked_by),
    )
    db.close()
    return int(row.lastrowid or 0)


def saved(page: Any, kind: str) -> str:
    """The text of a download of what the table shows."""
    with page.expect_download() as download:
        page.click(f".exports >> text={kind}")
    return str(download.value.path().read_text("utf-8-sig"))


def test_lookups_come_by_themselves_are_held_and_go_on(world: World, new_page: Callable[..., Any]) -> None:
    page = new_page(world.url + "/dns")
    page.wait_for_selector(".ag-row")
    lookup(world, "first.workflow.test")
    page.wait_for_selector(".ag-row:has-text('first.workflow.test')")
    page.click(".pause")
    lookup(world, "second.workflow.test")
    page.wait_for_selector(".feed-new:visible")
    page.wait_for_timeout(2500)
    assert page.locator("text=second.workflow.test").count() == 0
    page.click(".pause")
    page.wait_for_selector(".ag-row:has-text('second.workflow.test')")


def test_lookups_are_searched_filtered_and_saved(world: World, new_page: Callable[..., Any]) -> None:
    mark = f"saved-{time.time_ns()}"
    for n in range(5):
        lookup(world, f"=n{n}.{mark}.test", "a list" if n < 2 else None)
    page = new_page(world.url + "/dns")
    page.wait_for_selector(".ag-row")
    page.fill("input[type=search]", mark)
    page.wait_for_function(f"() => {COUNT} === 5")
    page.click("input[aria-label='Which names']")
    page.click("[role=option] >> text=Only names on a list")
    page.wait_for_function(f"() => {COUNT} === 2")
    text = saved(page, "CSV")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["name"] for row in rows] == [f"'=n{n}.{mark}.test" for n in (1, 0)], "formulas are quoted"
    found = json.loads(saved(page, "JSON"))
    assert [row["name"] for row in found["rows"]] == [f"=n{n}.{mark}.test" for n in (1, 0)]
    page.go_back()
    page.wait_for_function(f"() => {COUNT} === 5")


@pytest.mark.parametrize(
    ("where", "table"),
    [
        ("/dns?range=7d", "dns"),
        ("/traffic?view=flows&range=7d", "flows"),
        ("/traffic?view=packets&range=7d", "packets"),
    ],
)
def test_history_is_paged_without_gaps_or_repeats(
    world: World, new_page: Callable[..., Any], where: str, table: str
) -> None:
    page = new_page(world.url + where)
    page.wait_for_selector(".ag-row")
    page.click(".pause")
    for least in (201, 401, 601):
        page.evaluate(f"() => sentinel.feed.api.ensureIndexVisible({COUNT} - 1, 'bottom')")
        page.wait_for_function(f"() => {COUNT} >= {least}")
    shown = page.evaluate(IDS)
    assert len(shown) == len(set(shown)) >= 601
    known = world.rows(f"SELECT id FROM {table} WHERE id BETWEEN ? AND ?", min(shown), max(shown))
    assert set(shown) <= {row[0] for row in known}
    if table == "dns":
        assert sorted(shown, reverse=True) == sorted((row[0] for row in known), reverse=True)


def test_conversations_of_one_device_and_protocol(world: World, new_page: Callable[..., Any]) -> None:
    device, proto = world.rows(
        "SELECT device, proto FROM flows WHERE device IN (SELECT id FROM devices WHERE NOT router)"
        " ORDER BY id DESC LIMIT 1"
    )[0]
    page = new_page(f"{world.url}/traffic?view=flows&range=7d&device={device}&proto={proto}")
    page.wait_for_selector(".ag-row")
    kinds = page.evaluate(
        "() => { const found = new Set(); sentinel.feed.api.forEachNode((n) => found.add(n.data.device + n.data.proto)); return [...found]; }"
    )
    assert kinds == [f"{device}{proto}"]
    rows = json.loads(saved(page, "JSON"))["rows"]
    assert {(row["device"], row["proto"]) for row in rows} == {(device, proto)}
    page.click(".ag-row[row-index='0'] [col-id=peer]")
    page.wait_for_selector(".details .facts >> visible=true")
    told = page.locator(".details .facts").inner_text()
    assert all(word in told for word in ("Other side", "Port", "Began", "Up", "Down"))


def test_packets_come_and_one_is_read(world: World, new_page: Callable[..., Any]) -> None:
    page = new_page(world.url + "/traffic?view=packets")
    page.wait_for_selector(".ag-row")
    db = world.db
    db.execute(
        "INSERT INTO packets (ts, sensor, src, dst, sport, dport, proto, length, sample)"
        " VALUES (?, 'test', '192.0.2.77', '192.0.2.78', 7777, 8888, 'tcp', 99, 1)", (time.time(),),
    )  # fmt: skip
    db.close()
    page.click(".ag-row:has-text('192.0.2.77') [col-id=dport]")
    page.wait_for_selector(".details-title:has-text('192.0.2.77 to 192.0.2.78')")
    page.keyboard.press("Escape")
    page.fill("input[type=search]", "192.0.2.77")
    page.wait_for_function(f"() => {COUNT} >= 1 && location.search.includes('q=')")


def test_a_name_is_listed_from_its_row_and_taken_off_on_health(
    world: World, new_page: Callable[..., Any]
) -> None:
    name = f"www.bad{time.time_ns()}.example.org"
    row = lookup(world, name)
    page = new_page(f"{world.url}/dns?row={row}")
    page.wait_for_selector(f".details-title:has-text('{name}')")
    page.click(f"button:has-text('Put {name} on my list')")
    page.wait_for_selector(f"text={name} is on your list.")
    assert world.own_list.read_text() == f"# mine\n{name}\n"
    page.goto(world.url + "/health")
    page.click(f"#health-own tr:has-text('{name}') >> text=Take off")
    page.wait_for_selector(f"#health-own .said:has-text('{name} is no longer on your list.')")
    assert world.own_list.read_text() == "# mine\n"


def test_an_incident_is_expected_from_its_conversation(world: World, new_page: Callable[..., Any]) -> None:
    device, peer = world.rows(
        "SELECT device, COALESCE(peer_name, peer_ip) AS peer FROM alerts a WHERE severity > 0"
        " AND device IN (SELECT id FROM devices) AND peer NOT IN (SELECT ip FROM device_addresses)"
        " AND NOT EXISTS (SELECT 1 FROM alert_notes n WHERE n.uid = a.uid) ORDER BY last_seen DESC LIMIT 1"
    )[0]
    db = world.db
    flow = db.execute(
        "INSERT INTO flows (sensor, flow, device, client_ip, server_ip, client_port, port, proto, peer, state,"
        " first_seen, last_seen, packets_up, packets_down, bytes_up, bytes_down) SELECT 'test', ?1, ?2,"
        " '192.168.1.9', '198.51.100.1', 5000, 443, 'tcp', ?3, 'established', ?4, ?4, 3, 3, 300, 300",
        (time.time_ns() >> 10, device, peer, time.time()),
    ).lastrowid  # fmt: skip
    db.close()
    page = new_page(f"{world.url}/traffic?view=flows&range=30d&row={flow}")
    page.click("button:has-text('Mark as expected') >> nth=0")
    page.wait_for_selector(".said:has-text('Expected for 30 days')")
    assert len(world.rows("SELECT id FROM expectations")) == 1
    page.click("button:has-text('No longer expect it') >> nth=0")
    page.wait_for_selector(".said:has-text('No longer expected.')")
    assert world.rows("SELECT id FROM expectations") == []
