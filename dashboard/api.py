"""The JSON that live pages poll: one endpoint for news, one for history."""

import json
import threading
import time
from typing import Any

from flask import Blueprint, Response, request

from analysis.store.reader import FEEDS, BadFilter, Reader, StoreError
from dashboard.address import whole_number
from dashboard.context import reader
from dashboard.watch import failed_watch, present_watch

api = Blueprint("api", __name__, url_prefix="/api/v1")

_KEEP_SECONDS = 1.0
"""Open tabs share one answer about the whole for this long."""
_LIVE_ROWS = 500
"""Of one poll; a page that gets as many loads its table anew. 250 a second, polled every 2 s."""


class _Summary:
    """The part of the news that is the same for every page and tab, and which file it is from."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}

    def get(self, store: Reader) -> dict[str, Any]:
        key = str(store.path)
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or time.monotonic() - kept[0] > _KEEP_SECONDS:
                kept = (time.monotonic(), {**summary(store), "file": str(store.inode())})
                self._kept = {key: kept}
            return kept[1]


_summary = _Summary()


def summary(store: Reader) -> dict[str, Any]:
    """Open incidents, devices, the watch's state, and a text that changes when a page should redraw."""
    now = store.clock()
    counts = store.open_counts()
    devices = store.device_counts(now - 86400)
    watch = present_watch(store, time.time())
    serious = store.serious_changed()[-2:]  # what pages draw again changes with these
    return {
        "now": now,
        "watch": watch._asdict(),
        "counts": {"critical": counts[2], "high": counts[1], "normal": counts[0], **devices},
        "revision": ".".join(
            map(str, (*serious, counts[2], counts[1], devices["devices"], devices["unknown"], watch.state))
        ),
    }


def as_json(value: object, status: int = 200) -> Response:
    """An answer without needless spaces."""
    return Response(json.dumps(value, separators=(",", ":")), status, mimetype="application/json")


def integer(name: str) -> int | None:
    """A whole number of the query, None when it is not there. Raises `BadFilter`."""
    text = request.args.get(name, "")
    if not text:
        return None
    if (number := whole_number(text)) is None:
        raise BadFilter(f"{name}: expected a whole number")
    return number


def _rows(feed: str, since: int | None, before: int | None, limit: int) -> dict[str, Any]:
    store = reader()
    page = store.page(feed, request.args, since=since, before=before, limit=limit, now=store.clock())
    return page._asdict()


@api.get("/live")
def live() -> Response:
    """News: the summary, and with `feed` and `since` the rows of one feed that are newer."""
    try:
        feed, since = request.args.get("feed", ""), integer("since")
        if feed and feed not in FEEDS:
            return as_json({"error": "There is no such feed."}, 404)
        answer = dict(_summary.get(reader()))
        if feed and since is not None:
            answer["feed"] = {"name": feed, "limit": _LIVE_ROWS, **_rows(feed, since, None, _LIVE_ROWS)}
        return as_json(answer)
    except BadFilter as error:
        return as_json({"error": str(error)}, 400)
    except StoreError as error:
        watch = failed_watch(error, reader().path)
        return as_json({"watch": watch._asdict(), "error": watch.text}, 503 if watch.state == "slow" else 200)


@api.get("/rows/<feed>")
def rows(feed: str) -> Response:
    """A page of history, newest first; `before` continues, `n` rows, filters as in the page's address."""
    if feed not in FEEDS:
        return as_json({"error": "There is no such feed."}, 404)
    try:
        return as_json(_rows(feed, None, integer("before"), integer("n") or 200))
    except BadFilter as error:
        return as_json({"error": str(error)}, 400)
    except StoreError as error:
        return not_answered(error)


def not_answered(error: StoreError) -> Response:
    """What a program is told when the database does not answer."""
    watch = failed_watch(error, reader().path)
    return as_json({"error": watch.text, "fix": watch.fix, "state": watch.state}, 503)
