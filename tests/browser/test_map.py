"""The map by keyboard, what it tells of a device, and long names on a phone."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser
READY = "() => window.sentinel.map && document.querySelector('.map-choose option')"
WIDE = "WWWW-MMMM-WWWW-MMMM-WWWW-MMMM"


def test_a_name_typed_slowly_and_entered_chooses_that_device(
    site: Site, new_page: Callable[..., Any], eventually: Callable[..., None]
) -> None:
    page = new_page(site.url + "/map?view=map")
    page.wait_for_function(READY)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    chooser = page.locator(".map-choose select")
    eventually(
        lambda: chooser.evaluate("(list) => list === document.activeElement"), what="two Tabs reach it"
    )
    page.keyboard.type("liv", delay=1200)
    page.keyboard.press("Enter")
    page.wait_for_selector("#map-chosen h2:has-text('Living room TV')")
    page.wait_for_function("() => location.search.includes('device=3')")
    page.keyboard.press("Escape")
    page.keyboard.type("plug")
    page.wait_for_selector("#map-chosen h2:has-text('Kettle plug')")
    page.keyboard.press("ArrowUp")
    page.wait_for_function("() => !document.querySelector('#map-chosen h2').textContent.includes('Kettle')")


def test_the_panel_names_a_device_that_reached_this_one(site: Site, new_page: Callable[..., Any]) -> None:
    hour = int(time.time() // 3600)
    site.home.db.execute(
        "INSERT INTO edge_hour VALUES (?, 2, 'device:4', 23, 'tcp', 1, 700000000000, 0)", (hour,)
    )
    page = new_page(site.url + "/map?view=map&device=4")
    page.wait_for_selector("#map-chosen li:has-text('thinkpad-t14')")
    page.wait_for_selector("#map-chosen p:has-text('1 device at home')")
    shown = page.locator("#map-chosen li").count()
    told = page.locator("#map-chosen p.muted").first.inner_text()
    total = int(told.split()[0]) + 1
    rest = page.locator("#map-chosen p:has-text('more')")
    assert (rest.inner_text() == f"and {total - shown} more") if total > shown else rest.count() == 0


def test_a_long_name_on_a_phone_ends_within_the_canvas(site: Site, new_page: Callable[..., Any]) -> None:
    site.home.device(40, WIDE, "Lenovo", "computer")
    page = new_page(site.url + "/map?view=map", viewport={"width": 360, "height": 740}, has_touch=True)
    page.wait_for_function(READY)
    label = f"sentinel.map.nodes().filter((n) => n.data('full') === '{WIDE}')[0].data('label')"
    assert page.evaluate(label).endswith("…")
    box = page.evaluate("sentinel.map.nodes(':visible').renderedBoundingBox({includeLabels: true})")
    assert box["x1"] >= 0 and box["x2"] <= page.evaluate("document.querySelector('.map-canvas').clientWidth")
    assert page.evaluate("sentinel.map.$('[label=\"thinkpad-t14\"]').length") == 1, "short ones stay whole"


def test_the_chooser_says_what_it_chooses(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/map?view=map")
    page.wait_for_function(READY)
    assert page.locator(".map-choose label").is_visible()
    page.get_by_label("Show the links of").select_option(label="ipcam-front, critical alert")
    page.wait_for_selector("#map-chosen h2:has-text('ipcam-front')")
