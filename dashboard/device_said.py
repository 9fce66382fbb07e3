"""What a person says that a device is: name, kind, trust, note."""

from collections.abc import Callable
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html, no_update

from analysis.kinds import KINDS
from analysis.store.notes import NAME_LIMIT, NOTE_LIMIT, TRUSTS, NoteError, NoteFailed
from analysis.store.reader import Row
from dashboard.context import notes
from dashboard.map_layout import FAMILIES
from dashboard.parts import panel
from dashboard.words import TRUST_WORDS

GUESS = "guess"
"""The choice of no kind: what the evidence says stands."""


def say(device: Row) -> html.Section:
    """The form."""
    name = dmc.TextInput(
        id="device-name",
        label="Name",
        value=device["noted"] or "",
        placeholder=device["wire_name"] or device["name"],
        inputProps={"maxLength": NAME_LIMIT},
        description=f"What you call it, in at most {NAME_LIMIT} letters. Empty: the name it gives itself.",
    )
    options = [{"value": value, "label": TRUST_WORDS[value]} for value in TRUSTS]
    choose = dmc.SegmentedControl(id="device-trust", data=options, value=device["trust"], fullWidth=True)
    note = dmc.Textarea(
        id="device-note", label="Note", value=device["note"] or "", autosize=True, minRows=1, maxRows=6,
        inputProps={"maxLength": NOTE_LIMIT}, placeholder="Where it stands, who it belongs to", mt=10,
    )  # fmt: skip
    save = dmc.Button("Save", id="device-save", size="sm")
    return panel(
        "What you say it is",
        name,
        _kind(device),
        html.P("Trust", className="label"),
        choose,
        note,
        html.Div(
            [save, html.Span("", id="device-said", className="said", role="status")], className="buttons"
        ),
        html.P(
            "Trust changes how Sentinel speaks about a device; what kind it is, also what is odd for it."
            " Neither stops Sentinel watching it.",
            className="muted",
        ),
    )


def _kind(device: Row) -> dmc.Select:
    guessed = device["guessed_kind"]
    as_guessed = {"value": GUESS, "label": f"As Sentinel thinks ({guessed or 'not known'})"}
    families = [
        {"group": family, "items": [{"value": kind, "label": kind.capitalize()} for kind in kinds]}
        for family, of in FAMILIES.items()
        if (kinds := [kind for kind in KINDS if kind in of])
    ]
    return dmc.Select(
        id="device-kind", label="Kind", data=[as_guessed, *families], value=device["said_kind"] or GUESS,
        allowDeselect=False, searchable=True, checkIconPosition="right", maxDropdownHeight=320, mt=10,
    )  # fmt: skip


def said_callbacks(app: Dash, again: Callable[[int], Any]) -> None:
    """What the form's button does; `again` draws the page anew."""

    @app.callback(
        Output("device-body", "children"),
        Output("device-said", "children"),
        Input("device-save", "n_clicks"),
        State("device-id", "data"),
        State("device-name", "value"),
        State("device-kind", "value"),
        State("device-trust", "value"),
        State("device-note", "value"),
        prevent_initial_call=True,
    )
    def saved(clicks: int | None, device: int, name: str, kind: str | None, chosen: str, note: str) -> Any:
        if not clicks:
            return no_update, no_update
        try:
            notes().trust_device(int(device), str(chosen))
            notes().kind_device(int(device), None if kind in (None, GUESS) else str(kind))
            notes().name_device(int(device), str(name or ""))
            notes().remark_device(int(device), str(note or ""))
        except (NoteError, NoteFailed) as error:
            return no_update, str(error)
        return again(int(device)), "Saved."
