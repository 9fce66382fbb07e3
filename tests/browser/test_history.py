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


def test_each_choice_of_a_filter_is_a_place_that_back_returns_to(
    site: Site, new_page: Callable[..., Any]
) -> None:
    page = new_page(site.url + "/")
    page.click("#nav >> text=Alerts")
    page.wait_for_selector(".ag-row")
    every = shown_incidents(page)
    page.click(".segments >> text=Critical")
    page.wait_for_url("**/alerts?severity=2")
    page.wait_for_function("() => sentinel.feed.api.getDisplayedRowCount() === 1")
    page.click("input[aria-label=Device]")
    page.click("[role=option] >> text=thinkpad-t14")
    page.wait_for_url("**/alerts?severity=2&device=2")
    page.wait_for_function("() => sentinel.feed.api.getDisplayedRowCount() === 0")
    page.go_back()
    page.wait_for_function("() => sentinel.feed.api.getDisplayedRowCount() === 1")
    assert page.url == site.url + "/alerts?severity=2"
    assert page.input_value("input[aria-label=Device]") == "Every device"
    page.go_back()
    page.wait_for_function(f"() => sentinel.feed.api.getDisplayedRowCount() === {every}")
    assert page.url == site.url + "/alerts"
    assert page.locator(".segments input:checked").get_attribute("value") == "all"
    page.go_forward()
    page.wait_for_function("() => sentinel.feed.api.getDisplayedRowCount() === 1")
    page.fill("input[type=search]", "telnet ipcam")
    page.wait_for_function("() => location.search.includes('q=telnet')")
    page.go_back()
    page.wait_for_function(
        "() => location.search === '' && document.querySelector('input[type=search]').value === ''"
    )
    page.go_back()
    page.wait_for_selector("h1:has-text('Overview')")


def test_a_device_or_incident_that_is_gone_is_said_and_shows_nothing_else(
    site: Site, new_page: Callable[..., Any]
) -> None:
    page = new_page(site.url + "/alerts?device=99999")
    page.wait_for_selector("text=That device is no longer here")
    page.wait_for_selector(".feed-status:has-text('No incidents with these filters.')")
    assert shown_incidents(page) == 0
    assert page.url.endswith("/alerts?device=99999")
    assert page.locator("text=No Rows To Show").count() == 0
    page.click("input[aria-label=Device]")
    page.click("[role=option] >> text=ipcam-front")
    page.wait_for_selector(".ag-row")
    assert not page.is_visible("text=That device is no longer here")
    page.go_back()
    page.wait_for_selector("text=That device is no longer here >> visible=true")
    for odd in ("abc", "-1", "0", "99999"):
        page.goto(f"{site.url}/alerts?id={odd}")
        page.wait_for_selector("[role=dialog] >> text=There is no such incident")
        page.click("button[aria-label=Close]")
        page.wait_for_function("() => location.search === ''")


def test_one_incident_expected_alone_has_no_period_and_says_what_it_is(
    site: Site, new_page: Callable[..., Any]
) -> None:
    page = new_page(site.url + "/alerts?id=1")
    page.click(".expect summary")
    page.wait_for_selector("text=Only this one incident")
    assert not page.is_visible(".expect-lasts")
    page.click("label:has-text('whatever the other side')")
    page.wait_for_selector(".expect-lasts", state="visible")
    page.click("label:has-text('Only this one incident')")
    page.click("#alert-expect")
    page.wait_for_selector(".covered:has-text('You expect this one incident only')")
    assert not page.is_visible("#alert-undo")
    page.click("#alert-reopen")
    page.wait_for_selector(".details .state-open")


@pytest.mark.parametrize(
    "where", ["/alerts", "/dns", "/traffic?view=packets", "/traffic?view=flows", "/map", "/charts"]
)
def test_a_device_that_no_address_means_is_said_quietly(
    site: Site, new_page: Callable[..., Any], where: str
) -> None:
    page = new_page(f"{site.url}{where}{'&' if '?' in where else '?'}device=x")
    page.wait_for_selector("text=That device is no longer here")
    if where not in ("/map", "/charts"):
        page.wait_for_selector(".feed-status:has-text('with these filters.')")
        assert shown_incidents(page) == 0
