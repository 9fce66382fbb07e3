"""Devices: everything on the network, unknown first."""

from typing import Any

from dash import html

from analysis.store.reader import Row
from dashboard import columns
from dashboard.address import settled
from dashboard.context import reader
from dashboard.late_scripts import GRID
from dashboard.page import Page
from dashboard.parts import choice, downloads, empty, grid, heading, search
from dashboard.words import TRUST_WORDS, new_to_you, plural

_COLUMNS = [
    columns.drawn("name", "Name", 122, "DeviceRow", grow=2),
    columns.drawn("trust", "Trust", 116, "Trust"),
    columns.drawn("severity", "Alerts", 88, "Severity", wide=True),
    columns.text("kind", "Kind", 92),
    columns.text("vendor", "Maker", 76, grow=1),
    columns.text("ip", "Address", 112, cellClass="mono"),
    columns.text("mac", "MAC", 146, cellClass="mono"),
    columns.number("bytes", "24 h", 76, "bytes"),
    columns.on_phone(columns.moment("last_seen", "Last seen", 92, write="dayOrTime"), 88),
    columns.moment("first_seen", "First seen", 92, wide=True, write="dayOrTime"),
]
_SHOWN = (
    "id",
    "name",
    "trust",
    "severity",
    "kind",
    "vendor",
    "ip",
    "mac",
    "bytes",
    "last_seen",
    "first_seen",
)


def layout(q: str = "", **given: str) -> Any:
    store = reader()
    rows = store.devices(int(store.clock() // 3600) - 24)
    if not rows:
        hint = "Devices appear as soon as they send something: a request for an address is enough."
        return html.Div([heading("Devices"), empty("No devices yet", hint)])
    options = [
        {"value": "all", "label": "Any trust"},
        {"value": "new", "label": "New to you"},
        *({"value": k, "label": v} for k, v in TRUST_WORDS.items()),
    ]
    asked, said = settled(given, {"trust": [option["value"] for option in options]})
    sortable = [{**column, "sortable": True} for column in _COLUMNS]
    new = sum(map(new_to_you, rows))
    ask = f" {new} new to you: choose one to name it and say what it is." if new else ""
    routers = store.routers(int(store.clock() // 3600) - 24)
    apart = f" {plural(len(routers), 'router')}: part of the network, not counted." if routers else ""
    lead = f"{len(rows)} in all.{apart}{ask}"
    return html.Div(
        [
            heading("Devices", lead=lead),
            html.Div(
                [
                    choice("devices", "trust", options, asked.get("trust", "all"), "Trust", 150),
                    search("devices", q, "Search devices"),
                    downloads("devices"),
                ],
                className="filters",
            ),
            said,
            html.Div(
                grid("devices-grid", sortable, [_shown(row) for row in [*rows, *routers]]),
                className="feed",
                **{"data-table": "devices-grid", "data-opens": "/devices/"},
            ),
        ]
    )


def _shown(row: Row) -> Row:
    router = bool(row["router"])
    return {key: row[key] for key in _SHOWN} | {"new": not router and new_to_you(row), "router": router}


PAGE = Page("/devices", "Devices", layout, icon="devices", libraries=(GRID,))
