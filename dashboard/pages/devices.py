"""Devices: everything on the network, unknown first."""

from typing import Any

from dash import html

from dashboard.context import reader
from dashboard.page import Page
from dashboard.parts import choice, empty, grid, heading, search
from dashboard.words import TRUST_WORDS

_TIME = {
    "valueFormatter": {"function": "clockTime(params.value)"},
    "tooltipValueGetter": {"function": "exactTime(params.value)"},
}
_COLUMNS: list[dict[str, Any]] = [
    {"field": "name", "headerName": "Name", "flex": 2, "minWidth": 150, "cellRenderer": "DeviceName", "tooltipField": "name"},
    {"field": "trust", "headerName": "Trust", "width": 112, "cellRenderer": "Trust"},
    {"field": "severity", "headerName": "Open alerts", "width": 118, "cellRenderer": "Severity", "wide": True},
    {"field": "kind", "headerName": "Kind", "width": 110, "wide": True},
    {"field": "vendor", "headerName": "Maker", "flex": 1, "minWidth": 110, "tooltipField": "vendor", "wide": True},
    {"field": "ip", "headerName": "Address", "width": 128, "cellClass": "mono", "wide": True},
    {"field": "mac", "headerName": "MAC", "width": 142, "cellClass": "mono", "wide": True},
    {"field": "bytes", "headerName": "24 h", "width": 92, "type": "rightAligned", "valueFormatter": {"function": "bytes(params.value)"}, "wide": True},
    {"field": "last_seen", "headerName": "Last seen", "width": 118, **_TIME},
    {"field": "first_seen", "headerName": "First seen", "width": 118, **_TIME, "wide": True},
]  # fmt: skip
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


def layout(trust: str = "all", q: str = "", **_: str) -> Any:
    store = reader()
    rows = store.devices(int(store.clock() // 3600) - 24)
    if not rows:
        hint = "Devices appear as soon as they send something: a request for an address is enough."
        return html.Div([heading("Devices"), empty("No devices yet", hint)])
    options = [
        {"value": "all", "label": "Any trust"},
        *({"value": k, "label": v} for k, v in TRUST_WORDS.items()),
    ]
    columns = [{**column, "sortable": True} for column in _COLUMNS]
    unknown = sum(row["trust"] == "unknown" for row in rows)
    lead = f"{len(rows)} in all. {unknown} still unknown: choose one to name it and say what it is."
    return html.Div(
        [
            heading("Devices", lead=lead),
            html.Div(
                [
                    choice("devices", "trust", options, trust, "Trust", 150),
                    search("devices", q, "Search devices"),
                ],
                className="filters",
            ),
            html.Div(
                grid("devices-grid", columns, [{key: row[key] for key in _SHOWN} for row in rows]),
                className="feed",
                **{"data-table": "devices-grid", "data-opens": "/devices/"},
            ),
        ]
    )


PAGE = Page("/devices", "Devices", layout, icon="devices")
