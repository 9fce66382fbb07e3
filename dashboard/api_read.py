"""The JSON that other programs read: summary, alerts, devices. See docs/api.md."""

from typing import Any

from flask import Response, request

from analysis.store.reader import BadFilter, Reader, StoreError
from dashboard.api import api, as_json, integer, not_answered, summary
from dashboard.api_filters import alert_filters, only, refused
from dashboard.context import reader
from dashboard.words import LEVELS

_ALERT = (
    "id", "rule", "title", "state", "device", "device_label", "device_ip", "peer_name", "peer_ip", "port",
    "proto", "count", "first_seen", "last_seen",
)  # fmt: skip
_DEVICE = (
    "id", "name", "trust", "kind", "vendor", "os", "ip", "mac", "network", "first_seen", "last_seen",
    "incidents",
)  # fmt: skip


@api.get("/summary")
def read_summary() -> Response:
    """How things are."""
    return _answer(_summary)


@api.get("/alerts")
def read_alerts() -> Response:
    """Incidents, newest first, with the filters of the alerts page."""
    return _answer(_alerts)


@api.get("/devices")
def read_devices() -> Response:
    """Every device; routers are part of the network and not among them."""
    return _answer(_devices)


def _answer(question: Any) -> Response:
    try:
        return as_json(question(reader()))
    except BadFilter as error:
        return refused(error)
    except StoreError as error:
        return not_answered(error)


def _summary(store: Reader) -> dict[str, Any]:
    only(())
    return summary(store)


def _alerts(store: Reader) -> dict[str, Any]:
    before, limit = integer("before"), alert_filters(store)
    page = store.page("alerts", request.args, before=before, limit=limit, now=store.clock())
    rows = [dict(zip(page.columns, row, strict=True)) for row in page.rows]
    told = [{**{name: row[name] for name in _ALERT}, "severity": _word(row["severity"])} for row in rows]
    return {"alerts": told, "before": page.cursor}


def _devices(store: Reader) -> dict[str, Any]:
    only(())
    rows = store.devices(int(store.clock() // 3600) - 24)
    told = [
        {
            **{name: row[name] for name in _DEVICE},
            "bytes_24h": row["bytes"] or 0,
            "severity": None if row["severity"] is None else _word(row["severity"]),
        }
        for row in rows
    ]
    return {"devices": told}


def _word(level: int) -> str:
    return LEVELS[level].word.lower()
