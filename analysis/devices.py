"""Who is who on one network: MACs, their addresses and names, and what detectors may ask about them."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from analysis.baseline import Baseline
from analysis.config import Config
from analysis.detector import NewDevice
from analysis.device import Device
from analysis.device_events import DeviceEvents
from analysis.device_identity import IdentityAnswers
from analysis.device_names import NameAnswers
from analysis.events import DnsLookup
from analysis.gateway import Gateway
from analysis.names import Names
from analysis.networks import HomeNetworks, is_group, is_loopback, is_unspecified
from analysis.store.rows import AddressRow, DeviceKey, DeviceRow, KnownDevice, NameRow
from analysis.vendors import is_randomised, vendor
from analysis.volumes import Volumes
from analysis.window import RecentSet

if TYPE_CHECKING:
    from analysis.blocklist import Blocklist, Match

DEVICES = 4096
"""MACs kept; the largest networks that this is for have a few hundred."""
LOADED = DEVICES * 3 // 4
"""Known devices taken over from earlier runs: a flood then must leave room for newcomers now."""
OWNERS = 65_536
LATELY = 86_400.0
"""Seconds before the last sign of life of any device in which an IPv6 address counts as still at home: some
providers give a home another prefix each day, and another home the one before."""
RETURNED = 60.0
"""A MAC seen again after so many seconds is no product of a flood and is not pushed out by one."""
NAME_WAIT = 60.0
"""Seconds that a new device has to tell its name before it is reported."""
SCAN_MEMORY = 300.0


def individual(mac: str | None) -> bool:
    """Whether a MAC can be one host's: not a group address (IEEE 802), not all zero (loopback)."""
    return mac is not None and mac != "00:00:00:00:00:00" and int(mac[1], 16) & 1 == 0


