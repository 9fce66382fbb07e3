"""Back, Forward and addresses that somebody was sent: the page is what the address says."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser
OPEN = ".details-title >> visible=true"
CLOSED = "() => !document.querySelector('.details-title')?.checkVisibility()"
FIRST = "ipcam-front opened a Telnet session to 203.0.113.9"


def shown_incidents(page: Any) -> int:
    return int(page.evaluate("sentinel.feed.api.getDisplayedRowCount()"))


def test_back_closes_an_incident_and_forward_opens_it_again(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/")
    page.click("#nav >> text=Alerts")
    page.wait_for_selector(".ag-row")
    page.evaluate("sentinel.feed.marked = true")
    page.click(f".ag-row >> text={FIRST}")
    page.wait_for_selector(OPEN)
    page.wait_for_function("() => location.search.includes('id=')")
    page.go_back()
    page.wait_for_function(CLOSED)
    assert page.url == site.url + "/alerts"
    assert page.evaluate("sentinel.feed.marked"), "the list stays as it was, it is not drawn anew"
    page.go_forward()
    page.wait_for_selector(OPEN)
    assert page.locator(".details-title").inner_text() == FIRST
    page.go_back()
    page.wait_for_function(CLOSED)
    page.go_back()
    page.wait_for_selector("h1:has-text('Overview')")


def test_closing_an_incident_leaves_nothing_behind_for_back(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/dns")
    page.click("#nav >> text=Alerts")
    page.click(f".ag-row >> text={FIRST}")
    page.wait_for_selector(OPEN)
    page.wait_for_function("() => location.search.includes('id=')")
    page.keyboard.press("Escape")
    page.wait_for_function(CLOSED)
    page.wait_for_function("() => location.search === ''")
    page.go_back()
    page.wait_for_selector("h1:has-text('DNS')")


def test_an_incident_by_its_address_closes_onto_the_list(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/alerts?severity=2")
    page.wait_for_selector(".ag-row")
    alert = site.home.db.execute("SELECT id FROM alerts WHERE title = ?", (FIRST,)).fetchone()[0]
    page.goto(f"{site.url}/alerts?severity=2&id={alert}")
    page.wait_for_selector(OPEN)
    page.click("button[aria-label=Close]")
    page.wait_for_function(CLOSED)
    page.wait_for_function("() => location.search === '?severity=2'")
    assert shown_incidents(page) == 1


def test_back_from_a_device_opens_the_incident_it_was_reached_from(
    site: Site, new_page: Callable[..., Any]
) -> None:
    page = new_page(site.url + "/alerts")
    page.click(f".ag-row >> text={FIRST}")
    page.wait_for_selector(OPEN)
    page.wait_for_function("() => location.search.includes('id=')")
    page.click(".details .plain-link")
    page.wait_for_selector("h1:has-text('ipcam-front')")
    page.go_back()
    page.wait_for_selector(OPEN)
    assert page.locator(".details-title").inner_text() == FIRST
    page.keyboard.press("Escape")
    page.wait_for_function(CLOSED)
    page.wait_for_function("() => location.pathname + location.search === '/alerts'")


def test_back_and_forward_redraw_the_charts(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/")
    page.click("#nav >> text=Charts")
    page.wait_for_selector("h2:has-text('4 devices')")
    assert page.url == site.url + "/charts"
    page.click("input[aria-label=Device]")
    page.click("[role=option] >> text=ipcam-front")
    page.wait_for_selector("h2:has-text('1 device')")
    page.click(".segments >> text=7 days")
    page.wait_for_url("**/charts?*range=7d*")
    page.wait_for_function("() => document.querySelectorAll('[data-week]').length === 1")
    page.go_back()
    page.wait_for_function("() => document.querySelector('.segments input:checked')?.value === '24h'")
    assert page.url.endswith("/charts?device=4")
    page.go_back()
    page.wait_for_selector("h2:has-text('4 devices')")
    assert page.url == site.url + "/charts"
    page.go_forward()
    page.wait_for_selector("h2:has-text('1 device')")
    page.wait_for_selector(".weeks h3:has-text('ipcam-front')")
    page.go_back()
    page.wait_for_selector("h2:has-text('4 devices')")
    page.go_back()
    page.wait_for_selector("h1:has-text('Overview')")


def test_the_chosen_device_of_the_map_stays_in_the_address(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/map?range=7d&view=map")
    page.wait_for_function("() => window.sentinel.map")
    page.evaluate("() => { sentinel.map.getElementById('d4').emit('tap'); }")
    page.wait_for_function("() => location.search.includes('device=4')")
    page.click("#map-chosen >> text=Open device")
    page.wait_for_selector("h1:has-text('ipcam-front')")
    page.go_back()
    page.wait_for_selector("#map-chosen h2:has-text('ipcam-front')")
    assert "range=7d" in page.url
