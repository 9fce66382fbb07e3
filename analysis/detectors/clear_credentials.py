"""A password passes readably: web pages with Basic authentication, mail, directories, SNMP."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from analysis.alerts import Finding, Severity, Subject
from analysis.detector import Detector, SessionKind
from analysis.ends import shown, subject_of
from analysis.events import HttpRequest, SessionSeen, SnmpSeen


class _Way(NamedTuple):
    name: str
    instead: str
    what: str = "the user name and the password"
    it: str = "them"


_WAYS = {
    "http": _Way("a web page without encryption", "Open the page with https:// instead"),
    "pop3": _Way("POP3 mail without encryption", "Switch the mail program to SSL/TLS (port 995)"),
    "imap": _Way("IMAP mail without encryption", "Switch the mail program to SSL/TLS (port 993)"),
    "smtp": _Way("SMTP mail without encryption", "Switch the mail program to SSL/TLS (port 465 or 587)"),
    "ldap": _Way("an LDAP directory without encryption", "Use ldaps:// (port 636) or StartTLS"),
    "snmp": _Way("SNMP version 1 or 2", "Use SNMP version 3 with encryption, or turn SNMP off",
                 "the community name, which is all the password that SNMP has", "it"),
}  # fmt: skip


@dataclass
class ClearCredentials(Detector):
    """A device sent a user name and password, or what serves as one, without encryption.

    HIGH when it left the home, where strangers handle it. NORMAL inside: only who is already in your
    network can read it, and web pages of printers, cameras and routers often know no better way. SNMP
    inside the home with a factory community is not told unless it changes something: computers read the
    ink of printers so, and everybody knows that "password". What stays inside is one incident a device and
    service. Telnet, FTP and MQTT have a rule of their own. Of web pages only the browser's own log-in window
    (HTTP Basic) is recognised: forms in a page send their password in a request's body, which is not read.
    """

    id = "clear-credentials"
    title = "Password sent without encryption"
    severity = Severity.HIGH
    cooldown_minutes = 1440.0

    inside: bool = True
    """Also tell what stays in the home, as NORMAL. Source: own choice; a device that was broken into
    listens first."""

    def concerns_session(self, session: SessionKind) -> bool:
        return session.login and session.service in _WAYS

    def on_session_seen(self, event: SessionSeen) -> Iterable[Finding]:
        if not event.login or event.service not in _WAYS:
            return ()
        return self._tell(event.ts, self.subject(event.flow), event.service)

    def on_http_request(self, event: HttpRequest) -> Iterable[Finding]:
        if not event.basic_auth:
            return ()
        subject = subject_of(self.known, event, event.port, "tcp", event.client_mac)
        return self._tell(event.ts, subject, "http")

    def on_snmp_seen(self, event: SnmpSeen) -> Iterable[Finding]:
        subject = subject_of(self.known, event, event.port, "udp", event.client_mac)
        if event.default and not event.writes and not self._leaves(subject):
            return ()
        return self._tell(event.ts, subject, "snmp", version=event.version, factory_default=event.default,
                          changes_settings=event.writes)  # fmt: skip

    def _leaves(self, subject: Subject) -> bool:
        return not (self.known.is_home(subject.device_ip or "") and self.known.is_home(subject.peer_ip or ""))

    def _tell(self, ts: float, subject: Subject, service: str, **more: Any) -> Iterable[Finding]:
        leaves = self._leaves(subject)
        if not leaves and not self.inside:
            return ()
        device, peer = shown(self.known, subject)
        way = _WAYS[service]
        where = "on the way through the internet" if leaves else "in your network"
        severity = self.severity if leaves else Severity.NORMAL
        finding = self.finding(
            ts, subject, subject.device_mac or subject.device_ip, subject.peer_ip if leaves else "inside",
            service, severity=severity,
            title=f"A password passed readably between {device} and {peer} ({way.name})",
            why=f"Anybody who listens {where} can read {way.what}, and use {way.it}.",
            advice=f"{way.instead}. Then change the password, wherever else it is used too.",
            service=service, port=subject.port, left_home=leaves, **more,
        )  # fmt: skip
        return (finding,)
