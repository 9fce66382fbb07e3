"""A connection to the outside that never ends."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from analysis.alerts import Finding, Severity
from analysis.detector import Detector, FlowKind
from analysis.events import FlowActive
from analysis.usual import is_learned, is_own_maker
from analysis.window import RecentSet

HOUR = 3600.0


@dataclass
class LongConnection(Detector):
    """A device has kept one connection to the outside open for hours, to somebody it is not used to.

    Messages that arrive at once, video calls and work networks need this; so does remote control. What the
    device has learned as usual and services of its own maker are left out.
    """

    id = "long-connection"
    title = "Very long connection"
    severity = Severity.NORMAL
    cooldown_minutes = 24 * 60.0

    hours: float = 4.0
    """Hours that a connection lasts at least. Source: RITA v5 calls 4 hours medium, 8 high."""

    _told: RecentSet = field(default_factory=RecentSet, init=False)

    def concerns(self, event: type, flow: FlowKind) -> bool:
        return not (flow.server_home or flow.group)

    def on_flow_active(self, event: FlowActive) -> Iterable[Finding]:
        flow = event.flow
        lasted = event.ts - flow.first_seen
        if lasted < self.hours * HOUR or flow.server_home or flow.group or not event.packets_down:
            return ()
        if not self._told.add(flow.id, event.ts):
            return ()
        if is_learned(self.known, flow, event.ts) or is_own_maker(self.known, flow):
            return ()
        return (self._finding(event, lasted / HOUR),)

    def _finding(self, event: FlowActive, hours: float) -> Finding:
        flow = event.flow
        subject = self.subject(flow)
        device = self.known.display_name(subject.device_mac, subject.device_ip)
        peer = subject.peer_name or flow.server_ip
        return self.finding(
            event.ts, subject, subject.device_mac or subject.device_ip, peer, flow.port,
            title=f"{device} has been connected to {subject.peer} for {hours:.0f} hours without a break",
            why="Most connections last seconds or minutes. Message services, video calls and work networks "
            "stay connected for long, and so does a program that lets somebody outside control a device.",
            advice=f"If {device} runs a messenger, a work network (VPN) or a remote support program that you "
            "know, there is nothing to do. If not, find out what holds the connection.",
            hours=round(hours, 1), threshold_hours=self.hours, port=flow.port,
            bytes_up=event.bytes_up, bytes_down=event.bytes_down,
        )  # fmt: skip
