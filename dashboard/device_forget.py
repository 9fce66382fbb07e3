"""Forgetting a device: asked twice, done whole."""

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update

from analysis.store.notes import NoteError, NoteFailed
from analysis.store.reader import StoreError
from dashboard.context import notes, reader
from dashboard.device_meant import MEANT, NotThere, meant, not_there
from dashboard.parts import empty, heading, panel

_MESSAGE = (
    "Forget this device for good? Its names, traffic, lookups, alerts and what you said about it are deleted."
    " If it is still on the network, it comes back as a new device."
)


def forget_panel() -> Any:
    """The last panel of a device's page."""
    button = dmc.Button("Forget this device…", variant="default", size="compact-sm", className="danger")
    words = "Deletes all that is known of it. What it does from now on is recorded as of a new device."
    return panel(
        "Forget",
        html.P(words, className="muted"),
        html.Div(
            dcc.ConfirmDialogProvider(button, id="device-forget", message=_MESSAGE), className="buttons"
        ),
        html.P("", id="device-forget-said", className="said", role="status"),
    )


def forget_callbacks(app: Dash) -> None:
    @app.callback(
        Output("device-body", "children", allow_duplicate=True), Output("device-forget-said", "children"),
        Input("device-forget", "submit_n_clicks"), State(MEANT, "data"), prevent_initial_call=True,
    )  # fmt: skip
    def forgotten(clicks: int | None, kept: Any) -> Any:
        if not clicks:
            return no_update, no_update
        try:
            notes().forget_device(*reader().directory().members(meant(kept)))
        except NotThere:
            return not_there(), no_update
        except (NoteError, NoteFailed, StoreError) as error:
            return no_update, str(error)
        reader().forget_directory()
        back = dcc.Link("All devices", href="/devices", className="button")
        return [
            heading("Forgotten"),
            empty("Nothing of this device is left in the database"),
            back,
        ], no_update
