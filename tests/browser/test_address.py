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
