"""What the charts show, from the roll-ups: rows of hour, name and value."""

from analysis.store.queries.directory import DirectoryQueries
from analysis.store.queries.session import Row

LONG_HOURS = 72
"""Hours from which on destinations come from the daily roll-up."""


class ChartQueries(DirectoryQueries):
    """Questions of the charts page. `device` None is every device."""

    def traffic_by_device(self, since_hour: int, device: int | None = None) -> list[Row]:
        """Bytes by hour and device."""
        rows = self.rows(
            "SELECT hour, device, bytes_up + bytes_down AS value FROM traffic_hour"
            " WHERE hour >= ?1 AND (?2 IS NULL OR device = ?2)",
            (since_hour, device),
        )
        names = self.directory()
        return [{**row, "name": names.name(row["device"], "A forgotten device")} for row in rows]

    def traffic_by_peer(self, since_hour: int, device: int | None = None) -> list[Row]:
        """Bytes by hour and destination; over long spans by day, told at the day's first hour."""
        newest = self.value("SELECT MAX(hour) FROM edge_hour") or 0
        if newest - since_hour >= LONG_HOURS:
            sql = (
                "SELECT max(day * 24, ?1) AS hour, peer, SUM(bytes_up + bytes_down) AS value FROM edge_day"
                " WHERE day >= ?1 / 24 AND (?2 IS NULL OR device = ?2) GROUP BY day, peer"
            )
        else:
            sql = (
                "SELECT hour, peer, SUM(bytes_up + bytes_down) AS value FROM edge_hour"
                " WHERE hour >= ?1 AND (?2 IS NULL OR device = ?2) GROUP BY hour, peer"
            )
        labels: dict[str, str] = {}
        found = self.rows(sql, (since_hour, device))
        for row in found:
            peer = row["peer"]
            row["name"] = labels.get(peer) or labels.setdefault(peer, self._label(peer))
        return found

    def _label(self, peer: str) -> str:
        """A roll-up's peer in words: another device's name, else the domain or address itself."""
        if peer.startswith("device:") and peer[7:].isdigit():
            return self.directory().name(int(peer[7:]), peer) or peer
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
