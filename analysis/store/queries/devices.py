"""Devices: the inventory, one in full, what it talks to and what is usual for it."""

import json

from analysis.store.peers import device_of, device_peer, is_everyone
from analysis.store.queries.directory import display_name
from analysis.store.queries.serious import SeriousQueries
from analysis.store.queries.session import Row

EVERYONE = "everyone at home"
"""In words, whom multicast and broadcast reach."""


class DeviceQueries(SeriousQueries):
    """Questions about devices. Routers forward other hosts' packets and are not listed."""

    def devices(self, since_hour: int) -> list[Row]:
        """Every device with its name, trust, traffic since an hour and worst open severity; unknown
        and newest first."""
        return self._joined(self._listed(since_hour, router=False))

    def routers(self, since_hour: int) -> list[Row]:
        """The same of routers that have an address at home; `bytes` is what they exchanged themselves with
        the devices, not what they forwarded."""
        found = [row for row in self._listed(since_hour, router=True) if row["ip"]]
        return [{**row, "bytes": self._exchanged(row["id"], since_hour)} for row in found]

    def _exchanged(self, device_id: int, since_hour: int) -> int | None:
        """Bytes of the conversations in which a device is either side: sensors count a router's traffic
        under who talked to it, by its address."""
        names = self.directory()
        own = [ip for ip, device in names.by_ip.items() if names.head(device) == device_id]
        total: int | None = self.value(
            "SELECT SUM(bytes_up + bytes_down) FROM edge_hour WHERE hour >= ?1"
            " AND (device = ?2 OR peer IN (SELECT value FROM json_each(?3)))",
            (since_hour, device_id, json.dumps([device_peer(device_id), *own])),
        )
        return total

    def _listed(self, since_hour: int, *, router: bool) -> list[Row]:
        found = self.rows(
            "SELECT d.id, d.router, d.network, d.mac, d.vendor, d.randomised, d.name AS wire_name,"
            " d.kind AS guessed_kind, n.kind AS said_kind, COALESCE(n.kind, d.kind) AS kind, d.os,"
            " d.maker, d.ip, d.first_seen, d.last_seen, n.name AS noted,"
            " COALESCE(n.trust, 'unknown') AS trust,"
            " (SELECT SUM(t.bytes_up + t.bytes_down) FROM traffic_hour t WHERE t.device = d.id AND"
            " t.hour >= ?)"
            " AS bytes FROM devices d LEFT JOIN device_notes n ON n.network = d.network AND n.mac = d.mac"
            " WHERE d.router = ? ORDER BY COALESCE(n.trust, 'unknown') = 'unknown' DESC, d.last_seen DESC",
            (since_hour, router),
        )
        worst = self.worst_by_device()
        for row in found:
            row["name"] = _name(row)
            row["severity"], row["incidents"] = worst.get(row["id"], (None, 0))
        return found

    def _joined(self, rows: list[Row]) -> list[Row]:
        """One row for all addresses of a device: sums, the span of times, the worst severity."""
        heads = self.directory().heads
        by_id = {row["id"]: row for row in rows if row["id"] not in heads}
        for row in rows:
            head = by_id.get(heads.get(row["id"], 0))
            if head is None:
                by_id.setdefault(row["id"], row)
                continue
            head["bytes"] = (head["bytes"] or 0) + (row["bytes"] or 0) or None
            head["incidents"] += row["incidents"]
            head["severity"] = max((row["severity"], head["severity"]), key=lambda s: -1 if s is None else s)
            head["ip"] = row["ip"] if row["last_seen"] > head["last_seen"] else head["ip"]
            head["kind"], head["os"] = head["kind"] or row["guessed_kind"], head["os"] or row["os"]
            head["maker"] = head["maker"] or row["maker"]
            head["first_seen"] = min(head["first_seen"], row["first_seen"])
            head["last_seen"] = max(head["last_seen"], row["last_seen"])
        return list(by_id.values())

    def device(self, device_id: int) -> Row | None:
        """One device in full; `name` is the best name, `noted` a person's, `note` their remark,
        `said_kind` their word for what it is, `guessed_kind` what the evidence says, `kind` the first of
        these, `members` the rows of all addresses that a person said are this device."""
        members = self.directory().members(device_id)
        row = self.one(
            "SELECT d.*, n.name AS noted, COALESCE(n.trust, 'unknown') AS trust, n.note,"
            " n.kind AS said_kind, d.kind AS guessed_kind FROM devices d"
            " LEFT JOIN device_notes n ON n.network = d.network AND n.mac = d.mac WHERE d.id = ?",
            (members[0],),
        )
        if row is None:
            return None
        row["members"] = self.rows(
            "SELECT id, mac, vendor, randomised, network, last_seen FROM devices"
            " WHERE id IN (SELECT value FROM json_each(?)) ORDER BY last_seen DESC",
            (self.ids_of(device_id),),
        )
        row["wire_name"], row["kind"] = row["name"], row["said_kind"] or row["guessed_kind"]
        row["name"] = _name(row)
        return row

    def device_addresses(self, device_id: int, limit: int = 50) -> list[Row]:
        """Addresses of a device, newest first."""
        return self.rows(
            "SELECT ip, first_seen, last_seen FROM device_addresses WHERE device IN"
            " (SELECT value FROM json_each(?)) ORDER BY last_seen DESC LIMIT ?",
            (self.ids_of(device_id), limit),
        )

    def device_names(self, device_id: int, limit: int = 50) -> list[Row]:
        """Names that the wire told about a device, with the protocol that told them."""
        return self.rows(
            "SELECT source, name, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen"
            " FROM device_names WHERE device IN (SELECT value FROM json_each(?)) GROUP BY source, name"
            " ORDER BY MAX(last_seen) DESC LIMIT ?",
            (self.ids_of(device_id), limit),
        )

    def device_peers(self, device_id: int, since_hour: int, limit: int = 12) -> list[Row]:
        """Whom a device talked to, most bytes first; all that it called to everyone at once is one."""
        peers = self.rows(
            "SELECT peer, SUM(flows) AS flows, SUM(bytes_up) AS bytes_up, SUM(bytes_down) AS bytes_down,"
            " GROUP_CONCAT(DISTINCT port) AS ports FROM edge_hour WHERE hour >= ?"
            " AND device IN (SELECT value FROM json_each(?))"
            " GROUP BY peer ORDER BY SUM(bytes_up + bytes_down) DESC LIMIT ?",
            (since_hour, self.ids_of(device_id), limit),
        )
        named: dict[str, Row] = {}
        for row in peers:
            group = is_everyone(row["peer"])
            first = named.setdefault(
                EVERYONE if group else row["peer"],
                {**row, "label": EVERYONE if group else self.peer_label(row["peer"])}
                | dict.fromkeys(("flows", "bytes_up", "bytes_down"), 0),
            )
            for name in ("flows", "bytes_up", "bytes_down"):
                first[name] += row[name]
        return sorted(named.values(), key=lambda row: -row["bytes_up"] - row["bytes_down"])

    def peer_label(self, peer: str) -> str:
        """A roll-up's peer in words: a device's name, else the domain, else the address and whose it is."""
        if (device := device_of(peer)) is not None:
            return self.directory().name(device, peer) or peer
        if at_home := self.directory().name_of_ip(peer):
            return at_home
        owner = self.owner(peer)
        return f"{peer} ({owner})" if owner else peer

    def device_traffic(self, device_id: int, since_hour: int) -> list[Row]:
        """Bytes of a device by hour, oldest first."""
        return self.rows(
            "SELECT hour, SUM(bytes_up) AS bytes_up, SUM(bytes_down) AS bytes_down FROM traffic_hour"
            " WHERE device IN (SELECT value FROM json_each(?)) AND hour >= ? GROUP BY hour ORDER BY hour",
            (self.ids_of(device_id), since_hour),
        )

    def device_dns(self, device_id: int, since_hour: int) -> Row:
        """How often a device asked for names since an hour: queries, blocked, failed."""
        row = self.one(
            "SELECT COALESCE(SUM(queries), 0) AS queries, COALESCE(SUM(blocked), 0) AS blocked,"
            " COALESCE(SUM(failed), 0) AS failed FROM dns_hour WHERE hour >= ?"
            " AND device IN (SELECT value FROM json_each(?))",
            (since_hour, self.ids_of(device_id)),
        )
        return row or {"queries": 0, "blocked": 0, "failed": 0}

    def baseline(self, device_id: int, limit: int = 200) -> list[Row]:
        """What is usual for a device, newest first; `learned` 0 means it was reported as new."""
        return self.rows(
            "SELECT peer, port, proto, service, learned, first_seen, last_seen FROM baseline WHERE device = ?"
            " ORDER BY last_seen DESC LIMIT ?",
            (device_id, limit),
        )

    def baseline_state(self, device_id: int) -> Row:
        """How many connections are learned, and when a person last asked to learn anew."""
        row = self.one(
            "SELECT (SELECT COUNT(*) FROM baseline WHERE device = ?1) AS known,"
            " (SELECT MAX(asked) FROM baseline_resets WHERE device = ?1) AS reset",
            (device_id,),
        )
        return row or {"known": 0, "reset": None}

    def new_devices(self, since: float, limit: int = 6) -> list[Row]:
        """Devices first seen since a time that nobody has placed yet, newest first."""
        found = self.rows(
            "SELECT d.id, d.mac, d.vendor, d.randomised, d.name AS wire_name,"
            " COALESCE(n.kind, d.kind) AS kind, d.ip, d.first_seen, n.name AS noted"
            " FROM devices d LEFT JOIN device_notes n ON n.network = d.network AND n.mac = d.mac"
            " WHERE d.router = 0 AND d.first_seen >= ? AND COALESCE(n.trust, 'unknown') = 'unknown'"
            " AND n.kind IS NULL ORDER BY d.first_seen DESC LIMIT ?",
            (since, limit),
        )
        for row in found:
            row["name"] = display_name(row["noted"], row["wire_name"], row["vendor"], row["mac"])
        heads = self.directory().heads
        return [row for row in found if row["id"] not in heads]


def _name(row: Row) -> str:
    address = row["ip"] if row["router"] else None
    return display_name(row["noted"], row["wire_name"], row["vendor"], row["mac"], address)
