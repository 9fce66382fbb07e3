"""Rows in the order they happened: alerts, DNS, flows, packets; filtered, newest first, keyset-paged.
A feed's cursor is a column that only grows (`change` of an alert, `id` elsewhere), so a page is
`cursor < before` and news is `cursor > since`; both cost the same at row 10 and at row 5,000,000.
A filter that no index answers is looked for in spans, and the page says how far back that went."""

# ruff: noqa: S608 - the parts put together are constants of this package; values are bound

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from analysis.store.queries.directory import Directory, DirectoryQueries
from analysis.store.queries.expectations import STATE
from analysis.store.queries.renamed import present_title
from analysis.store.queries.search import Found, SearchQueries
from analysis.text import visible

MOST_ROWS = 500
_TEXT_LIMIT, _MOST_WORDS = 100, 8
RANGES = {"1h": 1, "24h": 24, "7d": 7 * 24, "30d": 30 * 24, "1y": 366 * 24}
"""Time ranges that a page may ask for, in hours."""


class BadFilter(ValueError):
    """A filter's value is not of its kind; the text says which and what is allowed."""


class Page(NamedTuple):
    """Rows of a feed, newest first."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    cursor: int | None
    """Ask for older rows with `before=cursor`; None when there is nothing older."""
    newest: int | None
    """Ask for newer rows with `since=newest`: the end of the feed, whether or not its rows pass the
    filters; None while the feed is empty."""
    searched: float | None = None
    """The time back to which rows were looked at, when that took too long to go on: there may be more
    with `before=cursor`, although there are fewer rows than asked for."""


class Feed(NamedTuple):
    """How a feed is read. All texts are ours; a request brings only bound values."""

    select: str
    cursor: str
    time: str
    table: str
    text: tuple[str, ...]
    """Columns that the filter `q` looks into."""
    equal: dict[str, tuple[str, Callable[[str], Any]]]
    """Filter name to the condition it adds and the type of its value."""
    flags: dict[str, str]
    """Filter name to the condition that its value "1" adds."""
    indexed: frozenset[str] = frozenset()
    """Filters that an index answers in the order of the cursor."""


def _text(value: str) -> str:
    return value[:_TEXT_LIMIT]


_ITS_IPS = "(SELECT ip FROM device_addresses WHERE device = ?1)"
_OF_DEVICE = f"(p.src IN {_ITS_IPS} OR p.dst IN {_ITS_IPS})"

FEEDS: dict[str, Feed] = {
    "alerts": Feed(
        "SELECT a.change, a.id, a.severity, a.rule, a.title, a.device, a.device_name, a.device_ip,"
        " a.peer_name, a.peer_ip, a.port, a.proto, a.count, a.first_seen, a.last_seen,"
        f" {STATE} AS state"
        " FROM alerts a LEFT JOIN alert_notes n ON n.uid = a.uid",
        "a.change", "a.last_seen", "alerts",
        ("a.title", "a.device_name", "a.device_ip", "a.peer_name", "a.peer_ip"),
        {
            "severity": ("a.severity = ?", int), "rule": ("a.rule = ?", _text),
            "device": ("a.device = ?", int), "state": (f"{STATE} = ?", _text), "id": ("a.id = ?", int),
        },
        {},
    ),
    "dns": Feed(
        "SELECT d.id, d.ts, d.device, d.client_ip, d.name, d.qtype, d.transport, d.rcode, d.answers,"
        " d.blocked_by,"
        " d.elapsed, d.server_ip FROM dns d",
        "d.id", "d.ts", "dns", ("d.name", "d.client_ip"),
        {
            "device": ("d.device = ?", int), "qtype": ("d.qtype = ?", _text),
            "transport": ("d.transport = ?", _text),
        },
        {"blocked": "d.blocked_by IS NOT NULL", "failed": "d.rcode <> 'NOERROR'"},
        frozenset({"device", "blocked"}),
    ),
    "flows": Feed(
        "SELECT f.id, f.first_seen, f.last_seen, f.device, f.client_ip, f.server_ip, f.client_port,"
        " f.port, f.proto,"
        " f.peer, f.service, f.state, f.bytes_up, f.bytes_down, f.packets_up, f.packets_down FROM flows f",
        "f.id", "f.first_seen", "flows", ("f.peer", "f.server_ip", "f.client_ip"),
        {"device": ("f.device = ?", int), "port": ("f.port = ?", int), "proto": ("f.proto = ?", _text)},
        {},
        frozenset({"device"}),
    ),
    "packets": Feed(
        "SELECT p.id, p.ts, p.proto, p.src, p.sport, p.dst, p.dport, p.length, p.sample, p.sensor FROM"
        " packets p",
        "p.id", "p.ts", "packets", ("p.src", "p.dst"),
        {
            "device": (_OF_DEVICE, int), "port": ("?1 IN (p.sport, p.dport)", int),
            "proto": ("p.proto = ?", _text),
        },
        {},
    ),
}  # fmt: skip

_OUTSIDE = {"alerts": ("peer_ip",), "flows": ("server_ip", "client_ip")}
"""Columns in which the outside address of a row stands, first choice first."""


def _number(name: str, value: str) -> int:
    try:
        number = int(value)
    except ValueError:
        raise BadFilter(f"{name}: expected a whole number") from None
    if not -1 < number < 2**62:
        raise BadFilter(f"{name}: out of range")
    return number


def _like(value: str) -> str:
    text = value[:_TEXT_LIMIT].replace("\0", visible("\0"))  # SQLite ends a pattern at NUL
    return "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"


class _Where:
    """Conditions with their values, in step."""

    def __init__(self) -> None:
        self.conditions: list[str] = []
        self.values: list[Any] = []

    def add(self, condition: str, *values: Any) -> None:
        """`?1` in a condition stands for its one value wherever it appears."""
        if "?1" in condition:
            values = values * condition.count("?1")
            condition = condition.replace("?1", "?")
        self.conditions.append(condition)
        self.values.extend(values)

    def sql(self) -> str:
        return " WHERE " + " AND ".join(self.conditions) if self.conditions else ""


class FeedQueries(DirectoryQueries, SearchQueries):
    """History and live tail of every table that grows."""

    def page(
        self,
        feed: str,
        filters: Mapping[str, str],
        *,
        before: int | None = None,
        since: int | None = None,
        limit: int = 100,
        now: float = 0.0,
    ) -> Page:
        """The newest `limit` rows that pass the filters, older than `before` or newer than `since`.

        Filters are texts as they stand in the address of a page; unknown ones are ignored.
        Raises `KeyError` for an unknown feed, `BadFilter`, and `StoreError`."""
        spec = FEEDS[feed]
        limit = max(1, min(limit, MOST_ROWS))
        # Before the rows: what is written meanwhile is news the next time.
        end = self.newest(feed)
        if since is not None and end <= since:
            return Page([], [], None, since)
        found = self._found(spec, filters, (since, before, end), limit, now)
        more = len(found.rows) == limit
        named = self._with_owners(feed, *_with_names(feed, found.columns, found.rows, self.directory()))
        newest = max(end, found.rows[0][0] if found.rows else 0)
        if more or found.reached is None:
            return Page(*named, found.rows[-1][0] if more else None, newest or None)
        return Page(*named, found.reached, newest, self._time_at(spec, found.reached))

    def _found(
        self,
        spec: Feed,
        filters: Mapping[str, str],
        where_to: tuple[int | None, int | None, int],
        limit: int,
        now: float,
    ) -> Found:
        """The rows of a page, by an index in one question, else by a search in spans."""
        since, before, end = where_to
        where, low = self._where(spec, filters, now)
        low = max(low, 0 if since is None else since + 1)
        if self._by_index(spec, filters):
            where.add(f"{spec.cursor} >= ?", low)
            if before is not None:
                where.add(f"{spec.cursor} < ?", before)
            sql = f"{spec.select}{where.sql()} ORDER BY {spec.cursor} DESC LIMIT ?"
            return Found(*self.table(sql, [*where.values, limit]), None)
        first = int(self.value(f"SELECT MIN(id) FROM {spec.table}") or 0)
        between = max(low, first), end + 1 if before is None else min(before, end + 1)
        return self.search(spec.select + where.sql(), spec.cursor, where.values, between, limit)

    def _by_index(self, spec: Feed, filters: Mapping[str, str]) -> bool:
        """Whether the rows are found without looking at many that are not wanted. Incidents are few."""
        if spec.table == "alerts":
            return True
        given = {name for name in spec.equal if filters.get(name, "all") not in ("", "all")}
        given |= {name for name in spec.flags if filters.get(name) == "1"}
        one = "device" not in given or len(self.directory().members(int(filters["device"]))) == 1
        return one and given <= spec.indexed and not filters.get("q", "").strip()

    def _time_at(self, spec: Feed, number: int) -> float | None:
        """When the row happened at which a search stopped, or the next younger one."""
        column = spec.time.split(".")[1]
        sql = f"SELECT {column} FROM {spec.table} WHERE id >= ? ORDER BY id LIMIT 1"
        found = self.value(sql, (number,))
        return None if found is None else float(found)

    def _with_owners(
        self, feed: str, columns: list[str], rows: list[tuple[Any, ...]]
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Add whose the outside address of each row is, where a file tells."""
        place = _OUTSIDE.get(feed)
        if place is None:
            return columns, rows
        sides = [columns.index(name) for name in place]
        return [*columns, "owner"], [
            (*row, next((owner for side in sides if (owner := self.owner(row[side]))), None)) for row in rows
        ]

    def newest(self, feed: str) -> int:
        """The present end of a feed: where a live tail begins."""
        spec = FEEDS[feed]
        column = spec.cursor.split(".")[1]
        return int(self.value(f"SELECT MAX({column}) FROM {spec.table}") or 0)

    def _holds(self, spec: Feed, word: str) -> tuple[str, *tuple[str, ...]]:
        """That a row has a word of the filter `q` in one of its texts, or, of an incident, in what its
        device is called today or in its kind."""
        tests = [f"{column} LIKE ? ESCAPE '\\'" for column in spec.text]
        values = [_like(word)] * len(tests)
        if spec.table == "alerts":
            tests.append("a.device IN (SELECT value FROM json_each(?))")
            values.append(self.ids_called(word))
        return f"({' OR '.join(tests)})", *values

    def _where(self, spec: Feed, filters: Mapping[str, str], now: float) -> tuple[_Where, int]:
        """The conditions, and the row number below which none passes them."""
        where, low = _Where(), 0
        for name, (condition, kind) in spec.equal.items():
            if (value := filters.get(name)) and value != "all":
                wanted = _number(name, value) if kind is int else kind(value)
                if name == "device" and len(self.directory().members(wanted)) > 1:
                    # Only then: with a single number SQLite walks the index in the order of the page.
                    condition = re.sub(r"= \?(1?)", r"IN (SELECT value FROM json_each(?\1))", condition)
                    wanted = self.ids_of(wanted)
                where.add(condition, wanted)
        for name, condition in spec.flags.items():
            if filters.get(name) == "1":
                where.add(condition)
        for word in filters.get("q", "")[:_TEXT_LIMIT].split()[:_MOST_WORDS]:
            where.add(*self._holds(spec, word))
        if (span := filters.get("range")) and span != "all":
            if span not in RANGES:
                raise BadFilter(f"range: expected one of {', '.join(RANGES)}")
            since = now - RANGES[span] * 3600
            where.add(f"{spec.time} >= ?", since)
            if spec.table != "alerts":
                low = self.first_id_since(spec.table, spec.time.split(".")[1], since)
        return where, low


def _with_names(
    feed: str, columns: list[str], rows: list[tuple[Any, ...]], directory: Directory
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Add the names that people gave or the wire told."""
    place = {name: index for index, name in enumerate(columns)}
    if feed == "packets":
        src, dst = place["src"], place["dst"]
        return [*columns, "src_name", "dst_name"], [
            (*row, directory.name_of_ip(row[src]), directory.name_of_ip(row[dst])) for row in rows
        ]
    device = place["device"]
    spare = place.get("device_name", place.get("client_ip", device))
    named = [(*row, directory.name(row[device], row[spare])) for row in rows]
    if feed == "alerts":
        title, old = place["title"], place["device_name"]
        named = [
            (*row[:title], present_title(row[title], row[old], row[device], directory), *row[title + 1 :])
            for row in named
        ]
    if feed == "flows":
        server = place["server_ip"]
        named = [(*row, directory.name_of_ip(row[server])) for row in named]
        return [*columns, "device_label", "server_name"], named
    return [*columns, "device_label"], named
