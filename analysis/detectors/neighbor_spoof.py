"""Two devices answer for the same IPv6 address: ARP spoofing's sister."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from analysis.alerts import Finding, Severity, Subject
from analysis.config_types import Span
from analysis.detector import Detector
from analysis.events import NeighborSeen, RouterAdvertised
from analysis.gateway import is_virtual_router
from analysis.networks import is_unspecified

ADDRESSES = 2048


class _Dispute:
    """Whose an address is and when he last said so, who has it now, and each change of hands between the
    owner and another: its time, and the other's MAC."""

    __slots__ = ("changes", "mac", "owner", "seen")

    def __init__(self, mac: str, ts: float) -> None:
        self.owner = self.mac = mac
        self.seen = ts
        self.changes: list[tuple[float, str]] = []


@dataclass
class NeighborSpoof(Detector):
    """Two devices take turns in saying that an IPv6 address is theirs.

    So does an attacker who wants to read what others send; the true owner answers too, asks for others, or
    advertises itself as the router. One change of hands, as after a device's move from cable to Wi-Fi, does
    not count, nor do advertisements that do not replace what hosts remember: proxies and hosts that share an
    address send such.
    """

    id = "neighbor-spoof"
    title = "Device pretends to be another (IPv6)"
    severity = Severity.HIGH

    changes: int = 6
    """Changes of hands that make an attack. Source: own choice; parasite6 of THC-IPv6 answers every question
    beside the owner, so two for each question."""
    minutes: Span = 5.0
    """The time they must fall within. Source: own choice; hosts ask again about every 30 s while they talk
    (RFC 4861 section 10, REACHABLE_TIME)."""

    def __post_init__(self) -> None:
        self._owners: OrderedDict[str, _Dispute] = OrderedDict()

    def on_neighbor_seen(self, event: NeighborSeen) -> Iterable[Finding]:
        """Questions carry the asker's own address."""
        if event.kind != "advertisement":
            return self._said(event.ts, event.source_ip, event.link_mac, False)
        return self._said(event.ts, event.target_ip, event.link_mac, event.override)

    def on_router_advertised(self, event: RouterAdvertised) -> Iterable[Finding]:
        return self._said(event.ts, event.source_ip, event.link_mac, False)

    def _said(self, ts: float, ip: str, mac: str | None, takes: bool) -> Iterable[Finding]:
        """Somebody said that an address is his; only what `takes` it from others counts against him."""
        if mac is None or is_virtual_router(mac) or is_unspecified(ip):
            return ()
        dispute = self._owners.get(ip)
        if dispute is None:
            self._owners[ip] = _Dispute(mac, ts)
            if len(self._owners) > ADDRESSES:
                self._owners.popitem(last=False)
            return ()
        if mac == dispute.owner:
            dispute.seen = ts
        elif not takes:
            return ()
        return () if mac == dispute.mac else self._changed(ts, ip, mac, dispute)

    def _changed(self, ts: float, ip: str, mac: str, dispute: _Dispute) -> Iterable[Finding]:
        since = ts - self.minutes * 60
        before, dispute.mac = dispute.mac, mac
        if dispute.owner not in (before, mac):
            if dispute.seen >= since:
                return ()  # from one of the others to the next
            dispute.owner, dispute.seen, dispute.changes = before, ts, []
        other = mac if before == dispute.owner else before
        dispute.changes = [*(change for change in dispute.changes if change[0] >= since), (ts, other)]
        return self._finding(ts, ip, dispute) if len(dispute.changes) >= self.changes else ()

    def _finding(self, ts: float, ip: str, dispute: _Dispute) -> Iterable[Finding]:
        known = self.known
        others = list(dict.fromkeys(other for _, other in dispute.changes))
        count = len(dispute.changes)
        dispute.changes = []
        pair = sorted((dispute.owner, others[-1]), key=lambda mac: known.first_seen(mac) or ts)
        owner, other = pair if len(others) == 1 else (dispute.owner, others[-1])
        name = known.display_name(other, None)
        router = owner in known.gateway.advertised or owner in known.gateway.forwarders
        # Who takes another MAC each time is one attacker.
        who = other if len(others) == 1 else "many"
        return (
            self.finding(
                ts, Subject(other, None, ip), who, owner,
                title=f"{name} pretends to be {'your router' if router else 'another device'} ({ip})",
                why="Two devices say in turn that this address is theirs. What others send there can come to "
                "the wrong one first, who reads it and can change it.",
                advice=f"Disconnect {name} and see whether this stops. If two devices were given the same "
                "address by hand, change one.",
                severity=Severity.CRITICAL if router else None, address=ip, owner=owner, other=other,
                others=others[:8],
                changes_of_hands=count, threshold=self.changes, within_minutes=self.minutes, router=router,
            ),
        )  # fmt: skip
