"""Each page draws, in both themes and at phone width; filters, back and theme work as people expect."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser

PAGES = {
    "/": "Overview", "/map": "Network map", "/alerts": "Alerts", "/devices": "Devices", "/devices/4": "ipcam-front",
    "/dns": "DNS", "/traffic?view=packets": "Live traffic", "/traffic": "Live traffic", "/traffic?view=flows": "Live traffic", "/charts": "Charts",
    "/health": "Health",
}  # fmt: skip
CONTENT = {
    "/": ".incidents li", "/map": ".map-box canvas", "/alerts": ".ag-row", "/devices": ".ag-row", "/devices/4": ".bars li",
    "/dns": ".ag-row", "/traffic?view=packets": ".ag-row", "/traffic": ".ag-row", "/traffic?view=flows": ".ag-row", "/charts": ".week .heat",
    "/health": ".facts",
}  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_show_their_content_quietly(site: Site, new_page: Callable[..., Any], scheme: str) -> None:
    page = new_page(site.url + "/", color_scheme=scheme)
    for path, title in PAGES.items():
        page.goto(site.url + path)
        page.wait_for_selector(CONTENT[path])
        assert page.locator("h1").inner_text() == title, path
        assert page.locator("#first-paint").count() == 0
        page.wait_for_selector("#watch.live")


def test_pages_fit_a_phone(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/", viewport={"width": 360, "height": 740}, has_touch=True)
    for path in PAGES:
        page.goto(site.url + path)
        page.wait_for_selector(".map-list tbody tr" if path == "/map" else CONTENT[path])
        assert page.locator(".map-box").is_visible() is False
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 360, path


def test_an_incident_is_read_whole_on_a_phone(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/alerts", viewport={"width": 360, "height": 740}, has_touch=True)
    page.wait_for_selector(".ag-row:has-text('ipcam-front opened a Telnet session to 203.0.113.9')")
    cut = """() => [...document.querySelectorAll('.ag-row .wraps .ag-cell-value')]
        .filter((cell) => cell.scrollHeight > cell.clientHeight + 1 || cell.scrollWidth > cell.clientWidth + 1).length"""
    assert page.evaluate(cut) == 0
    heights = page.evaluate(
        "() => [...document.querySelectorAll('.ag-center-cols-container .ag-row')].map((r) => r.offsetHeight)"
    )
    assert min(heights) >= 44, "a finger's height (WCAG 2.2, target size)"


def test_menu_on_a_phone(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/", viewport={"width": 360, "height": 740})
    page.click("#burger")
    page.click("#nav >> text=Devices")
    page.wait_for_selector("h1:has-text('Devices')")
    page.wait_for_function("() => !document.body.classList.contains('menu')")


def test_theme_follows_the_system_until_a_person_chooses(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/map", color_scheme="dark")
    dark = "() => document.documentElement.dataset.mantineColorScheme === 'dark'"
    page.wait_for_function(dark)
    page.click("#theme")
    page.wait_for_function("() => document.documentElement.dataset.mantineColorScheme === 'light'")
    page.reload()
    page.wait_for_selector("#content h1")
    assert not page.evaluate(dark)
    page.click("#theme")
    page.wait_for_function(dark)
    assert page.evaluate("localStorage.getItem('sentinel-theme')") is None


def test_filters_live_in_the_address(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/alerts")
    page.wait_for_selector(".ag-row")
    page.click(".segments >> text=Critical")
    page.wait_for_url("**/alerts?severity=2")
    page.wait_for_function(
        "() => document.querySelectorAll('.ag-center-cols-container .ag-row').length === 1"
    )
    page.reload()
    page.wait_for_function(
        "() => document.querySelectorAll('.ag-center-cols-container .ag-row').length === 1"
    )
    page.fill("input[type=search]", "nothing has this")
    page.wait_for_selector("text=No incidents with these filters.")


def test_back_returns_to_the_filtered_list(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/dns?q=netflix")
    page.wait_for_selector(".ag-row")
    page.click("#nav >> text=Health")
    page.wait_for_selector("h1:has-text('Health')")
    page.go_back()
    page.wait_for_selector("h1:has-text('DNS')")
    assert page.input_value("input[type=search]") == "netflix"
    page.wait_for_selector(".ag-row:has-text('netflix')")
    assert page.locator(".ag-row:has-text('google')").count() == 0


def test_a_tile_leads_to_the_rows_behind_it(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/")
    page.click("text=devices new to you")
    page.wait_for_url("**/devices?trust=new")
    page.wait_for_function(
        "() => document.querySelectorAll('.ag-center-cols-container .ag-row').length === 2"
    )


def test_scrolling_brings_older_rows(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/dns?range=7d")
    page.wait_for_selector(".ag-row")
    page.evaluate("() => { sentinel.feed.api.ensureIndexVisible(199); }")
    page.wait_for_function("() => sentinel.feed.api.getDisplayedRowCount() >= 400")


def test_charts_follow_their_filters_and_tell_numbers(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/charts")
    page.wait_for_selector(".weeks > div:nth-child(2) .heat")
    page.click(".segments >> text=7 days")
    page.wait_for_url("**/charts?range=7d")
    # A destination; which are the largest hangs on the clock.
    page.wait_for_selector(r"text=/^[a-z-]+\.(com|net|org)$/")
    page.wait_for_selector(".heat[title*=' MB']", state="attached")
    page.goto(site.url + "/charts?device=4")
    page.wait_for_selector(".weeks h3:has-text('ipcam-front')")


def test_choosing_on_the_map_explains_and_leads_on(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/map?device=4")
    page.wait_for_selector("#map-chosen h2:has-text('ipcam-front')")
    assert page.evaluate("sentinel.map.$('.dim').length > 5 && sentinel.map.$('edge.hot').length > 0")
    page.evaluate("() => { sentinel.map.getElementById('d1').emit('tap'); }")
    page.wait_for_selector('#map-chosen h2:has-text("Anna\'s phone")')
    page.click("#map-chosen >> text=Open device")
    page.wait_for_selector('h1:has-text("Anna\'s phone")')


def test_a_page_that_is_not_there(site: Site, browser: Any) -> None:
    page = browser.new_page()
    answer = page.goto(site.url + "/nothing")
    assert answer.status == 404
    assert "There is no such page" in page.inner_text("body")
    page.close()


def test_before_the_first_sensor_the_page_teaches_and_then_wakes_up(
    tmp_path: Any, served: Any, new_page: Any
) -> None:
    from tests.dashboard.filldb import small

    page = new_page(served(tmp_path / "later.db") + "/")
    page.wait_for_selector("text=sudo python3 sentinel.py up")
    small(tmp_path / "later.db")
    page.wait_for_selector(".tiles", timeout=12_000)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kolkata", "UTC"])
def test_charts_are_labelled_at_round_hours(site: Site, new_page: Callable[..., Any], zone: str) -> None:
    page = new_page(site.url + "/", timezone_id=zone)
    page.wait_for_selector(".recharts-xAxis text", state="attached")
    told = [text for text in page.locator(".recharts-xAxis text").all_text_contents() if text]
    assert len(told) >= 4 and {text[3:] for text in told} == {"00"}, told
    assert all(int(text[:2]) % 3 == 0 for text in told), told


def test_live_traffic_begins_with_conversations_and_addresses_that_name_a_view_keep_it(
    site: Site, new_page: Callable[..., Any]
) -> None:
    page = new_page(site.url + "/traffic")
    for path, on in (
        ("/traffic", "Conversations"), ("/traffic?view=packets", "Packets"), ("/traffic?view=flows", "Conversations")
    ):  # fmt: skip
        page.goto(site.url + path)
        page.wait_for_selector(".ag-row")
        assert page.locator(".tabs .tab.on").inner_text() == on
        assert page.get_by_role("columnheader", name="From port").count() == (on == "Packets")
    page.click(".tab:has-text('Packets')")
    page.wait_for_url("**/traffic?view=packets")
    page.wait_for_selector(".tab.on:has-text('Packets')")
