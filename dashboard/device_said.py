"""What a person says that a device is: name, kind, trust, note."""

from collections.abc import Callable
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update

from analysis.kinds import KINDS
from analysis.store.notes import NAME_LIMIT, NOTE_LIMIT, TRUSTS, NoteError, NoteFailed, Notes
from analysis.store.reader import Row, StoreError
from dashboard.context import notes
from dashboard.device_meant import MEANT, NotThere, meant, not_there
from dashboard.map_layout import FAMILIES
from dashboard.parts import panel
from dashboard.words import TRUST_WORDS

GUESS = "guess"
"""The choice of no kind: what the evidence says stands."""
_KEEP: dict[str, Callable[[Notes, int, str], None]] = {
    "name": Notes.name_device,
    "kind": lambda notes, device, kind: notes.kind_device(device, None if kind == GUESS else kind),
    "trust": Notes.trust_device,
    "note": Notes.remark_device,
}
"""How each field of the form is kept."""


def say(device: Row) -> html.Section:
    """The form, and what it showed at first."""
    shown = {
        "name": device["noted"] or "",
        "kind": device["said_kind"] or GUESS,
        "trust": device["trust"],
        "note": device["note"] or "",
    }
    name = dmc.TextInput(
        id="device-name",
        label="Name",
        value=shown["name"],
        placeholder=device["wire_name"] or device["name"],
        inputProps={"maxLength": NAME_LIMIT},
        description=f"What you call it, in at most {NAME_LIMIT} letters. Empty: the name it gives itself.",
    )
    options = [{"value": value, "label": TRUST_WORDS[value]} for value in TRUSTS]
    choose = dmc.SegmentedControl(id="device-trust", data=options, value=shown["trust"], fullWidth=True)
    note = dmc.Textarea(
        id="device-note", label="Note", value=shown["note"], autosize=True, minRows=1, maxRows=6,
        inputProps={"maxLength": NOTE_LIMIT}, placeholder="Where it stands, who it belongs to", mt=10,
    )  # fmt: skip
    save = dmc.Button("Save", id="device-save", size="sm")
    return panel(
        "What you say it is",
        dcc.Store(id="device-shown", data=shown),
        name,
        _kind(device, shown["kind"]),
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


def _kind(device: Row, chosen: str) -> dmc.Select:
    guessed = device["guessed_kind"]
    as_guessed = {"value": GUESS, "label": f"As Sentinel thinks ({guessed or 'not known'})"}
    families = [
        {"group": family, "items": [{"value": kind, "label": kind.capitalize()} for kind in kinds]}
        for family, of in FAMILIES.items()
        if (kinds := [kind for kind in KINDS if kind in of])
    ]
    return dmc.Select(
        id="device-kind", label="Kind", data=[as_guessed, *families], value=chosen,
        allowDeselect=False, searchable=True, checkIconPosition="right", maxDropdownHeight=320, mt=10,
    )  # fmt: skip


def said_callbacks(app: Dash, again: Callable[[int], Any]) -> None:
    """What the form's button does; `again` draws the page anew."""

    @app.callback(
        Output("device-body", "children"),
        Output("device-said", "children"),
        Input("device-save", "n_clicks"),
        State(MEANT, "data"),
        State("device-shown", "data"),
        *(State(f"device-{field}", "value") for field in _KEEP),
        prevent_initial_call=True,
    )
    def saved(clicks: int | None, kept: Any, shown: dict[str, str], *given: str | None) -> Any:
        """Keeps what was changed here: what was not may have been changed elsewhere meanwhile."""
        if not clicks:
            return no_update, no_update
        form = {field: str(value or "") for field, value in zip(_KEEP, given, strict=True)}
        changed = {field: value for field, value in form.items() if value != shown[field]}
        try:
            device = meant(kept)
            for field, value in changed.items():
                _KEEP[field](notes(), device, value)
            return again(device), "Saved." if changed else "Nothing was changed."
        except NotThere:
            return not_there(), no_update
        except (NoteError, NoteFailed, StoreError) as error:
            return no_update, str(error)
