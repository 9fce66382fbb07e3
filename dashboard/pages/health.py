"""Health: is Sentinel itself seeing everything? Read-only."""

import time
from typing import Any

from dash import html

from analysis.store.reader import Reader, Row
from dashboard.context import context, reader
from dashboard.page import Page
from dashboard.parts import empty, facts, heading, panel, severity, table, when
from dashboard.watch import sensor_state
from dashboard.words import number, share, size

_TABLES = {"flows": "conversations", "dns": "lookups", "tls": "TLS hellos", "http": "HTTP requests", "packets": "logged packets", "alerts": "incidents"}  # fmt: skip


def layout(**_: str) -> Any:
    store = reader()
    sensors = store.sensors()
    return html.Div(
        [
            heading("Health", lead="What Sentinel sees, what it misses, and what it runs with."),
            html.Div([_sensor(row) for row in sensors], className="columns")
            if sensors
            else empty("No sensor has run yet", "", "sudo python3 sentinel.py up"),
            _findings(store),
            html.Div([_database(store), _lists()], className="columns"),
            _rules(),
            _config(),
        ]
    )


def _sensor(row: Row) -> html.Section:
    watch = sensor_state(row, time.time())
    state = "recording" if row["recording"] else watch.state
    words = html.Span(row["state"] if state == "live" else watch.text, className=f"watch {state}")
    total = row["packets"] + row["dropped"]
    rows: list[tuple[str, Any]] = [
        ("State", words), ("To do", watch.fix if state != "live" else None), ("Heartbeat", when(row["heartbeat"])),
        ("Last packet", when(row["last_packet"])), ("Packets seen", number(row["packets"])),
        ("Lost by the system", f"{number(row['dropped'])} ({share(row['dropped'], total)})"),
        ("Rows given up under load", number(row["shed"])), ("Pushed out of full tables", number(row["evicted"])),
        ("Running since", when(row["started"])), *_counters(row["counters"]),
    ]  # fmt: skip
    return panel(f"Sensor {row['name']}" + (f" · {row['label']}" if row["label"] else ""), facts(rows))


def _counters(counters: dict[str, Any]) -> list[tuple[str, Any]]:
    """Counters that are dicts become one line each: "truncated 12, 802.11 4"."""
    rows = []
    for name, value in list(counters.items())[:20]:
        if isinstance(value, dict):
            told = ", ".join(
                f"{key} {number(count)}"
                for key, count in value.items()
                if isinstance(count, int | float) and count
            )
            rows.append((name.replace("_", " ").capitalize(), told or "none"))
        elif isinstance(value, int | float):
            rows.append((name.replace("_", " ").capitalize(), number(value)))
    return rows


def _findings(store: Reader) -> html.Section:
    rows = store.health()
    if not rows:
        return panel(
            "Findings", empty("Nothing to report", "Run python3 sentinel.py doctor for a full check.")
        )
    levels = {
        "alarm": severity(1),
        "note": html.Span("Note", className="chip"),
        "ok": html.Span("OK", className="chip good"),
    }
    lines = [
        (levels.get(r["level"], r["level"]), html.Div([html.P(r["message"]), html.P(r["fix"], className="muted") if r["fix"] else None]), r["component"], when(r["since"]))
        for r in rows
    ]  # fmt: skip
    return panel("Findings", table(("", "What and how to mend it", "About", "Since"), lines, "findings"))


def _database(store: Reader) -> html.Section:
    taken, cap = store.size_bytes(), context().config.retention.size_mb * 2**20
    kept = store.row_estimates()
    used = html.Div(html.Span(style={"width": f"{min(100, 100 * taken / cap):.1f}%"}), className="bar tall")
    rows: list[tuple[str, Any]] = [("Size", f"{size(taken)} of {size(cap)}")]
    rows += [(_TABLES[name].capitalize(), f"about {number(count)}") for name, count in kept.items()]
    return panel("Database", used, facts(rows))


def _lists() -> html.Section:
    lists = context().config.blocklists.lists
    if not lists:
        return panel("Blocklists", empty("None configured", "Add lists under `blocklists:` in config.yaml."))
    lines = [(entry.name, entry.category, "on" if entry.enabled else "off") for entry in lists]
    return panel("Blocklists", table(("List", "Category", "State"), lines))


def _rules() -> html.Section:
    try:
        from analysis.detectors import ALL
    except ImportError:
        return panel("Rules", empty("No rules are installed"))
    items = [
        html.Details(
            [
                html.Summary([severity(int(rule.severity)), html.Span(rule.title), html.Code(rule.id)]),
                html.P((rule.__doc__ or "").strip(), className="prose"),
            ]
        )
        for rule in ALL
    ]
    return panel(f"Rules ({len(items)})", html.Div(items, className="rules"))


def _config() -> html.Section:
    """The effective configuration; the password hash is not shown."""
    config = context().config
    lines = []
    for name, value in config.model_dump(exclude={"base"}).items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        default = type(config).model_fields[name].get_default(call_default_factory=True)
        for key, given in parts:
            usual = getattr(default, key, None) if key and not isinstance(default, dict) else default
            shown = "set (not shown)" if key == "password_hash" and given else _short(given)
            lines.append(
                (
                    html.Code(f"{name}.{key}" if key else name),
                    shown,
                    "default" if given == usual or given == _plain(usual) else "yours",
                )
            )
    return panel("Configuration in force", table(("Key", "Value", ""), lines, "config"))


def _plain(value: Any) -> Any:
    return value.model_dump() if hasattr(value, "model_dump") else value


def _short(value: Any) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or "none"
    return "not set" if value is None else str(value)


PAGE = Page("/health", "Health", layout, icon="health")
