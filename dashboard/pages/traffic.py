"""Live traffic: conversations, which say who and what, and the packet log."""

from typing import Any

from dash import dcc, html

from dashboard import columns
from dashboard.address import settled
from dashboard.context import context
from dashboard.filters import device_options, gone_said, options_of
from dashboard.late_scripts import GRID
from dashboard.page import Page
from dashboard.parts import choice, feed, grid, heading, search
from dashboard.row_details import CHOSEN, row_drawer
from dashboard.words import RANGE_WORDS

_PACKETS = [
    columns.on_phone(columns.moment("ts", "When", 138), 78),
    columns.on_phone_only("Who and what", "PhonePacket"),
    columns.text("proto", "Protocol", 92),
    columns.computed("src", "From", 120, "source", grow=2),
    columns.computed("dst", "To", 120, "target", grow=2),
    columns.number("sport", "From port", 98),
    columns.number("dport", "To port", 92),
    columns.number("length", "Length", 88),
    columns.text("sample", "Logged", 92, valueFormatter={"function": "sampled(params.value)"}),
    columns.text("sensor", "Sensor", 90),
]
_FLOWS = [
    columns.on_phone(columns.moment("first_seen", "Began", 138), 78),
    columns.on_phone_only("Who and what", "PhoneFlow"),
    columns.drawn("device_label", "Device", 120, "DeviceName", grow=1, wide=True),
    columns.computed("peer", "Other side", 130, "otherSide", grow=2),
    columns.text("owner", "Whose", 90, grow=1),
    columns.number("port", "Port", 68),
    columns.text("proto", "Protocol", 92),
    columns.text("service", "Content", 92),
    columns.number("bytes_up", "Up", 80, "bytes"),
    columns.number("bytes_down", "Down", 80, "bytes"),
    columns.text("state", "State", 108),
]
_PROTOCOLS = {name: name.upper() for name in ("tcp", "udp", "icmp", "icmpv6", "igmp")}


def layout(
    view: str = "flows",
    device: str = "all",
    proto: str = "all",
    q: str = "",
    range: str = "",
    row: str = "",
    **_: str,
) -> Any:
    flows = view != "packets"
    protocols = options_of(_PROTOCOLS, "Any protocol")
    asked, said = settled(
        {"proto": proto, "range": range}, {"proto": ("all", *_PROTOCOLS), "range": RANGE_WORDS}
    )
    filters = [
        choice("traffic", "device", device_options(chosen=device), device, "Device", 180),
        choice("traffic", "proto", protocols, asked.get("proto", "all"), "Protocol", 140),
        choice("traffic", "range", options_of(RANGE_WORDS), asked.get("range") or "24h", "Time range", 150),
        search("traffic", q, "Search addresses and names" if flows else "Search addresses"),
    ]
    name, columns_shown, what = (
        ("flows", _FLOWS, "conversations") if flows else ("packets", _PACKETS, "packets")
    )
    table = feed(name, grid(f"{name}-grid", columns_shown), {"range": "24h"}, selects=CHOSEN, what=what)
    return html.Div(
        [
            heading("Live traffic", _views(flows), lead=_lead(flows)),
            html.Div(filters, className="filters"),
            said,
            gone_said(device),
            html.P("", className="sampling", id="sampling", hidden=True, role="status"),
            table,
            row_drawer(name, row),
        ]
    )


def _views(flows: bool) -> html.Div:
    def tab(name: str, where: str, on: bool) -> dcc.Link:
        return dcc.Link(name, href=where, className="tab on" if on else "tab")

    return html.Div(
        [
            tab("Conversations", "/traffic?view=flows", flows),
            tab("Packets", "/traffic?view=packets", not flows),
        ],
        className="tabs",
    )


def _lead(flows: bool) -> str:
    if flows:
        return (
            "Who talked to whom, one row a conversation, newest record first. A conversation is recorded when"
            " it ends, or while it lasts, so the times under Began are not in order. Choose one for more."
        )
    log = context().config.packet_log
    return (
        f"The newest {log.rows:,} packets. When more than {log.per_second:,} come in a second, only some of"
        " them are logged: the column Logged then says one in how many."
    )


PAGE = Page("/traffic", "Live traffic", layout, icon="traffic", libraries=(GRID,))
