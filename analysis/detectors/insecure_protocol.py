"""Telnet, FTP, rlogin, rsh, rexec and unencrypted MQTT in use."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

from analysis.alerts import Finding, Severity
from analysis.detector import Detector, FlowKind, SessionKind
from analysis.events import Flow, FlowEnd, SessionSeen
from analysis.window import RecentSet

Service = Literal["telnet", "ftp", "rlogin", "rsh", "rexec", "mqtt"]


class _Protocol(NamedTuple):
    name: str
    port: int
    """As registered with IANA."""
    instead: str


PROTOCOLS: dict[str, _Protocol] = {
    "telnet": _Protocol("Telnet", 23, "SSH or the device's https page"),
    "ftp": _Protocol("FTP", 21, "SFTP, FTPS or a shared folder"),
    "rlogin": _Protocol("rlogin", 513, "SSH"),
    "rsh": _Protocol("rsh", 514, "SSH"),
    "rexec": _Protocol("rexec", 512, "SSH"),
    "mqtt": _Protocol("MQTT without encryption", 1883, "MQTT over TLS (port 8883)"),
}


@dataclass
class InsecureProtocol(Detector):
    """A device really uses a protocol that sends everything, passwords too, readable by anybody on the way.

    Recognised by content on any port, and by port when the content is not known. A mere attempt to
    connect does not count, nor does TLS, SSH or HTTP on one of these ports.
    """

    id = "insecure-protocol"
    title = "Insecure protocol in use"
    severity = Severity.CRITICAL

    protocols: tuple[Service, ...] = get_args(Service)
    """Which of telnet, ftp, rlogin, rsh, rexec and mqtt to report. Source: none of them encrypts
    (RFC 854, RFC 959, RFC 1282, MQTT 3.1.1 chapter 5); all are on Rapid7's and CISA's lists to turn off."""

    _told: RecentSet = field(default_factory=RecentSet, init=False)
    _logins: RecentSet = field(default_factory=RecentSet, init=False)

    def __post_init__(self) -> None:
        self._by_port: dict[int, str] = {PROTOCOLS[name].port: name for name in self.protocols}

    def concerns(self, event: type, flow: FlowKind) -> bool:
        return flow.proto == "tcp" and flow.port in self._by_port

    def concerns_session(self, session: SessionKind) -> bool:
        return session.proto == "tcp" and self._service(session.service, session.port) is not None

    def on_session_seen(self, event: SessionSeen) -> Iterable[Finding]:
        flow = event.flow
        service = self._service(event.service, flow.port)
        if service is None or flow.proto != "tcp":
            return ()
        return self._tell(
            event.ts, flow, service, event.login, "port" if event.service is None else "content"
        )

    def _service(self, content: str | None, port: int) -> str | None:
        """Which of the protocols it is: by its content, and by its port where that is not known."""
        service = self._by_port.get(port) if content is None else content
        return service if service in self.protocols else None

    def on_flow_end(self, event: FlowEnd) -> Iterable[Finding]:
        flow = event.flow
        service = self._by_port.get(flow.port)
        if service is None or event.service is not None or flow.proto != "tcp" or flow.id in self._told:
            return ()
        talked = event.payload_up + event.payload_down > 0
        if event.state == "established" or (event.state == "midstream" and talked):
            return self._tell(event.ts, flow, service, False, "port")
        return ()

    def _tell(self, ts: float, flow: Flow, service: str, login: bool, by: str) -> Iterable[Finding]:
        """One count a connection; the login that follows adds its evidence to the same incident."""
        new = self._told.add(flow.id, ts)
        if not new and not (login and flow.id not in self._logins):
            return ()
        if login:
            self._logins.add(flow.id, ts)
        return (self._finding(ts, flow, service, login, by, int(new)),)

    def _finding(self, ts: float, flow: Flow, service: str, login: bool, by: str, times: int) -> Finding:
        protocol = PROTOCOLS[service]
        known = self.known
        client = known.display_name(flow.client_mac if flow.client_home else None, flow.client_ip)
        subject = self.subject(flow)
        server = subject.peer if flow.client_home else known.display_name(None, flow.server_ip)
        action = "logged in to" if login else "talks to"
        outside = not flow.server_home
        where = "the internet between your home and that server" if outside else "your network"
        secret = (
            "A password has just passed readably" if login else "Whatever passes, passwords too, is readable"
        )
        seen: dict[str, Any] = {"login_seen": True} if login else {}
        change = " Then change the password that was used, wherever else it is used too." if login else ""
        return self.finding(
            ts, subject, flow.client_mac or flow.client_ip, flow.server_ip, service,
            title=f"{client} {action} {server} with {protocol.name}",
            why=f"Nothing of it is encrypted. {secret} for anybody who can listen on {where}, "
            "and can be changed on the way.",
            advice=f"Use {protocol.instead} instead{_cure(outside, flow, protocol, server)}.{change}",
            times=times, protocol=service, recognised_by=by, port=flow.port, usual_port=protocol.port,
            server_outside_home=outside, **seen,
        )  # fmt: skip


def _cure(outside: bool, flow: Flow, protocol: _Protocol, server: str) -> str:
    """What can be done besides: nobody turns a service off on a stranger's server."""
    if not outside:
        return f" and turn {protocol.name} off on {server}"
    if not flow.client_home:
        return ""
    return f"; if {server} offers nothing else, send it nothing that is secret"
