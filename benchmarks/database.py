"""A year of a home in one database: the questions of the pages, polls, and retention beside a writer."""

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from analysis.store.reader import Reader, StoreError
from benchmarks import measure
from benchmarks.database_fill import MOST_BYTES, Sizes, fill
from benchmarks.database_pages import (
    GOAL_NEWS,
    GOAL_NEWS_BYTES,
    GOAL_POLL,
    GOAL_POLL_BYTES,
    NEWS,
    pages,
    polls,
)
from benchmarks.database_questions import GOAL_PAGE, QUESTIONS, questions
from benchmarks.database_writer import retention

__all__ = ["QUESTIONS", "add_arguments", "main", "pages", "polls", "questions", "retention"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--flows", type=int, default=1_000_000, help="flow rows (1,000,000)")
    parser.add_argument("--dns", type=int, default=500_000, help="DNS rows (500,000)")
    parser.add_argument("--alerts", type=int, default=50_000, help="incidents (50,000)")
    parser.add_argument("--times", type=int, default=20, help="how often each question is asked (20)")
    parser.add_argument("--retention-rows", type=int, default=200_000, help="rows to be too old (200,000)")
    parser.add_argument(
        "--keep", type=Path, metavar="PATH", help="make it here and keep it, or use the one that is here"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def main(options: argparse.Namespace) -> int:
    wanted = Sizes(options.flows, options.dns, options.alerts)
    with tempfile.TemporaryDirectory(prefix="sentinel-bench-") as place:
        path = (options.keep or Path(place) / "sentinel.db").absolute()
        if not path.exists():
            if wanted.bytes() > min(MOST_BYTES, shutil.disk_usage(path.parent).free // 2):
                measure.say(f"{wanted.bytes() >> 20:,} MiB are too much for this disk, or above the cap")
                return 1
            fill(path, wanted)
        now = float(Reader(path).value("SELECT MAX(ts) FROM dns"))
        sizes = held(path)
        result: dict[str, Any] = {"sizes": sizes._asdict(), "mb": path.stat().st_size / 2**20}
        measure.say("asking")
        result["questions"] = questions(path, now, options.times)
        result["pages"] = pages(path, options.times)
        result["polls"] = polls(path, options.times)
        measure.say("retention beside a writer")
        try:
            result["retention"] = retention(path, now, options.retention_rows, sizes)
        except (measure.Failed, KeyError, StoreError) as error:
            result["retention"] = {"failed": str(error)}
    print(json.dumps({"machine": measure.machine(), **result}, indent=1) if options.json else text(result))
    return 0


def held(path: Path) -> Sizes:
    """How many rows a database holds, which may be others than the options ask for: with `--keep` it was
    made before."""
    reader = Reader(path, limit_seconds=120.0)
    return Sizes(*(int(reader.value(f"SELECT COUNT(*) FROM {table}")) for table in Sizes._fields))


def text(result: dict[str, Any]) -> str:
    """The result for a person; how SQLite answers a question is told where that takes too long."""
    lines = [
        measure.about(),
        ", ".join(f"{count:,} {name}" for name, count in result["sizes"].items())
        + f", {result['mb']:,.0f} MB",
    ]
    lines += _table("questions", result["questions"])
    lines += _table("pages and their rows", result["pages"])
    lines += _table("polls", result["polls"])
    told = result["retention"]
    if "failed" in told:
        return "\n".join([*lines, f"\nretention: failed: {told['failed']}"])
    lines.append(
        f"\nretention: {told['deleted']:,} rows in {told['seconds']:.1f} s, {told['rate']:,.0f} a second, "
        f"beside {told['written_rate']:,.0f} rows written a second\n  a writer waited for its turn at most "
        f"{told['longest_wait_ms']:.0f} ms (without retention {told['longest_wait_alone_ms']:.0f}); "
        f"its longest write took {told['longest_write_ms']:.0f} ms ({told['longest_write_alone_ms']:.0f})"
    )
    return "\n".join(lines)


def _goals(name: str) -> tuple[float, int]:
    """Milliseconds of CPU at the 95th percentile, and bytes."""
    if not name.startswith("live") or "incident" in name:
        return GOAL_PAGE, 10**9
    return (GOAL_NEWS, GOAL_NEWS_BYTES) if f"{NEWS} new" in name else (GOAL_POLL, GOAL_POLL_BYTES)


def _table(kind: str, found: dict[str, Any]) -> list[str]:
    """Lines of one kind, the dearest first, each above its goal marked."""
    lines = [f"\n{kind:52} {'p50 ms':>9} {'p95 ms':>9} {'CPU p50':>9} {'CPU p95':>9} {'bytes':>8}"]
    for name, one in sorted(found.items(), key=lambda item: -item[1]["cpu"]):
        most, most_bytes = _goals(name)
        over = one["p95"] > GOAL_PAGE or one["cpu"] > most or one.get("bytes", 0) > most_bytes
        size = f"{one['bytes']:,}" if "bytes" in one else ""
        lines.append(
            f"  {name:50} {one['p50']:9.1f} {one['p95']:9.1f} {one['cpu50']:9.1f} {one['cpu']:9.1f} {size:>8}"
            + ("  TOO MUCH" if over else "")
        )
        lines += [f"      {step}" for step in one.get("plan", ())]
    return lines
