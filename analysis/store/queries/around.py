"""What else happened when an incident did: its earlier occurrences, lookups and conversations beside it."""

from analysis.store.queries.directory import DirectoryQueries
from analysis.store.queries.renamed import with_present_name
from analysis.store.queries.session import Row

MINUTES = 5.0
"""How far around an incident's last occurrence we look."""


class AroundQueries(DirectoryQueries):
    """Questions about the minutes of an incident."""

    def alert_history(self, alert: Row, limit: int = 10) -> list[Row]:
        """Incidents of the same key (rule, device and place), this one included, newest first."""
        found = self.rows(
            "SELECT id, first_seen, last_seen, count, title, device, device_name FROM alerts WHERE key = ?"
            " ORDER BY last_seen DESC LIMIT ?",
            (alert["key"], limit),
        )
        return [with_present_name(row, self.directory()) for row in found]

    def dns_around(self, alert: Row, limit: int = 8) -> list[Row]:
        """Names that the device asked for within `MINUTES`: those on a list first, then the newest."""
        return self._around(
            alert, "dns", "ts", "SELECT ts, name, qtype, rcode, blocked_by FROM dns",
            "blocked_by IS NULL, id DESC", limit,
        )  # fmt: skip

    def flows_around(self, alert: Row, limit: int = 8) -> list[Row]:
        """Conversations of the device that began within `MINUTES`: those with the incident's other side
        first, then the newest. `server_name` is another home device's name."""
        found = self._around(
            alert, "flows", "first_seen",
            "SELECT first_seen AS ts, peer, server_ip, port, proto, service, state, bytes_up, bytes_down"
            " FROM flows",
            "server_ip IS NOT ?4, id DESC", limit,
        )  # fmt: skip
        names = self.directory()
        return [{**row, "server_name": names.name_of_ip(row["server_ip"])} for row in found]

    def _around(self, alert: Row, table: str, column: str, select: str, order: str, limit: int) -> list[Row]:
        """All texts are ours; ids bound the rows, because they grow with the time."""
        if alert["device"] is None:
            return []
        begin, end = alert["last_seen"] - MINUTES * 60, alert["last_seen"] + MINUTES * 60
        low, high = (self.first_id_since(table, column, ts) for ts in (begin, end))
        return self.rows(
            f"{select} WHERE device = ?1 AND id >= ?2 AND id < ?3 AND {column} BETWEEN ?5 AND ?6"
            f" ORDER BY {order} LIMIT ?7",
            (alert["device"], low, high, alert["peer_ip"], begin, end, limit),
        )
