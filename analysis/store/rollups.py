"""Sums over a batch of rows, added to the tables that answer the dashboard's repeated questions."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from analysis.store.identity import Identity
from analysis.store.peers import device_peer
from analysis.store.rows import DeviceKey, FlowRow, TrafficRow, VolumeRow, columns_of

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
_OUTSIDE_HOUR = """
INSERT INTO outside_hour (hour, device, bytes_up, places) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET bytes_up = max(bytes_up, excluded.bytes_up),
    places = max(places, excluded.places)"""
_DNS_HOUR = """
INSERT INTO dns_hour (hour, device, queries, blocked, failed) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET queries = queries + excluded.queries,
    blocked = blocked + excluded.blocked, failed = failed + excluded.failed"""

_Edge = tuple[int, int, str, int, str]
"""hour (or day), device, peer, port, proto"""
_OTHER_HOME = "mac:"
"""Begins the `peer_key` of a flow with a device of the same network."""
Key = TypeVar("Key")


class Rollups:
    """Adds up rows in memory, then writes one row a group, inside the caller's transaction."""

    def __init__(self, db: sqlite3.Connection, identity: Identity) -> None:
        self._db = db
        self._identity = identity
        self._seen: dict[int, set[_Edge]] = {}
        self.folded = 0
        """Flow rows that went to "other" because their hour was full."""

    def add_flows(self, rows: Sequence[FlowRow]) -> None:
        """Who talked to whom: flows and bytes an edge, hour and day. A row counts in the hour of its
        `last_seen`; one without a device counts nowhere."""
        sums: dict[tuple[Any, ...], list[int]] = {}
        get = sums.get
        *_, new, up, down = columns = columns_of(rows)
        for edge, flows, sent, got in zip(self._edges(columns), new, up, down, strict=True):
            total = get(edge)
            if total is None:
                sums[edge] = [int(flows), sent, got]
            else:
                total[0] += flows
                total[1] += sent
                total[2] += got
        owned = {edge: total for edge, total in sums.items() if edge[1] is not None}
        if owned:
            self._write_edges(self._bounded(owned))

    def _edges(self, columns: Sequence[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """The edge of each row; of one without a device that, too, is None."""
        _, keys, _, _, _, ports, protos, _, _, _, first, last, *_, peers, _, _, _ = columns
        others = [
            self._other_home(key, peer, ts) if key is not None and peer.startswith(_OTHER_HOME) else peer
            for key, peer, ts in zip(keys, peers, first, strict=True)
        ]
        hours = [int(ts) // 3600 for ts in last]
        return zip(hours, self._identity.of_all(keys, first), others, ports, protos, strict=True)

    def _other_home(self, key: DeviceKey, peer: str, seen: float) -> str:
        """A device of the same network as the other side."""
        return device_peer(self._identity.of((key[0], peer.removeprefix(_OTHER_HOME)), seen))

    def _bounded(self, sums: dict[_Edge, list[int]]) -> dict[_Edge, list[int]]:
        kept: dict[_Edge, list[int]] = {}
        for edge, total in sums.items():
            seen = self._hour(edge[0])
            if edge not in seen:
                if len(seen) < EDGES_AN_HOUR:
                    seen.add(edge)
                else:
                    self.folded += 1
                    _add(kept, (*edge[:2], OTHER, 0, edge[4]), total)
                    continue
            _add(kept, edge, total)
        return kept

    def _hour(self, hour: int) -> set[_Edge]:
        seen = self._seen.get(hour)
        if seen is None:
            if len(self._seen) >= 2:
                del self._seen[min(self._seen)]
            seen = self._seen[hour] = set()
        return seen

    def _write_edges(self, sums: dict[_Edge, list[int]]) -> None:
        self._db.executemany(_EDGE_HOUR, [(*edge, *total) for edge, total in sums.items()])
        days: dict[_Edge, list[int]] = {}
        for edge, total in sums.items():
            _add(days, (edge[0] // 24, *edge[1:]), total)
        self._db.executemany(_EDGE_DAY, [(*edge, *total) for edge, total in days.items()])

    def add_traffic(self, rows: Iterable[TrafficRow]) -> None:
        """Bytes and packets a device, minute and hour."""
        minutes: dict[tuple[int, int], list[int]] = {}
        hours: dict[tuple[int, int], list[int]] = {}
        for row in rows:
            device = self._identity.of(row.device, row.minute * 60.0)
            _add(minutes, (device, row.minute), row[2:])
            _add(hours, (device, row.minute // 60), row[2:])
        self._db.executemany(_TRAFFIC_MINUTE, [(*key, *total) for key, total in minutes.items()])
        self._db.executemany(_TRAFFIC_HOUR, [(*key, *total) for key, total in hours.items()])

    def keep_volumes(self, rows: Iterable[VolumeRow]) -> None:
        """What left the home by device and hour. Rows are totals: they take the place of earlier ones."""
        of = self._identity.of
        self._db.executemany(
            _OUTSIDE_HOUR, [(r.hour, of(r.device, r.hour * 3600.0), r.bytes_up, r.places) for r in rows]
        )

    def add_dns(
        self, ts: Iterable[float], devices: Iterable[int | None], rcodes: Iterable[str | None],
        blocked_by: Iterable[str | None],
    ) -> None:  # fmt: skip
        """Queries a device and hour, of all transports; those blocked by a list and those that failed
        (an answer other than NOERROR). Columns of the rows."""
        hours = [int(when) // 3600 for when in ts]
        sums: dict[tuple[int, int], list[int]] = {}
        for (hour, device, rcode, blocked), times in Counter(
            zip(hours, devices, rcodes, blocked_by, strict=True)
        ).items():
            if device is not None:
                failed = rcode is not None and rcode != "NOERROR"
                _add(sums, (hour, device), (times, times * (blocked is not None), times * failed))
        self._db.executemany(_DNS_HOUR, [(*key, *total) for key, total in sums.items()])


def _add(sums: dict[Key, list[int]], key: Key, values: Iterable[int]) -> None:
    total = sums.get(key)
    if total is None:
        sums[key] = list(values)
    else:
        for index, value in enumerate(values):
            total[index] += value
