"""The list of what a person expects, with the way back."""

from typing import Any

import dash_mantine_components as dmc
from dash import html

from analysis.store.reader import Reader, Row
from dashboard.alert_decision import TITLES, scope_words, until
from dashboard.parts import empty, panel, table, when
from dashboard.words import number, plural

_HINT = "Open an incident and choose “This is expected, stop telling me…”."


def expected(store: Reader, wall: float) -> html.Section:
    """All expectations, newest first; `wall` is the present."""
    rows, once = store.expectations(), store.expected_once()
    link = ("Expected incidents", "/alerts?state=expected&range=all")
    if not rows and not once:
        return panel("What you expect", empty("Nothing yet", _HINT))
    words = (
        f"{'Also' if rows else 'Only'} {plural(once, 'single incident')}: the next of its kind is told again."
    )
    single = html.P(words, className="muted") if once else None
    head = ("From", "Rule", "Incidents", "Said", "Holds", "Note", "")
    lasting = table(head, [_line(store, row, wall) for row in rows]) if rows else None
    return panel("What you expect", lasting, single, link=link)


def _line(store: Reader, row: Row, wall: float) -> tuple[Any, ...]:
    over = row["expires"] is not None and row["expires"] <= wall
    holds = ["ended ", when(row["expires"])] if over else until(row["expires"])
    words, rule = scope_words(store, row), TITLES.get(row["rule"], row["rule"])
    undo = dmc.Button(
        "Undo", id={"undo": row["id"]}, size="compact-sm", variant="default",
        **{"aria-label": f"No longer expect “{rule}” from {words}"},
    )  # fmt: skip
    return (
        html.Bdi(words), html.Span(rule, title=row["rule"]), number(row["covers"]), when(row["made"]),
        html.Span(holds), row["note"] or "", undo,
    )  # fmt: skip
