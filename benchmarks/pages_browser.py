"""Chromium on the dashboard, driven by Playwright."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from benchmarks import measure
from benchmarks.database_questions import DEVICE
from benchmarks.pages_server import Dashboard

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--enable-precise-memory-info",
]  # fmt: skip
_ROW = "document.querySelector('.ag-center-cols-container .ag-row')"
PAGES = {
    "/": ("Overview", "document.querySelector('#overview-body .tile')"),
    "/map": ("Network map", "window.sentinel?.map?.nodes().length > 0"),
    "/alerts": ("Alerts", _ROW),
    "/devices": ("Devices", _ROW),
    f"/devices/{DEVICE}": ("Device", "document.querySelector('#device-body .facts')"),
    "/dns": ("DNS", _ROW),
    "/traffic?view=packets": ("Packets", _ROW),
    "/traffic?view=flows": ("Conversations", _ROW),
    "/charts": ("Charts", "document.querySelector('#content .week')"),
    "/health": ("Health", "document.querySelector('#content .facts')"),
}
"""Address: name, and what is true once something from the database stands on the page."""
TABS = ("/", "/map", "/alerts", "/dns", "/traffic?view=flows")
_WATCH = """
(() => {
  const there = () => { try { return Boolean(%s); } catch { return false; } };
  const look = () => { if (there()) window.__data = performance.now(); else requestAnimationFrame(look); };
  look();
})();
"""
_BYTES = """
() => performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
    .reduce((sum, entry) => sum + entry.transferSize, 0)
"""
_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


class Browser:
    """One Chromium."""

    def __init__(self, executable: str) -> None:
        from playwright.sync_api import sync_playwright

        self._playwright = sync_playwright().start()
        self._chromium = self._playwright.chromium.launch(executable_path=executable, args=FLAGS)

    def __enter__(self) -> "Browser":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._chromium.close()
        self._playwright.stop()

    def context(self) -> Any:
        """A profile of its own, with an empty cache."""
        context = self._chromium.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(60_000)
        return context


def cold(browser: Browser, url: str, rounds: int) -> dict[str, Any]:
    """Milliseconds to first paint and first data, of CPU that the page's main thread took until then, and
    bytes over the wire, each with an empty cache: median, least, most."""
    seen: dict[str, dict[str, list[float]]] = {}
    for _ in range(rounds):
        for path, (name, there) in PAGES.items():
            context = browser.context()
            page = context.new_page()
            page.add_init_script(_WATCH % there)
            session = context.new_cdp_session(page)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})
            page.goto(url + path)
            page.wait_for_function("() => window.__data")
            one = seen.setdefault(name, {"paint": [], "data": [], "cpu": [], "bytes": []})
            metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
            one["cpu"].append(metrics["TaskDuration"] * 1000)
            one["data"].append(page.evaluate("() => window.__data"))
            one["paint"].append(page.evaluate(_PAINT))
            page.wait_for_load_state("load")
            one["bytes"].append(page.evaluate(_BYTES))
            context.close()
    return {
        name: {"paint": measure.spread(one["paint"]), "data": measure.spread(one["data"]),
               "cpu": measure.spread(one["cpu"]),
               "bytes": int(max(one["bytes"]))}
        for name, one in seen.items()
    }  # fmt: skip


def inside(browser: Browser, url: str, rounds: int) -> dict[str, Any]:
    """Milliseconds from a click to the first data of another page, the app being there."""
    took: dict[str, list[float]] = {}
    context = browser.context()
    page = context.new_page()
    for _ in range(rounds):
        for path, (name, there) in PAGES.items():
            start = "/health" if path == "/" else "/"
            page.goto(url + start)
            page.wait_for_selector("#content h1")
            page.wait_for_timeout(500)
            script = (
                "(to) => { window.__clicked = performance.now(); sentinel.go(to); " + _WATCH % there + "}"
            )
            page.evaluate(script, path)
            page.wait_for_function("() => window.__data")
            took.setdefault(name, []).append(page.evaluate("() => window.__data - window.__clicked"))
    context.close()
    return {name: measure.spread(times) for name, times in took.items()}


def tabs(browser: Browser, served: Dashboard, seconds: float) -> dict[str, Any]:
    """What five open tabs cost the server once they are drawn: per cent of a core, and the polls."""
    context, polls = browser.context(), [0]
    for path in TABS:
        page = context.new_page()
        page.on("request", _counter(polls))
        page.goto(served.url + path)
        page.wait_for_selector("#watch.live")
    page.wait_for_timeout(5_000)
    polls[0], begun, before = 0, time.monotonic(), served.cpu_seconds()
    page.wait_for_timeout(seconds * 1000)
    spent, took = served.cpu_seconds() - before, time.monotonic() - begun
    context.close()
    return {"share": 100 * spent / took, "polls": polls[0], "seconds": took}


def _counter(polls: list[int]) -> Callable[[Any], None]:
    def count(request: Any) -> None:
        polls[0] += "/api/v1/live" in request.url

    return count


def heap(browser: Browser, url: str, minutes: float) -> dict[str, Any]:
    """Megabytes of JavaScript heap of a live DNS table after a collection, each minute: the least of three
    within two seconds, because the rows of a poll under way are no growth. The drift is from minute 5 (or the
    first third, if that is earlier: the table fills until then) to the end, in per cent."""
    context = browser.context()
    page = context.new_page()
    page.goto(url + "/dns")
    page.wait_for_selector(".ag-row")
    session = context.new_cdp_session(page)
    sizes = []
    for _ in range(max(2, round(minutes))):
        page.wait_for_timeout(60_000 * minutes / max(2, round(minutes)))
        sizes.append(min(_collected(page, session) for _ in range(3)))
    rows = page.evaluate("() => sentinel.feed.api.getDisplayedRowCount()")
    context.close()
    settled = sizes[min(4, len(sizes) // 3) :]
    drift = 100 * (max(settled) / settled[0] - 1)
    return {"mb": sizes, "rows": rows, "drift": drift}


def _collected(page: Any, session: Any) -> float:
    """Megabytes after a collection, two thirds of a second from now."""
    page.wait_for_timeout(667)
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6
