"""Charts that pages share: stacked bars over time, and a week as a heat map. Drawn in the browser, from
numbers only; colours are told apart by lightness too (Okabe and Ito's palette for series)."""

import json
from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html

PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8a8f98")
"""Okabe and Ito (2008), Color Universal Design, without yellow; grey last, for the rest."""


def stacked(
    data: list[dict[str, Any]], names: Sequence[str], step: int, marks: Sequence[int], write: str = "count"
) -> Any:
    """Stacked bars of `step` hours (1, 6 or 24): `t` in milliseconds, and the number of the n-th name under
    "s<n>" (a name with a dot would be taken for a path). `marks` are the bars that are labelled; `write` is
    a function of time.js."""
    return dmc.BarChart(
        h=260, data=data, dataKey="t", type="stacked", withLegend=True, gridAxis="x", tickLine="none",
        series=[
            {"name": f"s{n}", "label": name, "color": PALETTE[n % len(PALETTE)]}
            for n, name in enumerate(names)
        ],
        legendProps={"verticalAlign": "top"}, barProps={"isAnimationActive": False},
        valueFormatter={"function": write}, yAxisProps={"width": 70, "allowDecimals": False},
        tooltipAnimationDuration=0,
        xAxisProps={
            "tickFormatter": {"function": "dayOrHour" if step < 24 else "day"},
            "ticks": list(marks), "minTickGap": 24,
        },
        tooltipProps={"labelFormatter": {"function": f"span{step}"}},
    )  # fmt: skip


def week(hours: dict[int, int], last_hour: int, about: str) -> html.Div:
    """Seven days of 24 hours each, darker for more bytes; heat.js lays them out in the viewer's zone.
    `hours` maps hours since the epoch to bytes."""
    cells = [hours.get(hour, 0) for hour in range(last_hour - 8 * 24 + 1, last_hour + 1)]
    given = json.dumps({"last": last_hour, "bytes": cells}, separators=(",", ":"))
    return html.Div(className="week", **{"data-week": given, "aria-label": about, "role": "group"})


def round_hours(times: Sequence[int], *, hourly: bool = False) -> dict[str, Any]:
    """The labels of a time axis at round hours of the viewer's day, of up to two hours at round minutes.

    `times` are milliseconds since the epoch, in steps that half an hour is a multiple of; `hourly`: in steps
    of an hour. time.js knows the viewer's zone and chooses among the half hours, because in some zones hours
    begin with one.
    """
    hours = (times[-1] - times[0]) / 3_600_000 if times else 0
    if hours <= 2:
        apart = 300_000 if hours <= 0.5 else 900_000
        marks = [t for t in times if t % apart == 0]
        return {"tickFormatter": {"function": "clock"}, "ticks": marks, "minTickGap": 12}
    every = 1 if hours <= 8 else 3 if hours <= 25 else 6
    marks = [t for t in times if t % 1_800_000 == 0]
    write = f"{'hourly' if hourly else 'every'}{every}"
    return {"tickFormatter": {"function": write}, "ticks": marks, "interval": 0}
