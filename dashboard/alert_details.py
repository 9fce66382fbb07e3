"""One incident in full: what, why, how sure, what to do, and what a person decides about it."""

import json
from typing import Any

from dash import dcc, html

from analysis.store.reader import Reader, Row
from dashboard.alert_decision import TITLES
from dashboard.incident import is_about, peer_of
from dashboard.parts import device_link, facts, severity, state, when
from dashboard.words import plural, size

_NOT_RECORDED = "What is usual for the other side was not recorded."


def details(store: Reader, alert: Row, decision: Any) -> html.Div:
    """The contents of the drawer; `decision` is what a person may say about it."""
    return html.Div(
        [
            html.P(
                [
                    severity(alert["severity"]),
                    state(alert["state"]),
                    html.Span(
                        TITLES.get(alert["rule"], alert["rule"]), className="chip", title=alert["rule"]
                    ),
                ]
            ),
            html.H2(alert["title"], className="details-title"),
            _since(alert),
            _section("Why it matters", html.P(alert["why"])),
            _section("What to do", html.P(alert["advice"], className="advice")),
            decision,
            _connection(store.alerts_within(alert)),
            _section("Who and when", _who(alert)),
            _section("How usual is it", _usual(store, alert)),
            _section("Evidence", _evidence(alert["evidence"])),
            _beside(store.alerts_beside(alert)),
            _lookups(alert, store.dns_around(alert)),
            _flows(alert, store.flows_around(alert)),
            _keep(alert["id"]),
        ],
        className="details",
    )


def _section(title: str, *children: Any) -> html.Section:
    return html.Section([html.H3(title), *children])


def _since(alert: Row) -> html.P:
    """Which device, since when and how often, before anything else."""
    who = device_link(alert["device"], alert["device_label"] or alert["device_ip"])
    many = plural(alert["count"], "time")
    last = [", last ", when(alert["last_seen"])] if alert["count"] > 1 else []
    return html.P(
        [html.Span([who, " · first ", when(alert["first_seen"]), f" · {many}", *last])], className="muted"
    )


def _who(alert: Row) -> html.Dl:
    name, ip = alert["peer_name"], alert["peer_ip"]
    peer = f"{name} ({ip})" if name and ip and name != ip else name or ip
    port = f"{alert['port']}/{alert['proto'] or '?'}" if alert["port"] is not None else None
    return facts(
        [
            ("Device", device_link(alert["device"], alert["device_label"] or alert["device_ip"])),
            ("Its address", alert["device_ip"]),
            ("Other side", html.Bdi(peer) if peer else None),
            ("Whose", alert.get("owner")),
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
        [
            (str(name).replace("_", " "), _value(value))
            for name, value in list(evidence.items())[:40]
            if name != "usual"
        ]
    )


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return ", ".join(map(str, value[:20])) + (f" and {len(value) - 20} more" if len(value) > 20 else "")
    return value[:500] if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[:500]


def _connection(rows: list[Row]) -> Any:
    """What else was noticed of the same connection, or the incident within which this one is told."""
    if not rows:
        return None
    title = "Part of" if rows[0]["head"] else "Also noticed on this connection"
    return _incidents(title, [(row, _linked(row)) for row in rows])


def _beside(rows: list[Row]) -> Any:
    if not rows:
        return None
    named = [(row, html.Span(row["title"])) for row in rows]
    return _incidents("Same device, about the same time", named)


def _incidents(title: str, rows: list[tuple[Row, Any]]) -> html.Section:
    """Other incidents, each with how its title is shown."""
    items = [
        html.Li([severity(row["severity"]), shown, when(row["last_seen"])], className="beside-row")
        for row, shown in rows
    ]
    return _section(title, html.Ul(items, className="plain-list"))


def _linked(row: Row) -> dcc.Link:
    return dcc.Link(row["title"], href=f"/alerts?id={row['id']}&state=all&range=all")


def _usual(store: Reader, alert: Row) -> html.Div:
    """What the sensor knew about the other side, and how often this happened before."""
    history = store.alert_history(alert)
    told = alert["evidence"].get("usual")
    words = f"When this happened: {told}." if told and isinstance(told, str) else _NOT_RECORDED
    place = "this device with this other side" if alert["peer_ip"] or alert["peer_name"] else "this device"
    if len(history) == 1:
        return html.Div([html.P(words), html.P(f"It is the first incident of its kind for {place}.")])
    items = [
        html.Li(
            [
                html.Span(["First ", when(r["first_seen"])]),
                html.Span([plural(r["count"], "time"), ", last ", when(r["last_seen"])]),
            ]
        )
        for r in history
    ]
    many = f"The newest {len(history)} incidents of its kind for {place}:"
    return html.Div([html.P(words), html.P(many), html.Ul(items, className="plain-list")])


def _lookups(alert: Row, rows: list[Row]) -> Any:
    if not rows:
        return None
    items = [
        html.Li([html.Bdi(r["name"]), html.Span(r["blocked_by"] or "", className="blocked"), when(r["ts"])])
        for r in rows
    ]
    more = dcc.Link("All of its lookups", href=f"/dns?device={alert['device']}", className="more")
    return _section("Names it asked for in those minutes", html.Ul(items, className="plain-list"), more)


def _flows(alert: Row, rows: list[Row]) -> Any:
    if not rows:
        return None
    items = [
        html.Li(
            [
                html.Span(
                    [
                        html.Bdi(peer_of(r, alert)),
                        f", {r['port']}/{r['proto']} ",
                        html.Span("this incident", className="chip") if is_about(alert, r) else None,
                    ]
                ),
                html.Span([size(r["bytes_up"]), " up, ", size(r["bytes_down"]), " down, ", when(r["ts"])]),
            ]
        )
        for r in rows
    ]
    more = dcc.Link(
        "All of its connections", href=f"/traffic?view=flows&device={alert['device']}", className="more"
    )
    return _section("Its connections in those minutes", html.Ul(items, className="plain-list"), more)


def _keep(alert: int) -> html.P:
    """Files of the incident, for whoever helps."""
    where = f"/api/v1/export/alerts/{alert}"
    return html.P(
        [
            "Save this incident: ",
            html.A("text", href=f"{where}.txt", download=""),
            html.A("JSON", href=f"{where}.json", download=""),
        ],
        className="keep",
    )
