"""What a person asks, answered from the screens alone, each within three clicks of the first page."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Site
from tests.dashboard.filldb import RULES

pytestmark = pytest.mark.browser


def test_is_my_home_fine_and_what_should_i_do(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/")
    verdict = page.locator(".verdict").inner_text()
    assert "1 critical incident needs you: ipcam-front opened a Telnet session to 203.0.113.9." in verdict
    assert "Turn Telnet off" in verdict


def test_which_device_since_when_and_what_did_it_do(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/")
    page.click("text=Show me")
    page.wait_for_selector(".details-title")
    said = page.locator(".details > p.muted").first
    assert said.locator("a").inner_text() == "ipcam-front"
    assert " · first " in said.inner_text() and "ago" in said.inner_text()
    for heading in ("Why it matters", "What to do", "Evidence"):
        assert page.locator(f".details h3:has-text('{heading}')").count() == 1


def test_is_sentinel_seeing_everything(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/")
    honest = page.locator(".honesty").inner_text()
    assert "packets seen" in honest and "lost" in honest and "1 finding about Sentinel itself" in honest
    page.click(".honesty >> text=What Sentinel sees and misses")
    page.wait_for_selector("text=Only this computer's own traffic is visible on eth0")
    assert page.locator("text=Use a mirror port of your router").count() == 1
    page.click("#nav >> text=DNS")
    page.wait_for_selector("h1:has-text('DNS')")
    page.click("#watch")
    page.wait_for_selector("h1:has-text('Health')")


def test_what_is_this_new_device(site: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(site.url + "/")
    page.click("text=devices new to you")
    page.click(".ag-row:has-text('ipcam-front') [col-id=kind]")
    page.wait_for_selector("h1:has-text('ipcam-front')")
    lead = page.locator(".lead").inner_text()
    assert "camera" in lead and "Hikvision" in lead
    page.click("#device-trust >> text=Smart device")
    page.click("#device-save")
    page.wait_for_selector(".facts .trust-iot")
    page.click("#nav >> text=Overview")
    page.wait_for_selector(".tile:has-text('devices new to you') b:text-is('1')")


def test_stop_telling_me_about_this_one_thing(site: Site, new_page: Callable[..., Any]) -> None:
    title = "Only a backup"
    alert = site.home.alert(2, RULES[2], "backup.example", time.time(), title=title)
    page = new_page(site.url + "/alerts")
    page.click(f".ag-row >> text={title}")
    page.click("text=This is expected, stop telling me…")
    page.click("text=thinkpad-t14 with backup.example")
    page.click("#alert-expect")
    page.wait_for_selector(".details .state-expected")
    page.go_back()
    page.wait_for_function(
        "(title) => ![...document.querySelectorAll('.ag-row')].some((row) => row.textContent.includes(title))",
        arg=title,
    )
    state = site.home.db.execute("SELECT rule, device, peer, port FROM expectations").fetchall()
    assert state == [("suspicious-port", 2, "backup.example", 3389)] and alert
