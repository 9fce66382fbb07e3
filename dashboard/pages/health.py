"""Health: is Sentinel itself seeing everything? Read-only."""

import time
from inspect import cleandoc
from typing import Any

from dash import ALL, Dash, Input, Output, ctx, html, no_update

from analysis.config import Config
from analysis.detector import Detector
from analysis.detectors import ALL as RULES
from analysis.store.notes import NoteError, NoteFailed
from analysis.store.reader import Reader, Row
from analysis.undecoded import REASONS
from dashboard.context import context, notes, reader
from dashboard.expected import expected
from dashboard.health_lists import lists, own_callbacks, own_entries
from dashboard.page import Page
from dashboard.parts import empty, facts, folded, heading, panel, severity, table, when
from dashboard.watch import Watch, present_watch, sensor_state
from dashboard.words import number, plural, share, size

_TABLES = {
    "flows": "conversations",
    "dns": "lookups",
    "tls": "encrypted connections (TLS)",
    "http": "requests in clear (HTTP)",
    "packets": "logged packets",
}
_COUNTERS = {
    "undecoded": ("Not readable", "Packets cut short, or of a kind that Sentinel does not read."),
    "parser_errors": ("Messages not understood", "Broken, or not what their port says; the rest went on."),
    "detector_failures": ("Rules that failed", "An error in a rule; the others went on."),
    "detectors_disabled": ("Rules switched off", "They failed again and again, until the next start."),
    "fragments": ("Pieces of packets", "Parts of packets too long for the network; they are counted."),
    "dns_answers_without_question": ("DNS answers without a question", "The question itself was not seen."),
    "shed": ("Given up under load", "Detail left out to keep up: never alerts, devices or counters."),
    "flooded": ("Flood beyond its bound", "Counted as traffic only, not looked at one by one."),
    "evicted": ("Forgotten early", "Oldest entries of full tables, to bound the memory used."),
}
"""A sensor's counters in plain words, with what each means."""
_PARTS = {
    "packet_log": "logged packets",
    "flow_rows": "rows of conversations",
    "repeated_names": "look-ups like earlier ones",
    "repeats": "conversations and messages that said nothing new",
    "late": "messages that there was no time for",
}
"""What a sensor gave up, in plain words; each is counted as traffic all the same."""
_WORDS = {**REASONS, **_PARTS}


def layout(**_: str) -> Any:
    store = reader()
    sensors, watch = store.sensors(), present_watch(store, time.time())
    full = watch if watch.state == "full" else None
    return html.Div(
        [
            heading("Health", lead="What Sentinel sees, what it misses, and what it runs with."),
            html.Div([_sensor(row, full) for row in sensors], className="columns")
            if sensors
            else _none(full),
            _findings(store),
            html.Div(expected(store, time.time()), id="health-expected"),
            _database(store),
            lists(context().config, store),
            html.Div(own_entries(context().config), id="health-own"),
            _rules(),
            _config(),
        ]
    )


def _none(full: Watch | None) -> html.Div:
    if full:
        return empty(full.text, full.fix or "")
    return empty("No sensor has run yet", "", "sudo python3 sentinel.py up")


def _sensor(row: Row, full: Watch | None) -> html.Section:
    """`full`: that the disk is full, which is why the row is old, and what to do."""
    watch = full or sensor_state(row, time.time())
    state = "recording" if row["recording"] else watch.state
    words = html.Span(row["state"] if state == "live" else watch.text, className=f"watch {state}")
    total = row["packets"] + row["dropped"]
    rows: list[tuple[str, Any]] = [
        ("State", words),
        ("To do", watch.fix if state != "live" else None),
        ("Heartbeat", when(row["heartbeat"])),
        ("Last packet", when(row["last_packet"])),
        ("Packets seen", number(row["packets"])),
        ("Lost by the system", f"{number(row['dropped'])} ({share(row['dropped'], total)})"),
        ("Running since", when(row["started"])),
    ]
    title = f"Sensor {row['name']}" + (f" · {row['label']}" if row["label"] else "")
    counters = _counters({"shed": row["shed"], "evicted": row["evicted"]} | row["counters"])
    return panel(title, facts(rows), _not_seen(counters))


def _not_seen(counters: list[tuple[str, str, str]]) -> html.Details:
    """Counters that are above zero by name, all of them with what they mean on demand."""
    above = [f"{title.lower()} {told}" for title, told, _ in counters if told not in ("none", "0")]
    said = "; ".join(above) or f"nothing, in all {len(counters)} counters"
    rows = [
        (title, [told, html.Div(meaning, className="muted meaning")] if meaning else told)
        for title, told, meaning in counters
    ]
    return html.Details(
        [html.Summary(["Left out or not understood: ", said]), facts(rows)], className="counters"
    )


