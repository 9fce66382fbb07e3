"""Volumes from the roll-ups: over time, by device, and who talks to whom."""

# ruff: noqa: S608 - the parts put together are constants of this package; values are bound

import json
from collections.abc import Iterable

from analysis.store.peers import device_of, device_peer
from analysis.store.queries.kept import KeptQueries
from analysis.store.queries.session import Row

Edges = dict[int, dict[str, int]]
"""Device to peer, as roll-ups name it, to bytes in both directions; devices and peers in their order."""
_NEVER = 1 << 40
"""An hour or a day that does not come."""


class TrafficQueries(KeptQueries):
    """Questions about bytes. None of them reads a raw table."""

    def traffic_over_time(self, since_minute: int, step_minutes: int) -> list[Row]:
        """Bytes up and down by step: `minute` is the step's first minute since the epoch. Steps of whole
        hours that begin with one come from the hourly roll-up, a sixtieth of the rows."""
        if step_minutes % 60 == 0 and since_minute % 60 == 0:
            return self.rows(
                "SELECT hour * 60 / ?1 * ?1 AS minute, SUM(bytes_up) AS bytes_up, SUM(bytes_down) AS"
                " bytes_down FROM traffic_hour WHERE hour >= ?2 GROUP BY 1 ORDER BY 1",
                (step_minutes, since_minute // 60),
            )
        return self.rows(
            "SELECT minute / ?1 * ?1 AS minute, SUM(bytes_up) AS bytes_up, SUM(bytes_down) AS bytes_down"
            " FROM traffic_minute WHERE minute >= ?2 GROUP BY 1 ORDER BY 1",
            (step_minutes, since_minute),
        )

    def busiest_devices(self, since_hour: int, limit: int = 6) -> list[Row]:
        """Devices with the most bytes since an hour."""
        found = self.rows(
            "SELECT d.id, (SELECT SUM(bytes_up) FROM traffic_hour WHERE device = d.id AND hour >= ?1) AS"
            " bytes_up,"
            " (SELECT SUM(bytes_down) FROM traffic_hour WHERE device = d.id AND hour >= ?1) AS bytes_down"
            " FROM devices d WHERE d.router = 0 ORDER BY COALESCE(bytes_up, 0) + COALESCE(bytes_down, 0)"
            " DESC LIMIT ?2",
            (since_hour, limit),
        )
        names = self.directory()
        joined: dict[int, Row] = {}
        for row in found:
            if row["bytes_up"] is not None:
                head = names.head(row["id"])
                first = joined.setdefault(
                    head, {"id": head, "bytes_up": 0, "bytes_down": 0, "name": names.name(head)}
                )
                first["bytes_up"] += row["bytes_up"]
                first["bytes_down"] += row["bytes_down"]
        return list(joined.values())

    def edges(self, since_hour: int) -> Edges:
        """Who talked to whom since an hour. From the hourly roll-up up to two days back, of hours that are
        over up to a minute old; from the daily one beyond, up to a minute old. Callers must not change it."""
        newest = self.value("SELECT MAX(hour) FROM edge_hour") or 0
        if newest - since_hour <= 48:
            present = max(newest, since_hour)
            over = self._kept_edges("edges of a day", "hour", since_hour, present)
            found = _summed(over, self._edges("hour", present, _NEVER))
        else:
            name = f"edges of {(newest - since_hour) // 24} days"
            found = self._kept_edges(name, "day", since_hour // 24, _NEVER)
        return self._joined_edges(found) if self.directory().heads else found

    def _kept_edges(self, name: str, unit: str, first: int, end: int) -> Edges:
        return self.kept(name, lambda: self._edges(unit, first, end), (*self.this_minute(), first, end))

    def _edges(self, unit: str, first: int, end: int) -> Edges:
        """Edges of hours or days, without the end. Summed here: SQLite would sort all rows by two columns,
        and hands over an array a device and hour in a quarter of the time that its rows take."""
        parts = self.table(
            "SELECT device, json_group_array(peer), json_group_array(bytes_up + bytes_down)"
            f" FROM edge_{unit} WHERE {unit} >= ? AND {unit} < ? GROUP BY {unit}, device",
            (first, end),
        )[1]
        found: Edges = {}
        for device, peers, sizes in parts:
            add(found.setdefault(device, {}), json.loads(peers), json.loads(sizes))
        return _ordered(found)

    def _joined_edges(self, edges: Edges) -> Edges:
        """Edges of all addresses of a device as that device's."""
        names = self.directory()
        joined: Edges = {}
        for device, peers in edges.items():
            head = names.head(device)
            own = joined.setdefault(head, {})
            for peer, size in peers.items():
                if (other := device_of(peer)) is not None:
                    peer = device_peer(names.head(other))
                if peer != device_peer(head):
                    own[peer] = own.get(peer, 0) + size
        return joined

    def dns_counts(self, since_hour: int) -> Row:
        """Queries, blocked and failed ones since an hour, all devices."""
        row = self.one(
            "SELECT COALESCE(SUM(queries), 0) AS queries, COALESCE(SUM(blocked), 0) AS blocked,"
            " COALESCE(SUM(failed), 0) AS failed FROM dns_hour WHERE hour >= ?",
            (since_hour,),
        )
        return row or {"queries": 0, "blocked": 0, "failed": 0}


def add(sizes: dict[str, int], peers: Iterable[str], more: Iterable[int]) -> None:
    """Add further bytes of peers to sums."""
    for peer, size in zip(peers, more, strict=True):
        sizes[peer] = sizes.get(peer, 0) + size


def _ordered(edges: Edges) -> Edges:
    return {device: {peer: own[peer] for peer in sorted(own)} for device, own in sorted(edges.items())}


def _summed(one: Edges, other: Edges) -> Edges:
    found = {device: sizes.copy() for device, sizes in one.items()}
    for device, sizes in other.items():
        add(found.setdefault(device, {}), sizes.keys(), sizes.values())
    return _ordered(found)
