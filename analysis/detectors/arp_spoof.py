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
from analysis.window import DistinctWindow, RecentSet, RecentTable

CLAIMS = "claims another's address unasked"
ANNOUNCES = "announces the router's address again and again while the router is there"
ASKS = "asks who has the address it claims"
DAY = 86_400.0
PAUSE = 10.0
"""Seconds in which announcements count once. Source: RFC 5227 section 2.1.1, DEFEND_INTERVAL."""


@lru_cache(maxsize=4096)
def _hosts_own(ip: str) -> bool:
    """Whether an address can be one host's own."""
    return not (is_unspecified(ip) or is_group(ip))


def _one_box(mac: str, other: str) -> bool:
    """Whether two MACs look like two ports or radios of one device: numbered side by side, the first byte
    changed at most by the bit for "locally administered"."""
    return mac[3:14] == other[3:14]


class _Announcer:
    """How somebody announces another's address; times in seconds of packet time."""

    __slots__ = ("last", "turns")

    def __init__(self, ts: float) -> None:
        self.last = ts
        self.turns: list[float] = []


@dataclass
class ArpSpoof(Detector):
    """A device says again and again, unasked, that another's address is its own, or asks who has the address
    that it has just claimed for itself.

    Whoever does that to the router's address reads and can change what others send. Devices that change
    their address, new leases, and routers that stand in for each other announce themselves to all: that
    counts only against who goes on with it for the router's address while the router is still at work.
    Virtual routers' MACs (VRRP, HSRP) count only while the address's owner contradicts them.
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
    """How long a claim of an address counts as somebody's; the router's counts as long as traffic goes
    through it. Source: own choice; neighbour tables of common systems forget within 20 minutes, and a home
    gives a lease's address to another after hours."""
    takeovers: int = 5
    """Announcements of the router's address, each after the router was at work again, that make an attack.
    Source: own choice; keepalived announces a take-over ten times in five seconds."""
    minutes: float = 5.0
    """The time they must fall within. Source: own choice; a router asks for hosts it talks to about every
    minute (arp(7), base_reachable_time), bettercap announces every second."""

    _asked: RecentSet = field(default_factory=RecentSet, init=False)
    _told: RecentSet = field(default_factory=RecentSet, init=False)
    _leases: RecentTable = field(default_factory=RecentTable, init=False)
    _announcers: RecentTable = field(default_factory=lambda: RecentTable(1024), init=False)

    def __post_init__(self) -> None:
        self._memory = self.memory_minutes * 60
        self._owners = DistinctWindow(max(DAY, self._memory), max_values=16, max_total=8192)
        self._addresses = DistinctWindow(self._memory, max_values=16, max_total=8192)
        self._claims: OrderedDict[tuple[str, str], list[float]] = OrderedDict()

    def on_dhcp_message(self, event: DhcpMessage) -> Iterable[Finding]:
        """An address that DHCP gave to a MAC is its own for the time of the lease, or until another gets it;
        no server gives away the router's."""
        ip = event.client_ip
        if event.kind == "ack" and ip and event.source_mac != event.client_mac:
            self._leases.put(ip, (event.client_mac, event.ts + (event.lease or DAY)))
        return ()

    def on_arp_seen(self, event: ArpSeen) -> Iterable[Finding]:
        ts, op, source, mac, ip, _, target, _ = event
        if not _hosts_own(ip):
            return ()
        if source == mac:
            if not is_virtual_router(mac):
                self._owners.add(ip, mac, ts)
                self._addresses.add(mac, ip, ts)
        elif self._owners.seen(ip, mac):  # bridges that answer for the owner, arpspoof that undoes its work
            return ()
        if target == ip:  # an announcement to all (RFC 5227): changes of address and take-overs
            return self._announced(event)
        if op == "request":
            self._asked.add((ip, target), ts)
            claimed = self._claims.get((mac, target))
            if claimed and ts - claimed[-1] <= self.seconds and self._is_another(mac, target, ts):
                return self._tell(event, target, ASKS, len(claimed))
        return self._claim(event) if self._unasked(event) else ()

    def _rivals(self, mac: str, ip: str, since: float) -> list[str]:
        """Who else had the address, and claimed it since then or still is the router at work."""
        gateway = self.known.gateway
        ways = gateway.forwarders if ip in gateway.routers else {}
        owners = [str(m) for m in self._owners.values(ip) if m != mac and m not in gateway.suspects]
        return [
            owner
            for owner in owners
            if self._owners.seen(ip, owner) >= since or (owner in ways and ways[owner].last >= since)
        ]

    def _is_another(self, mac: str, ip: str, ts: float) -> bool:
        """Whether an address belongs to somebody else too, or is the way out that was another's before."""
        if is_virtual_router(mac):
            return self._contradicted(mac, ip, ts)
        return bool(self._rivals(mac, ip, ts - self._memory)) or self._took_the_way_out(mac)

    def _contradicted(self, mac: str, ip: str, ts: float) -> bool:
        """Whether the way out claimed the address under a MAC of its own after the first of these claims: of
        routers that share an address under a common MAC, none does."""
        since = self._claims.get((mac, ip), [ts])[0]
        ways = self.known.gateway.forwarders
        return any(self._owners.seen(ip, way) > since for way in self._rivals(mac, ip, since) if way in ways)

    def _announced(self, event: ArpSeen) -> Iterable[Finding]:
        """An announcement counts when the router was at work since the last one that did. The way out itself
        may announce its own address as often as it likes, and so may routers that share a MAC."""
        ts, mac, ip = event.ts, event.sender_mac, event.sender_ip
        gateway = self.known.gateway
        if ip not in gateway.routers or is_virtual_router(mac) or mac == gateway.main_forwarder():
            return ()
        known = self._announcers.get((mac, ip))
        if known is None:
            self._announcers.put((mac, ip), _Announcer(ts))
            return ()
        if ts - known.last < PAUSE:
            return ()
        rivals = [r for r in self._rivals(mac, ip, known.last) if r in gateway.forwarders]
        if not rivals or any(_one_box(mac, rival) for rival in rivals):
            return ()
        known.last = ts
        known.turns = [*(t for t in known.turns if t >= ts - self.minutes * 60), ts][-self.takeovers :]
        if len(known.turns) < self.takeovers:
            return ()
        return self._tell(event, ip, ANNOUNCES, len(known.turns))

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
        if event.ts - last < self.seconds or self._leased(mac, ip, event.ts):
            return ()
        self._told.add((mac, ip), event.ts)
        self.known.gateway.suspect(mac, event.ts)
        return (self._finding(event, ip, how, count),)

    def _leased(self, mac: str, ip: str, ts: float) -> bool:
        owner, until = self._leases.get(ip, (None, 0.0))
        return owner == mac and ts <= until and ip not in self.known.gateway.routers

    def _is_the_ways(self, mac: str, ip: str) -> bool:
        """Whether who took the way out claims the address of those through whom it went, not of a host."""
        others = (str(owner) for owner in self._owners.values(ip) if owner != mac)
        return self._took_the_way_out(mac) and all(owner in self.known.gateway.forwarders for owner in others)

    def _own_address(self, mac: str, claimed: str) -> str | None:
        """The newest address that this MAC claimed and nobody else ever had."""
        claims = (str(address) for address in reversed(self._addresses.values(mac)))
        return next((a for a in claims if a != claimed and set(self._owners.values(a)) == {mac}), None)

    def _finding(self, event: ArpSeen, ip: str, how: str, count: int) -> Finding:
        known, mac = self.known, event.sender_mac
        router = ip in known.gateway.routers or self._is_the_ways(mac, ip)
        others = self._rivals(mac, ip, event.ts - self._memory)
        own = self._own_address(mac, ip)
        device = known.display_name(mac, own or mac)  # not by an address that it may have taken, too
        seen: dict[str, Any] = {"also_claimed_by": others} if others else {}
        if how == CLAIMS:
            seen |= {"threshold": self.claims}
        elif how == ANNOUNCES:
            seen |= {"threshold": self.takeovers}
        if event.source_mac != mac:
            seen |= {"sent_by": event.source_mac}
        return self.finding(
            event.ts, Subject(mac, own, ip), mac, ip,
            title=f"{device} pretends to be {'your router' if router else 'another device'} ({ip})",
            why="It tells others that this address is its own, so what they send there comes to it first. "
            "That is how an attacker inside a home reads and changes traffic.",
            advice=f"Disconnect {device}. If it runs a network tool or an app that controls other devices, "
            "ask who started it; otherwise have it checked before it comes back.",
            severity=None if router else min(self.severity, Severity.HIGH), mac=mac, address=ip, how=how,
            own_address=own, router=router, claims=count,
            within_seconds=self.minutes * 60 if how == ANNOUNCES else self.seconds, **seen,
        )  # fmt: skip
