"""A protocol on a port that is not its own: the usual disguise."""

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.alerts import Finding, Severity
from analysis.config_types import Port
from analysis.detector import Detector, SessionKind
from analysis.events import SessionSeen

OWN: dict[str, frozenset[int]] = {
    "ssh": frozenset({22, 2222}), "ftp": frozenset({21, 2121}), "telnet": frozenset({23, 2323}),
    "rdp": frozenset({3389}), "smtp": frozenset({25, 465, 587, 2525}),
}  # fmt: skip
"""Where these protocols are at home: IANA's registry, and the customary second ports."""
BELONGS: dict[int, frozenset[str]] = {
    22: frozenset({"ssh"}), 23: frozenset({"telnet"}), 21: frozenset({"ftp", "ftps", "tls"}),
    53: frozenset({"dns"}), 443: frozenset({"tls"}), 853: frozenset({"tls"}), 993: frozenset({"tls"}),
    995: frozenset({"tls"}),
}  # fmt: skip
"""What belongs on these ports. Port 80 is missing: messengers and players send all kinds of things
there."""
ENCRYPTED = frozenset({443, 465, 636, 853, 989, 990, 992, 993, 995, 4433, 5061, 5223, 6697, 8443, 8883, 9443})
"""Ports of TLS in IANA's registry, and those that customarily carry it."""
_NAMES = {"ssh": "SSH", "ftp": "FTP", "telnet": "Telnet", "rdp": "Remote Desktop", "smtp": "mail (SMTP)",
          "http": "an unencrypted web request", "tls": "TLS", "dns": "DNS", "mqtt": "MQTT"}  # fmt: skip


@dataclass
class ForeignPort(Detector):
    """The content of a connection is not what its port stands for.

    SSH, FTP, Telnet, Remote Desktop or mail on another port leaving the home; something else on the ports
    of SSH, Telnet, FTP, DNS and the encrypted ports; and readable text where encryption belongs. TLS on odd
    ports is fine, and so is what cannot be read on port 443: messengers bring their own encryption.

    HIGH when it leaves the home in such a disguise; NORMAL inside, and for web requests and TLS.
    """

    id = "foreign-port"
    title = "A protocol on a foreign port"
    severity = Severity.HIGH
    cooldown_minutes = 1440.0

    allowed: tuple[Port, ...] = ()
    """Ports that you use for something else on purpose. Source: none is known beforehand."""

    def concerns_session(self, session: SessionKind) -> bool:
        service, port = session.service, session.port
        if port in self.allowed:
            return False
        if service is None:
            return session.text and port in ENCRYPTED
        leaves = session.client_home and not session.server_home
        belongs = service in BELONGS.get(port, (service,))
        return not belongs or (leaves and port not in OWN.get(service, (port,)))

    def on_session_seen(self, event: SessionSeen) -> Iterable[Finding]:
        return (self._finding(event),) if self.concerns_session(SessionKind.of(event)) else ()

    def _finding(self, event: SessionSeen) -> Finding:
        flow, service = event.flow, event.service
        leaves = flow.client_home and not flow.server_home
        subject = self.subject(flow)
        device = self.known.display_name(subject.device_mac, subject.device_ip)
        peer = subject.peer
        what = "readable text" if service is None else _NAMES.get(service, service)
        usual = " or ".join(sorted(BELONGS.get(flow.port, ()))) or (
            "tls" if flow.port in ENCRYPTED else "another service"
        )
        serious = leaves and service not in ("http", "tls")
        return self.finding(
            event.ts, subject, subject.device_mac or subject.device_ip, flow.server_ip, flow.port, service,
            severity=self.severity if serious else Severity.NORMAL,
            title=f"{device} sends {what} to {peer} on port {flow.port}, which is not its port",
            why=f"Port {flow.port} is for {usual.upper()}. Programs that want to get past a firewall, or "
            "to hide, use a port on which nobody expects them.",
            advice=f"If somebody of the family set this up on {device}, mark the alert as expected. If "
            "not, find the program that does it.",
            port=flow.port, expected=usual, found=service or "text", leaves_home=leaves,
        )  # fmt: skip
