"""Open incidents above NORMAL: grouped for the first screen, and the worst of each device and peer."""

# ruff: noqa: S608 - the parts put together are constants of this package; values are bound

import json
from collections import Counter
from typing import NamedTuple

from analysis.store.queries.expectations import OPEN
from analysis.store.queries.kept import KeptQueries
from analysis.store.queries.renamed import with_present_name
from analysis.store.queries.session import Row

Place = tuple[int, str | None, str | None]
"""Device, address and name of the other side."""

_MOST_GROUPS = 50
_WHO = "COALESCE(a.device, a.device_mac, a.device_ip)"
# A bare `device` would let SQLite read 25,000 whole rows in the order of an index on it; with the sign it
# takes the covering index `alerts_serious`. A column as one array is handed over in a third of the time that
# its rows take.
_WORST = (
    "SELECT a.severity, json_group_array(a.device), json_group_array(a.peer_ip),"
    " json_group_array(a.peer_name) FROM alerts a"
    f" WHERE a.severity > 0 AND +a.device IS NOT NULL AND {OPEN} GROUP BY a.severity ORDER BY a.severity"
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

    by_place: dict[Place, int]
    """The worst severity of each place."""
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

    def worst_open(self) -> dict[Place, int]:
        """For each device and peer the worst open severity (HIGH and above). Callers must not change it."""
        names, found = self.directory(), self._worst().by_place
        if not names.heads:
            return found
        joined: dict[Place, int] = {}
        for (device, ip, name), severity in found.items():
            place = (names.head(device), ip, name)
            joined[place] = max(severity, joined.get(place, 0))
        return joined

    def worst_by_device(self) -> dict[int, tuple[int, int]]:
        """Device to worst open severity (HIGH and above) and number of open incidents."""
        return self._worst().by_device

    def _worst(self) -> _Worst:
        return self.kept("worst", self._read_worst, self.serious_changed())

    def _read_worst(self) -> _Worst:
        """Grouped here: SQLite would sort by three texts. Graver severities come later and replace."""
        places: dict[Place, int] = {}
        devices: dict[int, tuple[int, int]] = {}
        for severity, *columns in self.table(_WORST)[1]:
            its_devices, ips, names = map(json.loads, columns)
            places.update(dict.fromkeys(zip(its_devices, ips, names, strict=True), severity))
            for device, number in Counter(its_devices).items():
                devices[device] = (severity, number + devices.get(device, (0, 0))[1])
        return _Worst(places, devices)
