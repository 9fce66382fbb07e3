"""A device talks to somebody it never talked to before."""

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.alerts import Finding, Severity
from analysis.detector import Detector
from analysis.events import Flow, FlowAnswered, FlowEnd
from analysis.store.rows import DeviceKey
from analysis.window import DistinctWindow

SILENT = frozenset({"icmp", "icmpv6", "igmp"})
"""Protocols that carry no service: pings and router business."""
DNS = 53


@dataclass
class NewConnection(Detector):
    """After its learning period, a device opened a connection to a destination, port and protocol
    that are new for it.

    Another address of a service that it already uses (same registrable domain and port) is not news.
    Only connections that the device opened and that were answered, or UDP sent again and again. Not told
    when a graver alert tells of the same connection.
    """

    id = "new-connection"
    title = "New connection"
    severity = Severity.NORMAL
    yields = True

    udp_packets: int = 3
    """Unanswered UDP packets in one conversation that count as a connection. Source: own choice; one or two
    are a probe."""
    per_hour: int = 200
    """New destinations of one device within an hour that are told one by one; what is beyond becomes one
    incident with a count. Source: own choice; file sharing and games reach thousands."""

    def __post_init__(self) -> None:
        self._fresh = DistinctWindow(3600.0, max_values=max(self.per_hour + 1, 1))

    def on_flow_answered(self, event: FlowAnswered) -> Iterable[Finding]:
        return self._check(event.ts, event.flow)

    def on_flow_end(self, event: FlowEnd) -> Iterable[Finding]:
        flow = event.flow
        if flow.proto != "udp" or event.packets_down or event.packets_up < self.udp_packets:
            return ()
        return self._check(flow.first_seen, flow)

    def _check(self, ts: float, flow: Flow) -> Iterable[Finding]:
        if flow.group or not flow.client_home or flow.proto in SILENT:
            return ()
        known = self.known
        key = known.device_key(flow.client_mac)
        if key is None or known.baseline.seen(key, flow.server_ip, flow.port, flow.proto, ts):
            return ()
        if flow.port == DNS and flow.server_home:
            return ()
        return self._news(ts, flow, key)

    def _news(self, ts: float, flow: Flow, key: DeviceKey) -> Iterable[Finding]:
        known = self.known
        first_seen = known.first_seen(key[1])
        service = known.service_of(flow.server_ip, flow.client_ip)
        since = ts if first_seen is None else first_seen
        ip, port, proto = flow.server_ip, flow.port, flow.proto
        verdict = known.baseline.check(key, since, ip, port, proto, service, ts)
        if self._listed(flow):
            known.baseline.refuse(key, ip, port, proto, ts)
        if verdict != "new":
            return ()
        fresh = self._fresh.add(key, (ip, port, proto), ts)
        return (self._finding(ts, flow, service, fresh),)

    def _listed(self, flow: Flow) -> bool:
        """Whether a blocklist of weight holds the destination: it must never become usual."""
        known = self.known
        name = known.peer_name(flow.server_ip, flow.client_ip)
        match = known.blocked_address(flow.server_ip) or (known.blocked_name(name) if name else None)
        return match is not None and match.severity >= Severity.HIGH

    def _finding(self, ts: float, flow: Flow, service: str | None, fresh: int) -> Finding:
        known = self.known
        subject = self.subject(flow)
        device = known.display_name(subject.device_mac, subject.device_ip)
        peer = subject.peer_name or flow.server_ip
        many = fresh > self.per_hour
        key = ("many",) if many else (service or flow.server_ip, flow.port, flow.proto)
        title = f"{device} connected to {peer} on port {flow.port} for the first time"
        if many:
            title = f"{device} reached more than {self.per_hour} new destinations within an hour"
        return self.finding(
            ts, subject, subject.device_mac or subject.device_ip, *key, title=title,
            why="Devices mostly talk to the same few services. A new one is often an update or a new app, "
            "and sometimes the first sign of something unwanted.",
            advice=f"If you know why {device} would do this, there is nothing to do. It is told only once.",
            destination=flow.server_ip, port=flow.port, protocol=flow.proto, service=service,
            learning_hours=round(known.baseline.learning_seconds / 3600, 2),
        )  # fmt: skip
