"""The one sentence that the first screen says, and what to do next."""

from typing import NamedTuple

from analysis.store.reader import Reader, Row
from dashboard.watch import Watch, present_watch
from dashboard.words import number

LOSS_IS_NEWS = 86_400.0
"""Seconds for which the loss of the database stands in the place of "All quiet"."""


class Verdict(NamedTuple):
    tone: str
    """ok, warn or bad: how the sentence is shown."""
    line: str
    next: str
    """What to do, in words."""
    alert: int | None
    """The incident to open first."""


def present_verdict(store: Reader, wall: float) -> Verdict:
    """The verdict on the present state of a database; `wall` is the wall clock."""
    counts = store.open_counts()
    watch = present_watch(store, wall)
    groups = store.open_groups(1)
    said = verdict(counts, groups[0] if groups else None, watch, store.device_counts(store.clock() - 86400))
    lost = _lost(store.health(), wall) if said.tone == "ok" else None
    if lost is None:
        return said
    return Verdict("warn", lost["message"], lost["fix"] or "Health has the details.", None)


def _lost(health: list[Row], wall: float) -> Row | None:
    """A day in which the database was lost or damaged was not quiet: nobody knows what it held."""
    alarms = (row for row in health if row["component"] == "database" and row["level"] == "alarm")
    return next((row for row in alarms if wall - row["updated"] < LOSS_IS_NEWS), None)


def verdict(counts: dict[int, int], worst: Row | None, watch: Watch, devices: Row) -> Verdict:
    """Worst first: a full disk, since which nothing is known; a critical incident, then a blind sensor, then
    high ones, then peace."""
    if watch.state == "full":
        return Verdict("bad", f"{watch.text}.", watch.fix or "", None)
    if counts[2] and worst:
        return Verdict(
            "bad",
            _first(counts[2], "critical", ("needs", "need"), "you", worst),
            worst["advice"],
            worst["id"],
        )
    if watch.state == "starting":
        return Verdict(
            "warn", "Sentinel does not know yet.", f"{watch.text}. This page follows by itself.", None
        )
    if watch.state not in ("live", "over", "recording"):
        missing = watch.state == "missing"
        line = "Nothing is being watched yet." if missing else "Sentinel is not seeing everything."
        fix = f"Start a sensor: {watch.fix}" if missing else f"{watch.text}. {watch.fix or ''}"
        return Verdict("warn", line, fix, None)
    if counts[1] and worst:
        return Verdict(
            "warn",
            _first(counts[1], "high", ("is", "are"), "worth a look", worst),
            worst["advice"],
            worst["id"],
        )
    seen = devices["online"]
    line = (
        f"All quiet. {seen} device{'' if seen == 1 else 's'} seen in the last 24 hours, none with a problem."
    )
    new = devices["unknown"]
    ask = f"{new} device{' is' if new == 1 else 's are'} new to you: choose each one and say what it is."
    return Verdict("ok", line, ask if new else "Nothing to do.", None)


def _first(count: int, level: str, verbs: tuple[str, str], rest: str, worst: Row) -> str:
    """How many incidents of which level, so that the number is that of the list, and the first of them."""
    title = worst["title"].rstrip(". ")
    if count == 1:
        return f"1 {level} incident {verbs[0]} {rest}: {title}."
    return f"{number(count)} {level} incidents {verbs[1]} {rest}. First: {title}."
