"""What Chromium sees of the dashboard on a large database: first paint and first data of every page, size of
a cold load, the cost of open tabs, and the heap of a live table over minutes."""

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import measure
from benchmarks.database_fill import Sizes, fill
from benchmarks.pages_browser import Browser, cold, heap, inside, tabs
from benchmarks.pages_server import Dashboard, Stream

GOALS = {"paint": 600.0, "data": 2_000.0, "bytes": 1_600_000, "tabs": 2.0, "heap": 40.0, "drift": 10.0}
"""Milliseconds, milliseconds, bytes, per cent of a core, MB, per cent."""
ROWS_A_SECOND = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--keep", type=Path, metavar="PATH", help="use or make the database here, and keep it"
    )
    parser.add_argument("--flows", type=int, default=1_000_000, help="flow rows, if one is made (1,000,000)")
    parser.add_argument("--dns", type=int, default=500_000, help="DNS rows (500,000)")
    parser.add_argument("--alerts", type=int, default=50_000, help="incidents (50,000)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each page is opened (5)")
    parser.add_argument("--seconds", type=float, default=30, help="how long five tabs are watched (30)")
    parser.add_argument("--minutes", type=float, default=3, help="how long the heap is watched (3)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def main(options: argparse.Namespace) -> int:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        measure.say("no Chromium: sudo apt-get install chromium")
        return 1
    with tempfile.TemporaryDirectory(prefix="sentinel-bench-") as place:
        path = (options.keep or Path(place) / "sentinel.db").absolute()
        if not path.exists():
            fill(path, Sizes(options.flows, options.dns, options.alerts))
        try:
            result = _measured(path, chromium, options)
        except ModuleNotFoundError as error:
            measure.say(f"{error}: pip install -r requirements-dev.txt")
            return 1
    print(json.dumps({"machine": measure.machine(), **result}, indent=1) if options.json else text(result))
    return 0


def _measured(path: Path, chromium: str, options: argparse.Namespace) -> dict[str, Any]:
    """All figures of one database."""
    with Stream(path, 0), Dashboard(path) as served, Browser(chromium) as browser:
        measure.say("cold loads")
        found: dict[str, Any] = {"cold": cold(browser, served.url, options.rounds)}
        measure.say("pages inside the app")
        found["inside"] = inside(browser, served.url, options.rounds)
        measure.say("five tabs without news")
        found["quiet"] = tabs(browser, served, options.seconds)
    with Stream(path, ROWS_A_SECOND), Dashboard(path) as served, Browser(chromium) as browser:
        measure.say(f"five tabs with {ROWS_A_SECOND} new rows a second")
        found["busy"] = tabs(browser, served, options.seconds)
        measure.say("heap")
        found["heap"] = heap(browser, served.url, options.minutes)
    return found


def text(result: dict[str, Any]) -> str:
    """The result for a person."""
    lines = [
        measure.about(),
        "",
        f"{'cold load, empty cache':28} {'paint':>16} {'data':>16} {'CPU':>16} {'bytes':>10}",
    ]
    for name, one in result["cold"].items():
        over = one["data"][0] > GOALS["data"] or one["bytes"] > GOALS["bytes"]
        over = over or one["paint"][0] > GOALS["paint"]
        lines.append(
            f"  {name:26} {_ms(one['paint'])} {_ms(one['data'])} {_ms(one['cpu'])} {one['bytes']:10,}"
            + _mark(over)
        )
    lines += ["", f"{'inside the app':28} {'data':>16}"]
    lines += [f"  {name:26} {_ms(took)}" for name, took in result["inside"].items()]
    for kind, words in (("quiet", "nothing new"), ("busy", f"{ROWS_A_SECOND} rows a second")):
        share = result[kind]["share"]
        lines.append(
            f"\nfive tabs, {words}: {share:.1f} % of a core in the server, {result[kind]['polls']} polls"
            f" in {result[kind]['seconds']:.0f} s{_mark(share > GOALS['tabs'])}"
        )
    told = result["heap"]
    lines.append(
        f"\nheap of a live table, {ROWS_A_SECOND} rows a second, MB by minute: "
        + ", ".join(f"{size:.1f}" for size in told["mb"])
    )
    over = max(told["mb"]) > GOALS["heap"] or abs(told["drift"]) > GOALS["drift"]
    lines.append(f"  from minute 5 on: {told['drift']:+.1f} %{_mark(over)}")
    return "\n".join(lines)


def _ms(spread: tuple[float, float, float]) -> str:
    """Median and worst."""
    return f"{spread[0]:7.0f} ({spread[2]:5.0f})"


def _mark(over: bool) -> str:
    return "  TOO MUCH" if over else ""
