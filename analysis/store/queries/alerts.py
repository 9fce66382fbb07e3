"""Incidents: how many are open, one in full with what happened around it."""

# ruff: noqa: S608 - the parts put together are constants of this package; values are bound

import json
from typing import Any

from analysis.store.queries.expectations import COVERED, DECIDED, STATE, WITHIN
from analysis.store.queries.renamed import with_present_name
from analysis.store.queries.serious import SeriousQueries
from analysis.store.queries.session import Row


class AlertQueries(SeriousQueries):
    """Questions about incidents."""

    def open_counts(self) -> dict[int, int]:
        """Open incidents by severity: all, minus those a person has decided on or expects, and those told
        within another."""
        return dict(self.kept("open_counts", self._open_counts))

    def _open_counts(self) -> dict[int, int]:
        counts = {0: 0, 1: 0, 2: 0}
        counts.update(dict(self.table("SELECT severity, COUNT(*) FROM alerts GROUP BY severity")[1]))
        for severity, number in self._closed_counts().items():
            counts[severity] -= number
        return counts

    def _closed_counts(self) -> dict[int, int]:
        """All parts go from the decisions to the incidents by an index; the signs before `severity` and
        `CROSS` keep SQLite from reading all incidents in the order of the groups instead."""
        rows = self.table(
            "SELECT severity, SUM(number) FROM ("
            "SELECT a.severity, COUNT(*) AS number FROM alert_notes n CROSS JOIN alerts a ON a.uid = n.uid"
            " WHERE n.state <> 'open' GROUP BY +a.severity"
            " UNION ALL SELECT a.severity, COUNT(*) FROM alerts a"
            f" WHERE a.rule IN (SELECT rule FROM expectations) AND {COVERED} AND NOT {DECIDED}"
            " GROUP BY +a.severity"
            " UNION ALL SELECT a.severity, COUNT(*) FROM told_within t CROSS JOIN alerts a ON a.uid = t.uid"
            f" WHERE {WITHIN} AND NOT {COVERED} AND NOT {DECIDED} GROUP BY +a.severity"
            ") GROUP BY severity"
        )[1]
        return dict(rows)

    def incident_count(self) -> int:
        """All incidents that are kept, whatever their state."""
        return self.kept("incident_count", lambda: int(self.value("SELECT COUNT(*) FROM alerts") or 0))

    def alert(self, alert_id: int) -> Row | None:
        """One incident in full, its evidence as a dict, with what a person said about it."""
        row = self.one(
            f"SELECT a.*, {STATE} AS state, n.note, n.changed FROM alerts a"
            " LEFT JOIN alert_notes n ON n.uid = a.uid WHERE a.id = ?",
            (alert_id,),
        )
        if row is None:
            return None
        label = self.directory().name(row["device"], row["device_name"])
        return {
            **with_present_name(row, self.directory()), "evidence": _evidence(row["evidence"]),
            "device_label": label, "owner": self.owner(row["peer_ip"]),
        }  # fmt: skip

    def alerts_within(self, alert: Row, limit: int = 20) -> list[Row]:
        """The incidents of the same connection: those told within this one, or the one within which this
        is told, `head` then 1."""
        found = self.rows(
            "SELECT a.id, a.rule, a.severity, a.title, a.last_seen, a.count, a.device, a.device_name,"
            " a.uid = w.head AS head FROM told_within w JOIN alerts a"
            " ON a.uid = CASE WHEN w.uid = ?1 THEN w.head ELSE w.uid END"
            " WHERE ?1 IN (w.uid, w.head) ORDER BY a.severity DESC, a.last_seen DESC LIMIT ?2",
            (alert["uid"], limit),
        )
        return [with_present_name(row, self.directory()) for row in found]

    def alerts_beside(self, alert: Row, minutes: float = 10, limit: int = 6) -> list[Row]:
        """Other incidents of the same device within some minutes of this one; those of the same connection
        are told by `alerts_within`."""
        if alert["device"] is None:
            return []
        span = minutes * 60
        found = self.rows(
            "SELECT id, severity, title, last_seen, count, device, device_name FROM alerts"
            " WHERE device = ? AND id <> ?"
            " AND NOT EXISTS (SELECT 1 FROM told_within w WHERE w.uid = alerts.uid OR"
            " (w.uid = ? AND w.head = alerts.uid))"
            " AND last_seen BETWEEN ? AND ? ORDER BY severity DESC, last_seen DESC LIMIT ?",
            (
                alert["device"],
                alert["id"],
                alert["uid"],
                alert["first_seen"] - span,
                alert["last_seen"] + span,
                limit,
            ),
        )
        return [with_present_name(row, self.directory()) for row in found]

    def alerts_with(self, device: int, peer: str, limit: int = 5) -> list[Row]:
        """The newest incidents of a device with another side, told by its address or name; a name stands
        for those below it, too, and incidents about a domain hold for the names in it."""
        found = self.rows(
            "SELECT a.id, a.severity, a.rule, a.title, a.device, a.device_name, a.peer_name, a.peer_ip,"
            f" a.port, {STATE} AS state FROM alerts a LEFT JOIN alert_notes n ON n.uid = a.uid"
            " WHERE a.device IN (SELECT value FROM json_each(?1)) AND (a.peer_ip = ?2"
            " OR lower(a.peer_name) = ?2 OR substr('.' || lower(a.peer_name), -length(?2) - 1) = '.' || ?2"
            " OR substr('.' || ?2, -length(a.peer_name) - 1) = '.' || lower(a.peer_name))"
            " ORDER BY a.last_seen DESC LIMIT ?3",
            (self.ids_of(device), peer.lower().rstrip("."), limit),
        )
        return [with_present_name(row, self.directory()) for row in found]

    def device_alerts(self, device: int, limit: int = 20) -> list[Row]:
        """The newest incidents of a device."""
        found = self.rows(
            "SELECT a.id, a.severity, a.rule, a.title, a.count, a.first_seen, a.last_seen, a.device,"
            f" a.device_name, {STATE} AS state FROM alerts a LEFT JOIN alert_notes n ON n.uid = a.uid"
            " WHERE a.device IN (SELECT value FROM json_each(?)) ORDER BY a.last_seen DESC LIMIT ?",
            (self.ids_of(device), limit),
        )
        return [with_present_name(row, self.directory()) for row in found]

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
