"""Volumes from the roll-ups: over time, by device, and who talks to whom."""

# ruff: noqa: S608 - the parts put together are constants of this package; values are bound

from analysis.store.peers import device_of, device_peer
from analysis.store.queries.kept import KeptQueries
from analysis.store.queries.session import Row


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

    def edges(self, since_hour: int) -> list[Row]:
        """Who talked to whom since an hour: device, peer, flows and bytes. From the hourly roll-up up
        to two days back; from the daily one beyond, up to a minute old."""
        newest = self.value("SELECT MAX(hour) FROM edge_hour") or 0
        if newest - since_hour <= 48:
            found = self._edges("edge_hour WHERE hour >= ?", since_hour)
        else:
            day = since_hour // 24
            found = self.kept(
                f"edges of {newest // 24 - day} days", lambda: self._edges("edge_day WHERE day >= ?", day),
                (*self.this_minute(), day),
            )  # fmt: skip
        return self._joined_edges(found) if self.directory().heads else found

    def _edges(self, part: str, since: int) -> list[Row]:
        return self.rows(
            "SELECT device, peer, SUM(flows) AS flows, SUM(bytes_up) AS bytes_up, SUM(bytes_down) AS"
            f" bytes_down FROM {part} GROUP BY device, peer",
            (since,),
        )

    def _joined_edges(self, rows: list[Row]) -> list[Row]:
        """Edges of all addresses of a device as that device's."""
        names = self.directory()
        joined: dict[tuple[int, str], Row] = {}
        for row in rows:
            peer = row["peer"]
            if (other := device_of(peer)) is not None:
                peer = device_peer(names.head(other))
            key = (names.head(row["device"]), peer)
            if peer == device_peer(key[0]):
                continue
            first = joined.setdefault(
                key, {"device": key[0], "peer": peer, "flows": 0, "bytes_up": 0, "bytes_down": 0}
            )
            for name in ("flows", "bytes_up", "bytes_down"):
                first[name] += row[name]
        return list(joined.values())

    def dns_counts(self, since_hour: int) -> Row:
        """Queries, blocked and failed ones since an hour, all devices."""
        row = self.one(
            "SELECT COALESCE(SUM(queries), 0) AS queries, COALESCE(SUM(blocked), 0) AS blocked,"
            " COALESCE(SUM(failed), 0) AS failed FROM dns_hour WHERE hour >= ?",
            (since_hour,),
        )
        return row or {"queries": 0, "blocked": 0, "failed": 0}
