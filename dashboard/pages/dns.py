"""DNS: every name that was asked for, as it happens; names on a list are marked."""

from typing import Any

from dash import html

from dashboard.context import reader
from dashboard.page import Page
from dashboard.pages.alerts import device_options
from dashboard.parts import choice, feed, grid, heading, search
from dashboard.words import RANGE_WORDS, number

_COLUMNS: list[dict[str, Any]] = [
    {"field": "ts", "headerName": "When", "width": 118, "valueFormatter": {"function": "clockTime(params.value)"}, "tooltipValueGetter": {"function": "exactTime(params.value)"}},
    {"field": "name", "headerName": "Name asked for", "flex": 3, "minWidth": 170, "tooltipField": "name", "cellClassRules": {"cell-blocked": "params.data && params.data.blocked_by"}},
    {"field": "blocked_by", "headerName": "On list", "width": 120, "cellRenderer": "Blocked"},
    {"field": "device_label", "headerName": "Device", "flex": 1, "minWidth": 130, "cellRenderer": "DeviceName", "wide": True},
    {"field": "qtype", "headerName": "Type", "width": 82, "wide": True},
    {"field": "answers", "headerName": "Answer", "flex": 1, "minWidth": 130, "valueGetter": {"function": "answer(params.data)"}, "tooltipValueGetter": {"function": "answer(params.data)"}, "wide": True},
    {"field": "elapsed", "headerName": "Took", "width": 84, "type": "rightAligned", "valueFormatter": {"function": "milliseconds(params.value)"}, "wide": True},
    {"field": "transport", "headerName": "By", "width": 76, "wide": True},
]  # fmt: skip
_SHOW = [
    {"value": "all", "label": "All names"},
    {"value": "1", "label": "Only names on a list"},
]
_DEFAULTS = {"range": "24h"}


def layout(device: str = "all", q: str = "", blocked: str = "all", range: str = "", **_: str) -> Any:
    store = reader()
    counts = store.dns_counts(int(store.clock() // 3600) - 24)
    lead = f"{number(counts['queries'])} in 24 hours, {number(counts['blocked'])} on a list, {number(counts['failed'])} failed."
    ranges = [{"value": key, "label": word} for key, word in RANGE_WORDS.items()]
    filters = [
        choice("dns", "blocked", _SHOW, blocked, "Which names", 180),
        choice("dns", "device", device_options(), device, "Device", 180),
        choice("dns", "range", ranges, range or _DEFAULTS["range"], "Time range", 150),
        search("dns", q, "Search names"),
    ]
    return html.Div(
        [
            heading("DNS", lead=lead),
            html.Div(filters, className="filters"),
            feed("dns", grid("dns-grid", _COLUMNS), _DEFAULTS, what="lookups"),
        ]
    )


PAGE = Page("/dns", "DNS", layout, icon="dns")
