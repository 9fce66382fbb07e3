"""Every question that pages ask the database, with what each takes and how SQLite answers it."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from analysis.store.reader import FEEDS, Reader, StoreError
from benchmarks import measure

GOAL_PAGE = 300.0
"""Milliseconds, 95th percentile."""
DEVICE = 3
Question = Callable[[Reader, float], object]


class Watched(Reader):
    """A reader that remembers what each statement took, in seconds, and is not stopped for being slow."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, limit_seconds=120.0)
        self.asked: list[tuple[float, str, Sequence[Any]]] = []
        self.met = 0

    def table(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
        begun = time.perf_counter()
        try:
            return super().table(sql, parameters)
        finally:
            self.asked.append((time.perf_counter() - begun, sql, parameters))

    def changed(self) -> tuple[Any, ...]:
        return (*super().changed(), self.met)

    def meet_incident(self) -> None:
        """Know of what was asked before what is still known after an incident has changed and a name."""
        self.forget_directory()
        self.met += 1

    def forget(self) -> None:
        """Know nothing of what was asked before."""
        self.forget_directory()
        self._kept.clear()

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


def asked(
    reader: Watched, question: Callable[[], object], times: int, goal: float,
    before: Callable[[], object] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """How long a question takes, in milliseconds of wall time and of CPU. Nothing is known from the time
    before; with `before`, which is called instead, what that leaves is known, and the first time is not
    counted."""
    took, cpu = [], []
    if before is not None:
        question()
    reader.asked.clear()
    for _ in range(times):
        (before or reader.forget)()
        begun, spent = time.perf_counter(), time.thread_time()
        question()
        took.append((time.perf_counter() - begun) * 1000)
        cpu.append((time.thread_time() - spent) * 1000)
        if sum(took) > 20_000:
            break
    result = {
        "p50": measure.percentile(took, 0.5),
        "p95": measure.percentile(took, 0.95),
        "cpu50": measure.percentile(cpu, 0.5),
        "cpu": measure.percentile(cpu, 0.95),
    }
    plan = reader.slowest()
    return {**result, "plan": plan} if result["cpu"] > goal else result


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
    "traffic_over_time, 7 days": lambda r, now: r.traffic_over_time((_hour(now, 168)) * 60, 60),
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
