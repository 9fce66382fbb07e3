"""What people do, and what comes by itself."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Site
from tests.dashboard.filldb import RULES

pytestmark = pytest.mark.browser
ROWS = "document.querySelectorAll('.ag-center-cols-container .ag-row').length"


def test_a_new_incident_stands_on_the_page_within_four_seconds(
    site: Site, new_page: Callable[..., Any]
) -> None:
    page = new_page(site.url + "/alerts")
    page.wait_for_selector(".ag-row")
    page.wait_for_selector("#watch.live")
    site.home.alert(1, RULES[2], "192.0.2.7", time.time(), title="Brand new incident")
    page.wait_for_selector(".ag-row:has-text('Brand new incident')", timeout=4000)


def test_a_new_lookup_stands_on_the_page_within_four_seconds(
    site: Site, new_page: Callable[..., Any]
) -> None:
    page = new_page(site.url + "/dns")
    page.wait_for_selector(".ag-row")
    page.wait_for_selector("#watch.live")
    site.home.lookup(2, "freshly.asked.test", time.time(), blocked_by="urlhaus")
    page.wait_for_selector(".ag-row:has-text('freshly.asked.test')", timeout=4000)
    assert page.locator(".ag-row:has-text('freshly.asked.test') .chip.blocked").inner_text() == "urlhaus"


def test_pause_holds_news_and_resume_shows_them(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/dns")
    page.wait_for_selector(".ag-row")
    page.click(".pause")
    site.home.lookup(2, "held.back.test", time.time())
    page.wait_for_selector(".feed-new:has-text('1 new')", timeout=5000)
    assert page.locator("text=held.back.test").count() == 0
    page.click(".pause")
    page.wait_for_selector(".ag-row:has-text('held.back.test')")


def test_nothing_jumps_while_somebody_reads_further_down(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/dns")
    page.wait_for_selector(".ag-row")
    page.evaluate("sentinel.feed.api.ensureIndexVisible(80, 'top')")
    page.wait_for_timeout(400)
    before = page.evaluate("sentinel.feed.api.getFirstDisplayedRowIndex()")
    site.home.lookup(2, "not.in.the.way.test", time.time())
    page.wait_for_selector(".feed-new:visible", timeout=5000)
    assert page.evaluate("sentinel.feed.api.getFirstDisplayedRowIndex()") == before
    page.click(".feed-new")
    page.wait_for_selector(".ag-row:has-text('not.in.the.way.test')")


def test_an_incident_is_read_acknowledged_and_reopened(site: Site, new_page: Callable[..., Any]) -> None:
    alert = site.home.alert(5, RULES[0], "192.0.2.80", time.time(), title="To be acknowledged")
    page = new_page(site.url + "/alerts")
    page.click(".ag-row >> text=To be acknowledged")
    page.wait_for_selector(".details-title:has-text('To be acknowledged')")
    assert f"id={alert}" in page.url
    for heading in ("Why it matters", "What to do", "Evidence"):
        assert page.locator(f".details h3:has-text('{heading}')").count() == 1
    page.fill("#alert-note", "it was me")
    page.click("#alert-acknowledge")
    page.wait_for_selector(".details .state-acknowledged")
    assert site.home.db.execute("SELECT state, note FROM alert_notes").fetchall() == [
        ("acknowledged", "it was me")
    ]
    page.keyboard.press("Escape")
    page.wait_for_function("() => !location.search.includes('id=')")
    page.wait_for_function(
        "() => ![...document.querySelectorAll('.ag-row')].some((r) => r.textContent.includes('To be ack'))"
    )
    page.goto(f"{site.url}/alerts?id={alert}")
    page.wait_for_selector("#alert-note >> visible=true")
    assert page.input_value("#alert-note") == "it was me"
    page.click("#alert-reopen")
    page.wait_for_selector(".details .state-open")


def test_one_thing_is_expected_for_a_week_and_taken_back(site: Site, new_page: Callable[..., Any]) -> None:
    for n in range(3):
        alert = site.home.alert(5, RULES[3], "192.0.2.91", time.time() - n, title=f"Backup run {n}")
    page = new_page(f"{site.url}/alerts?q=Backup&id={alert}")
    page.click(".expect summary")
    page.click("text=Kettle plug with 192.0.2.91")
    assert page.locator("text=So far 3 incidents, 3 of them open.").count() >= 1
    page.click("#alert-lasts")
    page.click("text=For a week")
    page.click("#alert-expect")
    page.wait_for_selector(".details .state-expected")
    assert page.is_disabled("#alert-acknowledge")
    page.wait_for_selector(".feed-status:has-text('No incidents')", state="attached")
    page.click("#alert-undo")
    page.wait_for_selector(".details .state-open")
    page.wait_for_function(f"() => {ROWS} === 3")
    page.click(".expect summary")
    page.click("text=Kettle plug, whatever the other side")
    page.click("#alert-expect")
    page.wait_for_selector(".details .state-expected")
    page.goto(site.url + "/health")
    page.click("#health-expected button:has-text('Undo')")
    page.wait_for_selector("#health-expected >> text=Nothing yet")


def test_the_keyboard_opens_an_incident(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/alerts?severity=2")
    page.wait_for_selector(".ag-row")
    page.evaluate("sentinel.feed.api.setFocusedCell(0, 'title')")
    page.keyboard.press("Enter")
    page.wait_for_selector(".details-title")


def test_a_device_is_named_and_trusted(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/devices/6")
    page.fill("#device-name", "Grandma's <tablet>")
    page.click("#device-trust >> text=Guest")
    page.click("#device-save")
    page.wait_for_selector('h1:has-text("Grandma\'s <tablet>")')
    page.wait_for_selector(".facts .trust-guest")
    page.click("#nav >> text=Devices")
    page.wait_for_selector('.ag-row:has-text("Grandma\'s <tablet>")')


def test_what_another_tab_has_saved_meanwhile_stays(site: Site, new_page: Callable[..., Any]) -> None:
    one, other = (new_page(site.url + "/devices/2") for _ in range(2))
    one.fill("#device-name", "Desk")
    one.click("#device-save")
    one.wait_for_selector("h1:has-text('Desk')")
    other.fill("#device-note", "in the study")
    other.click("#device-save")
    other.wait_for_selector("h1:has-text('Desk')")
    other.wait_for_selector("#device-said:has-text('Saved.')")
    assert other.input_value("#device-name") == "Desk"


def test_learning_anew_is_asked(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/devices/2")
    page.click("#device-reset")
    page.wait_for_selector("text=Learning began anew")
    assert site.home.db.execute("SELECT device FROM baseline_resets").fetchall() == [(2,)]


def test_the_overview_redraws_itself(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/")
    page.wait_for_selector("#watch.live")
    page.wait_for_timeout(2500)
    site.home.alert(2, RULES[1], "c2.example", time.time() + 1, title="thinkpad-t14 asked for c2.example")
    page.wait_for_selector(".incidents >> text=asked for c2.example", timeout=6000)
    page.wait_for_selector(".verdict-line:has-text('critical incidents need you')")


def test_a_silent_sensor_is_told(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/")
    page.wait_for_selector("#watch.live")
    beat = site.home.db.execute("SELECT heartbeat FROM sensors").fetchone()[0]
    site.home.db.execute("UPDATE sensors SET heartbeat = ?", (time.time() - 300,))
    try:
        page.wait_for_selector("#watch.silent:has-text('silent since')", timeout=6000)
    finally:
        site.home.db.execute("UPDATE sensors SET heartbeat = ?", (beat,))
    page.wait_for_selector("#watch.live", timeout=6000)


def test_a_lost_connection_is_told_and_mended(site: Site, browser: Any) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(site.url + "/")
    page.wait_for_selector("#watch.live")
    context.set_offline(True)
    page.wait_for_selector("#watch.lost", timeout=6000)
    context.set_offline(False)
    page.wait_for_selector("#watch.live", timeout=15_000)
    context.close()


def test_a_hidden_tab_does_not_ask(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/")
    page.wait_for_selector("#watch.live")
    asked: list[str] = []
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    page.wait_for_timeout(500)
    page.on("request", lambda r: asked.append(r.url) if "/live" in r.url else None)
    page.wait_for_timeout(4500)
    assert asked == []
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: false}); document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.wait_for_timeout(1000)
    assert asked


def test_a_table_that_is_left_before_its_rows_came_asks_nothing_of_its_grid(
    site: Site, new_page: Callable[..., Any]
) -> None:
    page = new_page(site.url + "/charts")
    held: list[Any] = []
    page.route("**/api/v1/rows/**", lambda route: held.append(route))
    page.click("#nav >> text=DNS")
    page.wait_for_selector("#content h1:has-text('DNS')")
    while not held:
        page.wait_for_timeout(20)
    page.click("#nav >> text=Charts")
    page.wait_for_selector("#content h1:has-text('Charts')")
    with page.expect_response("**/api/v1/rows/**"):
        held[0].continue_()
    page.wait_for_timeout(100)
