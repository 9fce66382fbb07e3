"""One device: who it is, what it does, what is usual for it."""

from math import ceil
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update

from analysis.store.notes import NoteError, NoteFailed
from analysis.store.reader import Reader, Row, StoreError
from dashboard.charts import round_hours
from dashboard.context import context, notes, reader
from dashboard.device_forget import forget_callbacks, forget_panel
from dashboard.device_identity import evidence, identity_callbacks, kind, programs, same_device, sure
from dashboard.device_meant import MEANT, NotThere, meant, not_there, remember
from dashboard.device_said import said_callbacks, say
from dashboard.long_table import long_table
from dashboard.page import Page
from dashboard.pages.charts import device_week
from dashboard.parts import bars, empty, facts, heading, panel, severity, state, trust, when
from dashboard.words import number, plural, size

_PEER_HOURS = 7 * 24


def layout(device_id: str = "", **_: str) -> Any:
    known = reader().device(int(device_id)) if device_id.isdigit() and len(device_id) < 18 else None
    if known is None:
        return html.Div([heading("No such device"), dcc.Link("All devices", href="/devices")])
    return html.Div([remember(known), html.Div(body(reader(), known), id="device-body")])


def body(store: Reader, device: Row) -> list[Any]:
    """All that the page shows about a device."""
    hour = int(store.clock() // 3600)
    return [
        heading(
            device["name"],
            dcc.Link("On the map", href=f"/map?device={device['id']}", className="button quiet"),
            lead=" · ".join(filter(None, (device["kind"], device["vendor"], device["ip"]))),
        ),
        html.Div([_identity(store, device), say(device)], className="columns"),
        same_device(store, device),
        html.Div(
            [_alerts(store, device["id"]), _dns(store, device["id"], hour)], className="columns wide-left"
        ),
        html.Div(
            [_peers(store, device["id"], hour), _over_time(store, device["id"], hour)], className="columns"
        ),
        panel("When it was there, 7 days", device_week(store, device["id"], hour, device["name"])),
        _baseline(store, device),
        evidence(store, device["id"]),
        forget_panel(),
    ]


def _identity(store: Reader, device: Row) -> html.Section:
    addresses = store.device_addresses(device["id"])
    names = store.device_names(device["id"])
    mac = device["mac"] + (" (random: made up by the device)" if device["randomised"] else "")
    rows: list[tuple[str, Any]] = [
        ("Role", "Router: part of the network, not counted among devices" if device["router"] else None),
        ("Trust", trust(device)),
        ("MAC", mac),
        ("Kind", kind(device)),
        ("Maker", device["maker"]),
        ("Model", device["model"]),
        ("System", sure(device["os"], device["os_confidence"])),
        ("Network card", device["vendor"]),
        ("On the web as", programs(store, device["id"])),
        ("DHCP class", device["vendor_class"]),
        ("Network", device["network"]),
        ("First seen", when(device["first_seen"])),
        ("Last seen", when(device["last_seen"])),
        ("Names", _listed([(html.Bdi(r["name"]), r["source"], r["last_seen"]) for r in names])),
        ("Addresses", _listed([(html.Code(r["ip"]), "", r["last_seen"]) for r in addresses])),
    ]
    return panel("Who it is", facts(rows))


def _listed(rows: list[tuple[Any, str, float]]) -> Any:
    if not rows:
        return None
    return html.Ul(
        [
            html.Li([value, html.Span([f" {source} · " if source else " · ", when(ts)], className="muted")])
            for value, source, ts in rows
        ],
        className="tight",
    )


def _alerts(store: Reader, device: int) -> html.Section:
    rows = store.device_alerts(device, 8)
    link = ("All of its alerts", f"/alerts?device={device}&state=all&range=all")
    if not rows:
        return panel("Alerts", empty("None so far"))
    items = [
        html.Li(
            [
                severity(r["severity"]),
                html.Div(
                    [
                        dcc.Link(
                            r["title"],
                            href=f"/alerts?id={r['id']}&device={device}&state=all",
                            className="incident-title",
                        ),
                        html.P([state(r["state"]), plural(r["count"], "time"), " · ", when(r["last_seen"])]),
                    ]
                ),
            ]
        )
        for r in rows
    ]
    return panel("Alerts", html.Ul(items, className="incidents"), link=link)


def _dns(store: Reader, device: int, hour: int) -> html.Section:
    counts = store.device_dns(device, hour - 24)
    page = store.page("dns", {"device": str(device)}, limit=8)
    place = {name: index for index, name in enumerate(page.columns)}
    names = [
        html.Li(
            [
                html.Bdi(row[place["name"]]),
                html.Span(row[place["blocked_by"]] or "", className="blocked"),
                when(row[place["ts"]]),
            ]
        )
        for row in page.rows
    ]
    lead = f"{plural(counts['queries'], 'look-up')} in 24 h, {number(counts['blocked'])} of names on a list."
    shown = html.Ul(names, className="plain-list") if names else empty("It has asked for no name yet")
    return panel(
        "DNS", html.P(lead, className="muted"), shown, link=("All of its lookups", f"/dns?device={device}")
    )


def _peers(store: Reader, device: int, hour: int) -> html.Section:
    rows = store.device_peers(device, hour - _PEER_HOURS)
    if not rows:
        return panel("Talks to, 7 days", empty("No connections yet"))
    ranked = [
        (html.Bdi(r["label"]), r["bytes_up"] + r["bytes_down"], size(r["bytes_up"] + r["bytes_down"]))
        for r in rows
    ]
    return panel(
        "Talks to, 7 days", bars(ranked), link=("Its connections", f"/traffic?view=flows&device={device}")
    )


def _over_time(store: Reader, device: int, hour: int) -> html.Section:
    rows = {r["hour"]: r for r in store.device_traffic(device, hour - 48)}
    if not rows:
        return panel("Traffic, 48 h", empty("No traffic yet"))
    nothing = {"bytes_up": 0, "bytes_down": 0}
    data = [
        {"t": h * 3_600_000, "Down": (r := rows.get(h, nothing))["bytes_down"], "Up": r["bytes_up"]}
        for h in range(hour - 48, hour + 1)
    ]
    chart = dmc.BarChart(
        h=260, data=data, dataKey="t", type="stacked", withLegend=True, gridAxis="x", tickLine="none",
        series=[{"name": "Down", "color": "var(--accent)"}, {"name": "Up", "color": "var(--second)"}],
        legendProps={"verticalAlign": "top", "height": 30}, barProps={"isAnimationActive": False},
        valueFormatter={"function": "bytes"}, yAxisProps={"width": 70}, tooltipAnimationDuration=0,
        xAxisProps=round_hours([row["t"] for row in data], hourly=True),
        tooltipProps={"labelFormatter": {"function": "moment"}},
    )  # fmt: skip
    return panel("Traffic, 48 h", chart)


def _what_is_told(store: Reader, device: Row, kept: Row) -> str:
    """Whether it is still being learned, and what is told of connections that are not on record."""
    known = f"{plural(kept['known'], 'connection')} known."
    began = max(device["first_seen"], kept["reset"] or 0.0)
    left = context().config.learning_hours - (store.clock() - began) / 3600
    if left <= 0:
        return f"{known} Anything else is reported once, as new."
    return (
        f"{known} Sentinel still learns what is usual for it, for about {plural(ceil(left), 'hour')} more:"
        " new connections are taken as usual until then, and reported once, as new, from then on."
    )


def _baseline(store: Reader, device: Row) -> html.Section:
    this = device["id"]
    kept, rows = store.baseline_state(this), store.baseline(this)
    asked = (
        html.P(["Learning began anew ", when(kept["reset"])], className="muted") if kept["reset"] else None
    )
    reset = dmc.Button("Learn anew", id="device-reset", size="compact-sm", variant="default")
    lead = html.Div(
        [html.P(_what_is_told(store, device, kept), className="muted"), reset], className="spread"
    )
    if not rows:
        none = empty("Nothing yet", "Only connections that were answered count, not what it tries in vain.")
        return panel("What is usual for it", lead, asked, none)
    lines = [
        (
            ("name", r["service"] or r["peer"]),
            ("code", r["peer"]),
            ("text", f"{r['port']}/{r['proto']}"),
            ("text", "learned" if r["learned"] else "reported as new"),
            ("time", r["last_seen"]),
        )
        for r in rows
    ]
    return panel(
        "What is usual for it",
        lead,
        asked,
        long_table("What is usual for it", ("Service", "Address", "Port", "How", "Last seen"), lines),
        className="usual",
    )


def callbacks(app: Dash) -> None:
    identity_callbacks(app, _again)
    said_callbacks(app, _again)
    forget_callbacks(app)

    @app.callback(
        Output("device-body", "children", allow_duplicate=True), Input("device-reset", "n_clicks"),
        State(MEANT, "data"), prevent_initial_call=True,
    )  # fmt: skip
    def reset(clicks: int | None, kept: Any) -> Any:
        if not clicks:
            return no_update
        try:
            device = meant(kept)
            for address in reader().directory().members(device):
                notes().reset_baseline(address)
        except NotThere:
            return not_there()
        except (NoteError, NoteFailed, StoreError):
            return no_update
        return _again(device)


def _again(device: int) -> Any:
    store = reader()
    store.forget_directory()
    found = store.device(device)
    return body(store, found) if found else no_update


PAGE = Page("/devices/<device_id>", "Device", layout, callbacks)
