"""A look through a table for rows that no index finds: from the newest backwards, span by span, for a
bounded time. What is not done is said, so that the asker goes on from there."""

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from analysis.store.queries.session import Session

SEARCH_SECONDS = 0.1
"""A page's data shall be there within 0.3 s, on a slower disk and with other pages' questions beside it."""
_SPAN_SECONDS = 0.02
_FIRST_SPAN, _LEAST_SPAN, _GROWTH = 4_000, 500, 8
"""Row ids of a span: sized so that one takes about `_SPAN_SECONDS`, whatever the disk holds in memory."""


class Found(NamedTuple):
    """Rows of a search, newest first."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    reached: int | None
    """The row number down to which all was looked at; None when that is all there was to look at."""


class SearchQueries(Session):
    """Bounded searches."""

    def search(
        self,
        select: str,
        column: str,
        values: Sequence[Any],
        between: tuple[int, int],
        limit: int,
        seconds: float = SEARCH_SECONDS,
    ) -> Found:
        """Up to `limit` rows of `select` (a text of ours that ends in its conditions, `values` theirs)
        whose number `column` lies in `between`, its end not included. Raises StoreError."""
        low, high = between
        end, span = time.monotonic() + seconds, _FIRST_SPAN
        joint = "AND" if " WHERE " in select else "WHERE"
        sql = f"{select} {joint} {column} >= ? AND {column} < ? ORDER BY {column} DESC LIMIT ?"
        columns: list[str] = []
        rows: list[tuple[Any, ...]] = []
        while True:
            begun, bottom = time.monotonic(), max(low, high - span)
            columns, more = self.table(sql, [*values, bottom, high, limit - len(rows)])
            rows += more
            high = bottom
            now = time.monotonic()
            if high <= low or len(rows) >= limit:
                return Found(columns, rows, None)
            if now >= end:
                return Found(columns, rows, high)
            wanted = min(_SPAN_SECONDS, end - now) / max(now - begun, 1e-5)
            span = max(_LEAST_SPAN, int(span * min(wanted, _GROWTH)))
