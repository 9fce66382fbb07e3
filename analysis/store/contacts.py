"""Whom devices contacted in the stored past, read in slices so small that nobody waits for them."""

from collections.abc import Iterator
from typing import NamedTuple

from analysis.store.queries.session import Session
from analysis.store.rows import DeviceKey

ROWS = 20_000
"""Rows of one slice: some tens of milliseconds."""
MOST_ROWS = 2_000_000
"""Newest rows of each table that are looked at: about a month of a busy home."""

_NAME = """
SELECT t.{name}, t.client_ip, min(t.ts), max(t.ts), count(*), d.network, d.mac, {peer},
    n.name, d.name, d.vendor
FROM {table} t LEFT JOIN devices d ON d.id = t.device
LEFT JOIN device_notes n ON n.network = d.network AND n.mac = d.mac
WHERE t.id > ? AND t.id <= ? AND t.{name} IS NOT NULL {only} GROUP BY t.{name}, t.client_ip"""

_ADDRESS = """
SELECT t.server_ip, t.client_ip, min(t.first_seen), max(t.last_seen), count(*), d.network, d.mac, t.server_ip,
    n.name, d.name, d.vendor
FROM flows t LEFT JOIN devices d ON d.id = t.device
LEFT JOIN device_notes n ON n.network = d.network AND n.mac = d.mac
WHERE t.id > ? AND t.id <= ? GROUP BY t.server_ip, t.client_ip"""

# What was on a list when it was asked for has been told then.
_LIVE = "AND t.transport IN ('udp', 'tcp') AND t.blocked_by IS NULL"

SOURCES = {
    "dns": _NAME.format(table="dns", name="name", peer="NULL", only=_LIVE),
    "tls": _NAME.format(table="tls", name="sni", peer="t.server_ip", only=""),
    "http": _NAME.format(table="http", name="host", peer="t.server_ip", only=""),
    "flows": _ADDRESS,
}
"""Table to question; `flows` tells addresses, the others names."""


class Contact(NamedTuple):
    """A device and a name or address that it contacted, within one slice."""

    source: str
    """The table that tells it."""
    what: str
    device: DeviceKey | None
    device_name: str
    device_ip: str
    peer_ip: str | None
    first: float
    last: float
    times: int


class PastContacts:
    """Reads a database without ever writing to it. Methods raise the reader's StoreError."""

    def __init__(self, path: str) -> None:
        self._session = Session(path, limit_seconds=30.0)

    def slices(self) -> Iterator[list[Contact]]:
        """Every stored contact, newest slices of each table first."""
        for source, sql in SOURCES.items():
            newest = self._session.value(f"SELECT max(id) FROM {source}") or 0  # noqa: S608 (a name of ours)
            oldest = self._session.value(f"SELECT min(id) FROM {source}") or 0  # noqa: S608
            end = int(newest)
            stop = max(int(oldest) - 1, end - MOST_ROWS)
            while end > stop:
                begin = max(stop, end - ROWS)
                rows = self._session.table(sql, (begin, end))[1]
                yield [_contact(source, *row) for row in rows]
                end = begin

    def was_told(self, key: str, since: float) -> bool:
        """Whether an incident of this key was alive at that time or later."""
        sql = "SELECT 1 FROM alerts WHERE key = ? AND last_seen >= ? LIMIT 1"
        return self._session.value(sql, (key, since)) is not None

    def close(self) -> None:
        self._session.close()


def _contact(
    source: str, what: str, ip: str, first: float, last: float, times: int, network: str | None,
    mac: str | None, peer: str | None, given: str | None, wire: str | None, vendor: str | None,
) -> Contact:  # fmt: skip
    device = (network, mac) if network and mac else None
    name = given or wire or (f"{vendor} device ({ip})" if vendor else ip)
    return Contact(source, what, device, name, ip, peer, first, last, times)
