"""The part of the inventory that says what devices are."""

from collections.abc import Iterable

from analysis.device import Device
from analysis.store.known import GivenName
from analysis.store.rows import EvidenceRow


class IdentityAnswers:
    """What may be asked about the kind and the habits of devices; a part of `devices.Inventory`."""

    network: str
    _devices: dict[str, Device]
    _dirty: dict[str, Device]

    def known_device(self, mac: str | None) -> Device | None:
        """A device that is known already and is no router."""
        device = self._devices.get(mac) if mac is not None else None
        return None if device is None or device.router else device

    def clue(self, mac: str | None, source: str, clue: str, ts: float) -> None:
        """Something that says what a known device is."""
        device = self.known_device(mac)
        if device is not None and device.evidence.add(source, clue, ts):
            self._dirty[device.mac] = device

    def first_seen(self, mac: str) -> float | None:
        device = self._devices.get(mac)
        return device.first_seen if device is not None else None

    def addresses_of(self, mac: str) -> tuple[str, ...]:
        device = self._devices.get(mac)
        return tuple(device.addresses) if device is not None else ()

    def last_seen(self, mac: str) -> float | None:
        device = self._devices.get(mac)
        return device.last_seen if device is not None else None

    def is_router(self, mac: str) -> bool:
        device = self._devices.get(mac)
        return device is not None and device.router

    def kind_of(self, mac: str) -> str | None:
        device = self._devices.get(mac)
        return device.kind if device is not None else None

    def kind_said(self, mac: str) -> str | None:
        device = self._devices.get(mac)
        return device.person_kind if device is not None else None

    def name_given(self, mac: str, name: str | None, kind: str | None = None) -> None:
        """A person named a device or said what it is, or took either back (None)."""
        device = self._devices.get(mac)
        if device is not None:
            device.person_name, device.person_kind = name, kind
            device.kept = device.kept or bool(name or kind)

    def all_given(self, given: Iterable[GivenName]) -> None:
        """All that people say of devices: what they said of others holds no more."""
        said = {one.key[1]: one for one in given if one.key[0] == self.network}
        for mac in self._devices:
            one = said.get(mac)
            self.name_given(mac, one.name if one else None, one.kind if one else None)

    def user_agents(self, mac: str) -> dict[str, float]:
        """The clues of HTTP User-Agents of a device (`user_agents.Agent.read`), each with the time it
        was first seen."""
        device = self._devices.get(mac)
        return device.evidence.first_seen("user-agent") if device is not None else {}

    def drain_evidence(self) -> list[EvidenceRow]:
        """Clues since the last call; to be asked before `drain`, which forgets whom they are about."""
        changed = [d for d in self._dirty.values() if d.present and not d.router]
        return [row for device in changed for row in device.evidence.take(device.key)]
