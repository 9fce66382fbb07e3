"""What a person may do about a row: put its name on the own blocklist, and expect its incidents."""

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from analysis.names import is_registered, registrable
from analysis.own_list import OwnList, OwnListError
from analysis.store.notes import NoteError
from analysis.store.reader import Reader, Row
from analysis.store.scopes import Scope, scopes_of
from dashboard.alert_decision import rule_scope
from dashboard.context import context, notes
from dashboard.parts import severity, state

_MOST_INCIDENTS = 5
EXPECTED_DAYS = 30.0
_HINT = (
    "Sentinel then raises an alert whenever any device asks for it or reaches it; it warns, it does not cut"
    " the connection. Sensors take it up within a minute."
)


def actions(store: Reader, feed: str, row: Row, said: str) -> list[Any]:
    """The sections below a row's facts. Buttons name what to do and which; texts are made here anew."""
    sections = [_own_list(subject(store, feed, row)), _incidents(store, feed, row)]
    return [*filter(None, sections), html.P(said, className="said", role="status")]


def act(store: Reader, feed: str, row: Row, do: str, what: str) -> str:
    """Do what a button says, about a row that the database gave; returns what to tell.

    Raises OwnListError, NoteError, NoteFailed and StoreError; anything that no button offers changes
    nothing."""
    if do in ("list", "unlist"):
        return _change_list(choices(subject(store, feed, row)).get(what), do == "list")
    incident = next((alert for alert in incidents(store, feed, row) if str(alert["id"]) == what), None)
    if incident is None:
        raise NoteError("This incident is no longer kept.")
    if do == "expect":
        scope = narrowest(incident)
        notes().expect(scope, EXPECTED_DAYS)
        return f"Expected for 30 days: {rule_scope(store, scope._asdict())}. Sentinel goes on recording it."
    if do == "unexpect":
        for expectation in store.expectations_of(incident["id"])[:20]:
            notes().undo_expectation(expectation["id"])
        return "No longer expected."
    return ""


def subject(store: Reader, feed: str, row: Row) -> str | None:
    """The name or outside address that a row is about; None where both sides are at home."""
    if feed == "dns":
        return str(row["name"]).rstrip(".")
    home = store.directory().by_ip
    if feed == "flows":
        peer = row["peer"]
        if peer and not peer.startswith("device:"):
            return str(peer)
        return None if row["server_ip"] in home else row["server_ip"]
    outside = [ip for ip in (row["dst"], row["src"]) if ip and ip not in home]
    return outside[0] if outside else None


def choices(name: str | None) -> dict[str, str]:
    """What may be listed about a name: itself, and the domain that somebody registered."""
    if not name:
        return {}
    domain = registrable(name.lower())
    return {"name": name} | ({"domain": domain} if domain != name.lower() and is_registered(name) else {})


def _change_list(entry: str | None, add: bool) -> str:
    if entry is None:
        raise OwnListError("There is nothing here that can stand on a list.")
    own = OwnList(context().config)
    if add:
        return f"{own.add(entry)} is on your list. Sensors take it up within a minute."
    own.remove(entry)
    return f"{entry} is no longer on your list."


def _own_list(name: str | None) -> Any:
    own, offered = OwnList(context().config), choices(name)
    if not offered or own.name is None:
        return None
    buttons = [
        _button("unlist", key, ["Take ", html.Bdi(text), " off my list"])
        if own.holds(text)
        else _button(
            "list", key, ["Put ", "all of " if key == "domain" else "", html.Bdi(text), " on my list"]
        )
        for key, text in offered.items()
    ]
    words = f"Your list is “{own.name}”. {_HINT}"
    return html.Section(
        [
            html.H3("Warn me about it"),
            html.Div(buttons, className="buttons"),
            html.P(words, className="muted"),
        ]
    )


def incidents(store: Reader, feed: str, row: Row) -> list[Row]:
    """The newest incidents of the row's device with its other side."""
    about = subject(store, feed, row)
    device = row.get("device")
    if feed == "packets":
        by_ip = store.directory().by_ip
        device = by_ip.get(row["src"]) or by_ip.get(row["dst"])
    if not about or device is None:
        return []
    return store.alerts_with(device, about, _MOST_INCIDENTS)


def narrowest(incident: Row) -> Scope:
    """This device, this other side, this port, where the incident names them."""
    return next(iter(scopes_of(incident).values()))


def _incidents(store: Reader, feed: str, row: Row) -> Any:
    items = [_incident(store, alert) for alert in incidents(store, feed, row)]
    none = html.P("None was raised about it, so there is nothing to mark as expected.", className="muted")
    body = html.Ul(items, className="incidents plain") if items else none
    return html.Section([html.H3("Alerts about it"), body])


def _incident(store: Reader, alert: Row) -> html.Li:
    covered = alert["state"] == "expected" and store.expectations_of(alert["id"])
    number = str(alert["id"])
    button = (
        _button("unexpect", number, "No longer expect it")
        if covered
        else _button("expect", number, "Mark as expected")
    )
    title = dcc.Link(html.Bdi(alert["title"]), href=f"/alerts?id={number}", className="plain-link")
    offered = None if alert["state"] == "expected" and not covered else button
    words = None if covered else ["For 30 days: ", rule_scope(store, narrowest(alert)._asdict()), "."]
    return html.Li(
        [
            html.P([severity(alert["severity"]), " ", state(alert["state"])]),
            html.Div([html.P(title), html.P(words, className="muted"), offered]),
        ]
    )


def _button(do: str, what: str, words: Any) -> dmc.Button:
    return dmc.Button(
        html.Span(words), id={"row-do": do, "what": what}, size="compact-sm", variant="default",
        className="wrapping",
    )  # fmt: skip
