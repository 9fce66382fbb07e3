"""A device talks, or tries to talk, to an address that stands on a blocklist."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from analysis.alerts import Finding, Severity
from analysis.blocklist import Match
from analysis.detector import Detector, FlowKind
from analysis.events import Flow, FlowAnswered, FlowStart
from analysis.window import RecentSet


@dataclass
class BlocklistedAddress(Detector):
    """A device reaches, or tries to reach, an address that one of the address lists holds.

    Outward each attempt counts, and the incident says "tried to reach" until one is answered; inward only
    what a device of yours answered, since listed addresses knock at every door of the internet all day.
    """

    id = "blocklisted-address"
    title = "Address on a blocklist"
    severity = Severity.CRITICAL

    inward: bool = True
    """Report connections from listed addresses that a device answered. Source: own choice."""

    _told: RecentSet = field(default_factory=RecentSet, init=False)

    def concerns(self, event: type, flow: FlowKind) -> bool:
        if event is FlowAnswered and self.inward and flow.server_home and not flow.client_home:
            return True
        return not (flow.server_home or flow.group)

    def on_flow_start(self, event: FlowStart) -> Iterable[Finding]:
        flow = event.flow
        if flow.server_home or flow.group or (match := self.known.blocked_address(flow.server_ip)) is None:
            return ()
        self._told.add(flow.id, event.ts)
        return (self._finding(event.ts, flow, flow.server_ip, match, 1, answered=False),)

    def on_flow_answered(self, event: FlowAnswered) -> Iterable[Finding]:
        flow = event.flow
        if flow.id in self._told and (match := self.known.blocked_address(flow.server_ip)) is not None:
            return (self._finding(event.ts, flow, flow.server_ip, match, 0, answered=True),)
        if not self.inward or flow.client_home or not flow.server_home:
            return ()
        if (match := self.known.blocked_address(flow.client_ip)) is None:
            return ()
        return (self._finding(event.ts, flow, flow.client_ip, match, 1, answered=True),)

    def _finding(
        self, ts: float, flow: Flow, listed: str, match: Match, times: int, *, answered: bool
    ) -> Finding:
        subject = self.subject(flow)
        device = self.known.display_name(subject.device_mac, subject.device_ip)
        inward = listed == flow.client_ip
        named = f"{subject.peer_name} ({listed})" if subject.peer_name else listed
        reached = "contacted" if answered else "tried to reach"
        did = "answered a connection from" if inward else reached
        expect = f"mark this as expected: no single address of the list “{match.list}” can be allowed"
        advice = (
            f"Check whether {device} should be reachable from the internet; if not, remove the port "
            f"forwarding for port {flow.port} in your router."
            if inward
            else f"Find out which program on {device} talks to {listed}. If nobody knows it, disconnect "
            f"{device} and check it for malware. If the address is harmless, "
            f"{match.take_off or expect}."
        )
        return self.finding(
            ts, subject, subject.device_mac or subject.device_ip, match.entry,
            title=f"{device} {did} {named}, which is on the list “{match.list}”",
            why=f"The list “{match.list}” says: {match.category}. Honest services are rarely "
            "found at such an address.",
            advice=advice, severity=match.severity, times=times, address=listed, list=match.list,
            entry=match.entry, category=match.category, direction="inward" if inward else "outward",
            answered=answered,
        )  # fmt: skip
