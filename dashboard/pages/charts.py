"""Charts: the last days to look at rather than to read."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from dash import html
from flask import has_request_context, request

from analysis.store.queries.charts import LONG_HOURS, REST
from analysis.store.reader import RANGES, Reader, Row
from dashboard.address import SPANS, USUAL_SPAN, settled
from dashboard.alert_decision import TITLES
from dashboard.charts import stacked, week
from dashboard.context import reader
from dashboard.filters import GONE_SAID, device_options, is_gone, options_of
from dashboard.page import Page
from dashboard.parts import choice, empty, heading, panel, segments
from dashboard.words import cut, plural

_BY_DEVICE = (
    "Counted in the hour of each packet. What two devices at home send each other counts for both of them."
)
_BY_PEER = (
    "Counted when a conversation is recorded, in the hour of its last packet until then, and once: "
    "so the hours differ a little from those by device."
)
_MOST = 6
"""Series told apart; the rest are one."""
_LONGEST = 32
"""Characters of a name in a legend: what a phone has room for."""
_ANSWERS = (("Answered", "answered"), ("Failed", "failed"), ("On a list", "blocked"))
"""What became of look-ups, always in these colours; and the column of each."""


class _Axis(NamedTuple):
    """The time that a chart shows, in hours since the epoch."""

    since: int
    hour: int
    """The last one, which is not over yet."""
    step: int
    """Hours of a bar."""


def layout(range: str = USUAL_SPAN, device: str = "all", **_: str) -> Any:
    store = reader()
    asked, said = settled({"range": range}, {"range": SPANS})
    span = asked.get("range") or USUAL_SPAN
    hour = int(store.clock() // 3600)
    filters = [
        segments("charts", "range", options_of(SPANS), span, "Time range"),
        choice("charts", "device", device_options(chosen=device), device, "Device", 200),
    ]
    marks = {"data-reloads": "1", "data-defaults": f"range={USUAL_SPAN}"}  # for filters.js
    shown = [empty(GONE_SAID)] if is_gone(device) else _charts(store, RANGES[span], hour, device)
    return html.Div(
        [
            heading("Charts", lead="Hover or touch a chart for the numbers."),
            html.Div(filters, className="filters", **marks),
            *filter(None, [said]),
            *shown,
        ]
    )


def _charts(store: Reader, hours: int, hour: int, device: str) -> list[html.Section | html.Div]:
    """All charts of the last `hours` until `hour`, of a known device or of "all"."""
    chosen = int(device) if device not in ("", "all") else None
    step = _step(hours)
    since = hour - hours + 1
    since -= (since + _zone()) % step  # bars begin with the viewer's days
    axis = _Axis(since, hour, step)
    beside = [_dns(store, axis, chosen), _alerts(store, axis, chosen is not None)]
    return [
        *_traffic(store, axis, chosen),
        html.Div(beside, className="columns"),
        _weeks(store, hour, chosen),
    ]


def _step(hours: int) -> int:
    """Hours of a bar, so that there are about thirty."""
    return 1 if hours <= 24 else 6 if hours <= RANGES["7d"] else 24


def _zone() -> int:
    """Hours by which the viewer's clock is before UTC; start.js tells it, so that days begin at midnight."""
    told = request.cookies.get("zone", "") if has_request_context() else ""
    return int(told) if re.fullmatch(r"-?\d{1,2}", told) and -14 <= int(told) <= 14 else 0


def _series(
    rows: list[Row], axis: _Axis, order: Sequence[str] = ()
) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows (hour, name, value) as bars, of the largest names and the rest; and these names, by size unless
    they have an order of their own."""
    since, hour, step = axis
    totals: dict[str, int] = {}
    for row in rows:
        totals[row["name"]] = totals.get(row["name"], 0) + row["value"]
    rest = totals.pop(REST, 0)
    largest = list(order) or sorted(totals, key=lambda name: -totals[name])
    names = [
        *(cut(name, _LONGEST) for name in largest[:_MOST]),
        *([REST] if len(largest) > _MOST or rest else []),
    ]
    place = {name: f"s{n}" for n, name in enumerate(largest[:_MOST])}
    nothing = dict.fromkeys((f"s{n}" for n in range(len(names))), 0)
    bars = [{"t": start * 3_600_000, **nothing} for start in range(since, hour + 1, step)]
    for row in rows:
        bar = (row["hour"] - since) // step
        if 0 <= bar < len(bars):
            bars[bar][place.get(row["name"], f"s{_MOST}")] += row["value"]
    return bars, names


def _marks(bars: list[dict[str, Any]], step: int) -> list[int]:
    """The bars that are labelled: days at their beginning, within one day every third hour; at most
    eight, counted from the newest."""
    hours = [(bar["t"] // 3_600_000 + _zone(), bar["t"]) for bar in bars]
    every = 3 if step == 1 else 24
    marks = [t for hour, t in hours if step == 24 or hour % every == 0]
    return marks[::-1][:: -(-len(marks) // 8) or 1][::-1]


def _chart(
    title: str,
    rows: list[Row],
    axis: _Axis,
    write: str = "count",
    none: str = "None yet",
    counts: str | None = None,
    order: Sequence[str] = (),
) -> html.Section:
    """A panel with stacked bars of rows (hour, name, value). `write` is the function of time.js that writes a
    value, `none` stands where there are no rows, `counts` says what the bars count, `order` is that of the
    names where it does not hang on their size."""
    if not rows:
        return panel(title, empty(none))
    bars, names = _series(rows, axis, order)
    said = html.P(counts, className="muted") if counts else None
    return panel(title, said, stacked(bars, names, axis.step, _marks(bars, axis.step), write))


def _traffic(store: Reader, axis: _Axis, device: int | None) -> list[html.Section]:
    """By device, and by destination; the latter of long spans in days of UTC, drawn at their noon."""
    by_device = store.traffic_by_device(axis.since, device, axis.step)
    by_peer = store.traffic_by_peer(axis.since, device, 4 * _MOST)
    peer_axis = axis
    if axis.hour - axis.since >= LONG_HOURS:
        by_peer = [{**row, "hour": _noon(row["hour"])} for row in by_peer]
        peer_axis = _Axis(_noon(axis.since), max(axis.hour, _noon(axis.hour)), 24)
    none = "No traffic yet"
    return [
        _chart("Traffic by device", by_device, axis, "bytes", none, _BY_DEVICE),
        _chart("Traffic by destination", by_peer, peer_axis, "bytes", none, _BY_PEER),
    ]


def _noon(hour: int) -> int:
    """The hour at noon of a day of UTC."""
    return hour // 24 * 24 + 12


def _dns(store: Reader, axis: _Axis, device: int | None) -> html.Section:
    told = [
        {"hour": row["hour"], "name": name, "value": row[key] or 0}
        for row in store.dns_by_hour(axis.since, device)
        for name, key in _ANSWERS
    ]
    return _chart("Look-ups", told, axis, order=[name for name, _ in _ANSWERS])


def _alerts(store: Reader, axis: _Axis, one: bool) -> html.Section:
    """Incidents are not counted by device, which is said where one is chosen."""
    title = "New incidents by rule" + (", of every device" if one else "")
    told = [
        {**row, "name": TITLES.get(row["name"], row["name"])} for row in store.incidents_by_hour(axis.since)
    ]
    return _chart(title, told, axis, none="None in this time")


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
        parts.append(html.Div([html.H3(name, title=name), device_week(store, number, hour, name)]))
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
