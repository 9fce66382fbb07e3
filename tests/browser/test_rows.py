"""A row of DNS and Live Traffic in full, and what a person does about it."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from analysis.blocklist import Blocklist
from analysis.config import Blocklists, BlocklistSource, Config, Dashboard
from dashboard.app import create_app
from dashboard.serve import listen
from tests.dashboard.filldb import RULES, Home, small

pytestmark = pytest.mark.browser
CLOSED = "() => !document.querySelector('.details-title')?.checkVisibility()"


class Listed(NamedTuple):
    """A served home with a list of its own."""

    url: str
    home: Home
    config: Config

    @property
    def file(self) -> Path:
        return Path(self.config.base) / "own.txt"


@pytest.fixture
def listed(tmp_path: Path) -> Iterator[Listed]:
    home = small(tmp_path / "home.db")
    home.db.execute("UPDATE sensors SET heartbeat = heartbeat + 100000")
    (tmp_path / "own.txt").write_text("# mine\n")
    config = Config(
        dashboard=Dashboard().model_copy(update={"port": 0}),
        blocklists=Blocklists(lists=(BlocklistSource(name="Own list", file="own.txt"),)),
        base=str(tmp_path),
    )
    server, _ = listen(create_app(home.path, config), config)
    threading.Thread(target=server.run, daemon=True).start()
    yield Listed(f"http://127.0.0.1:{server.effective_port}", home, config)
    server.close()


def test_a_name_goes_on_the_list_and_off_again(listed: Listed, new_page: Callable[..., Any]) -> None:
    listed.home.lookup(4, "www.evil.example.org", time.time() + 1)
    page = new_page(listed.url + "/dns?q=evil")
    page.click(".ag-row [col-id=name]")
    page.wait_for_selector(".details-title:has-text('www.evil.example.org')")
    assert page.locator(".details .facts dd").first.inner_text() == "ipcam-front"
    page.click("button:has-text('Put all of example.org on my list')")
    page.wait_for_selector("text=example.org is on your list.")
    assert listed.file.read_text() == "# mine\nexample.org\n"
    found = Blocklist.open(listed.config).match_name("www.evil.example.org")
    assert found is not None and found.list == "Own list"
    page.click("button:has-text('Take example.org off my list')")
    page.wait_for_selector("text=example.org is no longer on your list.")
    assert listed.file.read_text() == "# mine\n"


def test_an_incident_is_expected_from_its_conversation_and_taken_back(
    listed: Listed, new_page: Callable[..., Any]
) -> None:
    db, now = listed.home.db, time.time()
    flow = db.execute("SELECT MAX(id) FROM flows").fetchone()[0]
    db.execute("UPDATE flows SET peer = 'cam-cloud.example', device = 4 WHERE id = ?", (flow,))
    alert = listed.home.alert(4, RULES[3], "cam-cloud.example", now, title="Talks to the cam cloud")
    page = new_page(f"{listed.url}/traffic?view=flows&row={flow}")
    page.wait_for_selector(".details a:has-text('Talks to the cam cloud')")
    page.click("button:has-text('Mark as expected')")
    page.wait_for_selector(".said:has-text('Expected for 30 days: ipcam-front with cam-cloud.example')")
    assert db.execute("SELECT rule, device, peer FROM expectations").fetchall() == [
        ("port-scan", 4, "cam-cloud.example")
    ]
    page.click("button:has-text('No longer expect it')")
    page.wait_for_selector(".said:has-text('No longer expected.')")
    assert db.execute("SELECT COUNT(*) FROM expectations").fetchone() == (0,)
    page.click(".details a:has-text('Talks to the cam cloud')")
    page.wait_for_url(f"**/alerts?id={alert}")
    page.wait_for_selector(".details h3:has-text('Why it matters')")


def test_a_packet_tells_all_on_a_phone_and_back_closes_it(
    listed: Listed, new_page: Callable[..., Any]
) -> None:
    page = new_page(
        listed.url + "/traffic?view=packets", viewport={"width": 360, "height": 740}, has_touch=True
    )
    page.click(".ag-row >> nth=2")
    page.wait_for_selector(".details .facts >> visible=true")
    told = page.locator(".details .facts").inner_text()
    assert all(name in told for name in ("From port", "To port", "Length", "Protocol"))
    page.wait_for_function("() => location.search.includes('row=')")
    page.go_back()
    page.wait_for_function(CLOSED)
    assert page.url == listed.url + "/traffic?view=packets"


def test_what_cannot_stand_on_a_list_is_told(listed: Listed, new_page: Callable[..., Any]) -> None:
    listed.home.lookup(4, "printer.lan", time.time() + 1)
    page = new_page(listed.url + "/dns?q=printer")
    page.click(".ag-row [col-id=name]")
    page.click("button:has-text('Put printer.lan on my list')")
    page.wait_for_selector(".said:has-text('cannot stand on the list')")
    assert listed.file.read_text() == "# mine\n"


def test_a_row_that_is_gone_says_so(listed: Listed, new_page: Callable[..., Any]) -> None:
    page = new_page(listed.url + "/dns?row=99999999")
    page.wait_for_selector("text=This row is no longer kept")
