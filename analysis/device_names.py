"""The part of the inventory that says what devices and their peers are called."""

from collections import OrderedDict

from analysis.device import Device
from analysis.names import Names


class NameAnswers:
    """What may be asked about names; a part of `devices.Inventory`."""

    names: Names
    _devices: dict[str, Device]
    _owners: OrderedDict[str, str]

    def _device_at(self, mac: str | None, ip: str | None) -> Device | None:
        """The device of a MAC, or the one that has the address now; a router only for its own."""
        device = self._devices.get(mac or self._owners.get(ip or "") or "")
        if device is None or (mac is None and device.router and ip not in device.addresses):
            return None
        return device

    def device_name(self, mac: str | None, ip: str | None) -> str | None:
        """What a person calls a device, else what it calls itself: DHCP, mDNS, NBNS..."""
        device = self._device_at(mac, ip)
        return (device.person_name or device.wire_name[0]) if device is not None else None

    def display_name(self, mac: str | None, ip: str | None) -> str:
        """`device_name`, else the vendor, else the address."""
        device = self._device_at(mac, ip)
        if device is None:
            return ip or mac or "an unknown device"
        name = device.person_name or device.wire_name[0]
        if name:
            return name
        shown = ip or device.ip or device.mac
        return f"{device.vendor} device ({shown})" if device.vendor and not device.router else shown

    def peer_name(self, ip: str, client_ip: str | None = None) -> str | None:
        return self.names.peer_name(ip, client_ip)

    def is_claimed(self, ip: str, client_ip: str) -> bool:
        return self.names.is_claimed(ip, client_ip)

    def service_of(self, ip: str, client_ip: str | None = None) -> str | None:
        return self.names.service_of(ip, client_ip)
