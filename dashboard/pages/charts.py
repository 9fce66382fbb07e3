"""Charts: the last days to look at rather than to read."""

from typing import Any

from dash import html

from analysis.store.queries.charts import LONG_HOURS, REST
from analysis.store.reader import Reader, Row
from dashboard.charts import stacked, week
from dashboard.context import reader
from dashboard.page import Page
from dashboard.pages.alerts import device_options
from dashboard.parts import choice, empty, heading, panel, segments
from dashboard.words import plural

_SPANS = {"24h": 24, "7d": 7 * 24, "30d": 30 * 24}
_SHOWN = [
    {"value": "24h", "label": "24 hours"},
    {"value": "7d", "label": "7 days"},
    {"value": "30d", "label": "30 days"},
]
_MOST = 6
"""Series told apart; the rest are one."""


def layout(range: str = "7d", device: str = "all", **_: str) -> Any:
    store = reader()
    hours = _SPANS.get(range, _SPANS["7d"])
    hour = int(store.clock() // 3600)
    chosen = int(device) if device.isdigit() and len(device) < 18 else None
    filters = [
        segments("charts", "range", _SHOWN, range if range in _SPANS else "7d", "Time range"),
        choice("charts", "device", device_options(), device, "Device", 200),
    ]
    since = hour - hours + 1
    return html.Div(
        [
            heading("Charts", lead="Hover or touch a chart for the numbers."),
            html.Div(filters, className="filters", **{"data-reloads": "1", "data-defaults": "range=7d"}),
            _traffic(
                "Traffic by device",
                store.traffic_by_device(since, chosen, _step(since, hour)),
                since,
                hour,
            ),
            _traffic(
                "Traffic by destination",
                store.traffic_by_peer(since, chosen, 4 * _MOST),
                since,
                hour,
                _peer_step(hours),
            ),
            html.Div([_dns(store, since, hour, chosen), _alerts(store, since, hour)], className="columns"),
            _weeks(store, hour, chosen),
        ]
    )


def _step(since: int, hour: int) -> int:
    """Hours of a bar, so that there are about thirty."""
    return max(1, (hour - since + 1) // 28)


def _series(rows: list[Row], since: int, hour: int, step: int = 0) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows (hour, name, value) as bars of `step` hours, of the largest names and the rest; without a
    step about thirty bars, whatever the span."""
    totals: dict[str, int] = {}
    for row in rows:
        totals[row["name"]] = totals.get(row["name"], 0) + row["value"]
    rest = totals.pop(REST, 0)
    largest = sorted(totals, key=lambda name: -totals[name])
    names = [*(name[:40] for name in largest[:_MOST]), *([REST] if len(largest) > _MOST or rest else [])]
    place = {name: f"s{n}" for n, name in enumerate(largest[:_MOST])}
    step = step or _step(since, hour)
    nothing = dict.fromkeys((f"s{n}" for n in range(len(names))), 0)
    bars = [{"t": start * 3_600_000, **nothing} for start in range(since, hour + 1, step)]
    for row in rows:
        bar = (row["hour"] - since) // step
        if 0 <= bar < len(bars):
            bars[bar][place.get(row["name"], f"s{_MOST}")] += row["value"]
    return bars, names


def _peer_step(hours: int) -> int:
    """Destinations of long spans are kept by day."""
    return 24 if hours > LONG_HOURS else 0


def _traffic(title: str, rows: list[Row], since: int, hour: int, step: int = 0) -> html.Section:
    if not rows:
        return panel(title, empty("No traffic yet"))
    bars, names = _series(rows, since, hour, step)
    return panel(title, stacked(bars, names, "bytes"))


def _dns(store: Reader, since: int, hour: int, device: int | None) -> html.Section:
    rows = store.dns_by_hour(since, device)
    if not rows:
        return panel("Names asked for", empty("None yet"))
    told = [
        {"hour": row["hour"], "name": name, "value": row[key] or 0}
        for row in rows
        for name, key in (("Answered", "answered"), ("On a list", "blocked"), ("Failed", "failed"))
    ]
    bars, names = _series(told, since, hour)
    return panel("Names asked for", stacked(bars, names))


def _alerts(store: Reader, since: int, hour: int) -> html.Section:
    rows = store.incidents_by_hour(since)
    if not rows:
        return panel("New incidents by rule", empty("None in this time"))
    bars, names = _series(rows, since, hour)
    return panel("New incidents by rule", stacked(bars, names))


def _weeks(store: Reader, hour: int, device: int | None) -> html.Section:
    """The chosen device's week, else that of the busiest ones."""
    busiest = [row["id"] for row in store.busiest_devices(hour - 7 * 24, 4)]
    shown = [device] if device is not None else busiest
    if not shown:
        return panel("The week, hour by hour", empty("No traffic yet"))
    names = store.directory()
    parts = []
    for number in shown:
        name = names.name(number, "A forgotten device") or ""
        parts.append(html.Div([html.H3(name), device_week(store, number, hour, name)]))
    return panel(
        f"The week, hour by hour: {plural(len(shown), 'device')}", html.Div(parts, className="weeks")
    )


def device_week(store: Reader, device: int, hour: int, name: str) -> html.Div:
    """When a device was active: bytes of each hour of the last seven days."""
    rows = store.device_traffic(device, hour - 8 * 24)
    return week(
        {r["hour"]: r["bytes_up"] + r["bytes_down"] for r in rows}, hour, f"Traffic of {name} by hour"
    )


PAGE = Page("/charts", "Charts", layout, icon="charts")
