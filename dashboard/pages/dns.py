"""DNS: every name that was asked for, as it happens; names on a list are marked."""

from typing import Any

from dash import html

from dashboard import columns
from dashboard.address import settled
from dashboard.context import reader
from dashboard.filters import device_options, gone_said, options_of
from dashboard.late_scripts import GRID
from dashboard.page import Page
from dashboard.parts import choice, feed, grid, heading, search
from dashboard.row_details import CHOSEN, row_callbacks, row_drawer
from dashboard.words import RANGE_WORDS, number

_BLOCKED = {"cell-blocked": "params.data && params.data.blocked_by"}
_COLUMNS = [
    columns.on_phone(columns.moment("ts", "When", 138), 78),
    columns.on_phone_only("Name asked for", "PhoneLookup"),
    columns.text("name", "Name asked for", 170, grow=3, cellClassRules=_BLOCKED),
    columns.drawn("blocked_by", "On list", 116, "Blocked", wide=True),
    columns.drawn("device_label", "Device", 140, "DeviceName", grow=1, wide=True),
    columns.text("qtype", "Type", 82),
    columns.computed("answers", "Answer", 140, "answer", grow=1),
    columns.number("elapsed", "Took", 84, "milliseconds"),
    columns.text("transport", "By", 76),
]
_WHICH = {"all": "All names", "1": "Only names on a list"}
_DEFAULTS = {"range": "24h"}


def layout(
    device: str = "all", q: str = "", blocked: str = "all", range: str = "", row: str = "", **_: str
) -> Any:
    store = reader()
    counts = store.dns_counts(int(store.clock() // 3600) - 24)
    queries, listed, broken = (number(counts[name]) for name in ("queries", "blocked", "failed"))
    lead = f"{queries} in 24 hours, {listed} on a list, {broken} failed. Choose one for more."
    asked, said = settled({"blocked": blocked, "range": range}, {"blocked": _WHICH, "range": RANGE_WORDS})
    span = asked.get("range") or _DEFAULTS["range"]
    filters = [
        choice("dns", "blocked", options_of(_WHICH), asked.get("blocked", "all"), "Which names", 180),
        choice("dns", "device", device_options(chosen=device), device, "Device", 180),
        choice("dns", "range", options_of(RANGE_WORDS), span, "Time range", 150),
        search("dns", q, "Search names"),
    ]
    return html.Div(
        [
            heading("DNS", lead=lead),
            html.Div(filters, className="filters"),
            said,
            gone_said(device),
            feed("dns", grid("dns-grid", _COLUMNS), _DEFAULTS, selects=CHOSEN, what="lookups"),
            row_drawer("dns", row),
        ]
    )


PAGE = Page("/dns", "DNS", layout, row_callbacks, icon="dns", libraries=(GRID,))
