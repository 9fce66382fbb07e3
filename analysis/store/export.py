"""The database as JSON-ready records: what `replay --json` prints."""

import json
import sqlite3
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

from analysis.alerts import Severity
from analysis.store.rows import DeviceKey

Record = dict[str, Any]


class Export:
    """Reads what was written since it was made, or everything; records come in a stable order."""

    def __init__(self, path: Path, everything: bool = False) -> None:
        self._db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        self._db.row_factory = sqlite3.Row
        tables = ("devices", "dns", "tls", "http", "flows")
        self._mark = {name: 0 if everything else self._last(name) for name in tables}
        newest = self._db.execute("SELECT coalesce(max(change), 0) FROM alerts").fetchone()[0]
        self._change = 0 if everything else newest

    def close(self) -> None:
        self._db.close()

    def records(self, again: Container[DeviceKey] = ()) -> Iterator[Record]:
        """Every record, each with its `type`; `again`: see `devices`."""
        yield from self.alerts()
        yield from self.devices(again)
        for kind in (self.dns, self.tls, self.http, self.flows):
            yield from kind()

    def alerts(self) -> Iterator[Record]:
        """Incidents, oldest first. `within` is the id of the graver one of the same connection that tells of
        it, `also_noticed` what is told within this one: worst first, each with id, rule, severity, title."""
        rows = self._db.execute(
            "SELECT uid AS id, rule, severity, device_mac, device_ip, device_name, peer_ip, peer_name, port,"
            " proto, count, first_seen, last_seen, title, why, evidence, advice,"
            " (SELECT head FROM told_within w WHERE w.uid = alerts.uid) AS within FROM alerts"
            " WHERE change > ? ORDER BY first_seen, uid",
            (self._change,),
        )
        for row in rows:
            record = {"type": "alert", **dict(row)}
            record["severity"] = Severity(row["severity"]).name
            record["evidence"] = json.loads(row["evidence"])
            record["also_noticed"] = self._noticed(row["id"])
            yield record

    def _noticed(self, head: str) -> list[Record]:
        found = self._db.execute(
            "SELECT a.uid AS id, a.rule, a.severity, a.title"
            " FROM told_within w JOIN alerts a ON a.uid = w.uid WHERE w.head = ?"
            " ORDER BY a.severity DESC, a.first_seen, a.uid",
            (head,),
        )
        return [{**dict(row), "severity": Severity(row["severity"]).name} for row in found]

    def devices(self, again: Container[DeviceKey] = ()) -> Iterator[Record]:
        """New devices, and those of before that were seen `again`: their rows do not tell, because a capture
        may be older than they are. Routers are none. A kind that a person said has no confidence."""
        rows = self._db.execute(
            "SELECT d.id, d.network, d.mac, d.vendor, d.randomised, coalesce(n.kind, d.kind) AS kind, d.os,"
            " d.maker, d.model, iif(n.kind IS NULL, d.confidence, NULL) AS confidence, d.first_seen,"
            " d.last_seen FROM devices d LEFT JOIN device_notes n ON n.network = d.network AND n.mac = d.mac"
            " WHERE NOT d.router ORDER BY d.first_seen, d.mac, d.id"
        ).fetchall()
        for row in rows:
            if row["id"] <= self._mark["devices"] and (row["network"], row["mac"]) not in again:
                continue
            yield {
                "type": "device",
                "mac": row["mac"],
                "ips": self._texts("SELECT ip FROM device_addresses WHERE device = ? ORDER BY ip", row["id"]),
                "names": self._texts(
                    "SELECT DISTINCT name FROM device_names WHERE device = ? ORDER BY name", row["id"]
                ),
                "vendor": row["vendor"],
                "randomised": bool(row["randomised"]),
                "kind": row["kind"],
                "os": row["os"],
                "maker": row["maker"],
                "model": row["model"],
                "confidence": row["confidence"],
                "first_seen": row["first_seen"],
                "last_seen": row["last_seen"],
            }

    def dns(self) -> Iterator[Record]:
        """Unicast queries, one each with its answer; mDNS and LLMNR stay in the database."""
        rows = self._db.execute(
            "SELECT ts, client_ip, coalesce(client_mac, (SELECT mac FROM devices WHERE id = device))"
            " AS client_mac, name, qtype, rcode, answers, blocked_by, transport FROM dns"
            " WHERE id > ? AND transport IN ('udp', 'tcp') ORDER BY ts, id",
            (self._mark["dns"],),
        )
        for row in rows:
            yield {"type": "dns", **dict(row), "answers": json.loads(row["answers"] or "[]")}

    def tls(self) -> Iterator[Record]:
        """TLS and QUIC hellos."""
        rows = self._db.execute(
            "SELECT ts, client_ip, server_ip, port, sni, version, ja4, quic FROM tls WHERE id > ?"
            " ORDER BY ts, id",
            (self._mark["tls"],),
        )
        for row in rows:
            yield {"type": "tls", **dict(row), "quic": bool(row["quic"])}

    def http(self) -> Iterator[Record]:
        """HTTP requests."""
        rows = self._db.execute(
            "SELECT ts, client_ip, server_ip, port, host, user_agent, method, path FROM http WHERE id > ?"
            " ORDER BY ts, id",
            (self._mark["http"],),
        )
        for row in rows:
            yield {"type": "http", **dict(row)}

    def flows(self) -> Iterator[Record]:
        """Conversations."""
        rows = self._db.execute(
            "SELECT first_seen, last_seen, client_ip, server_ip, client_port, port, proto, packets_up,"
            " packets_down, bytes_up, bytes_down, service, state FROM flows WHERE id > ?"
            " ORDER BY first_seen, client_ip, client_port, server_ip, port, id",
            (self._mark["flows"],),
        )
        for row in rows:
            yield {"type": "flow", **dict(row)}

    def _last(self, table: str) -> int:
        row = self._db.execute(f"SELECT max(id) FROM {table}").fetchone()  # noqa: S608 (a name of ours)
        return int(row[0] or 0)

    def _texts(self, sql: str, *args: Any) -> list[str]:
        return [str(row[0]) for row in self._db.execute(sql, args)]
