"""The way out of the home goes through another device than before."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from analysis.alerts import Finding, Severity, Subject
from analysis.detector import Detector, FlowKind
from analysis.events import ArpSeen, FlowAnswered
from analysis.gateway import is_virtual_router

CANDIDATES = 64
LATE = 10.0
"""Seconds by which the time that a MAC was last seen may be too late: it is noted at each tick."""


class _Candidate:
    """A MAC that acts as the router; times in seconds of packet time."""

    __slots__ = ("first", "last", "signs")

    def __init__(self, ts: float) -> None:
        self.first = self.last = ts
        self.signs = 0


@dataclass
class GatewayChange(Detector):
    """Everything that leaves the home now passes through another device, and the old one is silent.

    A new router looks like that, and so does a device that has put itself in its place. Two routers that
    share the work do not count, nor does one that stands in for another under a shared MAC (VRRP). As long
    as the old one sends anything, if only answers to look-ups, it is not silent.
    """

    id = "gateway-change"
    title = "Your router has been replaced"
    severity = Severity.HIGH

    seconds: float = 300.0
    """How long the new one must act as the router while the old one does not. Source: own choice; a router
    that restarts is back within five minutes."""
    signs: int = 5
    """Connections to the outside, or claims of the router's address, that make it act as the router.
    Source: own choice."""

    def __post_init__(self) -> None:
        self._router: str | None = None
        self._seen = 0.0
        self._others: OrderedDict[str, _Candidate] = OrderedDict()

    def concerns(self, event: type, flow: FlowKind) -> bool:
        return flow.client_home and not (flow.server_home or flow.group)

    def on_flow_answered(self, event: FlowAnswered) -> Iterable[Finding]:
        flow = event.flow
        if flow.server_home or not flow.client_home or flow.server_mac is None or flow.group:
            return ()
        return self._acts(flow.server_mac, event.ts)

    def on_arp_seen(self, event: ArpSeen) -> Iterable[Finding]:
        if event.sender_ip not in self.known.gateway.routers:
            return ()
        return self._acts(event.sender_mac, event.ts)

    def _acts(self, mac: str, ts: float) -> Iterable[Finding]:
        """A MAC acted as the router."""
        if mac == self._router:
            self._seen = ts
            return ()
        if is_virtual_router(mac) or mac in self.known.gateway.suspects:
            return ()
        if self._router is None:
            self._router, self._seen = mac, ts
            return ()
        self._seen = max(self._seen, (self.known.last_seen(self._router) or 0.0) - LATE)
        candidate = self._others.get(mac)
        if candidate is None or candidate.first < self._seen:
            candidate = self._others[mac] = _Candidate(ts)
            if len(self._others) > CANDIDATES:
                self._others.popitem(last=False)
        candidate.signs += 1
        candidate.last = ts
        if candidate.signs < self.signs or ts - candidate.first < self.seconds:
            return ()
        return (self._change(mac, candidate, ts),)

    def _change(self, mac: str, candidate: _Candidate, ts: float) -> Finding:
        old, self._router, self._seen = self._router, mac, ts
        self._others.clear()
        new = self.known.display_name(mac, None)
        return self.finding(
            ts, Subject(mac, next(iter(self.known.gateway.routers), None)), old, mac,
            title=f"Your home reaches the internet through another device: {new}",
            why=f"Until now everything went through {old}, which has fallen silent. Whoever is in this place "
            "sees all that leaves your home.",
            advice="If you have a new router, or your provider changed it, all is well. If nobody did, "
            f"find the device {new} and disconnect it.",
            old_router=old, new_router=mac, connections_or_claims=candidate.signs, threshold=self.signs,
            seconds_as_router=round(ts - candidate.first), threshold_seconds=self.seconds,
        )  # fmt: skip
