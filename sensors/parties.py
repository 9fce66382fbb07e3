"""Who talks to whom: both ends of a conversation as text, and whether they are at home. Remembered, because
homes repeat themselves."""

from typing import NamedTuple

from analysis.networks import HomeNetworks, is_group
from sensors.addresses import ip_text, mac_text

PAIRS = 16_384
"""Pairs remembered; a busy home has some thousand a day. When full, all are forgotten."""

Numbers = tuple[int, int, int, int, int, int]
"""MAC of client and server, then the two halves of the address of each; see `sensors.packets`."""
PAIR_COLUMNS = ("client_mac", "server_mac", "client_hi", "client_lo", "server_hi", "server_lo")
"""The columns of the flow table that make `Numbers`."""


class Pair(NamedTuple):
    """The two ends of a conversation: who sends their packets, and what they are."""

    client_link: str | None
    """The MAC that the client's packets carry."""
    client_ip: str
    server_link: str | None
    """The MAC that the server's packets carry, or a group's."""
    server_ip: str
    client_mac: str | None
    server_mac: str | None
    """None for a group, which is nobody."""
    client_home: bool
    server_home: bool
    group: bool
    """The server's address is multicast or broadcast."""


class Parties:
    """Pairs by their numbers. Which networks are at home may change: then all are made anew."""

    def __init__(self, networks: HomeNetworks) -> None:
        self._networks = networks
        self._version = networks.version
        self._pairs: dict[Numbers, Pair] = {}

    def of(self, numbers: Numbers) -> Pair:
        """The ends of these numbers."""
        if self._version != self._networks.version:
            self._version = self._networks.version
            self._pairs.clear()
        pair = self._pairs.get(numbers)
        if pair is None:
            if len(self._pairs) >= PAIRS:
                self._pairs.clear()
            pair = self._pairs[numbers] = self._make(*numbers)
        return pair

    def _make(self, client: int, server: int, ch: int, cl: int, sh: int, sl: int) -> Pair:
        client_mac, server_mac = mac_text(client), mac_text(server)
        client_ip, server_ip = ip_text(ch, cl), ip_text(sh, sl)
        group = bool(server >> 40 & 1) or is_group(server_ip)
        is_home = self._networks.is_home
        return Pair(
            client_mac, client_ip, server_mac, server_ip, client_mac, None if group else server_mac,
            is_home(client_ip), is_home(server_ip), group,
        )  # fmt: skip
