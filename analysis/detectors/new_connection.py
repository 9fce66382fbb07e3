"""A device talks to somebody it never talked to before."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from analysis.alerts import Finding, Severity
from analysis.detector import CountOrZero, Detector, FlowKind
from analysis.events import Flow, FlowAnswered, FlowEnd
from analysis.store.rows import DeviceKey
from analysis.window import DistinctWindow

SILENT = frozenset({"icmp", "icmpv6", "igmp"})
"""Protocols that carry no service: pings and router business."""
DNS = 53
NAMING = 0.4
"""Seconds in which an address that was not looked up may get its name from the first message: the hello
of TLS follows the answer at once, and incidents must be in the database within two seconds."""
WAITING = 1024
DAY = 86_400.0


@dataclass
class NewConnection(Detector):
    """After its learning period, a device opened a connection to a destination, port and protocol
    that are new for it.

    Another address of a service that it already uses (same registrable domain and port) is not news, nor is
    one more address without a name where the device has learned to change them. Only connections that
    the device opened and that were answered, or UDP sent again and again. Not told when a graver alert tells
    of the same connection.
    """

    id = "new-connection"
    title = "New connection"
    severity = Severity.NORMAL
    cooldown_minutes = 1440.0
    yields = True

    udp_packets: int = 3
    """Unanswered UDP packets in one conversation that count as a connection. Source: own choice; one or two
    are a probe."""
    per_day: int = 20
    """New destinations of one device within a day that are told one by one; what is beyond becomes one
    incident with a count. Source: own choice; gadgets meet none on most days, who browses meets hundreds."""
    changing: CountOrZero = 3
    """Addresses outside without a name that a device learned on one port, after which one more on that port
    is no news; met after the learning, further ones share one incident. 0: each is told. Source: measured
    in a smart home's hour, where WeMo plugs meet a new relay on port 3478 every five minutes."""

    def __post_init__(self) -> None:
        self._fresh = DistinctWindow(DAY, max_values=max(self.per_day + 1, 1))
        self._nameless = DistinctWindow(DAY, max_values=max(self.changing + 1, 1))
        self._waiting: list[tuple[float, Flow]] = []

    def concerns(self, event: type, flow: FlowKind) -> bool:
        if event is FlowEnd and flow.proto != "udp":
            return False
        return flow.client_home and not flow.group and flow.proto not in SILENT

    def on_flow_answered(self, event: FlowAnswered) -> Iterable[Finding]:
        return self._check(event.ts, event.flow)

    def on_flow_end(self, event: FlowEnd) -> Iterable[Finding]:
        flow = event.flow
        if flow.proto != "udp" or event.packets_down or event.packets_up < self.udp_packets:
            return ()
        return self._check(flow.first_seen, flow)

    def on_tick(self, now: float) -> Iterable[Finding]:
        """Judge what has waited long enough for its name."""
        if not self._waiting:
            return ()
        due = [entry for entry in self._waiting if now - entry[0] >= NAMING]
        self._waiting = [entry for entry in self._waiting if now - entry[0] < NAMING]
        return [finding for ts, flow in due for finding in self._judge(ts, flow)]

    def _check(self, ts: float, flow: Flow) -> Iterable[Finding]:
        if flow.group or not flow.client_home or flow.proto in SILENT:
            return ()
        key = self.known.device_key(flow.client_mac)
        if key is None or self.known.baseline.seen(key, flow.server_ip, flow.port, flow.proto, ts):
            return ()
        if flow.port == DNS and flow.server_home:
            return ()
        if len(self._waiting) < WAITING and _is_nameless(flow, self._service(flow)):
            self._waiting.append((ts, flow))
            return ()
        return self._judge(ts, flow)

    def _service(self, flow: Flow) -> str | None:
        return self.known.service_of(flow.server_ip, flow.client_ip)

    def _judge(self, ts: float, flow: Flow) -> Iterable[Finding]:
        known = self.known
        key = known.device_key(flow.client_mac)
        if key is None:
            return ()
        first_seen = known.first_seen(key[1])
        service = self._service(flow)
        since = ts if first_seen is None else first_seen
        ip, port, proto = flow.server_ip, flow.port, flow.proto
        changing = _is_nameless(flow, service) and self._changes(key, port, proto)
        verdict = known.baseline.check(key, since, ip, port, proto, service, ts)
        if self._listed(flow):
            known.baseline.refuse(key, ip, port, proto, ts)
        if verdict != "new" or changing:
            return ()
        return (self._finding(ts, flow, service, key),)

    def _changes(self, key: DeviceKey, port: int, proto: str) -> bool:
        """Whether the device learned to meet ever new addresses on this port, and has raised no serious alert
        since the sensor began."""
        baseline = self.known.baseline
        if self.changing <= 0 or baseline.distrusted(key) is not None:
            return False
        outside = (ip for ip in baseline.nameless(key, port, proto) if not self.known.is_home(ip))
        return len(list(islice(outside, self.changing))) == self.changing

    def _listed(self, flow: Flow) -> bool:
        """Whether a blocklist of weight holds the destination: it must never become usual."""
        known = self.known
        name = known.peer_name(flow.server_ip, flow.client_ip)
        match = known.blocked_address(flow.server_ip) or (known.blocked_name(name) if name else None)
        return match is not None and match.severity >= Severity.HIGH

    def _finding(self, ts: float, flow: Flow, service: str | None, device: DeviceKey) -> Finding:
        known = self.known
        subject = self.subject(flow)
        name = known.display_name(subject.device_mac, subject.device_ip)
        target = (flow.server_ip, flow.port, flow.proto)
        title = f"{name} connected to {subject.peer} on port {flow.port} for the first time"
        key: tuple[object, ...] = (service or flow.server_ip, flow.port, flow.proto)
        if self._fresh.add(device, target, ts) > self.per_day:
            key, title = ("many",), f"{name} reached more than {self.per_day} new destinations within a day"
        elif _is_nameless(flow, service) and self._many_nameless(device, flow, ts):
            key = ("changing", flow.port, flow.proto)
            title = f"{name} keeps connecting to new addresses without a name on port {flow.port}"
        return self.finding(
            ts, subject, subject.device_mac or subject.device_ip, *key, title=title,
            why="Devices mostly talk to the same few services. A new one is often an update or a new app, "
            "and sometimes the first sign of something unwanted.",
            advice=f"If you know why {name} would do this, there is nothing to do. It is told only once.",
            destination=flow.server_ip, port=flow.port, protocol=flow.proto, service=service,
            learning_hours=round(known.baseline.learning_seconds / 3600, 2),
        )  # fmt: skip

    def _many_nameless(self, device: DeviceKey, flow: Flow, ts: float) -> bool:
        count = self._nameless.add((device, flow.port, flow.proto), flow.server_ip, ts)
        return 0 < self.changing < count


def _is_nameless(flow: Flow, service: str | None) -> bool:
    """Whether a conversation goes to somebody outside who belongs to no service."""
    return service is None and not flow.server_home
