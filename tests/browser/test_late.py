"""Libraries that a page left out run when a page that draws with them is opened from it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser


def test_table_and_map_from_a_page_without_them(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/")
    page.wait_for_selector(".incidents li")
    page.click("#nav >> text=DNS")
    page.wait_for_selector(".ag-row")
    page.click("#nav >> text=Network map")
    page.wait_for_function("() => window.sentinel?.map?.nodes().length > 0")
    page.click("#nav >> text=Alerts")
    page.wait_for_selector(".ag-row")
    page.click(".ag-row >> text=ipcam-front opened a Telnet session")
    page.wait_for_function("() => location.search.includes('id=')")


def test_a_table_that_came_late_is_not_drawn_anew(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/")
    page.wait_for_selector(".incidents li")
    page.click("#nav >> text=DNS")
    page.wait_for_selector(".ag-row")
    page.evaluate("() => { document.querySelector('.ag-root').dataset.mark = 'same'; }")
    page.evaluate("() => window.dash_clientside.set_props('dns-grid', { className: 'grid other' })")
    page.wait_for_selector(".grid.other")
    assert page.locator(".ag-root[data-mark='same']").count() == 1
    assert page.locator(".ag-row").count() > 0


def test_late_libraries_are_fetched_once_the_page_stands(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/")
    page.wait_for_selector("link[data-late][rel=prefetch]", state="attached")
    assert page.locator("link[data-late]").count() == 2
