"""Connections to ports that remote control, malware and spreading worms use."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from analysis.alerts import Finding, Severity
from analysis.config_types import Span
from analysis.detector import Detector, FlowKind
from analysis.events import Flow, FlowAnswered, FlowEnd, FlowStart
from analysis.port_table import DEFAULT_PORTS, PortEntry
from analysis.window import DistinctWindow, RecentSet

SYSTEM_PORTS = 1024
"""RFC 6335: below it a port is a server's. Above it, a connection joined in its middle may have been
made from this port instead of to it."""
FTP_DATA = 20
WAITING = 1024

_WHY = {
    "remote-access": "{why} Somebody outside may be steering a device of yours, or it is you at work.",
    "malware": "{why} Ordinary programs rarely use this port.",
    "lateral-movement": "{why} This service belongs inside a home; worms look for it on the internet.",
}
_ADVICE = {
    "remote-access": "If you or your family started it, mark the alert as expected. If nobody did, "
    "disconnect {client}, find the program and remove it.",
    "malware": "Ask who was using {client} and with which program. If nobody knows, disconnect it "
    "and have it checked for malware.",
    "lateral-movement": "Disconnect {client}, check it for malware, and block port {port} to the internet "
    "in your router.",
}


@dataclass
class SuspiciousPort(Detector):
    """A device reaches a port known for remote control, for malware, or for spreading from host to host.

    Remote access and lateral movement count only when they leave the home networks, malware's ports wherever
    they go. Only connections that were answered, or tried again and again; a scan's probes count
    once, as a scan.
    """

    id = "suspicious-port"
    title = "Connection to a suspicious port"
    severity = Severity.HIGH

    ports: list[PortEntry] = field(default_factory=lambda: list(DEFAULT_PORTS))
    """The table of ports, each with a name, a category and a sentence. Source: IANA's registry, and for
    malware the default ports that the tools' own documentation or their analyses name."""
    attempts: int = 3
    """Unanswered attempts to one server and port that count as one; on malware's ports repeated packets of
    one attempt do too. Source: own choice; a person who mistypes an address gives up earlier."""
    servers: int = 2
    """Servers that one device reaches on one port within `minutes` before further ones share an incident.
    Source: own choice; a person has one or two in use at a time, a worm reaches hundreds."""
    seconds: Span = 300.0
    """The time in which unanswered attempts must fall. Source: the scan window of Zeek's misc/scan.zeek."""
    minutes: Span = 60.0
    """The time in which servers are counted. Source: own choice, as long as an incident stays the same."""

    _midstream: RecentSet = field(default_factory=RecentSet, init=False)

    def __post_init__(self) -> None:
        self._tries = DistinctWindow(self.seconds, max_values=64)
        self._waiting: list[tuple[float, Flow, PortEntry, int]] = []
        self._reached = DistinctWindow(self.minutes * 60, max_values=self.servers + 1)
        self._table: dict[tuple[str, int], PortEntry] = {
            (proto, port): entry for entry in self.ports for port in entry.ports for proto in entry.protos
        }
        self._numbers = frozenset(n for _, n in self._table)

    def _entry(self, flow: Flow) -> PortEntry | None:
        entry = self._table.get((flow.proto, flow.port))
        if entry is None or flow.group or flow.client_port == FTP_DATA:
            return None
        if entry.category != "malware" and (flow.server_home or not flow.client_home):
            return None
        return entry

    def concerns(self, event: type, flow: FlowKind) -> bool:
        return not flow.group and (flow.proto, flow.port) in self._table

    def on_flow_start(self, event: FlowStart) -> Iterable[Finding]:
        flow = event.flow
        if flow.port not in self._numbers or (entry := self._entry(flow)) is None:
            return ()
        if flow.proto == "tcp" and not event.syn:
            self._midstream.add(flow.id, event.ts)
            return ()
        self._repeated(event.ts, flow, entry)
        self._tries.add(self._key(flow), flow.id, event.ts)
        return ()

    def on_flow_answered(self, event: FlowAnswered) -> Iterable[Finding]:
        flow = event.flow
        if flow.port not in self._numbers or (entry := self._entry(flow)) is None:
            return ()
        self._tries.discard(self._key(flow), flow.id)
        if flow.port >= SYSTEM_PORTS and flow.id in self._midstream:
            return ()
        return (self._finding(event.ts, flow, entry, 1, answered=True),)

    def on_flow_end(self, event: FlowEnd) -> Iterable[Finding]:
        flow = event.flow
        if flow.port not in self._numbers or (entry := self._entry(flow)) is None:
            return ()
        patient = entry.category == "malware" and event.packets_up >= self.attempts
        if event.state == "attempt" and patient:
            self._tries.forget(self._key(flow))
            self._wait(event.ts, flow, entry, 1)
        else:
            self._repeated(event.ts, flow, entry)
        return ()

    def _repeated(self, ts: float, flow: Flow, entry: PortEntry) -> None:
        """Enough unanswered attempts make one finding; the next needs as many new ones."""
        key = self._key(flow)
        oldest = self._tries.nth_newest(key, self.attempts)
        if oldest is not None and ts - oldest <= self.seconds:
            self._wait(ts, flow, entry, self._tries.count(key))
            self._tries.forget(key)

    def _wait(self, ts: float, flow: Flow, entry: PortEntry, times: int) -> None:
        """What was not answered is told with the next tick, unless it turns out to be part of a scan."""
        if len(self._waiting) < WAITING:
            self._waiting.append((ts, flow, entry, times))

    def on_tick(self, now: float) -> Iterable[Finding]:
        waiting, self._waiting = self._waiting, []
        return [
            self._finding(ts, flow, entry, times, answered=False)
            for ts, flow, entry, times in waiting
            if not self._is_probe(flow, ts)
        ]

    def _is_probe(self, flow: Flow, ts: float) -> bool:
        """Whether it belongs to a scan of this host, or of this port on many hosts."""
        source, known = flow.client_ip, self.known
        return known.is_scanning(source, flow.server_ip, ts) or known.is_scanning(source, flow.port, ts)

    @staticmethod
    def _key(flow: Flow) -> tuple[str, str, int]:
        return flow.client_ip, flow.server_ip, flow.port

    def _finding(self, ts: float, flow: Flow, entry: PortEntry, times: int, answered: bool) -> Finding:
        known = self.known
        client = known.display_name(flow.client_mac if flow.client_home else None, flow.client_ip)
        who = flow.client_mac or flow.client_ip
        subject = self.subject(flow)
        server = subject.peer if flow.client_home else known.display_name(None, flow.server_ip)
        key, also = flow.server_ip, ""
        if self._reached.add((who, flow.port), flow.server_ip, ts) > self.servers:
            key, also = "many", " and others"
        more: dict[str, Any] = {"answered": answered}
        if not answered:
            more |= {"unanswered_attempts": max(times, self.attempts), "threshold": self.attempts}
        return self.finding(
            ts, subject, who, key, flow.port,
            title=f"{client} {'connected' if answered else 'keeps trying to connect'} to {server}{also} "
            f"on port {flow.port} ({entry.name})",
            why=_WHY[entry.category].format(why=entry.why),
            advice=_ADVICE[entry.category].format(client=client, port=flow.port),
            times=times, port=flow.port, service=entry.name, category=entry.category,
            leaves_home=flow.client_home and not flow.server_home, **more,
        )  # fmt: skip
