"""Somebody tries one password after another."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from analysis.alerts import Finding, Severity, Subject
from analysis.config_types import Span
from analysis.detector import CountOrZero, Detector, FlowKind
from analysis.ends import shown, subject_of
from analysis.events import BannerSeen, FlowEnd, HttpRequest, LoginFailed
from analysis.window import DistinctWindow, RecentSet

_NAMES = {"ftp": "FTP", "telnet": "Telnet", "http": "web page", "ssh": "SSH", "rdp": "Remote Desktop"}
LONG_EXCHANGE = 9
"""OpenSSH from 9.0 on exchanges keys that quantum computers cannot break, 1.2 kB more a side."""
_OPENSSH = re.compile(r"OpenSSH_(\d{1,3})\.")


@dataclass
class PasswordGuessing(Detector):
    """A device had so many passwords refused, by one server or by many, that no person typed them.

    FTP, Telnet and web pages say it when they refuse a password. SSH and Remote Desktop are encrypted:
    there, sessions count that end before anything but a login can have passed.
    """

    id = "password-guessing"
    title = "Passwords are being guessed"
    severity = Severity.HIGH

    refused: int = 20
    """Passwords refused by FTP or web servers within `minutes`. Source: Zeek's
    ftp/detect-bruteforcing.zeek."""
    telnet_refused: int = 10
    """The same for Telnet, where a server gives three tries and hangs up. Source: own choice; Mirai
    tries at least ten pairs from its list."""
    minutes: Span = 15.0
    """The time in which refusals are counted. Source: Zeek's ftp/detect-bruteforcing.zeek."""
    sessions: int = 30
    """SSH or Remote Desktop sessions that ended before a login within `session_minutes`. Source: Zeek's
    ssh/detect-bruteforcing.zeek."""
    session_minutes: Span = 30.0
    """The time in which such sessions are counted. Source: Zeek's ssh/detect-bruteforcing.zeek."""
    ssh_bytes: CountOrZero = 3300
    """An SSH server that sent less, headers included, let nobody in. Source: measured with OpenSSH 9.2, of
    which hydra gets 3,117 at most when it is refused and paramiko 3,325 at least when it is let in."""
    openssh_bytes: CountOrZero = 4300
    """The same between OpenSSH 9 and itself, whose key exchange is longer. Source: measured, 3,853 at most
    and 4,661 at least."""
    rdp_bytes: CountOrZero = 8000
    """The same for Remote Desktop. Source: own choice; one screen is ten times as much."""

    ssh_packets: int = 5
    """Packets with content of either side before a password can be tried: a monitor that only looks whether
    SSH answers sends fewer. Source: RFC 4253 (identification, key exchange) and RFC 4252 (the request for
    the service)."""
    rdp_packets: int = 3
    """The same for Remote Desktop. Source: MS-RDPBCGR, section 1.3.1.1 (negotiation, security, login)."""

    _greeted: RecentSet = field(default_factory=RecentSet, init=False)
    _long: RecentSet = field(default_factory=RecentSet, init=False)
    _asked: RecentSet = field(default_factory=RecentSet, init=False)

    def __post_init__(self) -> None:
        self._refused = DistinctWindow(
            self.minutes * 60, max_values=max(self.refused, self.telnet_refused, 1)
        )
        self._short = DistinctWindow(self.session_minutes * 60, max_values=max(self.sessions, 1))
        self._limits = {"ssh": (self.ssh_bytes, self.ssh_packets), "rdp": (self.rdp_bytes, self.rdp_packets)}
        self._number = 0

    def concerns(self, event: type, flow: FlowKind) -> bool:
        return flow.proto == "tcp"

    def on_banner_seen(self, event: BannerSeen) -> Iterable[Finding]:
        found = _OPENSSH.search(event.banner)
        if found and int(found[1]) >= LONG_EXCHANGE:
            other = (event.flow.id, not event.from_client)
            self._greeted.add((event.flow.id, event.from_client), event.ts)
            if other in self._greeted:
                self._long.add(event.flow.id, event.ts)
        return ()

    def on_http_request(self, event: HttpRequest) -> Iterable[Finding]:
        if event.basic_auth:
            self._asked.add(_connection(event), event.ts)
        elif self._asked:
            self._asked.pop(_connection(event), None)
        return ()

    def on_login_failed(self, event: LoginFailed) -> Iterable[Finding]:
        if event.service == "http" and self._asked.pop(_connection(event), None) is None:
            return ()  # the first question, without a password, is always refused
        limit = self.telnet_refused if event.service == "telnet" else self.refused
        subject = subject_of(self.known, event, event.port, "tcp", event.client_mac)
        return self._count(
            self._refused, limit, self.minutes, event.ts, subject, event.service, event.server_ip
        )

    def on_flow_end(self, event: FlowEnd) -> Iterable[Finding]:
        limits = self._limits.get(event.service or "")
        if limits is None or event.state != "established":
            return ()
        flow = event.flow
        most = self.openssh_bytes if flow.id in self._long else limits[0]
        if event.bytes_down >= most or min(event.payload_up, event.payload_down) < limits[1]:
            return ()
        return self._count(self._short, self.sessions, self.session_minutes, event.ts, self.subject(flow),
                           event.service or "", flow.server_ip)  # fmt: skip

    def _count(
        self, window: DistinctWindow, limit: int, minutes: float, ts: float, subject: Subject, service: str,
        server: str,
    ) -> Iterable[Finding]:  # fmt: skip
        """One more failure. Guessers of the outside count together: they come from many addresses."""
        inward = subject.device_ip == server
        key = (server if inward else subject.device_ip, service, inward)
        self._number += 1
        if window.add(key, (self._number, subject), ts) < limit:
            return ()
        failed = [value[1] for value in window.values(key) if isinstance(value, tuple)]
        window.forget(key)
        return (self._finding(ts, failed, service, inward, limit, minutes),)

    def _finding(
        self, ts: float, failed: list[Subject], service: str, inward: bool, limit: int, minutes: float
    ) -> Finding:
        """A victim of half of the failures makes an incident of its own, else all make one."""
        times = Counter(subject.peer_ip for subject in failed)
        ((main, most),), others = times.most_common(1), len(times)
        subject = next(subject for subject in reversed(failed) if subject.peer_ip == main)
        spread = inward or 2 * most < len(failed)
        device, peer = shown(self.known, subject)
        name = _NAMES[service]
        if inward:
            title = f"Somebody outside guesses passwords of {device} ({name})"
            advice = (
                f"Close port {subject.port} to {device} in your router unless you need it from outside. "
                f"Give {device} a long password that is used nowhere else."
            )
        else:
            more = f" and {others - 1} more" if others > 1 else ""
            target = f"{others} devices or servers" if spread else f"{peer}{more}"
            title = f"{device} guesses passwords of {target} ({name})"
            advice = (
                f"If a program on {device} has an old password stored, correct it. If nobody knows of "
                f"this, disconnect {device} and check it for malware, and change the password of {target}."
            )
        return self.finding(
            ts, subject, subject.device_mac or subject.device_ip, service, "in" if inward else "out",
            *(() if spread else (main,)), title=title,
            why=f"{limit} logins failed within {minutes:g} minutes. People give up earlier; programs that "
            "break into devices try lists of common passwords.",
            advice=advice, service=service, failures=limit, threshold=limit, minutes=minutes, targets=others,
            failures_with_peer=most,
        )  # fmt: skip


def _connection(event: HttpRequest | LoginFailed) -> tuple[str, int, str, int]:
    return event.client_ip, event.client_port, event.server_ip, event.port
