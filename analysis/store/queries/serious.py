"""Open incidents above NORMAL: grouped for the first screen, and the worst of each device and peer."""

# ruff: noqa: S608 - the parts put together are constants of this package; values are bound

from typing import Any

from analysis.store.queries.expectations import OPEN
from analysis.store.queries.kept import KeptQueries
from analysis.store.queries.session import Row

_MOST_GROUPS = 50
_WHO = "COALESCE(a.device, a.device_mac, a.device_ip)"
# A bare `device` would let SQLite read 25,000 whole rows in the order of an index on it; with the sign it
# takes the covering index `alerts_serious`.
_OF_DEVICES = f"FROM alerts a WHERE a.severity > 0 AND +a.device IS NOT NULL AND {OPEN}"
_PLACE = "a.device, a.peer_ip, a.peer_name"
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


class SeriousQueries(KeptQueries):
    """Questions about what needs somebody."""

    def open_groups(self, limit: int = 6) -> list[Row]:
        """Open CRITICAL and HIGH incidents, one row a rule and device, worst and newest first, at most
        50: `id`, `title`, `advice` and the device's name are of the newest incident, `incidents` and
        `occurrences` count the group."""
        groups = self.kept("open_groups", self._open_groups, self.serious_changed())[:limit]
        names = self.directory()
        return [{**row, "device_label": names.name(row["device"], row["device_name"])} for row in groups]

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
        found = self.kept("worst_open", self._worst_open, self.serious_changed())
        return [{**row, "device": names.head(row["device"])} for row in found] if names.heads else found

    def _worst_open(self) -> list[Row]:
        worst: dict[tuple[Any, ...], int] = {}
        # Grouped here: SQLite would sort by three texts, which takes twice as long.
        for *place, severity in self.table(f"SELECT {_PLACE}, a.severity {_OF_DEVICES}")[1]:
            key = tuple(place)
            worst[key] = max(severity, worst.get(key, 0))
        return [
            {"device": device, "peer_ip": ip, "peer_name": name, "severity": severity}
            for (device, ip, name), severity in worst.items()
        ]

    def worst_by_device(self) -> dict[int, tuple[int, int]]:
        """Device to worst open severity (HIGH and above) and number of open incidents."""
        return self.kept("worst_by_device", self._worst_by_device, self.serious_changed())

    def _worst_by_device(self) -> dict[int, tuple[int, int]]:
        rows = self.table(f"SELECT a.device, MAX(a.severity), COUNT(*) {_OF_DEVICES} GROUP BY +a.device")[1]
        return {device: (severity, number) for device, severity, number in rows}
