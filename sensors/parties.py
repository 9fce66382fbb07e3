"""Who takes part in a conversation: one end of it as text, and whether it is at home. Remembered, because
homes repeat themselves."""

from typing import NamedTuple

from analysis.networks import HomeNetworks, is_group
from sensors.addresses import ip_text, mac_text

REMEMBERED = 16_384
"""Parties remembered; a busy home meets some thousand a day. When full, all are forgotten."""

Numbers = tuple[int, int, int]
"""A MAC, and the two halves of an address; see `sensors.packets`."""
CLIENT_COLUMNS = ("client_mac", "client_hi", "client_lo")
SERVER_COLUMNS = ("server_mac", "server_hi", "server_lo")
"""The columns of the flow table that make the `Numbers` of each end."""


class Party(NamedTuple):
    """One end of a conversation."""

    link: str | None
    """The MAC that its packets carry, or that packets to it carry: also a group's."""
    mac: str | None
    """The same, but None for a group, which is nobody."""
    ip: str
    home: bool
    group: bool
    """Multicast or broadcast, by MAC or by address."""


class Parties:
    """Parties by their numbers. Which networks are at home may change: then all are made anew."""

    def __init__(self, networks: HomeNetworks) -> None:
        self._networks = networks
        self._version = networks.version
        self._known: dict[Numbers, Party] = {}

    def of(self, numbers: Numbers) -> Party:
        """The party of these numbers."""
        if self._version != self._networks.version:
            self._version = self._networks.version
            self._known.clear()
        party = self._known.get(numbers)
        if party is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            party = self._known[numbers] = self._make(*numbers)
        return party

    def _make(self, mac: int, hi: int, lo: int) -> Party:
        link, ip = mac_text(mac), ip_text(hi, lo)
        group = bool(mac >> 40 & 1) or is_group(ip)
        version, number = (6, hi << 64 | lo) if ":" in ip else (4, lo & 0xFFFFFFFF)
        home = self._networks.holds(version, number)
        return Party(link, None if group else link, ip, home, group)
