"""Who is who: names, trust and kind of every device, kept for a moment because every row needs them."""

import time
from typing import NamedTuple

from analysis.store.queries.session import Session

_KEEP_SECONDS = 2.0
_MOST_ADDRESSES = 50_000


class Device(NamedTuple):
    """What a row shows about a device."""

    id: int
    name: str
    """A person's name, else the wire's, else vendor and end of the MAC, else the MAC."""
    trust: str
    kind: str | None
    ip: str | None
    mac: str
    vendor: str | None
    router: bool
    last_seen: float


class Directory(NamedTuple):
    """All devices by row id and by address."""

    devices: dict[int, Device]
    by_ip: dict[str, int]

    def name(self, device: int | None, otherwise: str | None = None) -> str | None:
        found = self.devices.get(device) if device is not None else None
        return found.name if found else otherwise

    def name_of_ip(self, ip: str) -> str | None:
        device = self.by_ip.get(ip)
        return None if device is None else self.devices[device].name


def display_name(noted: str | None, wire: str | None, vendor: str | None, mac: str) -> str:
    """The best name for a device, in the order of `detector.Known.display_name`."""
    if noted or wire:
        return noted or wire or mac
    return f"{vendor} {mac[-5:]}" if vendor else mac


class DirectoryQueries(Session):
    """Names for every other question."""

    _directory: tuple[float, Directory] | None = None

    def directory(self) -> Directory:
        """The present names, at most two seconds old."""
        kept = self._directory
        if kept is not None and time.monotonic() - kept[0] < _KEEP_SECONDS:
            return kept[1]
        fresh = self._read_directory()
        self._directory = (time.monotonic(), fresh)
        return fresh

    def forget_directory(self) -> None:
        """Read names anew at the next question: a person has just changed one."""
        self._directory = None

    def _read_directory(self) -> Directory:
        devices = {
            row["id"]: Device(
                row["id"], display_name(row["noted"], row["name"], row["vendor"], row["mac"]),
                row["trust"] or "unknown", row["kind"], row["ip"], row["mac"], row["vendor"],
                bool(row["router"]), row["last_seen"],
            )
            for row in self.rows(
                "SELECT d.id, d.name, n.name AS noted, n.trust, d.vendor, d.mac, d.kind, d.ip, d.router,"
                " d.last_seen"
                " FROM devices d LEFT JOIN device_notes n ON n.network = d.network AND n.mac = d.mac"
            )
        }  # fmt: skip
        addresses = self.table(
            "SELECT ip, device FROM device_addresses ORDER BY last_seen LIMIT ?", (_MOST_ADDRESSES,)
        )[1]
        by_ip = {ip: device for ip, device in addresses if device in devices}
        by_ip.update({d.ip: d.id for d in devices.values() if d.ip})
        return Directory(devices, by_ip)
