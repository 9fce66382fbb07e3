"""Who is who: names, trust and kind of every device, kept for a moment because every row needs them."""

import json
import time
from typing import NamedTuple

from analysis.destinations import Destinations
from analysis.store.links import LINKED, RANKS, heads
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
    """A person's word, else what the evidence says."""
    ip: str | None
    mac: str
    vendor: str | None
    router: bool
    last_seen: float
    noted: bool = False
    """Whether the name is a person's."""
    said_kind: str | None = None
    """A person's word alone."""


class Directory(NamedTuple):
    """All devices by row id and by address."""

    devices: dict[int, Device]
    by_ip: dict[str, int]
    heads: dict[int, int] = {}
    """Devices that a person said are another one's further address, with that one."""
    routers: dict[str, str] = {}
    """Routers' names by their own address."""

    def head(self, device: int) -> int:
        """The device under which this one is shown: itself, or the one it belongs to."""
        return self.heads.get(device, device)

    def members(self, device: int) -> list[int]:
        """All addresses (row ids) of the device that this one belongs to, the one it is shown under first."""
        head = self.head(device)
        return [head, *sorted(other for other, its in self.heads.items() if its == head)]

    def name(self, device: int | None, otherwise: str | None = None) -> str | None:
        found = self.devices.get(self.head(device)) if device is not None else None
        return found.name if found else otherwise

    def name_of_ip(self, ip: str) -> str | None:
        device = self.by_ip.get(ip)
        return None if device is None else self.name(device)


def display_name(
    noted: str | None, wire: str | None, vendor: str | None, mac: str, router: str | None = None
) -> str:
    """The best name for a device, in the order of `detector.Known.display_name`; `router` is the address
    of one that is a router: people and incidents know it by that."""
    if noted or wire:
        return noted or wire or mac
    if router:
        return f"Router {router}"
    return f"{vendor} {mac[-5:]}" if vendor else mac


class DirectoryQueries(Session):
    """Names for every other question."""

    destinations: Destinations | None = None
    """Whose addresses are; set by who has the configuration."""
    _directory: tuple[float, Directory] | None = None
    _changes: int = 0
    """How often a person changed who is who: what was being read meanwhile is not kept."""

    def owner(self, ip: str | None) -> str | None:
        """Organisation and country behind an address, where a file tells."""
        if self.destinations is None or not ip:
            return None
        return str(self.destinations.owner(ip)) or None

    def directory(self) -> Directory:
        """The present names, at most two seconds old."""
        kept, changes = self._directory, self._changes
        if kept is not None and time.monotonic() - kept[0] < _KEEP_SECONDS:
            return kept[1]
        fresh = self._read_directory()
        if changes == self._changes:
            self._directory = (time.monotonic(), fresh)
        return fresh

    def forget_directory(self) -> None:
        """Read names anew at the next question: a person has just changed one."""
        self._changes += 1
        self._directory = None

    def _read_directory(self) -> Directory:
        devices = {
            row["id"]: Device(
                row["id"],
                display_name(
                    row["noted"], row["name"], row["vendor"], row["mac"],
                    row["ip"] if row["router"] else None,
                ),
                row["trust"] or "unknown", row["said_kind"] or row["kind"], row["ip"], row["mac"],
                row["vendor"], bool(row["router"]), row["last_seen"], bool(row["noted"]), row["said_kind"],
            )
            for row in self.rows(
                "SELECT d.id, d.name, n.name AS noted, n.trust, d.vendor, d.mac, d.kind, d.ip, d.router,"
                " d.last_seen, n.kind AS said_kind"
                " FROM devices d LEFT JOIN device_notes n ON n.network = d.network AND n.mac = d.mac"
            )
        }  # fmt: skip
        addresses = self.table(
            "SELECT ip, device FROM device_addresses ORDER BY last_seen LIMIT ?", (_MOST_ADDRESSES,)
        )[1]
        by_ip = {ip: device for ip, device in addresses if device in devices}
        by_ip.update({d.ip: d.id for d in devices.values() if d.ip})
        routers = {d.ip: d.name for d in devices.values() if d.router and d.ip}
        return Directory(devices, by_ip, self._heads(), routers)

    def ids_of(self, device_id: int) -> str:
        """The row ids of a device's addresses, as a JSON array for `json_each`."""
        return json.dumps(self.directory().members(device_id))

    def ids_called(self, word: str) -> str:
        """The row ids of devices with a text in their name or kind, upper case or lower, as a JSON array."""
        sought, directory = word.casefold(), self.directory()
        called = {
            device.id: sought in f"{device.name}\n{device.kind or ''}".casefold()
            for device in directory.devices.values()
        }
        return json.dumps([number for number in called if called.get(directory.head(number))])

    def _heads(self) -> dict[int, int]:
        return heads(self.table(LINKED)[1], lambda ids: self.table(RANKS, (json.dumps(ids),))[1])
