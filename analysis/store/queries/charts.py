"""What the charts show, from the roll-ups: rows of hour, name and value."""

# ruff: noqa: S608 - the parts put together are constants of this package; values are bound

import json
from collections.abc import Iterator

from analysis.store.peers import device_of
from analysis.store.queries.kept import KeptQueries
from analysis.store.queries.session import Row
from analysis.store.queries.traffic import add

REST = "Everything else"
"""The name of what is not told one by one."""
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
        """Summed here, as in `TrafficQueries.edges`: SQLite would sort all rows by their peer, twice."""
        unit, hours = ("day", 24) if long else ("hour", 1)
        parts = self.table(
            f"SELECT {unit}, json_group_array(peer), json_group_array(bytes_up + bytes_down)"
            f" FROM edge_{unit} WHERE {unit} >= ?1 AND (?2 IS NULL OR device = ?2) GROUP BY {unit}",
            (since_hour // hours, device),
        )[1]
        spans: dict[int, dict[str, int]] = {}
        totals: dict[str, int] = {}
        for number, *arrays in parts:
            peers, sizes = map(json.loads, arrays)
            own = spans[max(number * hours, since_hour)] = {}
            add(own, peers, sizes)
            add(totals, own.keys(), own.values())
        ranked = sorted(sorted(totals), key=totals.__getitem__, reverse=True)
        labels = {peer: self._label(peer) for peer in sorted(ranked[:most])}
        return [row for hour, own in spans.items() for row in _told(hour, own, labels)]

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


def _told(hour: int, sizes: dict[str, int], labels: dict[str, str]) -> Iterator[Row]:
    """Rows of one step: first all that has no label, as one, then the others in their order."""
    rest = [size for peer, size in sizes.items() if peer not in labels]
    if rest:
        yield {"hour": hour, "peer": None, "value": sum(rest), "name": REST}
    for peer, label in labels.items():
        if peer in sizes:
            yield {"hour": hour, "peer": peer, "value": sizes[peer], "name": label}
