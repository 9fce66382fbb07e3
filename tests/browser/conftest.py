"""The pages in Chromium: one browser for all tests, one context a test; a test fails on any console
message and on any request that leaves the machine."""

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from waitress import create_server

from analysis.config import Config
from dashboard.app import create_app
from tests.browser.worlds import WORLDS, World
from tests.dashboard.filldb import Home, small

pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install -r requirements-dev.txt")

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Site(NamedTuple):
    """A served home."""

    url: str
    home: Home


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def browser(playwright: Any) -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium: sudo apt-get install chromium")
    chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield chromium
    chromium.close()


def _serve(path: Path) -> tuple[str, Any]:
    port = _free_port()
    server = create_server(
        create_app(path, Config()).server, host="127.0.0.1", port=port, threads=6, ident=None
    )
    threading.Thread(target=server.run, daemon=True).start()
    return f"http://127.0.0.1:{port}", server


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], str]]:
    """Serves a database; one server a database for the whole session."""
    servers: dict[Path, tuple[str, Any]] = {}

    def serve(path: Path) -> str:
        if path not in servers:
            servers[path] = _serve(path)
        return servers[path][0]

    yield serve
    for _, server in servers.values():
        server.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, served: Callable[[Path], str]) -> Iterator[Site]:
    """A small home whose sensor stays alive."""
    home = small(tmp_path_factory.mktemp("browser") / "home.db")
    home.db.execute("UPDATE sensors SET heartbeat = heartbeat + 100000")
    yield Site(served(home.path), home)


@pytest.fixture(scope="session", params=list(WORLDS))
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The demo's database, then the large one if `worlds.LARGER` names it; tests choose in it what they change, and each another thing."""
    with WORLDS[request.param](tmp_path_factory.mktemp(request.param)) as served:
        yield served


@pytest.fixture
def new_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens pages; at the end of the test none may have complained or asked elsewhere."""
    contexts, wrong = [], []

    def open_page(url: str, **options: Any) -> Any:
        options.setdefault("viewport", {"width": 1280, "height": 800})
        context = browser.new_context(**options)
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        own = "/".join(url.split("/")[:3])
        page.on(
            "console",
            lambda m: wrong.append(f"{m.type}: {m.text}") if m.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda e: wrong.append(f"uncaught: {e}"))
        page.on(
            "request",
            lambda r: (
                wrong.append(f"asked {r.url}") if not r.url.startswith((own, "data:", "blob:")) else None
            ),
        )
        page.goto(url)
        page.wait_for_selector("#content h1")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def eventually() -> Callable[..., None]:
    """Waits until a condition holds; fails after `seconds`."""

    def wait(condition: Callable[[], bool], seconds: float = 8.0, what: str = "") -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return
            time.sleep(0.1)
        raise AssertionError(what or "it did not happen in time")

    return wait
