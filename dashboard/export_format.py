"""Rows as CSV and JSON, one line after the other."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""Beginnings that a spreadsheet takes for a formula (OWASP, CSV Injection)."""
_TIMES = frozenset({"ts", "first_seen", "last_seen", "changed"})
MARK = "\ufeff"
"""Byte-order mark: without it Excel reads UTF-8 as the computer's old code page."""

Rows = Iterable[Sequence[Any]]


def csv_lines(columns: Sequence[str], rows: Rows) -> Iterator[str]:
    """RFC 4180 lines with a heading; times as ISO 8601 in UTC."""
    yield _line(columns)
    times = [name in _TIMES for name in columns]
    for row in rows:
        yield _line([_cell(value, time) for value, time in zip(row, times, strict=True)])


def json_lines(columns: Sequence[str], rows: Rows) -> Iterator[str]:
    """Objects, one a line and each but the first after a comma: the inside of a JSON array. Times are
    ISO 8601 in UTC, too."""
    comma = ""
    times = [name in _TIMES for name in columns]
    for row in rows:
        values = map(_value, row, times)
        yield comma + json.dumps(dict(zip(columns, values, strict=True)), ensure_ascii=False)
        comma = ",\n"


def iso(ts: float) -> str:
    """A moment in UTC, to the second; a time that no calendar holds stays a number."""
    try:
        return datetime.fromtimestamp(ts, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, OSError, ValueError):
        return str(ts)


def quoted(text: str) -> str:
    """A text that no spreadsheet computes."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _value(value: Any, time: bool) -> Any:
    if time and isinstance(value, int | float):
        return iso(value)
    return round(value, 6) if isinstance(value, float) else value


def _cell(value: Any, time: bool) -> Any:
    if value is None:
        return ""
    value = _value(value, time)
    return quoted(value) if isinstance(value, str) else value


def _line(cells: Sequence[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
