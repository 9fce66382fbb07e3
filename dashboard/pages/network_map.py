"""Network map: who talks to whom, coloured and shaped by the worst open alert."""

from typing import Any

import dash_cytoscape as cyto
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html

from analysis.store.queries.devices import EVERYONE
from analysis.store.reader import RANGES
from dashboard.address import SPANS, USUAL_SPAN, settled
from dashboard.context import reader
from dashboard.filters import gone_said
from dashboard.late_scripts import GRAPH
from dashboard.map_layout import arrange
from dashboard.map_links import Data, Links, at_home, both_ways, links_of, near, peer_name
from dashboard.map_style import style
from dashboard.page import Page
from dashboard.parts import device_link, empty, heading, redraw, severity, table, trust
from dashboard.words import cut, plural, size


def layout(range: str = USUAL_SPAN, device: str = "", view: str = "auto", **_: str) -> Any:
    asked, unknown = settled({"range": range}, {"range": SPANS})
    span = asked.get("range") or USUAL_SPAN
    data = read(span)
    if not data.devices:
        return html.Div(
            [
                heading("Network map"),
                empty("No devices yet", "Devices appear as soon as they send something."),
            ]
        )
    shown = view if view in ("map", "list") else "auto"
    links = links_of(data)
    return html.Div(
        [
            heading(
                "Network map", html.Div(className="map-choose"), _tabs(span, shown), lead=_lead(data, span)
            ),
            unknown,
            gone_said(device),
            html.Div(
                [_canvas(data, links), _side()],
                className="map-box",
                **{"data-focus": device if device.isdigit() else ""},
            ),
            html.Div(_list(data, both_ways(links)), className="map-list"),
            redraw("map"),
            dcc.Store(id="map-range", data=span),
            dcc.Store(id="map-levels"),
        ],
        className=f"map-page view-{shown}",
    )


def read(span: str) -> Data:
    """What the map of a time range is made from."""
    store = reader()
    hour, names = int(store.clock() // 3600), store.directory()
    return Data(
        [*store.devices(hour - 24), *store.routers(hour - 24)],
        store.edges(hour - RANGES[span]),
        store.worst_open(),
        {ip: names.head(device) for ip, device in names.by_ip.items()},
    )


def _lead(data: Data, span: str) -> str:
    met = {at_home(peer, data.by_ip) for peer in set().union(*data.edges.values())} - {EVERYONE}
    peers = len(met) - len(near(met))
    routers = sum(device["router"] for device in data.devices)
    told = [plural(len(data.devices) - routers, "device"), *([plural(routers, "router")] if routers else [])]
    return ", ".join([*told, plural(peers, "destination"), f"last {SPANS[span]}."])


def _tabs(span: str, shown: str) -> html.Div:
    spans = [
        dcc.Link(word, href=f"/map?range={key}", className="tab on" if key == span else "tab")
        for key, word in SPANS.items()
    ]
    views = [
        dcc.Link(
            word,
            href=f"/map?range={span}&view={key}",
            className=f"tab tab-{key}{' on' if key == shown else ''}",
        )
        for key, word in (("map", "Map"), ("list", "List"))
    ]
    return html.Div(
        [html.Div(spans, className="tabs"), html.Div(views, className="tabs")], className="beside"
    )


def _canvas(data: Data, links: Links) -> html.Div:
    graph = cyto.Cytoscape(
        id="map", elements=arrange(data, links), layout={"name": "preset", "fit": True, "padding": 14},
        autoRefreshLayout=False, stylesheet=style("light"), style={"width": "100%", "height": "100%"},
        minZoom=0.3, maxZoom=2.5, responsive=True, boxSelectionEnabled=False,
    )  # fmt: skip
    schemes = dcc.Store(id="map-style", data={"light": style("light"), "dark": style("dark")})
    words = "Network map. The same content is in the list view."
    return html.Div([graph, schemes], className="map-canvas", role="img", **{"aria-label": words})


def _side() -> html.Aside:
    legend = html.Ul(
        [
            html.Li([severity(2), "alert open"]),
            html.Li([html.Span(className="line critical"), "link of a critical alert"]),
            html.Li([severity(1), "alert open"]),
            html.Li([html.Span(className="line high"), "link of a high alert"]),
            html.Li([html.Span(className="line"), "busiest other links"]),
            html.Li([html.Span(className="line home"), "dotted: between devices at home"]),
            html.Li([html.Span(className="ring"), "device new to you"]),
        ],
        className="legend",
    )  # fmt: skip
    hint = html.P("Choose a device or a destination to see all its links.", className="muted")
    return html.Aside(
        [
            html.Div(id="map-chosen"),
            html.Div([hint, legend], id="map-legend"),
        ],
        className="map-side",
    )


def _list(data: Data, links: Links) -> Any:
    names = {device["id"]: device["name"] for device in data.devices}
    rows = []
    for device in sorted(data.devices, key=lambda d: (-(d["severity"] or 0), d["name"].lower())):
        peers = links[device["id"]]
        top = peers.foremost(3)
        words = ", ".join(cut(peer_name(peer, names), 30) for peer in top)
        more = f" and {len(peers.sizes) - len(top):,} more" if len(peers.sizes) > len(top) else ""
        rows.append(
            (
                device_link(device["id"], device["name"]),
                severity(device["severity"] or None),
                trust(device),
                words + more,
                size(sum(peers.sizes.values())),
            )
        )
    return table(("Device", "Alerts", "Trust", "Talks to", "Volume"), rows)


def callbacks(app: Dash) -> None:
    app.clientside_callback(
        ClientsideFunction("sentinel", "mapStyle"), Output("map", "stylesheet"),
        Input("provider", "forceColorScheme"), Input("map-style", "data"),
    )  # fmt: skip
    app.clientside_callback(
        ClientsideFunction("sentinel", "mapLevels"), Output("nothing", "data", allow_duplicate=True),
        Input("map-levels", "data"), prevent_initial_call=True,
    )  # fmt: skip

    @app.callback(
        Output("map-levels", "data"),
        Input("map-redraw", "data"),
        State("map-range", "data"),
        prevent_initial_call=True,
    )
    def levels(_: Any, span: str) -> dict[str, int]:
        """New severities of what is drawn: positions stay while somebody looks."""
        elements = arrange(read(span if span in SPANS else USUAL_SPAN))
        return {e["data"]["id"]: e["data"]["severity"] for e in elements if "severity" in e["data"]}


PAGE = Page("/map", "Network map", layout, callbacks, icon="map", libraries=(GRAPH,))
