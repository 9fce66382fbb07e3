"""Whatever stands in a field from the network, pages show it as text."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Site
from tests.dashboard.filldb import RULES, small

pytestmark = pytest.mark.browser

HOSTILE = [
    "<img src=x onerror=window.hurt=1>",
    "\"><script>window.hurt=1</script>",
    "<svg/onload=window.hurt=1>",
    "javascript:window.hurt=1",
    "[click](javascript:window.hurt=1)",
    "![x](http://192.0.2.99/x.png)",
    "{{constructor.constructor('window.hurt=1')()}}",
    "\u202egnp.exe\u2066",
    "a\x00b\x1b[31m\x07",
    "<a href=http://192.0.2.99/>evil</a>",
    "'-window.hurt=1-'",
    "W" * 255,
    "=HYPERLINK(\"http://192.0.2.99\",\"x\")",
    "</title></script><iframe src=http://192.0.2.99>",
]  # fmt: skip


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, served: Callable[[Path], str]) -> Site:
    """A home where every text field of the wire holds something hostile, raw, as if `clean` had failed."""
    home = small(tmp_path_factory.mktemp("hostile") / "home.db")
    db = home.db
    db.execute("UPDATE sensors SET heartbeat = heartbeat + 100000, label = ?", (HOSTILE[0],))
    for n, text in enumerate(HOSTILE):
        device = n % 6 + 1
        home.lookup(device, text, home.now, blocked_by=text)
        home.packet(text, text, home.now, proto=text)
        alert = home.alert(device, RULES[n % 4], text, home.now - n, title=text)
        evidence = json.dumps({text: text, "list": [text, text]})
        db.execute(
            "UPDATE alerts SET why = ?1, advice = ?1, evidence = ?2, device_name = ?1, peer_ip = ?1, rule = ?1, proto = ?1 WHERE id = ?3",
            (text, evidence, alert),
        )
        db.execute(
            "INSERT OR IGNORE INTO edge_hour VALUES (?, ?, ?, 443, 'tcp', 1, 9999999999, 1)",
            (int(home.now // 3600), device, text),
        )
        db.execute("INSERT OR IGNORE INTO device_names VALUES (?, ?, ?, 0, 0)", (device, text, text))
        db.execute("INSERT OR IGNORE INTO device_addresses VALUES (?, ?, 0, 0)", (device, text))
        db.execute(
            "INSERT OR IGNORE INTO baseline VALUES (?, ?, 1, ?, ?, 0, 0, 9e9)", (device, text, text, text)
        )
        db.execute(
            "INSERT OR IGNORE INTO health VALUES (?, ?, 'alarm', ?, ?, 0, 0)", (text, text, text, text)
        )
    for n in range(1, 7):
        text = HOSTILE[n]
        db.execute(
            "UPDATE devices SET name = ?1, vendor = ?1, kind = ?1, os = ?1, vendor_class = ?1 WHERE id = ?2",
            (text, n),
        )
    db.execute("UPDATE device_notes SET name = ?", (HOSTILE[0],))
    db.execute("UPDATE flows SET peer = ?1, service = ?1, state = ?1 WHERE id > 700", (HOSTILE[1],))
    db.execute("UPDATE sensors SET counters = ?", (json.dumps({HOSTILE[0]: {HOSTILE[1]: 5}}),))
    return Site(served(home.path), home)


PAGES = [
    "/",
    "/map?device=1",
    "/map?view=list",
    "/alerts",
    "/devices",
    "/devices/1",
    "/devices/3",
    "/dns",
    "/traffic?view=packets",
    "/traffic?view=flows",
    "/charts",
    "/health",
]


def test_hostile_text_is_only_text(hostile: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(hostile.url + "/")
    for path in PAGES:
        page.goto(hostile.url + path)
        page.wait_for_selector("#content h1")
        page.wait_for_timeout(800)
        harmless(page)
        assert page.locator("#content").inner_text().strip(), path


def test_hostile_incident_in_full(hostile: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(hostile.url + "/health")
    for text in (HOSTILE[0], HOSTILE[1], HOSTILE[3], HOSTILE[11]):
        alert = hostile.home.db.execute("SELECT id FROM alerts WHERE title = ?", (text,)).fetchone()[0]
        page.goto(f"{hostile.url}/alerts?id={alert}")
        page.wait_for_selector(".details-title")
        # The stored title is the device's name of then, in whose place stands its name of now: hostile, too.
        assert page.locator(".details-title").inner_text() in HOSTILE
        harmless(page)


def harmless(page: Any) -> None:
    assert page.evaluate("window.hurt") is None
    assert page.locator("iframe").count() == 0
    assert page.locator("#content img, .details img").count() == 0
    links = page.eval_on_selector_all("a[href]", "all => all.map((a) => a.href)")
    assert [link for link in links if not link.startswith("http://127.0.0.1:")] == []


def test_a_hostile_name_shows_letter_by_letter(hostile: Site, new_page: Callable[..., Any]) -> None:
    page = new_page(hostile.url + "/dns?q=onerror")
    page.wait_for_selector(".ag-row")
    assert page.locator(".ag-row [col-id=name]").first.inner_text() == HOSTILE[0]
