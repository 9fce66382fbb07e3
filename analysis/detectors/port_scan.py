"""A host tries many ports of another, or one port of many hosts."""

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from math import inf

from analysis.alerts import Finding, Severity
from analysis.config_types import Span
from analysis.detector import Detector, FlowKind
from analysis.events import Flow, FlowAnswered, FlowEnd, FlowStart
from analysis.window import DistinctWindow

HOUR = 3600.0
TRACEROUTE = range(33434, 33535)
"""UDP ports that traceroute counts through (RFC 1393 era default, 33434 plus hop times probes)."""
ANSWERS_WITHIN = 300.0
"""Seconds in which everybody may answer what was asked of all by multicast or broadcast; SSDP's answers come
within five (UPnP Device Architecture, MX)."""
PROBES = 2
"""Packets in which a probe is sent, and sent again."""
SCANS = 1024
OPEN = 1024
"""Conversations that wait for their answer; when there are more all are counted at once."""
UPDATE = 5.0
"""Seconds between two updates of a scan's evidence."""


@dataclass
class _Scan:
    """A scan under way, and what was told of it."""

    flow: Flow
    vertical: bool
    first: float
    last: float
    count: int
    told: int = 0
    told_at: float = 0.0


class _Questions:
    """UDP that hosts of the home asked. A device that nobody asked and that speaks from a service's port is
    taken for a server by the flow table: only what was asked tells its answers from probes."""

    def __init__(self) -> None:
        self._of_all = DistinctWindow(ANSWERS_WITHIN)
        """The ports from which a host asked all others: answers come to it from any port."""
        self._of_one = DistinctWindow(HOUR)
        """The servers that a host asked on a port."""

    def asked_all(self, flow: Flow) -> None:
        self._of_all.add(flow.client_ip, flow.client_port, flow.first_seen)

    def asked_one(self, flow: Flow) -> None:
        self._of_one.add((flow.client_ip, flow.port), flow.server_ip, flow.first_seen)

    def is_answer_to_all(self, ip: str, port: int, ts: float) -> bool:
        """Whether what came to this port at `ts` was asked of all."""
        return ts - self._of_all.seen(ip, port) <= ANSWERS_WITHIN

    def is_known_server(self, flow: Flow) -> bool:
        """Whether the client asked this server lately: a question may be lost where its answer is seen."""
        return flow.first_seen - self._of_one.seen((flow.client_ip, flow.port), flow.server_ip) <= HOUR


