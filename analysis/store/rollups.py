"""Sums over a batch of rows, added to the tables that answer the dashboard's repeated questions."""

import sqlite3
from collections.abc import Iterable
from typing import TypeVar

from analysis.store.identity import Identity
from analysis.store.peers import PREFIX
from analysis.store.rows import DnsRow, FlowRow, TrafficRow

EDGES_AN_HOUR = 16_384
"""Different edges kept an hour and sensor. A home of 40 devices makes 1,000 to 2,000; a scan of all
ports would make a row each. What is beyond goes to the peer "other", port 0."""

OTHER = "other"

_EDGE_HOUR = """
INSERT INTO edge_hour (hour, device, peer, port, proto, flows, bytes_up, bytes_down)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET flows = flows + excluded.flows,
    bytes_up = bytes_up + excluded.bytes_up, bytes_down = bytes_down + excluded.bytes_down"""
_EDGE_DAY = _EDGE_HOUR.replace("edge_hour (hour", "edge_day (day")
_TRAFFIC_MINUTE = """
INSERT INTO traffic_minute (device, minute, bytes_up, bytes_down, packets) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET bytes_up = bytes_up + excluded.bytes_up,
    bytes_down = bytes_down + excluded.bytes_down, packets = packets + excluded.packets"""
_TRAFFIC_HOUR = _TRAFFIC_MINUTE.replace("traffic_minute (device, minute", "traffic_hour (device, hour")
_DNS_HOUR = """
INSERT INTO dns_hour (hour, device, queries, blocked, failed) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET queries = queries + excluded.queries,
    blocked = blocked + excluded.blocked, failed = failed + excluded.failed"""

_Edge = tuple[int, str, int, str]
"""device, peer, port, proto"""
Key = TypeVar("Key")


class Rollups:
    """Adds up rows in memory, then writes one row a group, inside the caller's transaction."""

    def __init__(self, db: sqlite3.Connection, identity: Identity) -> None:
        self._db = db
        self._of = identity.of
        self._seen: dict[int, set[_Edge]] = {}
        self.folded = 0
        """Flow rows that went to "other" because their hour was full."""

    def add_flows(self, rows: Iterable[FlowRow]) -> None:
        """Who talked to whom: flows and bytes an edge, hour and day. A row counts in the hour of its
        `last_seen`; one without a device counts nowhere."""
        sums: dict[tuple[int, _Edge], list[int]] = {}
        get = sums.get
        of = self._of
        for row in rows:
            key = row[1]
            if key is None:
                continue
            peer = row[16]
            if peer.startswith("mac:"):
                peer = f"{PREFIX}{of((key[0], peer[4:]), row[10])}"
            edge = (int(row[11]) // 3600, (of(key, row[10]), peer, row[5], row[6]))
            total = get(edge)
            if total is None:
                sums[edge] = [row[17], row[18], row[19]]
            else:
                total[0] += row[17]
                total[1] += row[18]
                total[2] += row[19]
        if sums:
            self._write_edges(self._bounded(sums))

    def _bounded(self, sums: dict[tuple[int, _Edge], list[int]]) -> dict[tuple[int, _Edge], list[int]]:
        kept: dict[tuple[int, _Edge], list[int]] = {}
        for (hour, edge), total in sums.items():
            seen = self._hour(hour)
            if edge not in seen:
                if len(seen) < EDGES_AN_HOUR:
                    seen.add(edge)
                else:
                    self.folded += 1
                    _add(kept, (hour, (edge[0], OTHER, 0, edge[3])), total)
                    continue
            _add(kept, (hour, edge), total)
        return kept

    def _hour(self, hour: int) -> set[_Edge]:
        seen = self._seen.get(hour)
        if seen is None:
            if len(self._seen) >= 2:
                del self._seen[min(self._seen)]
            seen = self._seen[hour] = set()
        return seen

    def _write_edges(self, sums: dict[tuple[int, _Edge], list[int]]) -> None:
        self._db.executemany(_EDGE_HOUR, [(hour, *edge, *total) for (hour, edge), total in sums.items()])
        days: dict[tuple[int, _Edge], list[int]] = {}
        for (hour, edge), total in sums.items():
            _add(days, (hour // 24, edge), total)
        self._db.executemany(_EDGE_DAY, [(day, *edge, *total) for (day, edge), total in days.items()])

    def add_traffic(self, rows: Iterable[TrafficRow]) -> None:
        """Bytes and packets a device, minute and hour."""
        minutes: dict[tuple[int, int], list[int]] = {}
        hours: dict[tuple[int, int], list[int]] = {}
        for row in rows:
            device = self._of(row.device, row.minute * 60.0)
            _add(minutes, (device, row.minute), row[2:])
            _add(hours, (device, row.minute // 60), row[2:])
        self._db.executemany(_TRAFFIC_MINUTE, [(*key, *total) for key, total in minutes.items()])
        self._db.executemany(_TRAFFIC_HOUR, [(*key, *total) for key, total in hours.items()])

    def add_dns(self, rows: Iterable[DnsRow]) -> None:
        """Queries a device and hour, of all transports; those blocked by a list and those that failed
        (an answer other than NOERROR)."""
        sums: dict[tuple[int, int], list[int]] = {}
        for row in rows:
            if row[1] is None:
                continue
            failed = row[8] is not None and row[8] != "NOERROR"
            _add(sums, (int(row[0]) // 3600, self._of(row[1], row[0])), (1, row[10] is not None, failed))
        self._db.executemany(_DNS_HOUR, [(*key, *total) for key, total in sums.items()])


def _add(sums: dict[Key, list[int]], key: Key, values: Iterable[int]) -> None:
    total = sums.get(key)
    if total is None:
        sums[key] = list(values)
    else:
        for index, value in enumerate(values):
            total[index] += value
