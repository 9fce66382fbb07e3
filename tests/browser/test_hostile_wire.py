"""Forty hostile strings in every field of the wire, through the real engine, on every page: text, only."""

import csv
import io
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.config import Blocklists, BlocklistSource, Config
from analysis.text import clean
from sensors.replay import replay
from tests.browser.conftest import Site
from tests.browser.hostile_wire import BLOCKED, HOSTILE, write_capture
from tests.browser.test_hostile import harmless
from tests.dashboard.filldb import Home

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

FIELDS = {
    "SELECT name FROM device_names WHERE source = 'dhcp'": 40,
    "SELECT name FROM device_names WHERE source = 'dhcpv6'": 40,
    "SELECT name FROM device_names WHERE source = 'mdns'": 35,
    "SELECT name FROM device_names WHERE source = 'mdns-model'": 40,
    "SELECT name FROM device_names WHERE source = 'nbns'": 20,
    "SELECT name FROM device_names WHERE source = 'ssdp-server'": 35,
    "SELECT vendor_class FROM devices": 40, "SELECT name FROM devices": 40,
    "SELECT name FROM dns WHERE transport = 'llmnr'": 40, "SELECT name FROM dns WHERE transport = 'udp'": 80,
    "SELECT answers FROM dns": 40, "SELECT sni FROM tls": 40, "SELECT peer FROM flows": 40,
    "SELECT host FROM http": 20, "SELECT path FROM http": 20, "SELECT user_agent FROM http": 20,
    "SELECT title FROM alerts": 300, "SELECT evidence FROM alerts WHERE rule = 'bad-certificate'": 35,
    "SELECT evidence FROM alerts WHERE rule = 'blocklisted-name'": 35,
}  # fmt: skip
"""Fields of the wire as they are stored, and how many different hostile texts must have arrived in each;
some parsers rightly refuse a few, such as a Host header with spaces."""
EXPORTS = [
    f"{feed}.{kind}" for feed in ("alerts", "devices", "dns", "flows", "packets") for kind in ("csv", "json")
]
MARKUP = (
    "[onerror], [onload], [onfocus], [ontoggle], [autofocus], #content base, #content style, #content math"
)
HIDDEN = {"\u202e", "\u2066", "\u200b", "\ufeff", "\x1b", "\x07", "\x00", "\u00ad", "\U000e0041"}


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory, served: Callable[[Path], str]) -> Site:
    """The database that a replayed capture fills, served."""
    folder = tmp_path_factory.mktemp("wire")
    write_capture(folder / "hostile.pcap")
    (folder / "own.txt").write_text(BLOCKED + "\n")
    lists = (BlocklistSource(name="Own list", file="own.txt"),)
    config = Config(
        home=("192.168.77.0/24",), learning_hours=0, blocklists=Blocklists(lists=lists), base=str(folder)
    )
    totals = replay([folder / "hostile.pcap"], config, folder / "wire.db")
    assert totals.packets > 4000 and not totals.undecoded
    return Site(served(folder / "wire.db"), Home(folder / "wire.db"))


def column(site: Site, question: str) -> set[str]:
    return {str(row[0]) for row in site.home.db.execute(question) if row[0] is not None}


@pytest.mark.parametrize("question", FIELDS)
def test_the_wire_fills_the_field_and_nothing_hidden_gets_in(attacked: Site, question: str) -> None:
    found = column(attacked, question)
    assert len(found) >= FIELDS[question]
    assert [text for text in found if HIDDEN & set(text) or not text.isprintable()] == []


def quiet(page: Any) -> None:
    """Nothing of what came from the wire became anything but text."""
    harmless(page)
    assert page.locator(MARKUP).count() == 0
    shown = page.evaluate("document.body.innerText")
    assert not HIDDEN & set(shown)


def go(page: Any, where: str, ready: str = "#content h1") -> None:
    """Move within the app, as its own links do."""
    page.evaluate("document.querySelector('#content h1')?.remove()")
    page.evaluate("(where) => sentinel.go(where)", where)
    page.wait_for_selector(ready)


PAGES = {
    "/": ".tiles", "/map": ".map-box canvas", "/map?view=list": ".map-list tbody tr", "/alerts?state=all": ".ag-row",
    "/devices": ".ag-row", "/dns": ".ag-row", "/traffic?view=packets": ".ag-row", "/traffic?view=flows": ".ag-row",
    "/charts?range=24h": ".recharts-rectangle", "/health": ".facts",
}  # fmt: skip


