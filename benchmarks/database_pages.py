"""What the server does for each page and poll of the dashboard, asked as the browser asks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from analysis.config import Config
from analysis.store.reader import FEEDS
from benchmarks.database_questions import DEVICE, GOAL_PAGE, Watched, asked

GOAL_POLL, GOAL_POLL_BYTES = 10.0, 1_536
GOAL_NEWS, GOAL_NEWS_BYTES = 20.0, 20_480
"""Milliseconds of CPU and bytes, of a poll without news and of one with `NEWS` rows."""
NEWS = 100
_HEADERS = {"Host": "localhost", "Origin": "http://localhost", "Accept-Encoding": "br"}
_VIEWS = {
    "Network map": ("?range=7d", "?range=30d"),
    "Charts": ("?range=24h", "?range=30d"),
    "Live traffic": ("?view=packets",),
    "Alerts": ("?id={alert}",),
}
"""Further views of pages that ask other questions than the first one."""
_ROWS = {
    "alerts": ("state=open&range=30d",),
    "dns": ("range=24h", "range=30d&q=no-such-text", "range=24h&blocked=1"),
    "flows": ("range=24h", "range=30d&q=no-such-text", "range=24h&proto=udp"), "packets": ("range=24h",),
}  # fmt: skip
"""Filters with which tables are filled, the pages' own first."""


class _Client:
    """The dashboard's own application on the database, without a socket."""

    def __init__(self, path: Path) -> None:
        from dashboard.app import create_app
        from dashboard.context import KEY
        from dashboard.serve import spare_the_collector

        server = create_app(path, Config()).server
        self.reader = Watched(path)
        server.extensions[KEY] = server.extensions[KEY]._replace(reader=self.reader)
        self._client = server.test_client()
        spare_the_collector()
        self.get("/_dash-layout")
        self.bytes = 0

    def get(self, address: str) -> None:
        self._took(self._client.get(address, headers=_HEADERS))

    def page(self, path: str, query: str = "") -> None:
        """A page as Dash's router sends it."""
        location = "_pages_location"
        outputs = [("_pages_content", "children"), ("_pages_store", "data")]
        body = {
            "output": "..{}..".format("...".join(".".join(output) for output in outputs)),
            "outputs": [{"id": name, "property": kind} for name, kind in outputs],
            "inputs": [
                {"id": location, "property": "pathname", "value": path},
                {"id": location, "property": "search", "value": query},
            ],
            "changedPropIds": [f"{location}.pathname"],
        }
        self._took(self._client.post("/_dash-update-component", json=body, headers=_HEADERS))

    def _took(self, answer: Any) -> None:
        if answer.status_code != 200:
            raise RuntimeError(f"{answer.status_code}: {answer.data[:200]}")
        self.bytes = len(answer.data)


def pages(path: Path, times: int) -> dict[str, Any]:
    """Each page as the router sends it, and the rows that fill its table. Pages, whose answers may be kept,
    are asked a second time as the first after an incident above NORMAL or a decision has changed, and a third
    time by a dashboard that was just started."""
    from dashboard.pages import PAGES

    client = _Client(path)
    alert = client.reader.newest("alerts")
    found = {}
    for page in PAGES:
        address = page.path.replace("<device_id>", str(DEVICE))
        for query in ("", *_VIEWS.get(page.name, ())):
            query = query.format(alert=alert)
            ask = lambda a=address, q=query: client.page(a, q)  # noqa: E731
            for state, before in _befores(client.reader).items():
                name = f"{page.name} {query}".strip() + state
                found[name] = {**asked(client.reader, ask, times, GOAL_PAGE, before), "bytes": client.bytes}
    for feed, queries in _ROWS.items():
        for query in queries:
            ask = lambda f=feed, q=query: client.get(f"/api/v1/rows/{f}?n=200&{q}")  # noqa: E731
            found[f"rows of {feed}, {query}"] = {
                **asked(client.reader, ask, times, GOAL_PAGE), "bytes": client.bytes,
            }  # fmt: skip
    return found


def _befores(reader: Watched) -> dict[str, Callable[[], object]]:
    """What happened before a page is asked for, by how its line is called."""
    return {"": lambda: None, ", after an incident": reader.meet_incident, ", just started": reader.forget}


def polls(path: Path, times: int) -> dict[str, Any]:
    """A poll of a live page: without news, with 100 new rows, and after an incident has changed. What
    tabs share for a second is made anew each time."""
    from dashboard import api

    client = _Client(path)
    found = {}
    kept = api._KEEP_SECONDS
    api._KEEP_SECONDS = -1.0
    try:
        for feed in ("", *FEEDS):
            for name, address, goal in _asks(feed, client.reader.newest(feed) if feed else 0):
                ask = lambda a=address: client.get(a)  # noqa: E731
                before = client.reader.meet_incident if name.endswith("incident") else lambda: None
                found[name] = {**asked(client.reader, ask, times, goal, before), "bytes": client.bytes}
    finally:
        api._KEEP_SECONDS = kept
    return found


def _asks(feed: str, newest: int) -> list[tuple[str, str, float]]:
    """Name, address, and milliseconds of each kind of poll."""
    live = "/api/v1/live"
    if not feed:
        return [("live", live, GOAL_POLL), ("live, after an incident", live, GOAL_PAGE)]
    quiet = f"{live}?feed={feed}&since={newest}"
    news = f"{live}?feed={feed}&since={max(0, newest - NEWS)}"
    return [
        (f"live {feed}", quiet, GOAL_POLL),
        (f"live {feed}, {NEWS} new", news, GOAL_NEWS),
        (f"live {feed}, after an incident", quiet, GOAL_PAGE),
    ]
