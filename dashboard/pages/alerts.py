"""Alerts: the inbox of incidents, filtered, newest first, each with what to do."""

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update

from analysis.store.notes import NOTE_LIMIT, NoteError, NoteFailed
from analysis.store.reader import StoreError
from analysis.store.scopes import scopes_of
from dashboard import columns
from dashboard.address import settled, whole_number
from dashboard.alert_decision import LASTS, ONCE, TITLES, decision
from dashboard.alert_details import details
from dashboard.context import notes, reader
from dashboard.drawer import drawer
from dashboard.filters import device_options, gone_said, options_of
from dashboard.late_scripts import GRID
from dashboard.page import Page
from dashboard.parts import choice, empty, feed, grid, heading, search, segments
from dashboard.words import LEVELS, RANGE_WORDS, STATE_WORDS

_BUTTONS = ("acknowledge", "expect", "reopen", "keep-note", "undo")
_DEFAULTS = {"state": "open", "range": "30d"}
_NO_INCIDENT = (
    "Its number is wrong, or it is older than config.yaml has incidents kept (“retention”), or its device was"
    " forgotten, and its incidents with it."
)

_COLUMNS = [
    columns.on_phone(columns.drawn("severity", "Severity", 98, "Severity"), 46),
    columns.wraps(columns.text("title", "What happened", 150, grow=6, wide=False)),
    columns.drawn("device_label", "Device", 112, "DeviceName", grow=1, wide=True),
    columns.computed("peer_name", "Other side", 112, "peer", grow=1),
    columns.number("count", "Times", 70),
    columns.on_phone(columns.moment("last_seen", "Last seen", 138), 88),
    columns.text("state", "State", 108, valueFormatter={"function": "stateWord(params.value)"}),
]


def _filters(given: dict[str, str]) -> list[Any]:
    """The filters, after a line on what the address asks for and no filter has."""
    levels = {level: shown.word for level, shown in sorted(LEVELS.items(), reverse=True)}
    rules = dict.fromkeys([*reader().rules_seen(), *({given.get("rule", "")} & set(TITLES))])
    choices = {
        "state": (options_of(STATE_WORDS, "Every state"), "State", 140),
        "rule": (options_of({rule: TITLES.get(rule, rule) for rule in rules}, "Every rule"), "Rule", 170),
        "device": (device_options(chosen=given.get("device", "all")), "Device", 170),
        "range": (options_of(RANGE_WORDS, "Any time"), "Time range", 140),
    }
    severities = options_of(levels, "All")
    known = {name: [option["value"] for option in spec[0]] for name, spec in choices.items()}
    asked, said = settled(given, known | {"severity": [option["value"] for option in severities]})
    value = _DEFAULTS | asked
    parts = [
        segments("alerts", "severity", severities, value.get("severity", "all"), "Severity"),
        *(
            choice("alerts", name, *spec[:1], value.get(name, "all"), *spec[1:])
            for name, spec in choices.items()
        ),
        search("alerts", value.get("q", ""), "Search alerts"),
    ]
    return [html.Div(parts, className="filters"), said]


def layout(id: str = "", **given: str) -> Any:
    return html.Div(
        [
            heading("Alerts", lead="Newest first. Choose one to see why it matters and what to do."),
            *_filters(given),
            gone_said(given.get("device", "")),
            feed(
                "alerts", grid("alerts-grid", _COLUMNS), _DEFAULTS, selects="alert-chosen", what="incidents"
            ),
            dcc.Store(id="alert-chosen", data=_number(id)),
            dcc.Store(id="alert-decided"),
            drawer("alert-drawer", "Incident", 520),
        ]
    )


def _number(text: str) -> int | str | None:
    """The incident that the address names; what is none stays a text, so that it is said."""
    return whole_number(text) or text[:40] or None


def callbacks(app: Dash) -> None:
    @app.callback(
        Output("alert-drawer", "children"), Output("alert-drawer", "opened"), Input("alert-chosen", "data")
    )
    def opened(chosen: int | str | None) -> Any:
        return (_shown(chosen), True) if chosen else (no_update, False)

    @app.callback(
        Output("alert-drawer", "children", allow_duplicate=True),
        Output("alert-decided", "data"),
        *(Input(f"alert-{button}", "n_clicks") for button in _BUTTONS),
        State("alert-chosen", "data"),
        State("alert-note", "value"),
        State("alert-scope", "value"),
        State("alert-lasts", "value"),
        State("alert-expectations", "data"),
        prevent_initial_call=True,
    )
    def decided(*arguments: Any) -> Any:
        clicks, (chosen, note, scope, lasts, covering) = arguments[:-5], arguments[-5:]
        button = str(ctx.triggered_id or "").removeprefix("alert-")
        if not any(clicks) or not isinstance(chosen, int) or button not in _BUTTONS:
            return no_update, no_update
        try:
            with_note = str(note or "")[: NOTE_LIMIT + 1]
            return _decide(int(chosen), button, with_note, (str(scope), str(lasts)), covering or [])
        except (NoteError, NoteFailed) as error:
            return _shown(chosen, said=str(error)), no_update

    app.clientside_callback(
        ClientsideFunction("sentinel", "alertDecided"), Output("nothing", "data", allow_duplicate=True),
        Input("alert-decided", "data"), prevent_initial_call=True,
    )  # fmt: skip
    app.clientside_callback(
        ClientsideFunction("sentinel", "alertShown"), Output("nothing", "data", allow_duplicate=True),
        Input("alert-drawer", "opened"), State("alert-chosen", "data"), prevent_initial_call=True,
    )  # fmt: skip


def _decide(chosen: int, button: str, note: str, expect: tuple[str, str], covering: list[int]) -> Any:
    """Write one decision; the drawer anew, and what the table needs to know."""
    many = False
    if button in ("acknowledge", "reopen"):
        notes().decide_alert(chosen, "acknowledged" if button == "acknowledge" else "open", note)
    elif button == "keep-note":
        notes().remark_alert(chosen, note)
    elif button == "undo":
        many = True
        for expectation in covering[:20]:
            notes().undo_expectation(int(expectation))
    elif expect[0] == ONCE:
        notes().decide_alert(chosen, "expected", note)
    else:
        many = True
        _expect(chosen, *expect, note)
    found = reader().alert(chosen)
    return _shown(chosen, said="Saved."), {"id": chosen, "state": found and found["state"], "many": many}


def _expect(chosen: int, scope: str, lasts: str, note: str) -> None:
    """Expect what the incident's scope of that name covers."""
    found = reader().alert(chosen)
    scopes = scopes_of(found) if found else {}
    if scope not in scopes or lasts not in LASTS:
        raise NoteError("Choose what to expect, and for how long.")
    notes().expect(scopes[scope], None if lasts == "ever" else float(lasts), note)


def _shown(chosen: int | str, said: str = "") -> Any:
    try:
        store = reader()
        found = store.alert(chosen) if isinstance(chosen, int) else None
        if found is None:
            return empty("There is no such incident", _NO_INCIDENT)
        return details(store, found, decision(store, found, said))
    except StoreError as error:
        return empty(str(error), error.fix)


PAGE = Page("/alerts", "Alerts", layout, callbacks, icon="alert", libraries=(GRID,))
