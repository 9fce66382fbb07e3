"""What a person decides about an incident: acknowledge, a note, or that it is expected, and how far."""

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from analysis.detectors import ALL
from analysis.store.notes import NOTE_LIMIT
from analysis.store.reader import Reader, Row
from analysis.store.scopes import Scope, scopes_of
from dashboard.parts import when
from dashboard.words import number, plural

LASTS = {"1": "For a day", "7": "For a week", "30": "For 30 days", "ever": "For ever"}
"""How long an expectation holds, in days."""
ONCE = "once"
"""The scope that is this one incident."""
_ONCE_MEANS = "It is no longer open. If it happens again, you are told again."
_REACH = {
    "place": "What it does elsewhere is still told.",
    "device": "Also other sides and ports, now and later.",
    "everyone": "Also other devices, now and later.",
}
"""What each scope adds to the narrower ones."""
_ONCE_SAID = "You expect this one incident only; the next of its kind is told again. Reopen takes that back."
TITLES = {rule.id: rule.title for rule in ALL}
"""Each rule's title by its id."""


def decision(store: Reader, alert: Row, said: str = "") -> html.Section:
    """Buttons that exist in every state, so that callbacks always find them; the present one is off."""
    now = alert["state"]
    covering = store.expectations_of(alert["id"]) if now == "expected" else []
    buttons = [
        dmc.Button(
            "Acknowledge", id="alert-acknowledge", size="sm", disabled=now in ("acknowledged", "expected")
        ),
        dmc.Button(
            "Reopen",
            id="alert-reopen",
            size="sm",
            variant="default",
            disabled=now == "open" or bool(covering),
        ),
    ]
    return html.Section(
        [
            html.Div(buttons, className="buttons"),
            _covered(store, covering, now == "expected"),
            _expect(store, alert, now == "expected"),
            _note(alert),
            html.P(said, className="said", role="status"),
            dcc.Store(id="alert-expectations", data=[row["id"] for row in covering]),
        ],
        className="decision",
        tabIndex="-1",  # where the focus goes when the button that had it is off
    )


def _note(alert: Row) -> html.Div:
    note = dmc.Textarea(
        id="alert-note",
        value=alert["note"] or "",
        placeholder="A note for yourself",
        inputProps={"maxLength": NOTE_LIMIT},
        autosize=True,
        minRows=1,
        maxRows=6,
        **{"aria-label": "Note"},
    )
    keep = dmc.Button("Keep note", id="alert-keep-note", size="compact-sm", variant="subtle")
    return html.Div([note, keep], className="note")


def _covered(store: Reader, covering: list[Row], expected: bool) -> html.Div:
    """Which expectations cover this incident, else that it alone is expected, with the way back."""
    lines = [
        html.P(["You expect this from ", html.Bdi(rule_scope(store, row)), ", ", *until(row["expires"]), "."])
        for row in covering
    ]
    undo = dmc.Button(
        "No longer expect it", id="alert-undo", size="compact-sm", variant="default",
        display=None if covering else "none",
    )  # fmt: skip
    once = html.P(_ONCE_SAID) if expected and not covering else None
    return html.Div([*lines, once, undo], className="covered", hidden=not expected)


def _expect(store: Reader, alert: Row, already: bool) -> html.Details:
    scopes = scopes_of(alert)
    radios = [_radio(ONCE, "Only this one incident", _ONCE_MEANS)]
    narrowest = next(iter(scopes.values()))
    for name, scope in scopes.items():
        means = f"{_REACH[name]} {_preview(store, scope, narrowest)}"
        radios.append(_radio(name, scope_words(store, scope._asdict()), means))
    rule = TITLES.get(alert["rule"], alert["rule"])
    choices = dmc.RadioGroup(
        dmc.Stack(radios, gap=6), id="alert-scope", value=ONCE,
        label=f"Stop telling me “{rule}” from", description="Other kinds of incident are told as before.",
        descriptionProps={"mb": 6},
    )  # fmt: skip
    lasts = dmc.Select(
        id="alert-lasts", w=140, **{"aria-label": "How long"}, size="sm", allowDeselect=False, value="30",
        className="expect-lasts", data=[{"value": key, "label": words} for key, words in LASTS.items()],
    )  # fmt: skip
    say = dmc.Button("This is expected", id="alert-expect", size="sm")
    hint = html.P("Sentinel goes on recording it. Find it under State: Expected.", className="muted")
    return html.Details(
        [
            html.Summary("This is expected, stop telling me…"),
            choices,
            html.Div([lasts, say], className="expect-row"),
            hint,
        ],
        className="expect",
        hidden=already,
    )


def _radio(value: str, label: str, description: str) -> dmc.Radio:
    return dmc.Radio(value=value, label=label, description=description)


def _preview(store: Reader, scope: Scope, narrowest: Scope) -> str:
    """What a scope covers of what is recorded; the narrowest is within every other."""
    found = store.would_cover(scope)
    if found["incidents"] == 1:
        return "So far only this incident."
    same = scope != narrowest and found["incidents"] == store.would_cover(narrowest)["incidents"]
    rest = f", {number(found['open'])} of them open" if found["open"] else ""
    return f"So far {'the same ' if same else ''}{plural(found['incidents'], 'incident')}{rest}."


def scope_words(store: Reader, scope: Row) -> str:
    """A scope as a person would say it; the rule is told beside it."""
    device = scope["device"]
    who = store.directory().name(device, "a forgotten device") if device is not None else "Every device"
    port = f", port {scope['port']}" if scope["port"] is not None else ""
    if scope["peer"] is None:
        return f"{who}{port}" if port else f"{who}, whatever the other side"
    return f"{who} with {scope['peer']}{port}"


def rule_scope(store: Reader, scope: Row) -> str:
    """A scope with its rule: no other kind of incident is covered."""
    return f"{scope_words(store, scope)}: only “{TITLES.get(scope['rule'], scope['rule'])}”"


def until(expires: float | None) -> list[Any]:
    """When an expectation ends, in words."""
    return ["for ever"] if expires is None else ["until ", when(expires)]
