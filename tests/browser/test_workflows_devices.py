"""The map and a device's page, as a person works with them, on the demo's database and on a large one."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
READY = "() => window.sentinel.map && document.querySelector('.map-choose option')"


def spot(page: Any, node: str) -> tuple[float, float]:
    """Where a node of the map is on the screen."""
    at = page.evaluate(
        "(id) => { const at = sentinel.map.getElementById(id).renderedPosition(); const box ="
        " document.querySelector('.map-canvas').getBoundingClientRect(); return [box.x + at.x, box.y + at.y]; }",
        node,
    )
    return at[0], at[1]


def busiest(world: World) -> tuple[int, str]:
    """A device with open incidents, and its name on the pages."""
    device = world.value(
        "SELECT device FROM alerts a WHERE severity > 0 AND device IN (SELECT id FROM devices WHERE NOT router)"
        " AND NOT EXISTS (SELECT 1 FROM alert_notes n WHERE n.uid = a.uid) GROUP BY device"
        " ORDER BY COUNT(*) DESC LIMIT 1"
    )
    return device, name_of(world, device)


def name_of(world: World, device: int) -> str:
    return str(
        world.value(
            "SELECT COALESCE(n.name, d.name, d.vendor || ' ' || substr(d.mac, -5), d.mac) FROM devices d"
            " LEFT JOIN device_notes n ON (n.network, n.mac) = (d.network, d.mac) WHERE d.id = ?",
            device,
        )
    )


def test_a_device_is_chosen_on_the_map_with_the_mouse(world: World, new_page: Callable[..., Any]) -> None:
    device, name = busiest(world)
    page = new_page(world.url + "/map")
    page.wait_for_function(READY)
    page.wait_for_timeout(300)
    page.mouse.click(*spot(page, f"d{device}"))
    page.wait_for_selector(f"#map-chosen h2:has-text('{name}')")
    assert page.evaluate("sentinel.map.$('.dim').length > 0 && sentinel.map.$('edge.hot').length > 0")
    assert page.input_value(".map-choose select") == f"d{device}"
    page.click("#map-chosen >> text=Its alerts")
    page.wait_for_url(f"**/alerts?device={device}&range=all")
    page.wait_for_selector(".ag-row")
    page.go_back()
    page.wait_for_selector(f"#map-chosen h2:has-text('{name}')")
    page.click("#map-chosen >> text=Open device")
    page.wait_for_selector(f"h1:has-text('{name}')")
    page.click("text=On the map")
    page.wait_for_selector(f"#map-chosen h2:has-text('{name}')")


def test_a_destination_is_chosen_and_leads_to_its_lookups(world: World, new_page: Callable[..., Any]) -> None:
    page = new_page(world.url + "/map?range=7d")
    page.wait_for_function(READY)
    page.wait_for_timeout(300)
    node, name = page.evaluate(
        "() => { const found = sentinel.map.nodes('[t=\"peer\"]').filter((n) => /[a-z]/.test(n.data('full'))"
        " && !n.data('folded'))[0]; return [found.id(), found.data('full')]; }"
    )
    page.mouse.click(*spot(page, node))
    page.wait_for_selector(f"#map-chosen h2:text-is('{name}')")
    assert page.locator("#map-chosen h3:has-text('Used by')").count() == 1
    page.click("#map-chosen >> text=Lookups")
    page.wait_for_url("**/dns?q=*")
    assert page.input_value("input[type=search]") == name
    page.wait_for_selector(".ag-row")
    page.go_back()
    page.wait_for_function(READY)
    page.mouse.click(*spot(page, "tail"))
    page.wait_for_selector("#map-chosen h3:has-text('Destinations, busiest first')")


def test_the_map_by_keyboard_its_ranges_and_its_list(world: World, new_page: Callable[..., Any]) -> None:
    device, name = busiest(world)
    page = new_page(world.url + "/map?view=map")
    page.wait_for_function(READY)
    page.focus(".map-choose select")
    page.keyboard.type(name)
    page.wait_for_selector(f"#map-chosen h2:has-text('{name}')")
    page.wait_for_function(f"() => location.search.includes('device={device}')")
    page.focus(".tabs >> text=30 days")
    page.keyboard.press("Enter")
    page.wait_for_selector(".lead:has-text('last 30 days')")
    page.click(".tab-list")
    page.wait_for_url("**view=list*")
    page.wait_for_selector(".map-list tbody tr")
    page.click(f".map-list a:has-text('{name}')")
    page.wait_for_selector(f"h1:has-text('{name}')")


def test_a_device_is_named_placed_and_remarked(world: World, new_page: Callable[..., Any]) -> None:
    device, _ = busiest(world)
    network, mac = world.rows("SELECT network, mac FROM devices WHERE id = ?", device)[0]
    page = new_page(f"{world.url}/devices/{device}")
    page.fill("#device-name", "Under the stairs")
    page.click("#device-trust >> text=Guest")
    page.fill("#device-note", "belongs to Ada")
    page.click("#device-save")
    page.wait_for_selector("h1:has-text('Under the stairs')")
    page.wait_for_selector("#device-said:has-text('Saved.')")
    assert world.rows("SELECT name, trust, note FROM device_notes WHERE (network, mac) = (?, ?)", network, mac) == [
        ("Under the stairs", "guest", "belongs to Ada")
    ]  # fmt: skip
    page.click("#nav >> text=Devices")
    page.fill("input[type=search]", "stairs")
    page.wait_for_selector(".ag-row:has-text('Under the stairs')")
    page.click("#nav >> text=Alerts")
    page.wait_for_selector(".ag-row >> text=Under the stairs")
    page.goto(f"{world.url}/devices/{device}")
    page.fill("#device-name", "")
    page.click("#device-trust >> text=Unknown")
    page.fill("#device-note", "")
    page.click("#device-save")
    page.wait_for_selector("#device-said:has-text('Saved.')")
    assert page.locator("h1:has-text('Under the stairs')").count() == 0


def test_a_person_says_what_kind_a_device_is_and_takes_it_back(
    world: World, new_page: Callable[..., Any]
) -> None:
    device, _ = busiest(world)
    guess = world.value("SELECT kind FROM devices WHERE id = ?", device)
    stored = "SELECT n.kind FROM devices d JOIN device_notes n ON (n.network, n.mac) = (d.network, d.mac) WHERE d.id = ?"
    page = new_page(f"{world.url}/devices/{device}")
    assert page.input_value("#device-kind") == f"As Sentinel thinks ({guess or 'not known'})"
    page.click("#device-kind")
    page.fill("#device-kind", "vacu")
    page.click("[role=option]:has-text('Vacuum')")
    page.click("#device-save")
    page.wait_for_selector("#device-said:has-text('Saved.')")
    page.wait_for_selector(".facts dd:has-text('vacuum you said so')")
    assert world.value(stored, device) == "vacuum"
    assert world.value("SELECT kind FROM devices WHERE id = ?", device) == guess, "evidence is kept as it is"
    page.reload()
    page.wait_for_selector(".lead:has-text('vacuum')")
    page.wait_for_function("() => document.querySelector('#device-kind').value === 'Vacuum'")
    page.click("#nav >> text=Devices")
    page.fill("input[type=search]", "vacuum")
    page.wait_for_selector(f".ag-row[row-id='{device}'] [col-id=kind]:has-text('vacuum')")
    page.wait_for_function(
        "() => document.querySelectorAll('.ag-center-cols-container .ag-row').length === 1"
    )
    page.goto(world.url + "/map?view=map")
    page.wait_for_function(READY)
    family = page.evaluate(
        "(id) => { const own = sentinel.map.getElementById(id).position(); const above = sentinel.map"
        ".nodes('[t=\"header\"]').filter((n) => n.position('x') === own.x && n.position('y') < own.y);"
        " return above.max((n) => n.position('y')).ele.data('label'); }",
        f"d{device}",
    )
    assert family.startswith("Smart home")
    page.goto(f"{world.url}/devices/{device}")
    page.click("#device-kind")
    page.click("[role=option]:has-text('As Sentinel thinks')")
    page.click("#device-save")
    page.wait_for_selector("#device-said:has-text('Saved.')")
    page.wait_for_selector(".facts dd:has-text('you said so')", state="detached")
    assert world.value(stored, device) is None


def test_two_addresses_become_one_device_and_two_again(world: World, new_page: Callable[..., Any]) -> None:
    (one,), (other,) = world.rows("SELECT id FROM devices WHERE NOT router ORDER BY id LIMIT 2")
    db = world.db
    db.execute(
        "INSERT OR REPLACE INTO merge_proposals VALUES (?, ?, 0.9, '[\"Both call themselves the same.\"]', ?)",
        (one, other, time.time()),
    )
    page = new_page(f"{world.url}/devices/{one}")
    page.wait_for_selector("text=Both call themselves the same.")
    page.click("button:has-text('Same device')")
    page.wait_for_selector("text=You said that these addresses are this device too")
    assert world.rows("SELECT same FROM device_links") == [(1,)]
    everyone = world.value("SELECT COUNT(*) FROM devices WHERE NOT router")
    page.goto(world.url + "/devices")
    page.wait_for_selector(f".lead:has-text('{everyone - 1} in all')")
    page.goto(f"{world.url}/devices/{one}")
    page.click("button:has-text('Not this device')")
    page.wait_for_selector("text=You said that these addresses", state="detached")
    assert world.rows("SELECT same FROM device_links") == [(0,)]
    page.goto(world.url + "/devices")
    page.wait_for_selector(f".lead:has-text('{everyone} in all')")
    db.execute("DELETE FROM device_links")
    page.goto(f"{world.url}/devices/{one}")
    page.click("button:has-text('Two devices')")
    page.wait_for_selector("text=One device or two?", state="detached")
    assert world.rows("SELECT same FROM device_links") == [(0,)]
    db.execute("DELETE FROM merge_proposals")
    db.execute("DELETE FROM device_links")
    db.close()


def test_what_is_usual_is_learned_anew(world: World, new_page: Callable[..., Any]) -> None:
    device, _ = busiest(world)
    page = new_page(f"{world.url}/devices/{device}")
    page.wait_for_selector("h2:has-text('What is usual for it')")
    page.click("#device-reset")
    page.wait_for_selector("text=Learning began anew")
    assert world.rows("SELECT device FROM baseline_resets WHERE asked > ?", time.time() - 60) == [(device,)]


def traces(world: World, texts: list[str]) -> set[str]:
    """Tables and columns in which any of the texts stands."""
    found = set()
    for table, columns in text_columns(world).items():
        tests = [f"SUM({' OR '.join(f'instr({column}, ?)' for _ in texts)})" for column in columns]
        row = world.rows(f"SELECT {', '.join(tests)} FROM {table}", *texts * len(columns))[0]
        found |= {f"{table}.{column}" for column, count in zip(columns, row, strict=True) if count}
    return found


def text_columns(world: World) -> dict[str, list[str]]:
    tables = [row[0] for row in world.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    columns = {
        table: [row[1] for row in world.rows(f"PRAGMA table_info({table})") if row[2] == "TEXT"]
        for table in tables
        if not table.startswith("sqlite_")
    }
    return {table: found for table, found in columns.items() if found}


def test_a_device_is_forgotten_with_its_other_address_and_nothing_is_left(
    world: World, new_page: Callable[..., Any]
) -> None:
    """The one that was silent longest: one that speaks comes back as a new device."""
    device, mac, name = world.rows(
        "SELECT id, mac, name FROM devices WHERE NOT router AND id > 2 ORDER BY last_seen, id DESC LIMIT 1"
    )[0]
    db = world.db
    twin, twin_name = f"06:00:00:00:77:{device % 256:02x}", "the-other-address-of-it"
    second = db.execute(
        "INSERT INTO devices (network, mac, name, first_seen, last_seen) SELECT network, ?, ?, first_seen,"
        " last_seen - 1 FROM devices WHERE id = ?", (twin, twin_name, device),
    ).lastrowid  # fmt: skip
    db.execute("INSERT INTO device_names VALUES (?, 'dhcp', ?, 1, 2)", (second, twin_name))
    db.execute(
        "INSERT OR REPLACE INTO merge_proposals VALUES (?, ?, 0.9, '[\"This is said of both.\"]', ?)",
        (device, second, time.time()),
    )
    page = new_page(f"{world.url}/devices/{device}")
    page.click(".incidents li:has-text('This is said of both.') button:has-text('Same device')")
    page.wait_for_selector(f"text={twin}")
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("text=Forget this device…")
    page.wait_for_selector("h1:has-text('Forgotten')")
    assert traces(world, [mac, twin, twin_name, *([name] if name else [])]) == set()
    for table in ("flows", "dns", "alerts", "baseline", "traffic_hour", "edge_hour", "device_addresses"):
        assert world.value(f"SELECT COUNT(*) FROM {table} WHERE device IN (?, ?)", device, second) == 0
    page.click("text=All devices")
    page.wait_for_selector(".ag-row")
    assert page.locator(f".ag-row[row-id='{device}']").count() == 0
    page.goto(f"{world.url}/devices/{device}")
    page.wait_for_selector("h1:has-text('No such device')")
    db.close()
