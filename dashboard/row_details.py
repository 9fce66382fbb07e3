"""One lookup, conversation or packet in full, and what a person may do about it."""

from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update

from analysis.own_list import OwnListError
from analysis.store.notes import NoteError, NoteFailed
from analysis.store.reader import BadFilter, Reader, Row, StoreError
from dashboard.address import whole_number
from dashboard.context import reader
from dashboard.drawer import drawer
from dashboard.parts import device_link, empty, facts, when
from dashboard.row_actions import act, actions
from dashboard.words import number, plural, size

CHOSEN = "row-chosen"
_TITLES = {"dns": "Lookup", "flows": "Conversation", "packets": "Packet"}


def row_drawer(feed: str, row: str = "") -> html.Div:
    """The parts that a page with such a table needs; `row` is the one its address names."""
    return html.Div(
        [
            dcc.Store(id=CHOSEN, data=whole_number(row)),
            dcc.Store(id="row-feed", data=feed),
            drawer("row-drawer", _TITLES[feed], 460),
        ]
    )


def find_row(store: Reader, feed: str, chosen: int) -> Row | None:
    """A row by its number, with names; None when it is no longer kept."""
    page = store.page(feed, {}, before=chosen + 1, limit=1, now=store.clock())
    found = dict(zip(page.columns, page.rows[0], strict=True)) if page.rows else None
    return found if found and found["id"] == chosen else None


def _shown(feed: str, chosen: int, said: str = "") -> Any:
    try:
        store = reader()
        row = find_row(store, feed, chosen)
        if row is None:
            return empty("This row is no longer kept", "History is kept as long as config.yaml says.")
        title, rows = _TOLD[feed](store, row)
        return html.Div(
            [
                html.H2(html.Bdi(title), className="details-title"),
                facts(rows),
                *actions(store, feed, row, said),
            ],
            className="details",
        )
    except StoreError as error:
        return empty(str(error), error.fix)


def _dns(store: Reader, row: Row) -> tuple[str, list[tuple[str, Any]]]:
    answer = row["answers"] if row["rcode"] in (None, "NOERROR") else row["rcode"]
    took = f"{1000 * row['elapsed']:.0f} ms" if row["elapsed"] is not None else None
    return row["name"], [
        ("Asked by", device_link(row["device"], row["device_label"] or row["client_ip"])),
        ("When", when(row["ts"])),
        ("On list", row["blocked_by"]),
        ("Answer", _listed(answer) if row["rcode"] is not None else "no answer"),
        ("Type", row["qtype"]),
        ("Answered by", row["server_ip"]),
        ("Took", took),
        ("By", row["transport"]),
    ]


def _listed(answers: str | None) -> str:
    return (answers or "").strip("[]").replace('"', "")


def _flow(store: Reader, row: Row) -> tuple[str, list[tuple[str, Any]]]:
    return row["peer"] or row["server_ip"], [
        ("Device", device_link(row["device"], row["device_label"] or row["client_ip"])),
        ("Other side", row["server_ip"]),
        ("Whose", row.get("owner")),
        ("Port", f"{row['port']}/{row['proto']}"),
        ("Content", row["service"]),
        ("Began", when(row["first_seen"])),
        ("Last seen", when(row["last_seen"])),
        ("Up", f"{size(row['bytes_up'])} in {plural(row['packets_up'] or 0, 'packet')}"),
        ("Down", f"{size(row['bytes_down'])} in {plural(row['packets_down'] or 0, 'packet')}"),
        ("State", row["state"]),
    ]


def _packet(store: Reader, row: Row) -> tuple[str, list[tuple[str, Any]]]:
    sides = [row[f"{side}_name"] or row[side] for side in ("src", "dst")]
    by_ip = store.directory().by_ip
    return f"{sides[0]} to {sides[1]}", [
        ("From", device_link(by_ip.get(row["src"]), sides[0])),
        ("Address", row["src"]),
        ("From port", row["sport"]),
        ("To", device_link(by_ip.get(row["dst"]), sides[1])),
        ("Address", row["dst"]),
        ("To port", row["dport"]),
        ("Protocol", row["proto"]),
        ("When", when(row["ts"])),
        ("Length", f"{number(row['length'])} bytes"),
        ("Logged", f"1 in {row['sample']}" if row["sample"] > 1 else "every packet"),
        ("Sensor", row["sensor"]),
    ]


_TOLD = {"dns": _dns, "flows": _flow, "packets": _packet}


def row_callbacks(app: Dash) -> None:
    """Registered once, by the DNS page; every page with `row_drawer` uses them."""

    @app.callback(
        Output("row-drawer", "children"), Output("row-drawer", "opened"),
        Input(CHOSEN, "data"), State("row-feed", "data"),
    )  # fmt: skip
    def opened(chosen: int | None, feed: str) -> Any:
        return (_shown(feed, chosen), True) if chosen and feed in _TOLD else (no_update, False)

    @app.callback(
        Output("row-drawer", "children", allow_duplicate=True),
        Input({"row-do": ALL, "what": ALL}, "n_clicks"), State(CHOSEN, "data"), State("row-feed", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def decided(clicks: list[int | None], chosen: int | None, feed: str) -> Any:
        pressed = ctx.triggered_id
        if not any(clicks) or not isinstance(pressed, dict) or not chosen or feed not in _TOLD:
            return no_update
        try:
            row = find_row(reader(), feed, int(chosen))
            said = act(reader(), feed, row, str(pressed["row-do"]), str(pressed["what"])) if row else ""
        except (NoteError, NoteFailed, OwnListError, BadFilter, StoreError) as error:
            said = str(error)
        return _shown(feed, int(chosen), said)

    app.clientside_callback(
        ClientsideFunction("sentinel", "rowShown"), Output("nothing", "data", allow_duplicate=True),
        Input("row-drawer", "opened"), State(CHOSEN, "data"), prevent_initial_call=True,
    )  # fmt: skip
