"""A device asks the router to let strangers in."""

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.alerts import Finding, Severity
from analysis.config_types import Port
from analysis.detector import Detector
from analysis.detectors.exposed_service import RISKY
from analysis.ends import subject_of
from analysis.events import PortMapping

_METHODS = {"upnp": "UPnP", "nat-pmp": "NAT-PMP", "pcp": "PCP"}
WEB = frozenset({80, 443, 8080, 8443})


@dataclass
class PortOpened(Detector):
    """A device asked the router (by UPnP, NAT-PMP or PCP) to pass connections from the internet on into the
    home.

    NORMAL: game consoles, calls and file exchange do it on purpose. HIGH when what is opened is remote
    control, file sharing, a camera, a database or a device's own web page, or when it opens a port to
    another device than itself.
    """

    id = "port-opened"
    title = "A port was opened in the router"
    severity = Severity.NORMAL
    cooldown_minutes = 10_080.0

    allowed: tuple[Port, ...] = ()
    """Inside ports that your devices may open. Source: none is known beforehand."""

    def on_port_mapping(self, event: PortMapping) -> Iterable[Finding]:
        known = self.known
        if event.inside_port in self.allowed:
            return ()
        subject = subject_of(known, event, event.inside_port or None, event.proto, event.client_mac)
        device = known.display_name(subject.device_mac, subject.device_ip)
        other = event.inside_ip != event.client_ip and known.device_of(event.inside_ip) != subject.device_mac
        name = RISKY.get(event.inside_port) or ("a web page" if event.inside_port in WEB else None)
        target = known.display_name(None, event.inside_ip) if other else "itself"
        service = f"port {event.inside_port}" + (f" ({name})" if name else "")
        finding = self.finding(
            event.ts, subject, subject.device_mac or subject.device_ip, event.inside_ip, event.inside_port,
            event.proto,
            severity=Severity.HIGH if name or other else self.severity,
            title=f"{device} asked the router to let the internet reach {target} on {service}",
            why="From then on anybody on the internet can connect to it. Consoles and calls need that; a "
            "camera, a printer or a hard disk should not be open to strangers.",
            advice=f"If you know the program on {device} that does this, nothing need be done. If not, "
            "turn automatic port opening (UPnP) off in your router: what was opened closes again.",
            method=_METHODS[event.method], outside_port=event.outside_port, inside_port=event.inside_port,
            inside_address=event.inside_ip, protocol=event.proto, lifetime_seconds=event.lifetime,
            description=event.description,
        )  # fmt: skip
        return (finding,)
