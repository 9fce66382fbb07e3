"""A year of a home in one database: the questions of the pages, polls, and retention beside a writer."""

import argparse
import json
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from analysis.config import Config, Retention
from analysis.store.reader import FEEDS, Reader, StoreError
from benchmarks import measure
from benchmarks.database_fill import MOST_BYTES, Sizes, fill

GOAL_PAGE, GOAL_POLL, GOAL_BYTES, GOAL_WAIT = 300.0, 20.0, 2048, 250.0
"""Milliseconds, milliseconds, bytes, milliseconds."""
DEVICE = 3
WRITES_A_SECOND, ROWS_A_WRITE = 5, 1_000
Question = Callable[[Reader, float], object]


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
    sizes = Sizes(options.flows, options.dns, options.alerts)
    with tempfile.TemporaryDirectory(prefix="sentinel-bench-") as place:
        path = (options.keep or Path(place) / "sentinel.db").absolute()
        if not path.exists():
            if sizes.bytes() > min(MOST_BYTES, shutil.disk_usage(path.parent).free // 2):
                measure.say(f"{sizes.bytes() >> 20:,} MiB are too much for this disk, or above the cap")
                return 1
            fill(path, sizes)
        now = float(Reader(path).value("SELECT MAX(ts) FROM dns"))
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


def text(result: dict[str, Any]) -> str:
    """The result for a person; how SQLite answers a question is told where that takes too long."""
    lines = [
        measure.about(),
        ", ".join(f"{count:,} {name}" for name, count in result["sizes"].items())
        + f", {result['mb']:,.0f} MB",
    ]
    for kind, goal in (("questions", GOAL_PAGE), ("pages", GOAL_PAGE), ("polls", GOAL_POLL)):
        lines.append(
            f"\n{kind} (goal: p95 of {goal:.0f} ms){'p50 ms':>30} {'p95 ms':>9} {'CPU p95':>9} {'bytes':>8}"
        )
        for name, one in sorted(result[kind].items(), key=lambda item: -item[1]["p95"]):
            mark = "" if one["p95"] <= goal else "  TOO SLOW"
            size = f"{one['bytes']:,}" if "bytes" in one else ""
            lines.append(f"  {name:50} {one['p50']:9.1f} {one['p95']:9.1f} {one['cpu']:9.1f} {size:>8}{mark}")
            lines += [f"      {step}" for step in one.get("plan", ())]
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


class Watched(Reader):
    """A reader that remembers what each statement took, in seconds, and is not stopped for being slow."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, limit_seconds=120.0)
        self.asked: list[tuple[float, str, Sequence[Any]]] = []

    def table(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        begun = time.perf_counter()
        try:
            return super().table(sql, parameters)
        finally:
            self.asked.append((time.perf_counter() - begun, sql, parameters))

    def slowest(self) -> list[str]:
        """The statement that took longest since the last call, and how SQLite answers it."""
        if not self.asked:
            return []
        took, sql, parameters = max(self.asked, key=lambda one: one[0])
        self.asked.clear()
        plan = super().table("EXPLAIN QUERY PLAN " + sql, parameters)[1]
        return [
            f"{took * 1000:.0f} ms: {' '.join(sql.split())} {list(parameters)}",
            *(str(r[3]) for r in plan),
        ]


def asked(reader: Watched, question: Callable[[], object], times: int, goal: float) -> dict[str, Any]:
    """How long a question takes, in milliseconds."""
    took, cpu = [], []
    reader.asked.clear()
    for _ in range(times):
        reader.forget_directory()
        begun, spent = time.perf_counter(), time.thread_time()
        question()
        took.append((time.perf_counter() - begun) * 1000)
        cpu.append((time.thread_time() - spent) * 1000)
        if sum(took) > 20_000:
            break
    result = {
        "p50": measure.percentile(took, 0.5),
        "p95": measure.percentile(took, 0.95),
        "cpu": measure.percentile(cpu, 0.95),
    }
    plan = reader.slowest()
    return {**result, "plan": plan} if result["p95"] > goal else result


def questions(path: Path, now: float, times: int) -> dict[str, Any]:
    """Every question of the reader with the arguments that pages give it."""
    reader = Watched(path)
    found: dict[str, Any] = {}
    for name, question in QUESTIONS.items():
        try:
            found[name] = asked(reader, lambda q=question: q(reader, now), times, GOAL_PAGE)  # type: ignore[misc]
        except (
            StoreError,
            AttributeError,
            TypeError,
        ) as error:  # a question that is asked in another way now
            measure.say(f"{name}: {error}")
    return found


def _page(feed: str, **filters: str) -> Question:
    return lambda r, now: r.page(feed, filters, limit=200, now=now)


def _deep(feed: str, **filters: str) -> Question:
    """A page from the middle of history."""
    return lambda r, now: r.page(feed, filters, before=r.newest(feed) // 2, limit=200, now=now)


def _alert(r: Reader, now: float) -> object:
    found = r.alert(r.newest("alerts"))
    return found and r.alerts_beside(found)


def _hour(now: float, back: int) -> int:
    return int(now // 3600) - back


QUESTIONS: dict[str, Question] = {
    "open_counts": lambda r, now: r.open_counts(),
    "open_groups": lambda r, now: r.open_groups(),
    "alert and alerts_beside": _alert,
    "device_alerts": lambda r, now: r.device_alerts(DEVICE),
    "worst_open": lambda r, now: r.worst_open(),
    "alert_hours, 1 year (no page asks this)": lambda r, now: r.alert_hours(_hour(now, 8760)),
    "rules_seen": lambda r, now: r.rules_seen(),
    "devices": lambda r, now: r.devices(_hour(now, 24)),
    "devices, 1 year (no page asks this)": lambda r, now: r.devices(_hour(now, 8760)),
    "worst_by_device": lambda r, now: r.worst_by_device(),
    "device": lambda r, now: r.device(DEVICE),
    "device_addresses": lambda r, now: r.device_addresses(DEVICE),
    "device_names": lambda r, now: r.device_names(DEVICE),
    "device_peers, 1 day": lambda r, now: r.device_peers(DEVICE, _hour(now, 24)),
    "device_peers, 7 days": lambda r, now: r.device_peers(DEVICE, _hour(now, 168)),
    "device_traffic, 48 hours": lambda r, now: r.device_traffic(DEVICE, _hour(now, 48)),
    "device_traffic, 1 year (no page asks this)": lambda r, now: r.device_traffic(DEVICE, _hour(now, 8760)),
    "device_dns": lambda r, now: r.device_dns(DEVICE, _hour(now, 24)),
    "baseline": lambda r, now: (r.baseline_state(DEVICE), r.baseline(DEVICE)),
    "new_devices": lambda r, now: r.new_devices(now - 7 * 86400),
    "directory": lambda r, now: r.directory(),
    "traffic_over_time, 24 hours": lambda r, now: r.traffic_over_time(int(now // 60) - 1440, 15),
    "traffic_over_time, 7 days": lambda r, now: r.traffic_over_time(int(now // 60) - 10_080, 60),
    "busiest_devices": lambda r, now: r.busiest_devices(_hour(now, 24)),
    "edges, 24 hours": lambda r, now: r.edges(_hour(now, 24)),
    "edges, 7 days": lambda r, now: r.edges(_hour(now, 168)),
    "edges, 30 days": lambda r, now: r.edges(_hour(now, 720)),
    "edges, 1 year (no page asks this)": lambda r, now: r.edges(_hour(now, 8760)),
    "dns_counts": lambda r, now: r.dns_counts(_hour(now, 24)),
    "dns_counts, 1 year (no page asks this)": lambda r, now: r.dns_counts(_hour(now, 8760)),
    "sensors, clock, health": lambda r, now: (r.sensors(), r.clock(), r.health()),
    "sensor_minutes, 24 hours": lambda r, now: r.sensor_minutes(int(now // 60) - 1440),
    "row_estimates, size_bytes": lambda r, now: (r.row_estimates(), r.size_bytes()),
    "device_counts": lambda r, now: r.device_counts(now - 86400),
    **{f"feed {feed}": _page(feed) for feed in FEEDS},
    **{f"feed {feed}, from the middle": _deep(feed) for feed in FEEDS},
    **{f"feed {feed}, a device": _page(feed, device=str(DEVICE)) for feed in FEEDS},
    **{f"feed {feed}, 24 hours": _page(feed, range="24h") for feed in FEEDS},
    **{f"feed {feed}, a device, 7 days": _page(feed, device=str(DEVICE), range="7d") for feed in FEEDS},
    **{f"feed {feed}, text often found": _page(feed, q="site1") for feed in FEEDS},
    **{f"feed {feed}, text never found": _page(feed, q="no-such-text") for feed in FEEDS},
    "feed dns, blocked": _page("dns", blocked="1"),
    "feed dns, failed": _page("dns", failed="1"),
    "feed dns, type never seen": _page("dns", qtype="TXT"),
    "feed flows, port never seen": _page("flows", port="6667"),
    "feed flows, protocol": _page("flows", proto="udp"),
    "feed alerts, critical": _page("alerts", severity="2"),
    "feed alerts, a rule": _page("alerts", rule="port-scan"),
    "feed alerts, acknowledged": _page("alerts", state="acknowledged"),
}


def _client(path: Path) -> tuple[Any, Watched]:
    """The dashboard's own application on the database, and its reader."""
    from dashboard.app import create_app
    from dashboard.context import KEY

    app = create_app(path, Config())
    reader = Watched(path)
    app.server.extensions[KEY] = app.server.extensions[KEY]._replace(reader=reader)
    return app, reader


def pages(path: Path, times: int) -> dict[str, Any]:
    """The layout of every page: all its questions together, and what is made of the answers."""
    from dashboard.pages import PAGES

    app, reader = _client(path)
    found = {}
    for page in PAGES:
        arguments = {part[1:-1]: str(DEVICE) for part in page.path.split("/") if part.startswith("<")}
        address = page.path.replace("<", "").replace(">", "")
        with app.server.test_request_context(address, headers={"Host": "localhost"}):
            found[page.name] = asked(
                reader,
                lambda p=page, a=arguments: p.layout(**a),  # type: ignore[misc]
                times,
                GOAL_PAGE,
            )
    return found


def polls(path: Path, times: int) -> dict[str, Any]:
    """A poll of a live page when nothing is new; the summary that tabs share is made anew each time."""
    from dashboard import api

    app, reader = _client(path)
    client = app.server.test_client()
    found = {}
    headers = {"Host": "localhost", "Accept-Encoding": "gzip"}
    kept = api._KEEP_SECONDS
    api._KEEP_SECONDS = -1.0
    try:
        for feed in ("", *FEEDS):
            more = f"?feed={feed}&since={reader.newest(feed)}" if feed else ""
            answers: list[Any] = []
            found[f"live {feed}".strip()] = asked(
                reader,
                lambda m=more, a=answers: a.append(client.get(f"/api/v1/live{m}", headers=headers)),  # type: ignore[misc]
                times,
                GOAL_POLL,
            )
            assert answers[-1].status_code == 200, answers[-1].data
            found[f"live {feed}".strip()]["bytes"] = max(len(answer.data) for answer in answers)
    finally:
        api._KEEP_SECONDS = kept
    return found


# -- retention beside a writer --------------------------------------------------------------------


def retention(path: Path, now: float, rows: int, sizes: Sizes) -> dict[str, Any]:
    """Deletes about `rows` of the oldest while a process of its own writes."""
    from analysis.store.retention import run_once

    alone = _beside(path, lambda: time.sleep(5.0))
    share = min(0.4, rows / max(1, sizes.flows + sizes.dns))
    keep = 30
    config = Config(retention=Retention(days=keep, alert_days=3650, size_mb=1_000_000))
    told: dict[str, Any] = {}

    def clean() -> None:
        begun = time.monotonic()
        report = run_once(path, config, now - 60 + share * keep * 86400)
        told.update(
            deleted=sum(report.deleted.values()), seconds=time.monotonic() - begun, tables=report.deleted,
            refused=report.refused,
        )  # fmt: skip

    busy = _beside(path, clean)
    return {
        **told, "rate": told["deleted"] / told["seconds"], "written_rate": busy["rate"],
        "longest_wait_ms": busy["wait"], "longest_write_ms": busy["write"],
        "longest_wait_alone_ms": alone["wait"], "longest_write_alone_ms": alone["write"],
    }  # fmt: skip


def _beside(path: Path, work: Callable[[], None]) -> dict[str, Any]:
    """Do something while a writer process writes; what it says of itself."""
    stop = path.with_name("stop")
    stop.unlink(missing_ok=True)
    told: dict[str, Any] = {}
    command = measure.module("benchmarks.database", str(path))
    thread = threading.Thread(target=lambda: told.update(measure.run(command).told))
    thread.start()
    time.sleep(2.0)
    try:
        work()
    finally:
        stop.touch()
        thread.join()
    return told


def write_until_told() -> None:
    """A sensor's writer: rows in a steady stream until the file `stop` appears beside the database."""
    from analysis.store import writer as store
    from analysis.store.rows import Batch, DnsRow, FlowRow

    path = Path(sys.argv[1])
    waits, writes, rows, original = [0.0], [0.0], 0, store.transaction

    @contextmanager
    def watched(db: Any) -> Iterator[None]:
        begun = time.monotonic()
        with original(db):
            waits.append(time.monotonic() - begun)
            yield

    store.transaction = watched
    begun = now = time.monotonic()
    run = int(time.time()) << 32
    with store.Writer(path, "bench1") as writer:
        while not path.with_name("stop").exists():
            wall = time.time()
            key = ("bench0", f"02:11:22:33:00:{1 + rows // ROWS_A_WRITE % 40:02x}")
            flows = [
                FlowRow(run + rows + n, key, "192.168.1.9", f"203.0.{n % 250}.7", 1024 + n, 443, "tcp",
                        f"site{n}.example", "tls", "established", wall, wall, 9, 9, 900, 9000,
                        f"site{n % 300}.example", True, 900, 9000)
                for n in range(ROWS_A_WRITE // 2)
            ]  # fmt: skip
            dns = [
                DnsRow(wall, key, "udp", "192.168.1.9", key[1], "192.168.1.1", f"www.site{n}.example", "A",
                       "NOERROR", (f"203.0.{n % 250}.7",), None, 0.01)
                for n in range(ROWS_A_WRITE // 2)
            ]  # fmt: skip
            start = time.monotonic()
            writer.write(Batch(flows=flows, dns=dns))
            writes.append(time.monotonic() - start)
            rows += ROWS_A_WRITE
            now += 1 / WRITES_A_SECOND
            time.sleep(max(0.0, now - time.monotonic()))
    rate = rows / (time.monotonic() - begun)
    measure.tell({"rate": rate, "wait": max(waits) * 1000, "write": max(writes) * 1000})


if __name__ == "__main__":
    write_until_told()
