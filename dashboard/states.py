"""Designed states for when there is nothing to show, or the database does not answer."""

from typing import Any

from dash import dcc, html

from analysis.store.reader import StoreError
from dashboard.context import reader
from dashboard.parts import empty, heading, redraw
from dashboard.watch import failed_watch

_STEPS = "Run this in a terminal, leave it running, and this page fills by itself:"


def store_failed(page: str, error: StoreError) -> html.Div:
    """A page whose question the database did not answer."""
    watch = failed_watch(error, reader().path)
    if watch.state == "missing":
        body = empty("No sensor has run yet", _STEPS, "sudo python3 sentinel.py up")
        demo = html.P(
            [
                "Only want to look around? ",
                html.Code("python3 sentinel.py demo"),
                " plays an evening in a home.",
            ],
            className="muted centre",
        )
        return html.Div([heading(page), body, demo, redraw("state")])
    return html.Div([heading(page), empty(watch.text, watch.fix or ""), redraw("state")])


def not_found(**_: Any) -> html.Div:
    """A path inside the app that leads nowhere."""
    return html.Div([heading("There is no such page"), dcc.Link("Back to the overview", href="/")])
