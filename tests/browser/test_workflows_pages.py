"""Every page, in both themes and widths, by keyboard and behind a password, on the demo's database and on a
large one."""

from collections.abc import Callable
from typing import Any

import pytest

from dashboard.security import hash_password
from tests.browser.test_axe import violations
from tests.browser.worlds import World, config_in, serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
CLOSED = "() => !document.querySelector('.details-title')?.checkVisibility()"
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 800}


def places(world: World) -> dict[str, str]:
    """Every page and every drawer, with what is there once it is drawn."""
    device = world.value(
        "SELECT device FROM alerts WHERE device IN (SELECT id FROM devices) ORDER BY id DESC"
    )
    newest = {name: world.value(f"SELECT MAX(id) FROM {name}") for name in ("alerts", "dns", "flows", "packets")}  # fmt: skip
    return {
        "/": ".tiles", "/map?view=map": ".map-choose option >> nth=1", "/map?view=list": ".map-list tr",
        "/alerts?range=all": ".ag-row", f"/alerts?id={newest['alerts']}": ".details h3:has-text('Evidence')",
        "/devices": ".ag-row", f"/devices/{device}": "h2:has-text('Forget')", "/charts": ".week .heat",
        "/dns?range=7d": ".ag-row", f"/dns?row={newest['dns']}": ".details .facts",
        "/traffic": ".ag-row",
        "/traffic?view=packets": ".ag-row", f"/traffic?view=packets&row={newest['packets']}": ".details .facts",
        "/traffic?view=flows&range=7d": ".ag-row", f"/traffic?view=flows&row={newest['flows']}": ".details .facts",
        "/health": ".fold",
    }  # fmt: skip


def _shown(page: Any, path: str, there: str) -> None:
    """Go there inside the app, as a person does; the page before is gone."""
    page.evaluate("() => document.querySelector('#content h1').setAttribute('data-before', '1')")
    page.evaluate("(to) => sentinel.go(to)", path)
    page.wait_for_function("() => !document.querySelector('#content h1[data-before]')")
    page.wait_for_selector(there, state="attached")
    if "details" in there:
        page.wait_for_selector(".details-title >> visible=true")


@pytest.mark.parametrize("scheme, width", [("light", 1280), ("dark", 360)])  # the rest: test_axe.py
def test_no_page_or_open_drawer_has_a_serious_violation(
    world: World, new_page: Callable[..., Any], scheme: str, width: int
) -> None:
    size = PHONE if width == 360 else DESK
    page = new_page(world.url + "/health", color_scheme=scheme, viewport=size)
    wrong = {}
    for path, there in places(world).items():
        _shown(page, path, there)
        page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        page.wait_for_timeout(250)
        if found := violations(page):
            wrong[path] = found
        if width == 360:
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    assert wrong == {}


def test_charts_follow_their_ranges_and_tell_numbers(world: World, new_page: Callable[..., Any]) -> None:
    page = new_page(world.url + "/charts")
    for words, key in (("7 days", "7d"), ("30 days", "30d"), ("24 hours", "24h")):
        page.click(f".segments >> text={words}")
        page.wait_for_function(f"() => document.querySelector('.segments input:checked')?.value === '{key}'")
        page.wait_for_selector(".recharts-bar-rectangle path")
        chart = page.locator(".recharts-surface").first
        chart.scroll_into_view_if_needed()  # once the new one stands still
        box = chart.bounding_box()
        page.mouse.move(0, 0)
        page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2)
        page.wait_for_selector(".recharts-tooltip-wrapper >> text=/[0-9] ?(B|kB|MB|GB)/")
    assert page.locator(".heat[title*=':00: ']").count() > 24


def test_health_tells_all_it_runs_with(world: World, new_page: Callable[..., Any]) -> None:
    page = new_page(world.url + "/health")
    page.wait_for_selector("h2:has-text('Sensor')")
    page.click(".counters summary")
    page.wait_for_selector(".counters >> text=Given up under load >> visible=true")
    page.click("summary:has-text('Rules')")
    page.click(".rules summary:has-text('insecure-protocol')")
    page.wait_for_selector(".rules .prose >> visible=true >> nth=0")
    page.click("summary:has-text('Configuration in force')")
    page.wait_for_selector("code:text-is('retention.size_mb') >> visible=true")
    page.click("summary:has-text('Blocklists')")
    page.wait_for_selector("td:text-is('Own list') >> visible=true")