@pytest.mark.parametrize("shape", ["wide", "phone"])
def test_every_page_shows_only_text(attacked: Site, new_page: Callable[..., Any], shape: str) -> None:
    view = {"width": 1280, "height": 800} if shape == "wide" else {"width": 360, "height": 740}
    page = new_page(attacked.url + "/", viewport=view)
    for path, ready in PAGES.items():
        page.goto(attacked.url + path)
        page.wait_for_selector(ready, state="attached")
        page.wait_for_timeout(300)
        quiet(page)
        for hovered in (".ag-row .ag-cell >> nth=3", ".recharts-rectangle >> nth=0", ".week .heat >> nth=-1"):
            if page.locator(hovered).count() and page.locator(hovered).is_visible():
                page.hover(hovered, force=True)
                page.wait_for_timeout(600)
                quiet(page)


def test_every_device_is_called_what_it_says(attacked: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(attacked.url + "/devices")
    rows = attacked.home.db.execute("SELECT id, name FROM devices WHERE name IS NOT NULL").fetchall()
    for device, name in rows:
        go(page, f"/devices/{device}")
        assert page.locator("#content h1").text_content() == name
        quiet(page)
    # Each is the string that was sent, in its visible form (names are cut and trimmed by their protocols).
    sent = {clean(text).strip()[:20] for text in HOSTILE}
    assert len(sent & {name.strip()[:20] for _, name in rows}) >= 36


def test_every_kind_of_incident_and_row_opens_as_text(attacked: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(attacked.url + "/alerts?state=all")
    alerts = attacked.home.db.execute(
        "SELECT id, title FROM alerts WHERE rule IN ('blocklisted-name', 'bad-certificate')"
    ).fetchall()
    assert len(alerts) >= 75
    for alert, title in alerts:
        page.evaluate("(id) => dash_clientside.set_props('alert-chosen', { data: id })", alert)
        page.wait_for_function(
            "(title) => document.querySelector('.details-title')?.textContent === title", arg=title
        )
        quiet(page)
    for path, table in (("/dns", "dns"), ("/traffic?view=flows", "flows")):
        page.goto(attacked.url + path)
        page.wait_for_selector(".ag-row")
        for (row,) in attacked.home.db.execute(
            f"SELECT id FROM {table} GROUP BY device ORDER BY id"
        ).fetchall():
            page.evaluate("(id) => dash_clientside.set_props('row-chosen', { data: id })", row)
            page.wait_for_selector(".details-title")
            quiet(page)


def test_the_map_explains_in_text(attacked: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(attacked.url + "/map?view=map")
    page.wait_for_function("() => window.sentinel.map")
    names = page.evaluate('sentinel.map.nodes(\'[t="device"], [t="peer"]\').map((node) => node.id())')
    assert len(names) > 50
    for node in names:
        page.evaluate("(id) => { sentinel.map.getElementById(id).emit('tap'); }", node)
        full = page.evaluate("(id) => sentinel.map.getElementById(id).data('full')", node)
        assert page.locator("#map-chosen h2").text_content() == full
    quiet(page)


def fetch(site: Site, path: str) -> str:
    with urllib.request.urlopen(site.url + "/api/v1/export/" + path, timeout=30) as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        return str(answer.read().decode("utf-8-sig"))


@pytest.mark.parametrize("path", EXPORTS)
def test_exports_compute_nothing_and_hide_nothing(attacked: Site, path: str) -> None:
    given = {"alerts": "?range=all&state=all", "devices": ""}
    text = fetch(attacked, path + given.get(path.partition(".")[0], "?range=all"))
    assert not HIDDEN & set(text)
    if path.endswith("json"):
        assert len(json.loads(text)["rows"]) >= 40
        return
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) > 40 and {len(row) for row in rows} == {len(rows[0])}
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if cell[:1] in "=+@\t\r" and cell] == []
    assert [cell for cell in cells if cell.startswith("-") and not cell[1:].replace(".", "").isdigit()] == []


def test_an_incident_as_a_file_is_text(attacked: Site) -> None:
    for (alert,) in attacked.home.db.execute("SELECT id FROM alerts WHERE rule = 'blocklisted-name'"):
        for kind in ("txt", "json"):
            assert not HIDDEN & set(fetch(attacked, f"alerts/{alert}.{kind}"))
