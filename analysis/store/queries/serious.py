"""Open incidents above NORMAL: grouped for the first screen, and the worst of each device and peer."""

# ruff: noqa: S608 - the parts put together are constants of this package; values are bound

from typing import Any, NamedTuple

from analysis.store.queries.expectations import OPEN
from analysis.store.queries.kept import KeptQueries
from analysis.store.queries.renamed import with_present_name
from analysis.store.queries.session import Row

_MOST_GROUPS = 50
_WHO = "COALESCE(a.device, a.device_mac, a.device_ip)"
# A bare `device` would let SQLite read 25,000 whole rows in the order of an index on it; with the sign it
# takes the covering index `alerts_serious`.
_WORST = (
    "SELECT a.device, a.peer_ip, a.peer_name, a.severity FROM alerts a"
    f" WHERE a.severity > 0 AND +a.device IS NOT NULL AND {OPEN}"
)
_GROUPS = (
    f"SELECT a.severity, a.rule, {_WHO} AS who, COUNT(*) AS incidents, SUM(a.count) AS occurrences,"
    " MIN(a.first_seen) AS first_seen, MAX(a.last_seen) AS last_seen"
    f" FROM alerts a WHERE a.severity > 0 AND {OPEN} GROUP BY a.severity, a.rule, {_WHO}"
    " ORDER BY a.severity DESC, last_seen DESC, a.rule, who LIMIT ?"
)
_NEWEST_OF = (
    "SELECT a.id, a.title, a.advice, a.device, a.device_name FROM alerts a WHERE a.severity = ?"
    f" AND a.last_seen = ? AND a.rule = ? AND {_WHO} IS ? AND {OPEN} ORDER BY a.id DESC LIMIT 1"
)


class _Worst(NamedTuple):
    """Open incidents above NORMAL."""

    by_place: list[Row]
    """device, peer_ip, peer_name and their worst severity."""
    by_device: dict[int, tuple[int, int]]
    """Worst severity and number."""


class SeriousQueries(KeptQueries):
    """Questions about what needs somebody."""

    def open_groups(self, limit: int = 6) -> list[Row]:
        """Open CRITICAL and HIGH incidents, one row a rule and device, worst and newest first, at most
        50: `id`, `title`, `advice` and the device's name are of the newest incident, `incidents` and
        `occurrences` count the group."""
        groups = self.kept("open_groups", self._open_groups, self.serious_changed())[:limit]
        names = self.directory()
        return [
            {**with_present_name(row, names), "device_label": names.name(row["device"], row["device_name"])}
            for row in groups
        ]

    def _open_groups(self) -> list[Row]:
        found = []
        for row in self.rows(_GROUPS, (_MOST_GROUPS,)):
            who = row.pop("who")
            newest = self.one(_NEWEST_OF, (row["severity"], row["last_seen"], row["rule"], who))
            if newest is not None:  # else it was decided or deleted between the two questions
                found.append({**newest, **row})
        return found

    def worst_open(self) -> list[Row]:
        """For each device and peer the worst open severity (HIGH and above)."""
        names = self.directory()
        found = self._worst().by_place
        return [{**row, "device": names.head(row["device"])} for row in found] if names.heads else found

    def worst_by_device(self) -> dict[int, tuple[int, int]]:
        """Device to worst open severity (HIGH and above) and number of open incidents."""
        return self._worst().by_device

    def _worst(self) -> _Worst:
        return self.kept("worst", self._read_worst, self.serious_changed())

    def _read_worst(self) -> _Worst:
        """Grouped here: SQLite would sort by three texts, which takes twice as long."""
        places: dict[tuple[Any, ...], int] = {}
        devices: dict[int, tuple[int, int]] = {}
        for device, ip, name, severity in self.table(_WORST)[1]:
            place = (device, ip, name)
            if places.get(place, 0) < severity:
                places[place] = severity
            worst, number = devices.get(device, (0, 0))
            devices[device] = (max(worst, severity), number + 1)
        by_place = [
            {"device": device, "peer_ip": ip, "peer_name": name, "severity": severity}
            for (device, ip, name), severity in places.items()
        ]
        return _Worst(by_place, devices)
