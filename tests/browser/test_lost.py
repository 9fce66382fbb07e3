"""What happens to a page while the server or the database does not answer, and when they do again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Site
from tests.dashboard.filldb import small

pytestmark = pytest.mark.browser


@pytest.fixture
def page(site: Site, browser: Any) -> Any:
    """A page of the site that may complain of a lost connection."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_a_page_that_did_not_come_is_opened_when_the_connection_is_back(site: Site, page: Any) -> None:
    page.goto(site.url + "/")
    page.wait_for_selector("#watch.live")
    page.context.set_offline(True)
    page.click("#nav >> text=Devices")
    page.wait_for_selector("#watch.lost")
    page.context.set_offline(False)
    page.wait_for_selector("#content h1:has-text('Devices')")
    assert page.url.endswith("/devices")


def test_a_button_says_that_nothing_answered(site: Site, page: Any) -> None:
    page.goto(site.url + "/devices/5")
    page.wait_for_selector("#watch.live")
    page.click("#device-save")
    page.wait_for_selector("#device-said:has-text('Nothing was changed.')")
    for broken in (lambda route: route.abort(), lambda route: route.fulfill(status=500)):
        page.route("**/_dash-update-component*", broken)
        page.click("#device-save")
        page.wait_for_selector("#device-save + .unanswered")
        assert page.locator("#device-said").is_hidden(), "what was saved before is not said of this"
        page.click("#device-reset")
        page.wait_for_selector("#device-reset + .unanswered")
        page.unroute("**/_dash-update-component*")
    page.fill("#device-name", "Kettle")
    page.click("#device-save")
    page.wait_for_selector("h1:has-text('Kettle')")
    page.wait_for_selector("#device-said:has-text('Saved.')")
    assert page.locator("#device-save + .unanswered").count() == 0


@pytest.mark.parametrize("state", ["stopped", "no rights"])
def test_a_page_without_a_database_fills_whatever_the_state_of_the_sensor(
    tmp_path: Path, served: Callable[[Path], str], page: Any, state: str
) -> None:
    page.goto(served(tmp_path / "home.db") + "/alerts")
    page.wait_for_selector("text=this page fills by itself")
    home = small(tmp_path / "away.db")
    home.db.execute("UPDATE sensors SET state = ?", (state,))
    home.db.execute("VACUUM INTO ?", (str(tmp_path / "home.db"),))
    page.wait_for_selector(".ag-row", timeout=15_000)


def test_a_page_of_a_database_that_was_replaced_is_opened_anew(
    tmp_path: Path, served: Callable[[Path], str], page: Any
) -> None:
    small(tmp_path / "home.db")
    other = small(tmp_path / "away.db")
    other.db.execute("UPDATE devices SET name = 'Another one' WHERE id = 4")
    other.db.execute("VACUUM INTO ?", (str(tmp_path / "other.db"),))
    page.goto(served(tmp_path / "home.db") + "/devices/4")
    page.wait_for_selector("#content h1:has-text('ipcam-front')")
    page.wait_for_timeout(3000)
    for beside in ("home.db-wal", "home.db-shm"):
        (tmp_path / beside).unlink()
    (tmp_path / "other.db").rename(tmp_path / "home.db")
    page.wait_for_selector("#content h1:has-text('Another one')")