def test_a_person_logs_in_works_and_logs_out(world: World, browser: Any) -> None:
    """A wrong password is a 401, which Chromium writes to its console: so without the usual watch."""
    config = config_in(world.folder, password_hash=hash_password("right horse"))
    with serving(world.path, config) as url:
        context = browser.new_context()
        page = context.new_page()
        page.goto(url + "/alerts?severity=2&range=all")
        for password, there in (("wrong", "text=That is not the password."), ("right horse", ".ag-row")):
            page.fill("#password", password)
            page.click("button")
            page.wait_for_selector(there)
        assert page.url == url + "/alerts?severity=2&range=all"
        page.click("#nav >> text=Devices")
        page.wait_for_selector(".ag-row")
        page.click("#logout")
        page.wait_for_selector("#password")
        page.goto(url + "/devices")
        page.wait_for_selector("#password")
        context.close()


def test_an_incident_is_acknowledged_by_keyboard_alone(world: World, new_page: Callable[..., Any]) -> None:
    page = new_page(world.url + "/")
    page.wait_for_selector(".tiles")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    _tab_to(page, "document.activeElement.getAttribute('href') === '/alerts'")
    page.keyboard.press("Enter")
    page.wait_for_selector(".ag-row")
    _tab_to(page, "document.activeElement.closest('.ag-header-cell, .ag-cell')")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = page.evaluate("() => sentinel.feed.api.getFocusedCell().rowIndex")
    title = page.evaluate(f"() => sentinel.feed.api.getDisplayedRowAtIndex({chosen}).data.title")
    page.keyboard.press("Enter")
    page.wait_for_selector(".details-title >> visible=true")
    assert page.locator(".details-title").inner_text() == title
    _tab_to(page, "document.activeElement.id === 'alert-acknowledge'")
    page.keyboard.press("Enter")
    page.wait_for_selector(".details .state-acknowledged")
    page.keyboard.press("Escape")
    page.wait_for_function(CLOSED)
    page.goto(f"{world.url}/alerts?state=acknowledged&range=all")
    page.wait_for_selector(".ag-row")
    world.db.execute("DELETE FROM alert_notes WHERE state = 'acknowledged'").connection.close()


def _tab_to(page: Any, there: str, most: int = 60) -> None:
    for _ in range(most):
        if page.evaluate(f"() => Boolean({there})"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way by keyboard to: {there}")


def test_back_forward_and_an_address_that_was_shared(world: World, new_page: Callable[..., Any]) -> None:
    page = new_page(world.url + "/alerts")
    page.wait_for_selector(".ag-row")
    page.click(".segments >> text=Critical")
    page.wait_for_url("**/alerts?severity=2")
    page.wait_for_function("() => sentinel.feed.api.getDisplayedRowAtIndex(0)?.data.severity === 2")
    page.click(".ag-row[row-index='0'] [col-id=title]")
    page.wait_for_selector(".details-title >> visible=true")
    page.wait_for_function("() => location.search.includes('id=')")
    shared, title = page.url, page.locator(".details-title").inner_text()
    page.go_back()
    page.wait_for_function(CLOSED)
    page.go_back()
    page.wait_for_function("() => location.search === ''")
    page.go_forward()
    page.wait_for_url("**/alerts?severity=2")
    page.go_forward()
    page.wait_for_selector(".details-title >> visible=true")
    other = new_page(shared, color_scheme="dark")
    other.wait_for_selector(".details-title >> visible=true")
    assert other.locator(".details-title").inner_text() == title
    assert other.locator(".segments input:checked").get_attribute("value") == "2"


def test_light_and_dark_are_a_persons_choice_on_every_page(
    world: World, new_page: Callable[..., Any]
) -> None:
    page = new_page(world.url + "/", color_scheme="light")
    page.click("#theme")
    dark = "() => document.documentElement.dataset.mantineColorScheme === 'dark' && getComputedStyle(document.body).backgroundColor === 'rgb(16, 20, 26)'"
    page.wait_for_function(dark)
    for name in ("Network map", "Alerts", "Devices", "DNS", "Live traffic", "Charts", "Health"):
        page.click(f"#nav >> text={name}")
        page.wait_for_selector(f"h1:has-text('{name}')")
        assert page.evaluate(dark), name
    page.reload()
    page.wait_for_function(dark)
