"""Overview: is my home fine, what changed, what do I do?"""

import time
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html

from analysis.store.reader import Reader, Row
from dashboard.charts import round_hours
from dashboard.context import reader
from dashboard.page import Page
from dashboard.parts import bars, device_link, empty, heading, panel, redraw, severity, tile, when
from dashboard.verdict import present_verdict
from dashboard.words import LEVELS, number, plural, share, size

_NEW_DAYS = 7
_STEP_MINUTES = 10
_SHORT_MINUTES = 120
"""So long each minute is a step: what has run for an hour would show six of the others."""


def layout(**_: str) -> Any:
    return html.Div([redraw("overview"), html.Div(body(reader()), id="overview-body")])


def body(store: Reader) -> list[Any]:
    """All that the page shows, drawn again when something changed."""
    now = store.clock()
    hour = int(now // 3600) - 24
    counts, devices = store.open_counts(), store.device_counts(now - 86400)
    return [
        heading("Overview"),
        _verdict(store),
        html.Div(
            [
                tile("critical", counts[2], "critical, open", "/alerts?severity=2&range=all", "bad"),
                tile("high", counts[1], "high, open", "/alerts?severity=1&range=all", "warn"),
                tile("unknown", devices["unknown"], "devices new to you", "/devices?trust=new", "note"),
                tile("online", devices["online"], "devices seen today", "/devices"),
            ],
            className="tiles",
        ),
        html.Div([_attention(store, counts), _busiest(store, hour)], className="columns wide-left"),
        html.Div([_traffic(store, now), _new_devices(store, now)], className="columns wide-left"),
    ]


def _verdict(store: Reader) -> html.Div:
    said = present_verdict(store, time.time())
    more = dcc.Link("Show me", href=f"/alerts?id={said.alert}", className="button") if said.alert else None
    words = html.Div(
        [html.P(said.line, className="verdict-line"), html.P(said.next, className="verdict-next")]
    )
    return html.Div([html.Div([words, more], className=f"verdict {said.tone}"), _honesty(store)])


def _honesty(store: Reader) -> html.P:
    """What the verdict rests on: packets seen and lost, last packet, standing findings."""
    sensors = store.sensors()
    packets, lost = sum(s["packets"] for s in sensors), sum(s["dropped"] for s in sensors)
    last = max((s["last_packet"] or 0 for s in sensors), default=0)
    concerns = sum(row["level"] == "alarm" for row in store.health())
    parts: list[Any] = [
        plural(len(sensors), "sensor"), f"{number(packets)} packets seen",
        f"{number(lost)} lost ({share(lost, packets + lost)})",
        html.Span(["last packet ", when(last or None)]),
    ]  # fmt: skip
    if any(s["counters"].get("shedding", "none") != "none" for s in sensors):
        parts.append(
            dcc.Link("giving up detail: too much traffic", href="/health", className="honesty-concern")
        )
    if concerns:
        words = f"{plural(concerns, 'finding')} about Sentinel itself"
        parts.append(dcc.Link(words, href="/health", className="honesty-concern"))
    joined = [
        piece for part in parts for piece in (html.Span(part) if isinstance(part, str) else part, " · ")
    ]
    more = [*joined, dcc.Link("What Sentinel sees and misses", href="/health")]
    return html.P(more, className="honesty")


def _attention(store: Reader, counts: dict[int, int]) -> html.Section:
    groups = store.open_groups()
    link = ("All alerts", "/alerts")
    if not groups:
        return panel(
            "Needs attention",
            empty("Nothing needs you", "Critical and high incidents appear here."),
            link=link,
        )
    listed = html.Ul([_group(row) for row in groups], className="incidents")
    return panel("Needs attention", listed, _rest(groups, counts), link=link)


def _rest(groups: list[Row], counts: dict[int, int]) -> html.P | None:
    """How many open critical and high incidents the list does not show, and where they are."""
    shown = {level: sum(row["incidents"] for row in groups if row["severity"] == level) for level in (2, 1)}
    more = [
        dcc.Link(
            f"{number(rest)} more {LEVELS[level].word.lower()}", href=f"/alerts?severity={level}&range=all"
        )
        for level, some in shown.items()
        if (rest := counts[level] - some) > 0
    ]
    return html.P(["and ", *(part for link in more for part in (link, ", "))][:-1]) if more else None


def _group(row: Row) -> html.Li:
    where = f"/alerts?id={row['id']}"
    if row["incidents"] > 1:
        where = f"/alerts?rule={row['rule']}&device={row['device'] or 'all'}&range=all"
    times = [" · ", plural(row["incidents"], "incident")] if row["incidents"] > 1 else []
    return html.Li(
        [
            severity(row["severity"]),
            html.Div(
                [
                    dcc.Link(row["title"], href=where, className="incident-title"),
                    html.P(
                        [
                            device_link(row["device"], row["device_label"]),
                            *times,
                            " · ",
                            when(row["last_seen"]),
                        ]
                    ),
                ]
            ),
        ]
    )


def _busiest(store: Reader, hour: int) -> html.Section:
    rows = store.busiest_devices(hour)
    if not rows:
        return panel("Busiest devices", empty("No traffic yet"))
    ranked = [(device_link(r["id"], r["name"]), r["bytes_up"] + r["bytes_down"], _volume(r)) for r in rows]
    return panel("Busiest devices, 24 h", bars(ranked), link=("All devices", "/devices"))


def _volume(row: Row) -> str:
    return size(row["bytes_up"] + row["bytes_down"])


def _traffic(store: Reader, now: float) -> html.Section:
    step, sizes = _steps(store, int(now // 60))
    if sizes is None or len(sizes) < 2:
        words = "No traffic yet" if sizes is None else "The first minutes are being counted"
        return panel("Traffic, 24 h", empty(words))
    rate = step * 60 / 8
    data = [
        {"t": minute * 60_000, "Down": round(down / rate), "Up": round(up / rate)}
        for minute, (up, down) in sizes.items()
    ]
    chart = dmc.AreaChart(
        h=210,
        data=data,
        dataKey="t",
        curveType="monotone",
        withDots=False,
        withLegend=True,
        fillOpacity=0.15,
        strokeWidth=1.5,
        gridAxis="x",
        withGradient=False,
        tickLine="none",
        series=[{"name": "Down", "color": "var(--accent)"}, {"name": "Up", "color": "var(--second)"}],
        legendProps={"verticalAlign": "top", "height": 30},
        valueFormatter={"function": "bitrate"},
        tooltipAnimationDuration=0,
        areaProps={"isAnimationActive": False},
        xAxisProps=round_hours([row["t"] for row in data]),
        yAxisProps={"width": 80},
        tooltipProps={"labelFormatter": {"function": "moment"}},
    )
    return panel("Traffic, 24 h", chart, link=("Live traffic", "/traffic"))


def _steps(store: Reader, minute: int) -> tuple[int, dict[int, tuple[int, int]] | None]:
    """Minutes of a step, and bytes up and down by the first minute of each from the first with traffic within
    24 hours to the last that is over, also of those in which nothing was seen; None: nothing in all."""
    since = (minute - 1440) // _STEP_MINUTES * _STEP_MINUTES
    step, rows = _STEP_MINUTES, store.traffic_over_time(since, _STEP_MINUTES)
    if rows and minute - rows[0]["minute"] < _SHORT_MINUTES:
        step, rows = 1, store.traffic_over_time(since, 1)
    if not rows:
        return step, None
    seen = {row["minute"]: (row["bytes_up"], row["bytes_down"]) for row in rows}
    first, end = rows[0]["minute"], minute // step * step
    return step, {at: seen.get(at, (0, 0)) for at in range(first, end, step)}


def _new_devices(store: Reader, now: float) -> html.Section:
    rows = store.new_devices(now - _NEW_DAYS * 86400)
    if not rows:
        return panel("New this week", empty("No new devices"))
    items = [
        html.Li(
            [
                device_link(r["id"], r["name"]),
                html.Span([r["vendor"] or "unknown maker", " · ", when(r["first_seen"])]),
            ]
        )
        for r in rows
    ]
    return panel(
        "New this week", html.Ul(items, className="plain-list"), link=("Look at them", "/devices?trust=new")
    )


def callbacks(app: Dash) -> None:
    @app.callback(
        Output("overview-body", "children"), Input("overview-redraw", "data"), prevent_initial_call=True
    )
    def drawn_again(_: Any) -> list[Any]:
        return body(reader())


PAGE = Page("/", "Overview", layout, callbacks, icon="home")
