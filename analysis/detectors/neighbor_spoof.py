"""Two devices answer for the same IPv6 address: ARP spoofing's sister."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from analysis.alerts import Finding, Severity, Subject
from analysis.config_types import Span
from analysis.detector import Detector
from analysis.events import NeighborSeen
from analysis.gateway import is_virtual_router

ADDRESSES = 2048


class _Dispute:
    """Who has an address now, who had it before, and when it changed hands."""

    __slots__ = ("before", "changes", "mac")

    def __init__(self, mac: str) -> None:
        self.mac, self.before = mac, mac
        self.changes: list[float] = []


@dataclass
class NeighborSpoof(Detector):
    """Two devices take turns in saying that an IPv6 address is theirs.

    So does an attacker who wants to read what others send; the true owner answers too. One change of hands,
    as after a device's move from cable to Wi-Fi, does not count.
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
        mac = event.link_mac
        if event.kind != "advertisement" or mac is None or is_virtual_router(mac):
            return ()
        dispute = self._owners.get(event.target_ip)
        if dispute is None:
            self._owners[event.target_ip] = _Dispute(mac)
            if len(self._owners) > ADDRESSES:
                self._owners.popitem(last=False)
            return ()
        if dispute.mac == mac:
            return ()
        since = event.ts - self.minutes * 60
        if mac != dispute.before:
            dispute.changes.clear()
        dispute.before, dispute.mac = dispute.mac, mac
        dispute.changes = [*(ts for ts in dispute.changes if ts >= since), event.ts]
        return self._finding(event, dispute) if len(dispute.changes) >= self.changes else ()

    def _finding(self, event: NeighborSeen, dispute: _Dispute) -> Iterable[Finding]:
        known, ip = self.known, event.target_ip
        count = len(dispute.changes)
        dispute.changes.clear()
        pair = sorted((dispute.mac, dispute.before), key=lambda mac: known.first_seen(mac) or event.ts)
        owner, other = pair
        name = known.display_name(other, None)
        router = owner in known.gateway.advertised or owner in known.gateway.forwarders
        return (
            self.finding(
                event.ts, Subject(other, None, ip), other, owner,
                title=f"{name} pretends to be {'your router' if router else 'another device'} ({ip})",
                why="Two devices say in turn that this address is theirs. What others send there can come to "
                "the wrong one first, who reads it and can change it.",
                advice=f"Disconnect {name} and see whether this stops. If two devices were given the same "
                "address by hand, change one.",
                severity=Severity.CRITICAL if router else None, address=ip, owner=owner, other=other,
                changes_of_hands=count, threshold=self.changes, within_minutes=self.minutes, router=router,
            ),
        )  # fmt: skip
