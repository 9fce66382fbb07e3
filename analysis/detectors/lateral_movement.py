"""A device reaches for another device of the home as intruders do."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from analysis.alerts import Finding, Severity
from analysis.config_types import Port
from analysis.detector import Detector, FlowKind
from analysis.events import Flow, FlowAnswered
from analysis.window import RecentSet

SERVICES: dict[int, str] = {
    22: "SSH", 135: "Windows RPC", 139: "file sharing", 445: "file sharing", 3389: "Remote Desktop",
    5900: "VNC", 5985: "WinRM", 5986: "WinRM",
}  # fmt: skip
"""MITRE ATT&CK T1021, remote services: what intruders use to go from host to host."""
THINGS = frozenset(
    {"camera", "plug", "light", "bulb", "thermostat", "bridge", "sensor", "smart home", "printer", "speaker",
     "doorbell", "vacuum", "appliance"}
)  # fmt: skip
"""Kinds of devices that have no business in other devices."""


def with_article(kind: str) -> str:
    """A kind with its article."""
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


@dataclass
class LateralMovement(Detector):
    """A device opened file sharing, Remote Desktop, SSH or WinRM on another device of the home that it
    never used before.

    NORMAL the first time after its learning period. HIGH when the device raised a serious alert shortly
    before, or is a camera, a plug or the like: this is how one broken-in device becomes many.
    """

    id = "lateral-movement"
    title = "A device reaches into another device"
    severity = Severity.NORMAL
    cooldown_minutes = 1440.0

    after_alert_hours: float = 24.0
    """How long after a serious alert of the device its first use counts as HIGH. Source: own choice; the
    worm in a home moves on within the day."""

    services: tuple[Port, ...] = tuple(SERVICES)
    """Ports that count, among those that the rule can name: SSH, Windows RPC, file sharing, Remote Desktop,
    VNC and WinRM. Source: MITRE ATT&CK T1021, remote services."""

    _used: RecentSet = field(default_factory=lambda: RecentSet(16_384), init=False)

    def __post_init__(self) -> None:
        self._ports = frozenset(self.services) & SERVICES.keys()

    def concerns(self, event: type, flow: FlowKind) -> bool:
        return flow.client_home and flow.server_home and flow.proto == "tcp" and flow.port in self._ports

    def on_flow_answered(self, event: FlowAnswered) -> Iterable[Finding]:
        flow = event.flow
        if flow.port not in self._ports or flow.proto != "tcp" or not (flow.client_home and flow.server_home):
            return ()
        if flow.client_ip == flow.server_ip or flow.client_mac == flow.server_mac:
            return ()
        return self._check(event.ts, flow)

    def _check(self, ts: float, flow: Flow) -> Iterable[Finding]:
        known = self.known
        key = known.device_key(flow.client_mac)
        if key is None:
            return ()
        server = known.device_of(flow.server_ip) or flow.server_ip
        its_addresses = (flow.server_ip, *known.addresses_of(server))  # a lease may have changed
        usual = any(known.baseline.seen(key, ip, flow.port, flow.proto, ts) for ip in its_addresses)
        if not self._used.add((key, server, SERVICES[flow.port]), ts) or usual:
            return ()
        alerted = known.baseline.distrusted(key)
        after = alerted is not None and 0 <= ts - alerted <= self.after_alert_hours * 3600
        thing = known.kind_of(key[1]) in THINGS
        since = known.first_seen(key[1])
        learning = ts < known.baseline.learning_until(key, ts if since is None else since)
        if learning and not after:
            return ()
        return (self._finding(ts, flow, after, thing),)

    def _finding(self, ts: float, flow: Flow, after: bool, thing: bool) -> Finding:
        subject = self.subject(flow)
        device = self.known.display_name(subject.device_mac, subject.device_ip)
        peer = subject.peer
        kind = self.known.kind_of(subject.device_mac or "") or ""
        why = "Intruders go on from the first device to the next by the same services that you use yourself."
        if after:
            why += f" {device} raised a serious alert less than {self.after_alert_hours:g} hours ago."
        elif thing:
            why += f" {with_article(kind).capitalize()} has no reason to do this."
        return self.finding(
            ts, subject, subject.device_mac or subject.device_ip, flow.server_mac or flow.server_ip,
            SERVICES[flow.port], severity=Severity.HIGH if after or thing else self.severity,
            title=f"{device} used {SERVICES[flow.port]} on {peer} for the first time",
            why=why,
            advice="If somebody of the family did this, there is nothing to do. If not, disconnect "
            f"{device} and check it, and change the passwords of {peer}.",
            service=SERVICES[flow.port], port=flow.port, kind=kind or None, serious_alert_before=after,
        )  # fmt: skip
