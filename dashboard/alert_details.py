"""One incident in full: what, why, how sure, what to do, and what a person decides about it."""

import json
from typing import Any

from dash import html

from analysis.store.reader import Row
from dashboard.parts import device_link, facts, severity, state, when
from dashboard.words import plural


def details(alert: Row, decision: Any, beside: list[Row]) -> html.Div:
    """The contents of the drawer; `decision` is what a person may say about it."""
    return html.Div(
        [
            html.P(
                [
                    severity(alert["severity"]),
                    state(alert["state"]),
                    html.Code(alert["rule"], className="chip"),
                ]
            ),
            html.H2(alert["title"], className="details-title"),
            _section("Why it matters", html.P(alert["why"])),
            _section("What to do", html.P(alert["advice"], className="advice")),
            decision,
            _section("Who and when", _who(alert)),
            _section("Evidence", _evidence(alert["evidence"])),
            _beside(beside),
        ],
        className="details",
    )


def _section(title: str, *children: Any) -> html.Section:
    return html.Section([html.H3(title), *children])


def _who(alert: Row) -> html.Dl:
    peer = " ".join(filter(None, (alert["peer_name"], f"({alert['peer_ip']})" if alert["peer_ip"] else "")))
    port = f"{alert['port']}/{alert['proto'] or '?'}" if alert["port"] is not None else None
    return facts(
        [
            ("Device", device_link(alert["device"], alert["device_label"] or alert["device_ip"])),
            ("Its address", alert["device_ip"]),
            ("Other side", html.Bdi(peer) if peer else None),
            ("Port", port),
            ("First seen", when(alert["first_seen"])),
            ("Last seen", when(alert["last_seen"])),
            ("Happened", plural(alert["count"], "time")),
            ("Seen by", alert["sensor"]),
        ]
    )


def _evidence(evidence: dict[str, Any]) -> Any:
    if not evidence:
        return html.P("None was recorded.", className="muted")
    return facts(
        [(str(name).replace("_", " "), _value(value)) for name, value in list(evidence.items())[:40]]
    )


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return ", ".join(map(str, value[:20])) + (f" and {len(value) - 20} more" if len(value) > 20 else "")
    return value[:500] if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[:500]


def _beside(rows: list[Row]) -> Any:
    if not rows:
        return None
    items = [
        html.Li(
            [severity(row["severity"]), html.Span(row["title"]), when(row["last_seen"])],
            className="beside-row",
        )
        for row in rows
    ]
    return _section("Same device, about the same time", html.Ul(items, className="plain-list"))
