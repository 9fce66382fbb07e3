"""A device answers ARP for an address that is another's: the man in the middle."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from analysis.alerts import Finding, Severity, Subject
from analysis.config_types import Span
from analysis.detector import Detector
from analysis.events import ArpSeen, DhcpMessage
from analysis.gateway import is_virtual_router
from analysis.networks import is_group, is_unspecified
from analysis.window import DistinctWindow, RecentSet

CLAIMS = "claims another's address unasked"


@lru_cache(maxsize=4096)
def _hosts_own(mac: str, ip: str) -> bool:
    """Whether a claim can be that of one host: not of a group's address, not of routers that share a MAC."""
    return not (is_unspecified(ip) or is_group(ip) or is_virtual_router(mac))


@dataclass
class ArpSpoof(Detector):
    """A device says again and again, unasked, that another's address is its own, or asks who has the address
    that it has just claimed for itself.

    Whoever does that to the router's address reads and can change what others send. Devices that change
    their address, new leases, and routers that stand in for each other announce themselves to all, and
    do not count.
    """

    id = "arp-spoof"
    title = "Device pretends to be another (ARP spoofing)"
    severity = Severity.CRITICAL

    claims: int = 3
    """Unasked claims of another's address that make an attack. Source: own choice; arpspoof repeats its
    claim every 2 s, bettercap every second, a change of address is told once or twice (RFC 5227)."""
    seconds: Span = 60.0
    """The time they must fall within. Source: own choice, six times ettercap's pause of 10 s."""
    answer_seconds: float = 2.0
    """How long after a question a reply is an answer to it. Source: Linux repeats a question every second
    (arp(7), retrans_time)."""
    memory_minutes: float = 10.0
    """How long a claim of an address counts as somebody's. Source: own choice; neighbour tables of common
    systems forget within 20 minutes, and a home gives a lease's address to another after hours."""

    _asked: RecentSet = field(default_factory=RecentSet, init=False)
    _told: RecentSet = field(default_factory=RecentSet, init=False)
    _leases: RecentSet = field(default_factory=RecentSet, init=False)

    def __post_init__(self) -> None:
        self._memory = self.memory_minutes * 60
        self._owners = DistinctWindow(self._memory, max_values=16, max_total=8192)
        self._addresses = DistinctWindow(self._memory, max_values=16, max_total=8192)
        self._claims: OrderedDict[tuple[str, str], list[float]] = OrderedDict()

    def on_dhcp_message(self, event: DhcpMessage) -> Iterable[Finding]:
        """An address that DHCP gave to a MAC is its own."""
        if event.kind == "ack" and event.client_ip and event.source_mac != event.client_mac:
            self._leases.add((event.client_mac, event.client_ip), event.ts)
        return ()

    def on_arp_seen(self, event: ArpSeen) -> Iterable[Finding]:
        ts, op, source, mac, ip, _, target = event
        if source != mac:  # bridges that answer for others, and arpspoof that undoes its work
            return ()
        if not _hosts_own(mac, ip):
            return ()
        self._owners.add(ip, mac, ts)
        self._addresses.add(mac, ip, ts)
        if target == ip:  # an announcement to all (RFC 5227): changes of address and take-overs
            return ()
        if op == "request":
            self._asked.add((ip, target), ts)
            claimed = self._claims.get((mac, target))
            if claimed and ts - claimed[-1] <= self.seconds and self._is_another(mac, target, ts):
                return self._tell(event, target, "asks who has the address it claims", len(claimed))
        return self._claim(event) if self._unasked(event) else ()

    def _is_another(self, mac: str, ip: str, ts: float) -> bool:
        """Whether an address belongs to somebody else too, or is the way out that was another's before."""
        suspects = self.known.gateway.suspects
        rivals = [owner for owner in self._owners.values(ip) if owner != mac and owner not in suspects]
        if any(self._owners.seen(ip, owner) >= ts - self._memory for owner in rivals):
            return True
        return self._took_the_way_out(mac)

    def _took_the_way_out(self, mac: str) -> bool:
        """Whether traffic to the outside goes through this MAC, and went through another before."""
        ways = self.known.gateway.forwarders
        return mac in ways and any(way.first < ways[mac].first for way in ways.values())

    def _unasked(self, event: ArpSeen) -> bool:
        """A reply to nobody's question, or a question in the router's name by a host with another address."""
        if event.op == "reply":
            asked = self._asked.get((event.target_ip, event.sender_ip))
            return asked is None or event.ts - asked > self.answer_seconds
        return event.sender_ip in self.known.gateway.routers and self._addresses.count(event.sender_mac) > 1

    def _claim(self, event: ArpSeen) -> Iterable[Finding]:
        key = event.sender_mac, event.sender_ip
        times = [t for t in self._claims.pop(key, ()) if t >= event.ts - self.seconds][-self.claims :]
        self._claims[key] = [*times, event.ts]
        if len(self._claims) > 1024:
            self._claims.popitem(last=False)
        if len(times) + 1 < self.claims or not self._is_another(*key, event.ts):
            return ()
        return self._tell(event, event.sender_ip, CLAIMS, len(times) + 1)

    def _tell(self, event: ArpSeen, ip: str, how: str, count: int) -> Iterable[Finding]:
        """Each attacker and address at most once in `seconds`; further ones count."""
        mac, last = event.sender_mac, self._told.get((event.sender_mac, ip), 0.0)
        if event.ts - last < self.seconds or (mac, ip) in self._leases:
            return ()
        self._told.add((mac, ip), event.ts)
        self.known.gateway.suspect(mac, event.ts)
        return (self._finding(event, ip, how, count),)

    def _finding(self, event: ArpSeen, ip: str, how: str, count: int) -> Finding:
        known, mac = self.known, event.sender_mac
        router = ip in known.gateway.routers or self._took_the_way_out(mac)
        others = [str(m) for m in self._owners.values(ip) if m != mac]
        own = next((str(a) for a in reversed(self._addresses.values(mac)) if a != ip), None)
        device = known.display_name(mac, own)
        seen: dict[str, Any] = {"also_claimed_by": others} if others else {}
        if how == CLAIMS:
            seen |= {"threshold": self.claims}
        return self.finding(
            event.ts, Subject(mac, own, ip), mac, ip,
            title=f"{device} pretends to be {'your router' if router else 'another device'} ({ip})",
            why="It tells others that this address is its own, so what they send there comes to it first. "
            "That is how an attacker inside a home reads and changes traffic.",
            advice=f"Disconnect {device}. If it runs a network tool or an app that controls other devices, "
            "ask who started it; otherwise have it checked before it comes back.",
            severity=None if router else min(self.severity, Severity.HIGH), mac=mac, address=ip, how=how,
            own_address=own, router=router, claims=count, within_seconds=self.seconds, **seen,
        )  # fmt: skip
