"""A browser logs in, by http and by https; the session of the latter never travels in clear."""

import threading
from pathlib import Path
from typing import Any

import pytest

from analysis.config import Config, Dashboard
from dashboard.app import create_app
from dashboard.security import hash_password
from dashboard.serve import listen
from tests.dashboard.filldb import small
from tests.dashboard.test_tls import make_pair

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_person_logs_in_and_pages_live(browser: Any, tmp_path: Path, scheme: str) -> None:
    """Chromium sends `Origin: null` with a form unless the page's referrer policy allows its own origin."""
    home = small(tmp_path / "home.db")
    board = Dashboard(password_hash=hash_password("right")).model_copy(update={"port": 0})
    if scheme == "https":
        make_pair(tmp_path)
        board = board.model_copy(update={"tls_certificate": "home.crt", "tls_key": "home.key"})
    config = Config(dashboard=board, base=str(tmp_path))
    server, port = listen(create_app(home.path, config), config)
    threading.Thread(target=server.run, daemon=True).start()
    context = browser.new_context(ignore_https_errors=True)
    page, wrong = context.new_page(), []
    page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
    page.goto(f"{scheme}://127.0.0.1:{port or server.effective_port}/alerts")
    page.fill("#password", "wrong")
    page.click("button")
    page.wait_for_selector("text=That is not the password.")
    assert [text for text in wrong if "401" not in text] == [] and len(wrong) == 1
    page.fill("#password", "right")
    page.click("button")
    page.wait_for_selector("h1:has-text('Alerts')")
    page.wait_for_selector("#watch:not(:empty)")
    cookies = [(c["secure"], c["httpOnly"], c["sameSite"]) for c in context.cookies() if c["name"] != "zone"]
    assert cookies == [(scheme == "https", True, "Strict")]
    assert len(wrong) == 1
    page.click("#logout")
    page.wait_for_selector("#password")
    page.goto(f"{scheme}://127.0.0.1:{port or server.effective_port}/devices")
    page.wait_for_selector("#password")
    context.close()
    server.close()
