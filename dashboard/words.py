"""Numbers and states in words."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Level(NamedTuple):
    """How a severity is shown: by word, by colour and by shape, never by colour alone."""

    word: str
    css: str
    mark: str


LEVELS = {
    2: Level("Critical", "critical", "▲"),
    1: Level("High", "high", "◆"),
    0: Level("Normal", "normal", "●"),
}
STATE_WORDS = {
    "open": "Open", "acknowledged": "Acknowledged", "expected": "Expected", "within": "Part of another",
}  # fmt: skip
TRUST_WORDS = {"unknown": "Unknown", "trusted": "Trusted", "guest": "Guest", "iot": "Smart device"}
RANGE_WORDS = {"1h": "Last hour", "24h": "Last 24 hours", "7d": "Last 7 days", "30d": "Last 30 days"}


def new_to_you(device: Mapping[str, Any]) -> bool:
    """Whether a person has said nothing of a device yet: no name of their own, no trust, no kind."""
    return device["trust"] == "unknown" and not (device.get("noted") or device.get("said_kind"))


def size(count: float | None) -> str:
    """Bytes with an SI prefix: 1.5 GB."""
    value = float(count or 0)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 10 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def number(count: float | None) -> str:
    """A count with thousands separated."""
    return f"{count or 0:,.0f}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """1 device, 2 devices."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def share(part: float, whole: float) -> str:
    """A percentage with enough digits to show that it is not zero."""
    percent = 100 * part / whole if whole else 0.0
    if 0 < percent < 0.01:
        return "< 0.01 %"
    return f"{percent:.2g} %" if percent < 10 else f"{percent:.0f} %"


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, the cut shown."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
