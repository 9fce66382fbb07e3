"""At 360 px: a map that can be read, tables whose first cells say who and what."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True}


def test_the_map_has_text_of_a_size_to_read(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/map?view=map", **PHONE)
    page.wait_for_function("() => window.sentinel.map?.zoom() > 0.3")
    page.wait_for_timeout(500)
    size = "sentinel.map.zoom() * parseFloat(sentinel.map.nodes('[t=\"device\"]').style('font-size'))"
    assert page.evaluate(size) >= 11, "CSS pixels"
    box = page.evaluate("sentinel.map.nodes(':visible').renderedBoundingBox({includeLabels: true})")
    width = page.evaluate("document.querySelector('.map-canvas').clientWidth")
    assert box["x1"] >= 0 and box["x2"] <= width
    overlap = """() => { const all = sentinel.map.nodes('[t="device"], [t="peer"]').filter(':visible').toArray()
        .map((n) => n.renderedBoundingBox({ includeLabels: true, includeOverlays: false }));
        return all.some((a, i) => all.some((b, j) => j > i && a.x1 < b.x2 - 2 && b.x1 < a.x2 - 2 && a.y1 < b.y2 - 2 && b.y1 < a.y2 - 2)); }"""
    assert page.evaluate(overlap) is False


def test_tables_say_who_and_what_without_scrolling_sideways(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/dns", **PHONE)
    for path in ("/dns", "/traffic?view=packets", "/traffic?view=flows"):
        page.goto(site.url + path)
        page.wait_for_selector(".ag-row .two-lines")
        viewport = ".ag-center-cols-viewport"
        assert page.evaluate(f"document.querySelector('{viewport}').scrollWidth <= 360"), path
        first = page.locator(".ag-row .two-lines .first").first.inner_text()
        assert ("→" in first) if "traffic" in path else ("." in first), first
        assert page.locator(".ag-row .two-lines .second").first.inner_text()


@pytest.mark.parametrize("days", [2, 800])
@pytest.mark.parametrize("path", ["/alerts?range=all", "/dns?range=all", "/traffic?range=all"])
def test_times_of_other_days_and_years_are_whole(
    site: Site, new_page: Callable[..., Any], path: str, days: int
) -> None:
    """The viewer's clock is ahead, so that each row is of another day."""
    later = f"Date.now = ((real) => () => real() + {days} * 86400000)(Date.now.bind(Date));"
    ahead = f"""(() => {{ const Real = Date; window.Date = class extends Real {{
        constructor(...given) {{ given.length ? super(...given) : super(Real.now() + {days} * 86400000); }} }}; }})();"""
    cut = """() => [...document.querySelectorAll('.ag-center-cols-container .ag-cell.moment')]
        .filter((cell) => cell.scrollHeight > cell.clientHeight + 1 || cell.scrollWidth > cell.clientWidth + 1
            || [...cell.children].some((part) => part.scrollWidth > part.clientWidth + 1)).map((cell) => cell.textContent)"""
    for options in (PHONE, {}):
        page = new_page(site.url + "/health", **options)
        page.add_init_script(ahead + later)
        page.goto(site.url + path)
        page.wait_for_selector(".ag-center-cols-container .ag-cell.moment:has-text(':')")
        shown = page.locator(".ag-center-cols-container .ag-cell.moment").first.inner_text()
        assert (", 20" in shown) == (days > 300), shown
        assert page.evaluate(cut) == [], options


def test_devices_with_an_open_alert_are_marked(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/devices", **PHONE)
    page.wait_for_selector(".ag-row:has-text('ipcam-front') .phone-mark.critical >> visible=true")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.wait_for_selector(".phone-mark", state="hidden")


def test_tables_of_health_are_whole(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/health", **PHONE)
    page.wait_for_selector(".fold")
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    page.wait_for_selector(".rules")
    cut = """() => [...document.querySelectorAll('.panel .rows, .rules code')]
        .filter((part) => part.getBoundingClientRect().right > 361 || part.scrollWidth > part.clientWidth + 1 && part.clientWidth).length"""
    assert page.evaluate(cut) == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_titles_of_incidents_are_whole_at_1280(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/alerts")
    page.wait_for_selector(".ag-row:has-text('ipcam-front opened a Telnet session to 203.0.113.9')")
    cut = """() => [...document.querySelectorAll('.ag-row .wraps .ag-cell-value')]
        .filter((cell) => cell.scrollHeight > cell.clientHeight + 1 || cell.scrollWidth > cell.clientWidth + 1).length"""
    assert page.evaluate(cut) == 0


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles", "UTC"])
def test_chart_days_are_the_viewers(site: Site, new_page: Callable[..., Any], zone: str) -> None:
    page = new_page(site.url + "/charts?range=7d", timezone_id=zone, locale="en-GB")
    page.wait_for_selector(".recharts-xAxis .recharts-cartesian-axis-tick-value")
    labels = (
        page.locator(".recharts-xAxis")
        .first.locator(".recharts-cartesian-axis-tick-value")
        .all_text_contents()
    )
    today = page.evaluate(
        "new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' }).format(new Date())"
    )
    assert labels[-1] == today and len(set(labels)) == len(labels) >= 6
    assert all(":" not in label for label in labels)