class Inventory(IdentityAnswers, NameAnswers):
    """The devices of one network, from `sighting`, `seen` and `handle`; implements `detector.Known`.

    Call `sighting` before the events of the same packet are handled: it may learn that an IPv6
    prefix is at home. Bounded by `DEVICES`, `OWNERS` and the caps in `analysis.device`; what is pushed
    out is counted in `evictions()`.
    """

    def __init__(
        self, config: Config, network: str, known_devices: Iterable[KnownDevice] = (),
        names: Names | None = None, *, baseline: Baseline | None = None, volumes: Volumes | None = None,
        places: Volumes | None = None, blocklist: "Blocklist | None" = None,
    ) -> None:  # fmt: skip
        self.network = network
        self.networks = HomeNetworks(config.home)
        self.is_home = self.networks.is_home  # asked of every event: no call in between
        self.names = names if names is not None else Names()
        self.baseline = baseline if baseline is not None else Baseline(config.learning_hours * 3600)
        self.volumes = volumes if volumes is not None else Volumes()
        self.places = places if places is not None else Volumes()
        self.blocklist = blocklist
        self.gateway = Gateway()
        subnets = [s for i in config.interfaces if i.name == network for s in i.subnets if ":" not in s]
        self._subnets = HomeNetworks([*subnets, "169.254.0.0/16"]) if subnets else None
        self._devices: dict[str, Device] = {}
        self._owners: OrderedDict[str, str] = OrderedDict()
        self._dirty: dict[str, Device] = {}
        self._waiting: dict[str, Device] = {}
        self._recent: list[str] = []
        self._gone: dict[str, int] = {"devices": 0, "device_details": 0, "address_owners": 0}
        self._scans = RecentSet()
        self._version = 0
        self._handlers: dict[type, Callable[[Any], None]] = {
            **DeviceEvents(self).handlers, DnsLookup: self.learn_name
        }  # fmt: skip
        self._load(known_devices)

    def _load(self, known: Iterable[KnownDevice]) -> None:
        """What earlier runs knew. IPv6 networks in which devices were lately are still at home."""
        latest = 0.0
        for one in sorted(known, key=lambda one: one.last_seen)[-LOADED:]:
            device = self._devices[one.key[1]] = Device.restored(self.network, one)
            device.kept = device.kept or one.last_seen - one.first_seen >= RETURNED
            if not device.kept:
                self._recent.append(device.mac)
            for ip in device.addresses:
                self._own(ip, device.mac)
            latest = one.last_seen
        for device in self._devices.values():
            for ip, span in device.addresses.items():
                if ":" in ip and span.last >= latest - LATELY:
                    self.networks.learn_address(ip)

    # -- facts in ---------------------------------------------------------------------------------

    def sighting(self, ts: float, mac: str | None, ip: str, inward: bool = False) -> None:
        """A packet came from this MAC with this source address, `inward`: to an address at home; once in a
        while for each pair."""
        if mac is None or is_loopback(ip) or is_unspecified(ip) or is_group(ip):
            return
        device = self.touch(mac, ts)
        if device is None:
            return
        if self.networks.learn_sender(ip, mac):
            self.prefix_learned()
        if self._is_own(device, ip):
            if not device.router:
                self.record_address(device, ip, ts)
        elif not device.router:
            device.saw_foreign(ip, inward)
            self.judge(device)

    def _is_own(self, device: Device, ip: str) -> bool:
        """Whether a host of this link may have this address; else somebody's packet was forwarded."""
        if ip in device.addresses or ip in device.claimed:
            return True
        if not self.networks.is_home(ip):
            return False
        return ":" in ip or self._subnets is None or self._subnets.is_home(ip)

    def seen(self, mac: str | None, ts: float) -> None:
        """The device is active."""
        device = self._devices.get(mac) if mac is not None else None
        if device is not None and ts > device.last_seen:
            device.last_seen = ts
            self._dirty[device.mac] = device

    def keeps(self, mac: str | None) -> bool:
        """Whether it is a device that a flood of others does not push out."""
        device = self._devices.get(mac) if mac is not None else None
        return device is not None and (device.kept or device.last_seen - device.first_seen >= RETURNED)

    def handler(self, kind: type) -> Callable[[Any], None] | None:
        """What learns from the events of a type; None where they say nothing about devices."""
        return self._handlers.get(kind)

    def handle(self, event: Any) -> None:
        """Learn from an event; those that say nothing about devices are ignored."""
        handler = self.handler(type(event))
        if handler is not None:
            handler(event)

    def learn_name(self, event: DnsLookup) -> None:
        """Join the addresses of an answer to the name that was asked."""
        self.names.answer(event)
        if event.server_ip not in self.gateway.resolvers:
            self.gateway.lookup(event, self.is_home(event.server_ip))

    def touch(self, mac: str | None, ts: float) -> Device | None:
        """The device of this MAC, made if need be; None when it can be no host's or there is no room."""
        device = self._devices.get(mac) if mac is not None else None
        if device is None:
            return self._appeared(mac, ts)
        if ts > device.last_seen:
            device.last_seen = ts
        self._dirty[device.mac] = device
        return device

    def _appeared(self, mac: str | None, ts: float) -> Device | None:
        if mac is None or not individual(mac) or not self._make_room():
            return None
        device = Device((self.network, mac), ts, vendor(mac), is_randomised(mac))
        self._devices[mac] = self._waiting[mac] = self._dirty[mac] = device
        self._recent.append(mac)
        return device

    def _make_room(self) -> bool:
        """Room for one more MAC. A flood pushes out its own newest; devices that came back stay."""
        if len(self._devices) < DEVICES:
            return True
        while self._recent:
            mac = self._recent.pop()
            if mac in self._devices and not self.keeps(mac):
                for table in (self._devices, self._waiting, self._dirty):
                    table.pop(mac, None)
                self._gone["devices"] += 1
                return True
        self._gone["devices"] += 1
        return False

    def record_address(self, device: Device, ip: str, ts: float) -> None:
        """The device uses this address."""
        new = device.address(ip, ts)
        self._own(ip, device.mac)
        self._dirty[device.mac] = device
        if new:
            self.judge(device)

    def _own(self, ip: str, mac: str) -> None:
        self._owners[ip] = mac
        self._owners.move_to_end(ip)
        if len(self._owners) > OWNERS:
            self._owners.popitem(last=False)
            self._gone["address_owners"] += 1

    def judge(self, device: Device) -> None:
        """Decide again whether it is a router, after new evidence."""
        if not device.judge():
            return
        self._dirty[device.mac] = device
        if device.router:
            for ip in device.keep_own_addresses():
                if self._owners.get(ip) == device.mac:
                    del self._owners[ip]

    def prefix_learned(self) -> None:
        """Addresses that looked foreign before their prefix was known are the devices' own."""
        for device in self._devices.values():
            own = [ip for ip in device.foreign if self.networks.is_home(ip)]
            for ip in own:
                del device.foreign[ip]
            if own:
                self.judge(device)
            if not device.router:
                for ip in own:
                    self.record_address(device, ip, device.last_seen)

    # -- rows out ---------------------------------------------------------------------------------

    def drain(self) -> tuple[list[DeviceRow], list[AddressRow], list[NameRow]]:
        """What changed since the last call: devices, addresses, names."""
        changed = [d for d in self._dirty.values() if d.present or d.router]
        self._dirty.clear()
        rows = [device.row() for device in changed]
        addresses = [row for device in changed for row in device.drain_addresses()]
        return rows, addresses, [row for device in changed for row in device.drain_names()]

    def evictions(self) -> dict[str, int]:
        """Entries pushed out of full tables, by table."""
        details = sum(device.evictions + device.evidence.evictions for device in self._devices.values())
        return {
            **self._gone, "device_details": details, "names": self.names.evictions,
            "baseline": self.baseline.evictions, "prefixes": self.networks.refused,
            "gateway": self.gateway.evictions, "hours": self.volumes.evictions + self.places.evictions,
        }  # fmt: skip

    # -- what may be asked (detector.Known) -------------------------------------------------------

    def device_key(self, mac: str | None) -> DeviceKey | None:
        """The key of a device; None for routers and for MACs that are no device."""
        device = self._devices.get(mac) if mac is not None else None
        return device.key if device is not None and device.present and not device.router else None

    def device_of(self, ip: str) -> str | None:
        """The MAC that last used a home address (a router's only for its own)."""
        return self._owners.get(ip)

    def blocked_name(self, name: str) -> "Match | None":
        return self.blocklist.match_name(name) if self.blocklist is not None else None

    def blocked_address(self, ip: str) -> "Match | None":
        return self.blocklist.match_address(ip) if self.blocklist is not None else None

    def note_scan(self, ip: str, target: str | int, ts: float) -> None:
        self._scans.add((ip, target), ts)

    def is_scanning(self, ip: str, target: str | int, ts: float) -> bool:
        last = self._scans.get((ip, target))
        return last is not None and ts - last <= SCAN_MEMORY

    def new_devices(self, now: float) -> list[NewDevice]:
        """Devices new over all runs that have a name by now, or had `NAME_WAIT` seconds to tell it."""
        ready = []
        for mac, device in list(self._waiting.items()):
            if not device.present or device.router:
                continue
            if now - device.first_seen < NAME_WAIT and not device.has_name:
                continue
            del self._waiting[mac]
            device.told = True
            name = device.wire_name[0]
            ready.append(NewDevice(mac, device.ip, name, device.vendor, device.randomised, device.kind,
                                   device.first_seen))  # fmt: skip
        return ready
