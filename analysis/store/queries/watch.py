"""Sentinel about itself: sensors, losses, standing findings, size of the database, and the clock."""

# ruff: noqa: S608 - the parts put together are constants of this package; values are bound

import json
import time
from pathlib import Path
from typing import Any

from analysis.store.queries.directory import DirectoryQueries
from analysis.store.queries.session import Row
from analysis.store.status import REPLAY

RECORDINGS = frozenset({REPLAY, "demo"})
"""Sensors that play a recording: their packet time is not the wall's."""


class WatchQueries(DirectoryQueries):
    """Questions about the watch itself."""

    def sensors(self) -> list[Row]:
        """One row an interface; `counters` as a dict, `recording` when it plays a file. Of captures replayed
        one after the other packets, bytes and losses are those of all."""
        found = self.rows("SELECT * FROM sensors ORDER BY name")
        for row in found:
            row["counters"] = _counters(row["counters"])
            row["recording"] = row["name"] in RECORDINGS
            if row["name"] == REPLAY:
                row |= self.rows(
                    "SELECT COALESCE(SUM(packets), 0) AS packets, COALESCE(SUM(bytes), 0) AS bytes,"
                    " COALESCE(SUM(dropped), 0) AS dropped FROM sensor_minute WHERE sensor = ?",
                    (REPLAY,),
                )[0]
        return found

    def clock(self) -> float:
        """The present, as the network sees it: the wall clock, but the last packet's time when the
        database holds only a recording, so that "last 24 hours" of an old capture is not empty."""
        rows = self.table("SELECT name, last_packet FROM sensors")[1]
        newest = max((float(last) for _, last in rows if last is not None), default=None)
        if newest is not None and all(name in RECORDINGS for name, _ in rows):
            return newest
        return time.time()

    def health(self) -> list[Row]:
        """Standing findings, worst first."""
        return self.rows(
            "SELECT component, subject, level, message, fix, since, updated FROM health"
            " ORDER BY CASE level WHEN 'alarm' THEN 0 WHEN 'note' THEN 1 ELSE 2 END, component, subject"
        )

    def sensor_minutes(self, since_minute: int) -> list[Row]:
        """Packets and losses by minute, all sensors, oldest first."""
        return self.rows(
            "SELECT minute, SUM(packets) AS packets, SUM(bytes) AS bytes, SUM(dropped) AS dropped,"
            " SUM(undecoded) AS undecoded FROM sensor_minute WHERE minute >= ? GROUP BY minute ORDER BY"
            " minute",
            (since_minute,),
        )

    def size_bytes(self) -> int:
        """Bytes that the database takes on disk with its write-ahead log."""
        files = (self.path, Path(f"{self.path}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def row_estimates(self) -> dict[str, int]:
        """About how many rows each growing table holds: the span of its ids, which costs two
        look-ups where counting reads the whole table."""
        tables = ("flows", "dns", "tls", "http", "packets")
        return {table: self._span(table) for table in tables}

    def _span(self, table: str) -> int:
        """MIN and MAX in one statement would read every row; alone, each is one look-up."""
        low = self.value(f"SELECT MIN(id) FROM {table}")
        high = self.value(f"SELECT MAX(id) FROM {table}")
        return 0 if low is None else int(high) - int(low) + 1

    def device_counts(self, since: float) -> Row:
        """Devices, those of which a person has said nothing yet (no name, trust or kind), and those seen
        since a time."""
        heads = self.directory().heads
        devices = [d for d in self.directory().devices.values() if not d.router and d.id not in heads]
        return {
            "devices": len(devices),
            "unknown": sum(d.trust == "unknown" and not (d.noted or d.said_kind) for d in devices),
            "online": sum(d.last_seen >= since for d in devices),
        }


def _counters(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
