"""What the rules say of captures of which nobody says what to expect: a list, without a verdict."""

from collections.abc import Iterator, Sequence
from typing import Any

from analysis.alerts import Severity
from analysis.undecoded import told
from sensors.expectations import USUAL, Alert
from sensors.score_run import Run

Found = tuple[str, Run]
"""A capture's name and what came out of it."""


def _incidents(run: Run) -> list[Alert]:
    """Newcomers aside, the gravest first; what was noticed of the same connection stands within another."""
    told = [alert for alert in run.alerts if alert["rule"] not in USUAL and alert["within"] is None]
    return sorted(told, key=lambda alert: (-Severity[alert["severity"]], alert["first_seen"]))


def _newcomers(run: Run) -> int:
    return sum(alert["rule"] in USUAL for alert in run.alerts)


def as_text(found: Sequence[Found]) -> str:
    """For a terminal."""
    return "\n".join(line for name, run in found for line in _lines(name, run))


def _lines(name: str, run: Run) -> Iterator[str]:
    incidents = _incidents(run)
    yield f"{name}: {run.packets:,} packets, {len(incidents)} incident{'s' * (len(incidents) != 1)}"
    if unread := told(run.undecoded, run.packets):
        yield f"  {unread}"
    for alert in incidents:
        times = f" ({alert['count']} times)" if alert["count"] > 1 else ""
        yield f"  {alert['severity']:<8}  {alert['rule']:<18}  {alert['title']}{times}"
    if newcomers := _newcomers(run):
        yield f"  and {newcomers} newcomers ({', '.join(sorted(USUAL))}), of which a capture is full"


def as_json(found: Sequence[Found]) -> list[dict[str, Any]]:
    """For each capture its name, packets and incidents, with JSON types only."""
    return [
        {
            "name": name,
            "state": "not judged",
            "packets": run.packets,
            "undecoded": sum(run.undecoded.values()),
            "incidents": [
                {key: alert[key] for key in ("rule", "severity", "title", "count")}
                for alert in _incidents(run)
            ],
            "newcomers": _newcomers(run),
        }
        for name, run in found
    ]