def _counters(counters: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Name, value and meaning in plain words. Counters that are dicts become one line each: "cut short
    12, Wi-Fi frames 4"."""
    rows = []
    for name, value in list(counters.items())[:20]:
        if isinstance(value, dict):
            told = ", ".join(
                f"{_WORDS.get(key, key)} {number(count)}"
                for key, count in value.items()
                if isinstance(count, int | float) and count
            )
            rows.append(_counter(name, told or "none"))
        elif isinstance(value, int | float):
            rows.append(_counter(name, number(value)))
    return rows


def _counter(name: str, told: str) -> tuple[str, str, str]:
    title, meaning = _COUNTERS.get(name, (name.replace("_", " ").capitalize(), ""))
    return title, told, meaning


def _findings(store: Reader) -> html.Section:
    rows = store.health()
    if not rows:
        return panel(
            "Findings", empty("Nothing to report", "Run python3 sentinel.py doctor for a full check.")
        )
    levels = {
        "alarm": html.Span([html.Span("◆", className="mark"), "Alarm"], className="severity high"),
        "note": html.Span("Note", className="chip"),
        "ok": html.Span("OK", className="chip good"),
    }
    lines = [
        (
            levels.get(r["level"], r["level"]),
            html.Div([html.P(r["message"]), html.P(r["fix"], className="muted") if r["fix"] else None]),
            r["component"],
            when(r["since"]),
        )
        for r in rows
    ]
    return panel("Findings", table(("", "What and how to mend it", "About", "Since"), lines, "findings"))


def _database(store: Reader) -> html.Section:
    taken, cap = store.size_bytes(), context().config.retention.size_mb * 2**20
    used = html.Div(html.Span(style={"width": f"{min(100, 100 * taken / cap):.1f}%"}), className="bar tall")
    rows: list[tuple[str, Any]] = [("Size", f"{size(taken)} of {size(cap)}")]
    rows += [
        (_TABLES[name][0].upper() + _TABLES[name][1:], f"about {number(count)}" if count else "none")
        for name, count in store.row_estimates().items()
    ]
    rows.append(("Incidents", _incidents(store)))
    return panel("Database", used, facts(rows))


def _incidents(store: Reader) -> str:
    """Exact, and with the number of the alerts page, which shows the open ones."""
    total, still_open = store.incident_count(), sum(store.open_counts().values())
    return f"{number(total)}, {number(still_open)} of them open" if total else "none"


def _rules() -> html.Section:
    given = context().config.rules
    off = sum(options.get("enabled") is False for options in given.values())
    told = f"{len(RULES)} rules, {off} switched off. What each looks for, and its options in force."
    return folded(
        "Rules",
        told,
        html.Div([_rule(rule, given.get(rule.id, {})) for rule in RULES], className="rules"),
    )


def _rule(rule: type[Detector], given: dict[str, Any]) -> html.Details:
    """A rule with its documentation and its options in force."""
    off = html.Span("off", className="chip") if given.get("enabled") is False else None
    options = [(name.replace("_", " "), _short(value)) for name, value in sorted(given.items())]
    return html.Details(
        [
            html.Summary([severity(int(rule.severity)), html.Span(rule.title), off, html.Code(rule.id)]),
            html.Div(
                [html.P(cleandoc(rule.__doc__ or ""), className="prose"), facts(options)], className="rule"
            ),
        ]
    )


def _config() -> html.Section:
    """The configuration in force; rules and lists stand in their own panels."""
    usual = _flat(Config())
    lines = [
        (html.Code(key), value, "default" if value == usual.get(key) else "yours")
        for key, value in _flat(context().config).items()
    ]
    told = f"{len(lines)} settings, {sum(line[2] == 'yours' for line in lines)} of them yours."
    return folded("Configuration in force", told, table(("Key", "Value", ""), lines, "config"))


def _flat(config: Config) -> dict[str, str]:
    """Dotted keys to values in words; hashes are not shown."""
    flat = {}
    for name, value in config.model_dump(
        exclude={"base": True, "rules": True, "blocklists": {"lists"}}
    ).items():
        for key, part in value.items() if isinstance(value, dict) else [("", value)]:
            hidden = key in ("password_hash", "api_tokens") and part
            flat[f"{name}.{key}" if key else name] = "set (not shown)" if hidden else _short(part)
    return flat


def _short(value: Any) -> str:
    if isinstance(value, tuple | list):
        if any(isinstance(item, dict | tuple | list) for item in value):
            return plural(len(value), "entry", "entries")
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return "not set" if value is None else str(value)


def callbacks(app: Dash) -> None:
    own_callbacks(app)

    @app.callback(
        Output("health-expected", "children"), Input({"undo": ALL}, "n_clicks"), prevent_initial_call=True
    )
    def undone(clicks: list[int | None]) -> Any:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            return no_update
        try:
            notes().undo_expectation(int(ctx.triggered_id["undo"]))
        except (NoteError, NoteFailed) as error:
            return [expected(reader(), time.time()), html.P(str(error), role="status")]
        return expected(reader(), time.time())


PAGE = Page("/health", "Health", layout, callbacks, icon="health")
