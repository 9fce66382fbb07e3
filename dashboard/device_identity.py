"""The part of a device's page that says what it is, why we think so, and which addresses are it."""

from collections.abc import Callable
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, html, no_update

from analysis.identity import confidence_word
from analysis.store.notes import NoteError, NoteFailed
from analysis.store.reader import Reader, Row, StoreError
from analysis.user_agents import Agent
from dashboard.context import notes
from dashboard.device_meant import MEANT, NotThere, meant, not_there
from dashboard.long_table import long_table
from dashboard.parts import device_link, panel, when
from dashboard.words import plural

SOURCES = {
    "vendor": "Maker of its network card", "dhcp-class": "Class it told the router (DHCP)",
    "dhcp-parameters": "How it asks for an address (DHCP)", "name": "Name",
    "mdns-model": "Announced model (mDNS)",
    "mdns-service": "Announced service (mDNS)", "hap-category": "HomeKit category",
    "ssdp-server": "Announced software (UPnP)", "ssdp-type": "Announced type (UPnP)",
    "user-agent": "Program on the web (User-Agent)", "dns": "Name that its system looks up",
}  # fmt: skip
"""Sources of evidence in words."""
ASPECTS = {"kind": "Kind", "os": "System", "maker": "Maker", "model": "Model"}


def sure(value: str | None, confidence: float | None) -> Any:
    """A conclusion with how sure it is."""
    if value is None:
        return None
    if not confidence:
        return html.Bdi(value)
    words = f" {confidence_word(confidence)}, {confidence:.0%}"
    return html.Span([html.Bdi(value), html.Span(words, className="muted")])


def kind(device: Row) -> Any:
    """What it is: a person's word with the evidence's beside it where that differs, else the evidence's."""
    said, guess, confidence = device["said_kind"], device["guessed_kind"], device["confidence"]
    if said is None:
        return sure(guess, confidence)
    words = " you said so"
    if guess not in (None, said):
        how = f" ({confidence_word(confidence)}, {confidence:.0%})" if confidence else ""
        words += f"; Sentinel thinks {guess}{how}"
    return html.Span([html.Bdi(said), html.Span(words, className="muted")])


def programs(store: Reader, device: int) -> str | None:
    """The programs by which it calls itself on the web."""
    names = dict.fromkeys(Agent.read(row["clue"]).program for row in store.device_agents(device))
    return ", ".join(names) or None


def evidence(store: Reader, device: int) -> html.Section | None:
    """The clues, each with what it says and its weight."""
    rows = store.device_evidence(device)
    if not rows:
        return None
    lines = []
    for row in rows:
        aspect, _, value = row["says"].partition("=")
        lines.append(
            (
                ("text", SOURCES.get(row["source"], row["source"])),
                ("name", _shown(row)),
                ("text", f"{ASPECTS.get(aspect, aspect)}: {value}"),
                ("text", f"{row['weight']:.0%}"),
                ("time", row["last_seen"]),
            )
        )
    lead = (
        "Each clue with what it says and how often such a clue is right. Together they make the confidence."
    )
    head = ("Where from", "Clue", "Says", "Weight", "Last seen")
    habits = store.device_habits(device)
    more = f" {plural(habits, 'way')} of opening encrypted connections (JA4) seen." if habits else ""
    shown = long_table("Why we think so", head, lines)
    return panel("Why we think so", html.P(lead + more, className="muted"), shown)


def _shown(row: Row) -> str:
    if row["source"] != "user-agent":
        return str(row["clue"])
    return ", ".join(part for part in Agent.read(row["clue"]) if part)


def same_device(store: Reader, device: Row) -> html.Section | None:
    """Addresses that are this device, and those that may be it: a person decides."""
    proposals = store.merge_proposals(device["id"])[:5]
    others = [row for row in device["members"] if row["id"] != device["id"]]
    if not proposals and not others:
        return None
    asked = [_question(row) for row in proposals]
    joined = [
        html.Li(
            [
                html.Code(row["mac"]),
                " ",
                when(row["last_seen"]),
                " ",
                _choice("apart", "Not this device", row["id"]),
            ]
        )
        for row in others
    ]
    parts: list[Any] = [html.Ul(asked, className="incidents")] if asked else []
    if joined:
        parts += [
            html.P("You said that these addresses are this device too:", className="muted"),
            html.Ul(joined, className="tight"),
        ]
    return panel("One device or two?", *parts)


def _question(row: Row) -> html.Li:
    words = html.Ul([html.Li(sentence) for sentence in row["evidence"]], className="tight")
    buttons = [_choice("same", "Same device", row["other"]), _choice("apart", "Two devices", row["other"])]
    return html.Li(
        html.Div(
            [
                html.P(
                    [
                        "Perhaps the same as ",
                        device_link(row["other"], row["label"]),
                        f" ({row['score']:.0%})",
                    ]
                ),
                words,
                html.Div(buttons, className="buttons"),
            ]
        )
    )


def _choice(verdict: str, words: str, other: int) -> dmc.Button:
    return dmc.Button(words, id={"link": verdict, "other": other}, size="compact-sm", variant="default")


def identity_callbacks(app: Dash, again: Callable[[int], Any]) -> None:
    """What the buttons of `same_device` do; `again` draws the page anew."""

    @app.callback(
        Output("device-body", "children", allow_duplicate=True),
        Input({"link": ALL, "other": ALL}, "n_clicks"), State(MEANT, "data"), prevent_initial_call=True,
    )  # fmt: skip
    def decided(clicks: list[int | None], kept: Any) -> Any:
        pressed = ctx.triggered_id
        if not any(clicks) or not isinstance(pressed, dict):
            return no_update
        try:
            device = meant(kept)
            notes().link_devices(device, int(pressed["other"]), pressed["link"] == "same")
        except NotThere:
            return not_there()
        except (NoteError, NoteFailed, StoreError):
            return no_update
        return again(device)
