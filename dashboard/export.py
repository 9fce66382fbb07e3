"""Downloads: what a table shows with its filters, and one incident in full."""

import json
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any

from flask import Blueprint, Response, request

from analysis.store.queries.feeds import MOST_ROWS
from analysis.store.reader import BadFilter, Page, Reader, StoreError
from dashboard.api_filters import EXPORTED, export_filters, refused
from dashboard.context import reader
from dashboard.errors import error_page
from dashboard.export_format import MARK, csv_lines, json_lines
from dashboard.incident import as_text, incident
from dashboard.words import LEVELS, new_to_you, number

export = Blueprint("export", __name__, url_prefix="/api/v1/export")

MOST_EXPORTED = 100_000
_CUT = f"Cut after {number(MOST_EXPORTED)} rows: narrow the filters for the rest."
_DEVICE = (
    "id", "name", "trust", "kind", "maker", "vendor", "os", "ip", "mac", "network", "severity", "incidents",
    "bytes", "first_seen", "last_seen", "router",
)  # fmt: skip
_SEARCHED = ("name", "maker", "vendor", "kind", "ip", "mac")


class _Source:
    """Rows of one export, page after page; what ended it early is told in `said`."""

    def __init__(self, store: Reader, feed: str) -> None:
        self._store = store
        self._feed = feed
        self._filters = request.args.to_dict()
        self._now = store.clock()
        self.said = ""
        self._first = self._devices() if feed == "devices" else self._page(None)
        self._level = next((n for n, name in enumerate(self._first.columns) if name == "severity"), None)
        self.columns = self._worded(self._first.columns, "severity_word")

    def rows(self) -> Iterator[tuple[Any, ...]]:
        pages = chain.from_iterable(page.rows for page in self._pages())
        for row in islice(pages, MOST_EXPORTED):
            level = None if self._level is None else LEVELS.get(row[self._level])
            yield self._worded(row, level.word if level else None)
        if next(pages, None) is not None:
            self.said = _CUT

    def _worded(self, row: Sequence[Any], word: str | None) -> tuple[Any, ...]:
        """The row with the severity's word beside its number, where the feed has one."""
        if self._level is None:
            return tuple(row)
        return (*row[: self._level + 1], word, *row[self._level + 1 :])

    def _pages(self) -> Iterator[Page]:
        page = self._first
        yield page
        while page.cursor is not None:
            try:
                page = self._page(page.cursor)
            except StoreError as error:
                self.said = f"Stopped early: {error} {error.fix}"
                return
            yield page

    def _page(self, before: int | None) -> Page:
        return self._store.page(self._feed, self._filters, before=before, limit=MOST_ROWS, now=self._now)

    def _devices(self) -> Page:
        trust, text = self._filters.get("trust", "all"), self._filters.get("q", "").lower()
        hour = int(self._now // 3600) - 24
        found = [
            tuple(row[name] for name in _DEVICE)
            for row in [*self._store.devices(hour), *self._store.routers(hour)]
            if ((new_to_you(row) and not row["router"]) if trust == "new" else trust in ("all", row["trust"]))
            and any(text in str(row[name] or "").lower() for name in _SEARCHED)
        ]
        return Page(list(_DEVICE), found, None, None)


def _csv(source: _Source) -> Iterator[str]:
    yield MARK
    yield from csv_lines(source.columns, source.rows())
    if source.said:
        yield f'"{source.said}"\r\n'


def _json(source: _Source) -> Iterator[str]:
    yield '{"rows": [\n'
    yield from json_lines(source.columns, source.rows())
    yield f'\n], "cut": {json.dumps(source.said or None)}}}\n'


_KINDS = {"csv": (_csv, "text/csv"), "json": (_json, "application/json")}


@export.get("/<feed>.<kind>")
def download(feed: str, kind: str) -> Response:
    """The rows behind a table with the filters of its address, newest first, at most `MOST_EXPORTED`."""
    if kind not in _KINDS or feed not in EXPORTED:
        return error_page(404, "There is no such export.")
    try:
        export_filters(reader(), feed)
        source = _Source(reader(), feed)
    except BadFilter as error:
        return refused(error)
    except StoreError as error:
        return error_page(503, str(error))
    write, mimetype = _KINDS[kind]
    return _attached(Response(write(source), mimetype=mimetype), f"sentinel-{feed}.{kind}")


@export.get("/alerts/<int:alert>.<kind>")
def one_incident(alert: int, kind: str) -> Response:
    """One incident with what happened around it, as text (`txt`) or JSON."""
    try:
        found = incident(reader(), alert) if kind in ("txt", "json") and alert < 2**62 else None
    except StoreError as error:
        return error_page(503, str(error))
    if found is None:
        return error_page(404, "There is no such incident.")
    if kind == "json":
        response = Response(json.dumps(found, ensure_ascii=False, indent=2), mimetype="application/json")
    else:
        response = Response(as_text(found), mimetype="text/plain")
    return _attached(response, f"sentinel-incident-{alert}.{kind}")


def _attached(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
