"""Live traffic: the packet log, and conversations."""

from typing import Any

from dash import dcc, html

from dashboard.context import context
from dashboard.page import Page
from dashboard.pages.alerts import device_options
from dashboard.parts import choice, feed, grid, heading, search
from dashboard.words import RANGE_WORDS

_TIME = {
    "valueFormatter": {"function": "clockTime(params.value)"},
    "tooltipValueGetter": {"function": "exactTime(params.value)"},
}
_PACKETS: list[dict[str, Any]] = [
    {"field": "ts", "headerName": "When", "width": 118, **_TIME},
    {"field": "proto", "headerName": "Protocol", "width": 92},
    {"field": "src", "headerName": "From", "flex": 2, "minWidth": 120, "valueGetter": {"function": "source(params.data)"}, "tooltipField": "src"},
    {"field": "dst", "headerName": "To", "flex": 2, "minWidth": 120, "valueGetter": {"function": "target(params.data)"}, "tooltipField": "dst"},
    {"field": "sport", "headerName": "Port", "width": 84, "type": "rightAligned", "wide": True},
    {"field": "dport", "headerName": "To port", "width": 92, "type": "rightAligned", "wide": True},
    {"field": "length", "headerName": "Length", "width": 88, "type": "rightAligned", "wide": True},
    {"field": "sample", "headerName": "Logged", "width": 96, "valueFormatter": {"function": "sampled(params.value)"}, "wide": True},
    {"field": "sensor", "headerName": "Sensor", "width": 90, "wide": True},
]  # fmt: skip
_FLOWS: list[dict[str, Any]] = [
    {"field": "first_seen", "headerName": "Began", "width": 118, **_TIME},
    {"field": "device_label", "headerName": "Device", "flex": 1, "minWidth": 120, "cellRenderer": "DeviceName"},
    {"field": "peer", "headerName": "Other side", "flex": 2, "minWidth": 130, "valueGetter": {"function": "otherSide(params.data)"}, "tooltipField": "server_ip"},
    {"field": "port", "headerName": "Port", "width": 80, "type": "rightAligned", "wide": True},
    {"field": "proto", "headerName": "Protocol", "width": 92, "wide": True},
    {"field": "service", "headerName": "Content", "width": 92, "wide": True},
    {"field": "bytes_up", "headerName": "Up", "width": 92, "type": "rightAligned", "valueFormatter": {"function": "bytes(params.value)"}, "wide": True},
    {"field": "bytes_down", "headerName": "Down", "width": 92, "type": "rightAligned", "valueFormatter": {"function": "bytes(params.value)"}, "wide": True},
    {"field": "state", "headerName": "State", "width": 108, "wide": True},
]  # fmt: skip
_PROTOCOLS = [
    {"value": "all", "label": "Any protocol"},
    *({"value": name, "label": name.upper()} for name in ("tcp", "udp", "icmp", "icmpv6", "igmp")),
]


def layout(
    view: str = "packets",
    device: str = "all",
    proto: str = "all",
    port: str = "",
    q: str = "",
    range: str = "",
    **_: str,
) -> Any:
    flows = view == "flows"
    ranges = [{"value": key, "label": word} for key, word in RANGE_WORDS.items()]
    filters = [
        choice("traffic", "device", device_options(), device, "Device", 180),
        choice("traffic", "proto", _PROTOCOLS, proto, "Protocol", 140),
        choice("traffic", "range", ranges, range or "24h", "Time range", 150),
        search("traffic", q, "Search addresses and names" if flows else "Search addresses"),
    ]
    packets = feed("packets", grid("packets-grid", _PACKETS), {"range": "24h"}, what="packets")
    conversations = feed("flows", grid("flows-grid", _FLOWS), {"range": "24h"}, what="conversations")
    return html.Div(
        [
            heading("Live traffic", _views(flows), lead=_lead(flows)),
            html.Div(filters, className="filters"),
            html.P("", className="sampling", id="sampling", hidden=True, role="status"),
            conversations if flows else packets,
        ]
    )


def _views(flows: bool) -> html.Div:
    def tab(name: str, where: str, on: bool) -> dcc.Link:
        return dcc.Link(name, href=where, className="tab on" if on else "tab")

    return html.Div(
        [tab("Packets", "/traffic", not flows), tab("Conversations", "/traffic?view=flows", flows)],
        className="tabs",
    )


def _lead(flows: bool) -> str:
    if flows:
        return "Who talked to whom, one row a conversation."
    log = context().config.packet_log
    return (
        f"The newest {log.rows:,} packets. Above {log.per_second} a second every n-th is logged, and said so."
    )


PAGE = Page("/traffic", "Live traffic", layout, icon="traffic")
