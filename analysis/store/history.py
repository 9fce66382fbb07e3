"""Which tables hold history, by which column they age, and how their oldest rows are found."""

from typing import NamedTuple


class Table(NamedTuple):
    """A table of history. Names are constants of ours, never from outside."""

    name: str
    time: str
    """The column that says how old a row is."""
    unit: float
    """Seconds in one of that column."""
    keys: str
    """Columns that name a row."""
    keep: str = ""
    """The row that always stays: live pages ask for rows above the last number they saw, so numbers
    must never be given twice."""
    order: str = ""
    """How the oldest are found first, if not by `time`: through the index there is."""


_NEWEST = "id < (SELECT max(id) FROM {})"

DETAIL = (
    Table("flows", "last_seen", 1, "id", _NEWEST.format("flows")),
    Table("dns", "ts", 1, "id", _NEWEST.format("dns")),
    Table("tls", "ts", 1, "id", _NEWEST.format("tls")),
    Table("http", "ts", 1, "id", _NEWEST.format("http")),
    Table("packets", "ts", 1, "id", _NEWEST.format("packets"), "id"),
    Table("traffic_minute", "minute", 60, "minute, device"),
    Table("edge_hour", "hour", 3600, "hour, device, peer, port, proto"),
    Table("outside_hour", "hour", 3600, "hour, device"),
    Table("sensor_minute", "minute", 60, "sensor, minute"),
)
"""Kept for `retention.days`, and given up first when the database is too large."""

SUMMARY = (
    Table("alerts", "last_seen", 1, "id", "change < (SELECT max(change) FROM alerts)"),
    Table("traffic_hour", "hour", 3600, "device, hour"),
    Table("edge_day", "day", 86400, "day, device, peer, port, proto"),
    Table("dns_hour", "hour", 3600, "hour, device"),
    Table("alert_hour", "hour", 3600, "hour, rule, severity"),
)
"""Kept for `retention.alert_days`: what the dashboard needs for a year's view is small."""


def oldest(table: Table) -> str:
    """SQL for the time of the oldest row, in seconds."""
    return f"SELECT min({table.time}) * {table.unit} FROM {table.name}"  # noqa: S608


def newest(table: Table) -> str:
    """SQL for the time of the newest row, in seconds."""
    return f"SELECT max({table.time}) * {table.unit} FROM {table.name}"  # noqa: S608


def first_from(table: Table) -> str:
    """SQL for the time of the oldest row that is not older than the parameter, in seconds."""
    return f"{oldest(table)} WHERE {table.time} >= ? / {table.unit}"


def last_before(table: Table) -> str:
    """SQL for the time of the newest row that is older than the parameter, in seconds."""
    return f"{newest(table)} WHERE {table.time} < ? / {table.unit}"


def count(table: Table) -> str:
    """SQL for (rows older than the parameter, all rows)."""
    return f"SELECT count(*) FILTER (WHERE {table.time} * {table.unit} < ?), count(*) FROM {table.name}"  # noqa: S608


def delete(table: Table) -> str:
    """SQL that deletes at most the second parameter of rows older than the first, oldest first."""
    keep = f" AND {table.keep}" if table.keep else ""
    return (
        f"DELETE FROM {table.name} WHERE ({table.keys}) IN (SELECT {table.keys} FROM {table.name}"  # noqa: S608
        f" WHERE {table.time} < ? / {table.unit}{keep} ORDER BY {table.order or table.time} LIMIT ?)"
    )
