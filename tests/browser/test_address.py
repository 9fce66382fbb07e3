"""Addresses that ask for what no filter has, and the words that the filters and rows share."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser


def test_an_unknown_value_in_the_address_is_said_and_the_usual_shown(
    site: Site, new_page: Callable[..., Any]
) -> None:
    page = new_page(site.url + "/alerts?severity=zz&range=1000y&state=all")
    page.wait_for_selector("[data-unknown]:has-text('range “1000y”, severity “zz”')")
    page.wait_for_function("() => location.search === '?state=all'")
    page.wait_for_selector(".ag-row")
    page.click(".segments >> text=Critical")
    page.wait_for_selector("[data-unknown]", state="hidden")
    page.wait_for_function("() => location.search === '?state=all&severity=2'")
    for path in (
        "/dns?blocked=x", "/traffic?proto=x", "/devices?trust=x", "/charts?range=x", "/map?range=x",
    ):  # fmt: skip
        page.goto(site.url + path)
        page.wait_for_selector("[data-unknown]:has-text('“x”')", state="attached")
        page.wait_for_function("() => location.search === ''")
        page.goto(site.url + path.partition("?")[0])
        page.wait_for_selector("#content h1")
        assert page.locator("[data-unknown]").count() == 0, path


def test_a_device_is_called_new_to_you_by_filter_and_row(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/devices?trust=new")
    page.wait_for_selector(".ag-row:has-text('ipcam-front') .chip:has-text('New to you')")
    assert page.locator(".ag-row .chip:has-text('Unknown')").count() == 0
    page.goto(site.url + "/devices/4")
    page.wait_for_selector("text=in at most 60 letters")
    button = page.locator("#device-reset .mantine-Button-label")
    assert button.evaluate("(label) => label.scrollWidth <= label.clientWidth"), "Learn anew is whole"


def test_of_a_filter_given_twice_the_first_counts(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/alerts?state=all&state=open&severity=2&severity=1&id=16&id=1&foo=1")
    page.wait_for_selector(".details-title")
    page.wait_for_function("() => location.search.startsWith('?state=all&severity=2&id=16')")
    assert page.evaluate("String(sentinel.feed.filters)") == "state=all&range=30d&severity=2&foo=1"
    link = page.locator(".export").first.get_attribute("href")
    assert link == "/api/v1/export/alerts.csv?state=all&range=30d&severity=2", "what no filter has stays out"


def test_devices_that_no_filter_lets_through_are_told_in_words(
    site: Site, new_page: Callable[..., Any]
) -> None:
    page = new_page(site.url + "/devices?q=ipcam")
    page.wait_for_selector(".feed-status:has-text('1 device')")
    page.fill("#content input[type=search]", "zzzz")
    page.wait_for_selector(".feed-status:has-text('No devices with these filters.')")
    assert page.locator("text=No Matching Rows").count() == 0


def test_the_next_tab_after_a_decision_stays_with_the_incident(
    site: Site, new_page: Callable[..., Any]
) -> None:
    page = new_page(site.url + "/alerts?state=all&id=16")
    for button, state in (("acknowledge", "acknowledged"), ("reopen", "open")):
        page.locator(f"#alert-{button}").press("Enter")
        page.wait_for_selector(f".details .state-{state}")
        page.wait_for_function("() => document.activeElement.className === 'decision'")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('.decision') !== null")