@dataclass
class PortScan(Detector):
    """A host tried many ports of one host, or one port of many hosts, and hardly anybody answered.

    Only attempts without an answer count, and connections that were opened and closed without a word,
    so that browsing, file sharing and updates do not. Innocent causes: a network tool, or a program
    that looks for others of its kind.
    """

    id = "port-scan"
    title = "Port scan"
    severity = Severity.HIGH

    ports: int = 15
    """Ports of one host that make a scan. Source: Zeek, misc/scan.zeek."""
    hosts: int = 25
    """Hosts tried on one port that make a scan. Source: Zeek, misc/scan.zeek."""
    seconds: Span = 300.0
    """The time they must fall within. Source: Zeek, misc/scan.zeek."""
    slow_ports: int = 30
    """Ports of one host within `slow_minutes` that make a slow scan. Source: own choice, twice the fast."""
    slow_hosts: int = 50
    """Hosts on one port within `slow_minutes` that make a slow scan. Source: own choice, twice the fast."""
    slow_minutes: Span = 60.0
    """The time of a slow scan. Source: own choice, twelve times the fast."""
    grace: float = 0.5
    """Seconds that a server has to answer before an attempt counts. Source: intercontinental round trips take
    0.3 s."""

    _open: dict[int, Flow] = field(default_factory=dict, init=False)
    _scans: OrderedDict[Hashable, _Scan] = field(default_factory=OrderedDict, init=False)

    def __post_init__(self) -> None:
        self._slow = max(self.seconds, self.slow_minutes * 60)
        self._ports_tried = DistinctWindow(self._slow, max_values=4096)
        self._hosts_tried = DistinctWindow(self._slow, max_values=4096)
        self._questions = _Questions()

    def concerns(self, event: type, flow: FlowKind) -> bool:
        at_home = flow.client_home and flow.server_home and not flow.group
        return flow.proto == "tcp" or (flow.proto == "udp" and (event is not FlowEnd or at_home))

    def on_flow_start(self, event: FlowStart) -> Iterable[Finding]:
        """Only what nobody answers within `grace` is counted: most connections cost no more than this."""
        flow = event.flow
        if not event.syn if flow.proto == "tcp" else flow.proto != "udp" or self._is_no_probe(flow):
            return ()
        self._open[flow.id] = flow
        return self._count(inf) if len(self._open) >= OPEN else ()

    def _is_no_probe(self, flow: Flow) -> bool:
        """A question to all others, an answer to one, and traceroute."""
        if flow.group:
            self._questions.asked_all(flow)
            return True
        if flow.port in TRACEROUTE:
            return True
        return self._questions.is_answer_to_all(flow.server_ip, flow.port, flow.first_seen)

    def on_flow_answered(self, event: FlowAnswered) -> Iterable[Finding]:
        flow = event.flow
        if self._open.pop(flow.id, None) is None:
            self._ports_tried.discard((flow.client_ip, flow.server_ip), (flow.port, flow.proto))
            self._hosts_tried.discard((flow.client_ip, flow.port, flow.proto), flow.server_ip)
        return ()

    def _count(self, until: float) -> list[Finding]:
        """Count what was begun before `until` and has no answer yet."""
        found: list[Finding] = []
        for number, flow in list(self._open.items()):
            if flow.first_seen > until:
                break
            del self._open[number]
            found += self._probe(flow.first_seen, flow)
        return found

    def _probe(self, ts: float, flow: Flow) -> Iterable[Finding]:
        found = self._try_port(ts, flow)
        if flow.proto == "udp" and not flow.server_home:
            return found  # games and calls reach many servers on one port without an answer
        more = self._try_host(ts, flow)
        return (*found, *more) if found and more else found or more

    def on_flow_end(self, event: FlowEnd) -> Iterable[Finding]:
        """A door that was opened and shut again, or knocked on by FIN, NULL and Xmas probes, which
        have no SYN: conversations without any payload."""
        if event.flow.proto == "udp":
            return self._unasked(event)
        if event.flow.proto != "tcp" or event.payload_up or event.payload_down:
            return ()
        if event.state == "established":
            return self._probe(event.ts, event.flow)
        if event.state == "midstream" and event.packets_up <= 2:
            return self._try_port(event.ts, event.flow)
        return ()

    def _unasked(self, event: FlowEnd) -> Iterable[Finding]:
        """A device of the home, not the router, spoke to another from a service's port unasked."""
        flow, questions, known = event.flow, self._questions, self.known
        if not (flow.client_home and flow.server_home) or flow.group:
            return ()
        if event.packets_up:
            questions.asked_one(flow)
            return ()
        if event.packets_down > PROBES or questions.is_known_server(flow) or flow.server_mac is None:
            return ()
        if questions.is_answer_to_all(flow.client_ip, flow.client_port, flow.first_seen):
            return ()
        return () if known.is_router(flow.server_mac) else self._try_port(event.ts, _turned(flow))

    def _try_port(self, ts: float, flow: Flow) -> Iterable[Finding]:
        key = (flow.client_ip, flow.server_ip)
        count = self._ports_tried.add(key, (flow.port, flow.proto), ts)
        if count < self.ports or not self._enough(self._ports_tried, key, ts, self.ports, self.slow_ports):
            return ()
        return self._scanning(ts, flow, key, count, vertical=True)

    def _try_host(self, ts: float, flow: Flow) -> Iterable[Finding]:
        key = (flow.client_ip, flow.port, flow.proto)
        count = self._hosts_tried.add(key, flow.server_ip, ts)
        if count < self.hosts:
            return ()
        if key not in self._scans:
            count = self._leave_named(key, flow.client_ip)
        if not self._enough(self._hosts_tried, key, ts, self.hosts, self.slow_hosts):
            return ()
        return self._scanning(ts, flow, key, count, vertical=False)

    def _leave_named(self, key: Hashable, client_ip: str) -> int:
        """Hosts that the client knows by name are no guesses: when the internet is down, every
        program tries its servers in vain."""
        for ip in self._hosts_tried.values(key):
            if self.known.peer_name(str(ip), client_ip) is not None:
                self._hosts_tried.discard(key, ip)
        return self._hosts_tried.count(key)

    def _enough(self, tried: DistinctWindow, key: Hashable, ts: float, fast: int, slow: int) -> bool:
        newest = tried.nth_newest(key, fast)
        if newest is not None and ts - newest <= self.seconds:
            return True
        newest = tried.nth_newest(key, slow)
        return newest is not None and ts - newest <= self._slow

    def _scanning(
        self, ts: float, flow: Flow, key: Hashable, count: int, vertical: bool
    ) -> Iterable[Finding]:
        self.known.note_scan(flow.client_ip, flow.server_ip if vertical else flow.port, ts)
        scan = self._scans.get(key)
        if scan is None:
            scan = self._scans[key] = _Scan(flow, vertical, ts, ts, count)
            if len(self._scans) > SCANS:
                self._scans.popitem(last=False)
            return (self._finding(scan, 1),)
        scan.last, scan.count = ts, max(scan.count, count)
        return ()

    def on_tick(self, now: float) -> Iterable[Finding]:
        """Tell how large running scans have become; forget those that are over."""
        found = self._count(now - self.grace)
        for key, scan in list(self._scans.items()):
            if scan.count > scan.told and (now - scan.told_at >= UPDATE or now - scan.last >= 1):
                found.append(self._finding(scan, 0))
            if now - scan.last > HOUR / 2:
                del self._scans[key]
        return found

    def _finding(self, scan: _Scan, times: int) -> Finding:
        scan.told, scan.told_at = scan.count, scan.last
        flow, known = scan.flow, self.known
        scanner = known.display_name(flow.client_mac if flow.client_home else None, flow.client_ip)
        subject = self.subject(flow)
        if scan.vertical:
            victim = known.display_name(None, flow.server_ip)
            title, threshold = f"{scanner} tried {scan.count} ports of {victim}", self.ports
            key: tuple[object, ...] = (flow.client_ip, flow.server_ip)
            subject = subject._replace(port=None)
        else:
            title = f"{scanner} tried port {flow.port} of {scan.count} addresses"
            key, threshold = (flow.client_ip, flow.port, flow.proto), self.hosts
            subject = subject._replace(peer_ip=None, peer_name=None)
        return self.finding(
            scan.last, subject, *key, title=title,
            why="Somebody is trying doors to find one that opens. Worms and intruders begin like this; "
            "network tools do it too.",
            advice=f"If nobody is running a network tool on {scanner}, disconnect it and check it "
            "for malware.",
            times=times, probes=scan.count, threshold=threshold, within_seconds=self.seconds,
            direction="many ports of one host" if scan.vertical else "one port of many hosts",
            seconds_so_far=round(scan.last - scan.first, 1),
        )  # fmt: skip


def _turned(flow: Flow) -> Flow:
    """With its server as the client."""
    return flow._replace(
        client_mac=flow.server_mac, server_mac=flow.client_mac, client_ip=flow.server_ip,
        server_ip=flow.client_ip, client_port=flow.port, port=flow.client_port,
        client_home=flow.server_home, server_home=flow.client_home,
    )  # fmt: skip
