"""Incidents: how many are open, the worst first, one in full with what happened around it."""

# ruff: noqa: S608 - the parts put together are constants of this package; values are bound

import json
from typing import Any

from analysis.store.queries.directory import DirectoryQueries
from analysis.store.queries.session import Row

_OPEN = "NOT EXISTS (SELECT 1 FROM alert_notes n WHERE n.uid = a.uid AND n.state <> 'open')"


class AlertQueries(DirectoryQueries):
    """Questions about incidents."""

    def open_counts(self) -> dict[int, int]:
        """Open incidents by severity: all, minus those a person has decided on. Both parts are
        answered from indexes."""
        counts = {0: 0, 1: 0, 2: 0}
        counts.update(dict(self.table("SELECT severity, COUNT(*) FROM alerts GROUP BY severity")[1]))
        decided = self.table(
            "SELECT a.severity, COUNT(*) FROM alert_notes n JOIN alerts a ON a.uid = n.uid"
            " WHERE n.state <> 'open' GROUP BY a.severity"
        )[1]
        for severity, number in decided:
            counts[severity] -= number
        return counts

    def open_groups(self, limit: int = 6) -> list[Row]:
        """Open CRITICAL and HIGH incidents, one row a rule and device, worst and newest first: `id`
        and `title` are of the newest incident, `incidents` and `occurrences` count the group."""
        groups = self.rows(
            "SELECT a.id, a.rule, a.severity, a.title, a.advice, a.device, a.device_name, COUNT(*) AS"
            " incidents,"
            " SUM(a.count) AS occurrences, MIN(a.first_seen) AS first_seen, MAX(a.last_seen) AS last_seen"
            f" FROM alerts a WHERE a.severity > 0 AND {_OPEN}"
            " GROUP BY a.severity, a.rule, COALESCE(a.device, a.device_mac, a.device_ip)"
            " ORDER BY a.severity DESC, last_seen DESC LIMIT ?",
            (limit,),
        )
        names = self.directory()
        return [{**row, "device_label": names.name(row["device"], row["device_name"])} for row in groups]

    def alert(self, alert_id: int) -> Row | None:
        """One incident in full, its evidence as a dict, with what a person said about it."""
        row = self.one(
            "SELECT a.*, COALESCE(n.state, 'open') AS state, n.note, n.changed FROM alerts a"
            " LEFT JOIN alert_notes n ON n.uid = a.uid WHERE a.id = ?",
            (alert_id,),
        )
        if row is None:
            return None
        label = self.directory().name(row["device"], row["device_name"])
        return {**row, "evidence": _evidence(row["evidence"]), "device_label": label}

    def alerts_beside(self, alert: Row, minutes: float = 10, limit: int = 6) -> list[Row]:
        """Other incidents of the same device within some minutes of this one."""
        if alert["device"] is None:
            return []
        span = minutes * 60
        return self.rows(
            "SELECT id, severity, title, last_seen, count FROM alerts WHERE device = ? AND id <> ?"
            " AND last_seen BETWEEN ? AND ? ORDER BY severity DESC, last_seen DESC LIMIT ?",
            (alert["device"], alert["id"], alert["first_seen"] - span, alert["last_seen"] + span, limit),
        )

    def device_alerts(self, device: int, limit: int = 20) -> list[Row]:
        """The newest incidents of a device."""
        return self.rows(
            "SELECT a.id, a.severity, a.rule, a.title, a.count, a.first_seen, a.last_seen,"
            " COALESCE(n.state, 'open') AS state FROM alerts a LEFT JOIN alert_notes n ON n.uid = a.uid"
            " WHERE a.device = ? ORDER BY a.last_seen DESC LIMIT ?",
            (device, limit),
        )

    def worst_open(self) -> list[Row]:
        """For each device and peer the worst open severity (HIGH and above) and how many incidents."""
        return self.rows(
            "SELECT a.device, a.peer_ip, a.peer_name, MAX(a.severity) AS severity, COUNT(*) AS incidents"
            f" FROM alerts a WHERE a.severity > 0 AND a.device IS NOT NULL AND {_OPEN}"
            " GROUP BY a.device, a.peer_ip, a.peer_name"
        )

    def alert_hours(self, since_hour: int) -> list[Row]:
        """New incidents by hour and severity."""
        return self.rows(
            "SELECT hour, severity, SUM(incidents) AS incidents FROM alert_hour WHERE hour >= ?"
            " GROUP BY hour, severity ORDER BY hour",
            (since_hour,),
        )

    def rules_seen(self) -> list[str]:
        """Ids of the rules that ever raised an incident."""
        return [row[0] for row in self.table("SELECT DISTINCT rule FROM alert_hour ORDER BY rule")[1]]


def _evidence(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {"evidence": text}
    return value if isinstance(value, dict) else {"evidence": value}
