"""Encryption of twenty years ago."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, get_args

from analysis.alerts import Finding, Severity, Subject
from analysis.detector import Detector
from analysis.ends import shown, subject_of
from analysis.events import TlsAccepted, TlsHello
from analysis.window import RecentSet, RecentTable

Version = Literal["1.1", "1.0", "SSL 3.0", "SSL 2.0"]
OLD = frozenset(get_args(Version))
SHOWN = 16


@dataclass
class OldTls(Detector):
    """Devices of the home speak a version of TLS to the internet that was declared unfit (1.1 and older).

    Told once a week for the whole home, with the devices in the evidence: old gadgets do it all day, and
    nobody can break it just by listening. It says which devices no longer get updates.
    """

    id = "old-tls"
    title = "Outdated encryption"
    severity = Severity.NORMAL
    cooldown_minutes = 10_080.0

    versions: tuple[Version, ...] = get_args(Version)
    """Versions that are told. Source: RFC 8996 (TLS 1.0 and 1.1), RFC 7568 (SSL 3.0), RFC 6176 (SSL
    2.0)."""

    _first: Subject | None = field(default=None, init=False)
    _offered: RecentSet = field(default_factory=RecentSet, init=False)
    _devices: RecentTable = field(default_factory=RecentTable, init=False)

    def on_tls_hello(self, event: TlsHello) -> Iterable[Finding]:
        if event.version not in OLD or event.version not in self.versions:
            return ()
        self._offered.add((event.client_ip, event.server_ip, event.port), event.ts)
        return self._tell(event, event.version, "offers no better", event.client_mac)

    def on_tls_accepted(self, event: TlsAccepted) -> Iterable[Finding]:
        if event.version not in OLD or event.version not in self.versions:
            return ()
        if self._offered.pop((event.client_ip, event.server_ip, event.port), None) is not None:
            return ()
        return self._tell(event, event.version, "server chose it", None)

    def _tell(
        self, event: TlsHello | TlsAccepted, version: str, reason: str, mac: str | None
    ) -> Iterable[Finding]:
        known = self.known
        if known.is_home(event.server_ip) or not known.is_home(event.client_ip):
            return ()
        subject = subject_of(known, event, event.port, "tcp", mac)
        device, peer = shown(known, subject)
        self._devices.put(subject.device_mac or subject.device_ip, device)
        if self._first is None or self._first[:2] == subject[:2]:
            self._first = subject
        name = version if version.startswith("SSL") else f"TLS {version}"
        others = len(self._devices) - 1
        first = device if self._first is subject else shown(known, self._first)[0]
        who = first if not others else f"{first} and {others} other{'s' if others > 1 else ''}"
        finding = self.finding(
            event.ts, self._first, "home",
            title=f"Outdated encryption ({name}) between your home and the internet: {who}",
            why="The old versions have known flaws and are switched off in browsers. A device that still "
            "needs them gets no updates any more, or talks to a server that does not.",
            advice=f"Look for firmware updates of {'these devices' if others else device}. Where there is "
            "none, plan to replace it, and give it no passwords that matter.",
            version=name, reason=reason, server=peer,
            devices=list(self._devices.values())[-SHOWN:],
        )  # fmt: skip
        return (finding,)
