"""The frame around every page: navigation, state of the watch, theme."""

from typing import Any

import dash
import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html

from dashboard.pages import PAGES

_ACCENT = [
    "#eef4ff",
    "#dfe8fb",
    "#bdcff3",
    "#99b4ec",
    "#7a9de6",
    "#668fe3",
    "#5b87e2",
    "#4b74c9",
    "#4067b4",
    "#31599f",
]
_DARK = [
    "#dfe6ee",
    "#b8c2cd",
    "#97a3b1",
    "#6b7887",
    "#38424f",
    "#29313c",
    "#1c232d",
    "#171c24",
    "#12161c",
    "#0d1117",
]
_THEME = {
    "primaryColor": "sentinel",
    "primaryShade": 8,
    "colors": {"sentinel": _ACCENT, "dark": _DARK},
    "fontFamily": "inherit",
    "headings": {"fontFamily": "inherit"},
    "defaultRadius": "md",
}


def shell(*, locked: bool = False) -> Any:
    """The layout of the app; pages appear inside. `locked`: a password guards it, so one can log out."""
    leave = html.Button("Log out", id="logout", type="button", className="nav-link")
    return dmc.MantineProvider(
        id="provider",
        theme=_THEME,
        defaultColorScheme="auto",
        children=[
            html.A("Skip to content", href="#content", className="skip"),
            html.Header(
                [
                    html.Button(className="burger", id="burger", type="button", **{"aria-label": "Menu"}),
                    dcc.Link([html.Span(className="logo"), "Sentinel"], href="/", className="brand"),
                    dcc.Link(
                        html.Span("", id="watch", className="watch", role="status"),
                        href="/health",
                        className="watch-link",
                    ),
                    html.Button(id="theme", type="button", **{"aria-label": "Light or dark"}),
                ],
                className="top",
            ),
            html.Nav(
                [*(_entry(page) for page in PAGES if page.icon), *([leave] if locked else [])],
                id="nav",
                **{"aria-label": "Pages"},
            ),
            html.Main(dash.page_container, id="content", tabIndex="-1"),
            dcc.Location(id="address", refresh=False),
            dcc.Store(id="nothing"),
        ],
    )


def _entry(page: Any) -> dcc.Link:
    badge = (
        [html.Span(className="badge", hidden=True, **{"data-live": "attention"})]
        if page.path == "/alerts"
        else []
    )
    icon = html.Span(className=f"icon icon-{page.icon}", **{"aria-hidden": "true"})
    return dcc.Link([icon, html.Span(page.name), *badge], href=page.path, className="nav-link")


def shell_callbacks(app: Dash) -> None:
    """Theme, menu and the filters of every page run in the browser."""
    app.clientside_callback(
        ClientsideFunction("sentinel", "theme"),
        Output("provider", "forceColorScheme"),
        Input("theme", "n_clicks"),
    )
    app.clientside_callback(
        ClientsideFunction("sentinel", "navigated"), Output("nothing", "data"), Input("address", "pathname"),
        Input("burger", "n_clicks"), State("nothing", "data"),
    )  # fmt: skip
    app.clientside_callback(
        ClientsideFunction("sentinel", "filtered"), Output("nothing", "data", allow_duplicate=True),
        Input({"filter": dash.ALL, "page": dash.ALL}, "value"), prevent_initial_call=True,
    )  # fmt: skip
