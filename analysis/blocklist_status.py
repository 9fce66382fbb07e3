"""What became of each list, for the health table: an alarm wherever nothing is looked for."""

import time
from collections import Counter
from typing import Any, NamedTuple

from analysis.blocklist_compile import ListFile
from analysis.config import BlocklistSource
from analysis.store.rows import HealthRow


class ListStatus(NamedTuple):
    """What became of one enabled list."""

    name: str
    entries: int
    refused: dict[str, int]
    """Entries that were not taken, by reason."""
    lines: tuple[int, ...]
    """The first lines with such an entry."""
    age: float | None
    """Seconds since the file was written; None when it is missing."""
    state: str
    """"ok", "missing", "empty" or "stale" (a fetched list older than `stale_days`)."""
    source: BlocklistSource
    addresses: int = 0
    """Addresses and networks among the entries; the others are names."""


def status_of(item: ListFile, told: dict[str, Any], stale: float) -> ListStatus:
    """`told` is the list's part of the manifest, `stale` the age in seconds that is too much."""
    try:
        age = max(0.0, time.time() - item.path.stat().st_mtime)
    except OSError:
        age = None
    if age is None:
        state = "missing"
    elif not told["entries"]:
        state = "empty"
    else:
        state = "stale" if item.source.file is None and age > stale else "ok"
    return ListStatus(
        item.source.name,
        told["entries"],
        told["refused"],
        tuple(told["lines"]),
        age,
        state,
        item.source,
        told["addresses"],
    )


def held(names: int, addresses: int) -> str:
    """What a list holds, in words."""
    counts = ((names, "name", "names"), (addresses, "address", "addresses"))
    return ", ".join(f"{n:,} {one if n == 1 else many}" for n, one, many in counts if n) or "no entries"


def _where(status: ListStatus) -> str:
    """The first refused lines, in words."""
    if not status.lines:
        return ""
    more = " and others" if sum(status.refused.values()) > len(status.lines) else ""
    return f" (line{'s' * (len(status.lines) > 1)} {', '.join(map(str, status.lines))}{more})"


def health_of(status: ListStatus) -> HealthRow:
    """A row of the health table."""
    level, message, fix = "ok", held(status.entries - status.addresses, status.addresses), None
    if status.source.file is None and status.state != "ok":
        fix = "run: sentinel.py update"
    if status.state == "missing":
        level = "alarm"
        message = "nothing of this list is looked for: "
        message += "it was never fetched" if fix else f"there is no file {status.source.file}"
        fix = fix or f"make {status.source.file}, or remove the list from config.yaml"
    elif status.state == "empty":
        level, message = "alarm", "nothing of this list is looked for: it has no entries"
        fix = fix or f"add names to {status.source.file}, or disable the list in config.yaml"
    elif status.state == "stale":
        level, message = "note", f"{message}, last fetched {(status.age or 0) / 86_400:.0f} days ago"
    if status.refused:
        reasons = ", ".join(f"{count} {reason}" for reason, count in Counter(status.refused).most_common(4))
        message += f"; refused {sum(status.refused.values())}: {reasons}{_where(status)}"
        if status.source.file is not None and level == "ok":
            level, fix = "note", f"correct the refused lines in {status.source.file}"
    return HealthRow("blocklists", status.name, level, message, fix)
