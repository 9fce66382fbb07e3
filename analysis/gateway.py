"""The home's own way out: its router, its resolvers, and through which MACs the outside is reached."""

from collections import OrderedDict
from typing import Any

from analysis.events import ArpSeen, DhcpMessage, DnsLookup, Flow, RouterAdvertised
from analysis.networks import is_unspecified

ADDRESSES = 64
"""Routers' and resolvers' addresses kept each: a home has one to five."""
FORWARDERS = 64
"""MACs kept behind which the outside was reached: a home has one or two."""
CERTAIN = 10
"""Answered connections through a MAC before its ARP address counts as a router's."""
RESOLVES = 3
"""Answers before an address at home counts as a resolver. Source: own choice; one answer may be forged."""
_VIRTUAL = ("00:00:5e:00:01:", "00:00:5e:00:02:", "00:00:0c:07:ac:", "00:00:0c:9f:f", "00:07:b4:")
"""Virtual routers' MACs: VRRP and CARP (RFC 9568 section 7.3), HSRP, GLBP."""


def is_virtual_router(mac: str) -> bool:
    """Whether several routers share this MAC on purpose and hand it on when one fails."""
    return mac.startswith(_VIRTUAL)


class Forwarder:
    """A MAC behind which the outside was reached; times in seconds of packet time."""

    __slots__ = ("connections", "first", "last")

    def __init__(self, ts: float) -> None:
        self.first = self.last = ts
        self.connections = 0


def _keep(table: OrderedDict[str, Any], key: str, value: Any, most: int) -> int:
    """Put an entry last; the number of entries that had to go."""
    table[key] = value
    table.move_to_end(key)
    if len(table) <= most:
        return 0
    table.popitem(last=False)
    return 1


class Gateway:
    """What DHCP, router advertisements, ARP and traffic say about the way out. Bounded."""

    def __init__(self) -> None:
        self.routers: OrderedDict[str, None] = OrderedDict()
        """IPv4 addresses of routers: from DHCP, and the ARP address of a MAC that forwards much."""
        self.advertised: OrderedDict[str, float] = OrderedDict()
        """MACs that advertise themselves as IPv6 routers, with the time of the latest advertisement."""
        self.resolvers: OrderedDict[str, None] = OrderedDict()
        """DNS servers that DHCP or an advertisement named, or that answer from a home address."""
        self.forwarders: OrderedDict[str, Forwarder] = OrderedDict()
        self.suspects: OrderedDict[str, float] = OrderedDict()
        """MACs that a rule told as impostors, with the time: other rules need not tell them again."""
        self.evictions = 0
        self._answers: dict[str, int] = {}
        self._last: tuple[str, Forwarder] | None = None

    def dhcp(self, event: DhcpMessage) -> None:
        """A lease names the router and the resolvers."""
        if event.kind != "ack":
            return
        if event.router:
            self.evictions += _keep(self.routers, event.router, None, ADDRESSES)
        for ip in event.dns[:8]:
            self.evictions += _keep(self.resolvers, ip, None, ADDRESSES)

    def advertisement(self, event: RouterAdvertised) -> None:
        """An IPv6 router says that it is there; lifetime 0 says that it is none."""
        if event.source_mac and event.lifetime > 0:
            self.evictions += _keep(self.advertised, event.source_mac, event.ts, ADDRESSES)
            for ip in event.dns[:8]:
                self.evictions += _keep(self.resolvers, ip, None, ADDRESSES)

    def arp(self, event: ArpSeen) -> None:
        """The address of a MAC that forwards much, as long as no lease named a router."""
        if self.routers:
            return
        found = self.forwarders.get(event.sender_mac)
        if found is None or found.connections < CERTAIN:
            return
        if not is_unspecified(event.sender_ip):
            self.evictions += _keep(self.routers, event.sender_ip, None, ADDRESSES)

    def answered(self, ts: float, flow: Flow) -> None:
        """A host outside answered a device at home: the MAC of the outside is the way out."""
        if flow.server_home or flow.server_mac is None or not flow.client_home or flow.group:
            return
        mac = flow.server_mac
        if self._last is None or self._last[0] != mac:
            found = self.forwarders.get(mac) or Forwarder(ts)
            self.evictions += _keep(self.forwarders, mac, found, FORWARDERS)
            self._last = mac, found
        self._last[1].last = ts
        self._last[1].connections += 1

    def lookup(self, event: DnsLookup, home: bool) -> None:
        """A resolver answered; `home` is whether it did so from a home address."""
        if not home or event.rcode != "NOERROR" or event.transport not in ("udp", "tcp"):
            return
        ip = event.server_ip
        if ip in self.resolvers:
            return
        if len(self._answers) >= ADDRESSES:
            self._answers.clear()
        self._answers[ip] = self._answers.get(ip, 0) + 1
        if self._answers[ip] >= RESOLVES:
            self.evictions += _keep(self.resolvers, ip, None, ADDRESSES)

    def suspect(self, mac: str, ts: float) -> None:
        """A rule is sure that this MAC pretends to be another host."""
        self.evictions += _keep(self.suspects, mac, ts, ADDRESSES)

    def main_forwarder(self) -> str | None:
        """The MAC through which most connections went."""
        if not self.forwarders:
            return None
        return max(self.forwarders, key=lambda mac: self.forwarders[mac].connections)
