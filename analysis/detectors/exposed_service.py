"""A device of the home answers strangers."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from analysis.alerts import Finding, Severity
from analysis.config_types import Port
from analysis.detector import Detector, FlowKind
from analysis.events import Flow, FlowAnswered, FlowStart
from analysis.window import DistinctWindow, RecentSet

RISKY: dict[int, str] = {
    21: "FTP", 22: "SSH", 23: "Telnet", 25: "mail", 53: "DNS", 69: "TFTP", 111: "Unix RPC", 135: "Windows "
    "RPC",
    139: "file sharing", 161: "SNMP", 389: "LDAP", 445: "file sharing", 513: "rlogin", 514: "rsh",
    548: "file sharing", 554: "camera video (RTSP)", 631: "printing", 873: "rsync", 1433: "a database",
    1521: "a database", 1883: "MQTT", 1900: "UPnP", 2049: "file sharing (NFS)", 2222: "SSH", 2323: "Telnet",
    2375: "Docker", 3306: "a database", 3389: "Remote Desktop", 5432: "a database", 5555: "Android debugging",
    5900: "VNC", 5901: "VNC", 5985: "WinRM", 6379: "a database", 8291: "router administration",
    9100: "printing", 9200: "a database", 11211: "memcached", 27017: "a database", 37777: "camera recorder",
}  # fmt: skip
"""Services that scanners of the whole internet look for (Shodan's and Shadowserver's lists of exposed
services): broken into by password lists or known flaws, or misused to flood others."""
EPHEMERAL = 1024


@dataclass
class ExposedService(Detector):
    """Somebody on the internet opened a connection to a device of your home, and it answered.

    HIGH for services that are attacked all day (remote control, file sharing, cameras, databases),
    NORMAL for others: games, file exchange and a web server of your own are reached so on purpose. UDP
    counts only for the services of the list, because calls and games send to each other without opening
    anything.
    """

    id = "exposed-service"
    title = "A device is reachable from the internet"
    severity = Severity.HIGH
    cooldown_minutes = 10_080.0

    allowed: tuple[Port, ...] = ()
    """Ports that you opened on purpose. Source: none is known beforehand."""

    _opening: RecentSet = field(default_factory=RecentSet, init=False)
    _visitors: DistinctWindow = field(
        default_factory=lambda: DistinctWindow(86_400.0, max_values=256), init=False
    )

    def concerns(self, event: type, flow: FlowKind) -> bool:
        inward = flow.server_home and not flow.client_home
        return inward and (event is FlowStart or flow.port not in self.allowed)

    def on_flow_start(self, event: FlowStart) -> Iterable[Finding]:
        flow = event.flow
        if flow.client_home or not flow.server_home or flow.group:
            return ()
        if event.syn or (flow.proto == "udp" and flow.port in RISKY and flow.client_port >= EPHEMERAL):
            self._opening.add(flow.id, event.ts)
        return ()

    def on_flow_answered(self, event: FlowAnswered) -> Iterable[Finding]:
        flow = event.flow
        if flow.client_home or not flow.server_home or flow.port in self.allowed:
            return ()
        if self._opening.pop(flow.id, None) is None:
            return ()
        return (self._finding(event.ts, flow),)

    def _finding(self, ts: float, flow: Flow) -> Finding:
        subject = self.subject(flow)
        device = self.known.display_name(subject.device_mac, subject.device_ip)
        owner = subject.device_mac or flow.server_ip
        name = RISKY.get(flow.port)
        visitors = self._visitors.add((owner, flow.port), flow.client_ip, ts)
        service = f"port {flow.port} ({name})" if name else f"port {flow.port}"
        return self.finding(
            ts, subject, owner, flow.port, flow.proto, severity=self.severity if name else Severity.NORMAL,
            title=f"{device} answers strangers from the internet on {service}",
            why="Whoever is reachable from the internet is tried by break-in programs within minutes."
            + (f" {name} is among the first things that they try." if name else ""),
            advice=f"If you did not open this on purpose, remove the port forwarding for port {flow.port} "
            "in your router and turn automatic port opening (UPnP) off there. To reach it from "
            "outside, use a private tunnel (VPN) to your home instead.",
            port=flow.port, protocol=flow.proto, visitor=flow.client_ip, visitors_today=visitors,
        )  # fmt: skip
