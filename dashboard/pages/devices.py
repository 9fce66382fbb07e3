"""Devices: everything on the network, unknown first."""

from typing import Any

from dash import html

from analysis.fingerprints import short_maker
from analysis.store.reader import Row
from dashboard import columns
from dashboard.address import settled
from dashboard.context import reader
from dashboard.late_scripts import GRID
from dashboard.page import Page
from dashboard.parts import choice, downloads, empty, grid, heading, search
from dashboard.words import TRUST_WORDS, new_to_you, plural

_BOTH_MAKERS = {"tooltipField": "makers", "getQuickFilterText": {"function": "params.data.makers"}}
"""On hover and for the search: the device's maker and that of its network card."""
_COLUMNS = [
    columns.drawn("name", "Name", 122, "DeviceRow", grow=3),
    columns.drawn("trust", "Trust", 112, "Trust"),
    columns.drawn("severity", "Alerts", 84, "Severity", wide=True),
    columns.text("kind", "Kind", 110),
    columns.text("maker", "Maker", 96, grow=2, **_BOTH_MAKERS),
    columns.text("ip", "Address", 108, cellClass="mono"),
    columns.text("mac", "MAC", 146, cellClass="mono"),
    columns.number("bytes", "24 h", 72, "bytes"),
    columns.on_phone(columns.moment("last_seen", "Last seen", 84, write="dayOrTime"), 88),
    columns.moment("first_seen", "First seen", 84, wide=True, write="dayOrTime"),
]
_SHOWN = (
    "id",
    "name",
    "trust",
    "severity",
    "kind",
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
            _table([_shown(row) for row in [*rows, *routers]]),
        ]
    )


def _table(rows: list[Row]) -> html.Div:
    """The table, which tables.js narrows and says of how many it shows."""
    sortable = [{**column, "sortable": True} for column in _COLUMNS]
    told = html.Div(html.Span(className="feed-status", role="status"), className="feed-bar")
    return html.Div(
        [told, grid("devices-grid", sortable, rows, suppressOverlays=["noMatchingRows"])],
        className="feed",
        **{"data-table": "devices-grid", "data-opens": "/devices/"},
    )


def _shown(row: Row) -> Row:
    router = bool(row["router"])
    maker = row["maker"] or (short_maker(row["vendor"]) if row["vendor"] else None)
    card = f"network card: {row['vendor']}" if row["vendor"] and row["vendor"] != maker else None
    more = {"new": not router and new_to_you(row), "router": router, "maker": maker}
    return {key: row[key] for key in _SHOWN} | more | {"makers": "; ".join(filter(None, (maker, card)))}


PAGE = Page("/devices", "Devices", layout, icon="devices", libraries=(GRID,))
