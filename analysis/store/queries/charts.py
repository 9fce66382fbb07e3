"""What the charts show, from the roll-ups: rows of hour, name and value."""

import json

from analysis.store.peers import device_of
from analysis.store.queries.kept import KeptQueries
from analysis.store.queries.session import Row

REST = "Everything else"
"""The name of what is not told one by one."""
_PEER = "CASE WHEN ?3 IS NULL OR peer IN (SELECT value FROM json_each(?3)) THEN peer END"
LONG_HOURS = 72
"""Hours from which on destinations come from the daily roll-up."""


class ChartQueries(KeptQueries):
    """Questions of the charts page. `device` None is every device."""

    def traffic_by_device(self, since_hour: int, device: int | None = None, step: int = 1) -> list[Row]:
        """Bytes by device and steps of so many hours since the first; `hour` is a step's first."""
        rows = self.rows(
            "SELECT (hour - ?1) / ?3 * ?3 + ?1 AS hour, device, SUM(bytes_up + bytes_down) AS value"
            " FROM traffic_hour WHERE hour >= ?1 AND (?2 IS NULL OR device = ?2) GROUP BY device, 1",
            (since_hour, device, step),
        )
        names = self.directory()
        return [{**row, "name": names.name(row["device"], "A forgotten device")} for row in rows]

    def traffic_by_peer(
        self, since_hour: int, device: int | None = None, most: int | None = None
    ) -> list[Row]:
        """Bytes by hour and destination; over long spans by day, told at the day's first hour, up to a
        minute old. Of the `most` destinations with the most bytes; the others are one called `REST`."""
        newest = self.value("SELECT MAX(hour) FROM edge_hour") or 0
        long = newest - since_hour >= LONG_HOURS
        if not long or device is not None:
            return self._by_peer(long, since_hour, device, most)
        return self.kept(
            f"destinations of {(newest - since_hour) // 24} days, {most}",
            lambda: self._by_peer(long, since_hour, device, most), (*self.this_minute(), since_hour),
        )  # fmt: skip

    def _by_peer(self, long: bool, since_hour: int, device: int | None, most: int | None) -> list[Row]:
        rows = (
            "FROM edge_day WHERE day >= ?1 / 24 AND (?2 IS NULL OR device = ?2)"
            if long
            else "FROM edge_hour WHERE hour >= ?1 AND (?2 IS NULL OR device = ?2)"
        )
        hour, unit = ("max(day * 24, ?1)", "day") if long else ("hour", "hour")
        largest = None if most is None else self._largest(rows, since_hour, device, most)
        found = self.rows(
            f"SELECT {hour} AS hour, {_PEER} AS peer, SUM(bytes_up + bytes_down) AS value {rows}"
            f" GROUP BY {unit}, {_PEER}",
            (since_hour, device, largest),
        )
        labels: dict[str | None, str] = {None: REST}
        for row in found:
            peer = row["peer"]
            row["name"] = labels.get(peer) or labels.setdefault(peer, self._label(peer))
        return found

    def _largest(self, rows: str, since_hour: int, device: int | None, most: int) -> str:
        """The destinations with the most bytes, as a JSON array."""
        found = self.table(
            f"SELECT peer, SUM(bytes_up + bytes_down) AS value {rows} GROUP BY peer"
            " ORDER BY value DESC, peer LIMIT ?3",
            (since_hour, device, most),
        )[1]
        return json.dumps([peer for peer, _ in found])

    def _label(self, peer: str) -> str:
        """A roll-up's peer in words: another device's name, else the domain or address itself."""
        if (device := device_of(peer)) is not None:
            return self.directory().name(device, peer) or peer
        return peer

    def dns_by_hour(self, since_hour: int, device: int | None = None) -> list[Row]:
        """Names asked for by hour: answered, on a list (blocked), failed."""
        return self.rows(
            "SELECT hour, max(0, SUM(queries) - SUM(blocked) - SUM(failed)) AS answered,"
            " SUM(blocked) AS blocked, SUM(failed) AS failed FROM dns_hour"
            " WHERE hour >= ?1 AND (?2 IS NULL OR device = ?2) GROUP BY hour",
            (since_hour, device),
        )

    def incidents_by_hour(self, since_hour: int) -> list[Row]:
        """New incidents by hour and rule."""
        return self.rows(
            "SELECT hour, rule AS name, SUM(incidents) AS value FROM alert_hour WHERE hour >= ?"
            " GROUP BY hour, rule",
            (since_hour,),
        )
