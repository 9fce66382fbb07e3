"""A server outside cannot prove who it is."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address

from analysis.alerts import Finding, Severity
from analysis.detector import CountOrZero, Detector
from analysis.ends import shown, subject_of
from analysis.events import CertificateSeen
from analysis.names import registrable
from analysis.window import RecentSet

NAMES_LIMIT = 256
"""The parser keeps so many names; of a longer list nothing can be said."""


IMPOSTOR = frozenset({"self-signed", "made out to another name"})
"""What a good certificate does not become by itself."""


def covers(names: tuple[str, ...], wanted: str) -> bool:
    """Whether a certificate's names hold a host name: equal, or a wildcard for the first label (RFC
    6125)."""
    wanted = wanted.rstrip(".")
    _, _, parent = wanted.partition(".")
    return wanted in names or f"*.{parent}" in names


def is_address(name: str) -> bool:
    """Whether a server is named by its IP address. Few names end in a digit or hold a colon; only those are
    worth the attempt."""
    if not name[-1].isdigit() and ":" not in name:
        return False
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


@dataclass
class BadCertificate(Detector):
    """A device accepted a server on the internet whose certificate is self-signed, expired, not yet valid,
    or made out to another name. Only up to TLS 1.2: TLS 1.3 hides the certificate.

    NORMAL, because cheap gadgets talk to their maker so. HIGH when the same name showed a good
    certificate before: then somebody may sit in between.
    """

    id = "bad-certificate"
    title = "Server with a bad certificate"
    severity = Severity.NORMAL
    cooldown_minutes = 10_080.0

    days: float = 2.0
    """Days that a certificate may be over its time: clocks differ and renewals are late. Source: own
    choice."""
    weak_rsa_bits: CountOrZero = 1024
    """RSA keys smaller than this count as bad, too. Source: RSA-768 was factored in public in 2009; Zeek's
    weak-keys.zeek warns below 2048 already, which too many old gadgets use."""

    trusted_after: CountOrZero = 5
    """Different certificates that must be in their time before an expired one is told: else our own clock, or
    the time of a recording, is wrong. Source: own choice."""
    trusted_ratio: float = 3.0
    """How many of them there must be for each that is not in its time. Source: own choice."""

    _valid: RecentSet = field(default_factory=RecentSet, init=False)
    _outdated: RecentSet = field(default_factory=RecentSet, init=False)
    _good: RecentSet = field(default_factory=lambda: RecentSet(8192), init=False)

    def on_certificate_seen(self, event: CertificateSeen) -> Iterable[Finding]:
        known = self.known
        if known.is_home(event.server_ip) or not known.is_home(event.client_ip):
            return ()
        problems = self._problems(event)
        name = event.sni or event.subject or event.server_ip
        if not problems:
            self._good.add(name, event.ts)
            return ()
        return (self._finding(event, name, problems),)

    def _problems(self, event: CertificateSeen) -> list[str]:
        ts, slack = event.ts, self.days * 86_400
        early, late = ts < event.not_before - slack, ts > event.not_after + slack
        certain = False
        if not (early or late):
            self._valid.add(event.fingerprint, ts)
        else:
            if not event.self_signed:
                self._outdated.add(event.fingerprint, ts)
            certain = len(self._valid) >= max(self.trusted_after, self.trusted_ratio * len(self._outdated))
        tests = (
            (event.self_signed, "self-signed"),
            (late and certain, "expired"),
            (early and certain, "not yet valid"),
            (self._misnamed(event), "made out to another name"),
            (event.key == "rsa" and 0 < event.key_bits < self.weak_rsa_bits, "weak key"),
        )
        return [problem for bad, problem in tests if bad]

    @staticmethod
    def _misnamed(event: CertificateSeen) -> bool:
        sni, names = event.sni, event.names
        if not sni or len(names) >= NAMES_LIMIT:
            return False
        return not covers(names, sni) and not is_address(sni)

    def _finding(self, event: CertificateSeen, name: str, problems: list[str]) -> Finding:
        subject = subject_of(self.known, event, event.port, "tcp", event.client_mac)
        device, _ = shown(self.known, subject)
        changed = name in self._good and not IMPOSTOR.isdisjoint(problems)
        why = "A certificate is a server's passport. With a bad one, anybody in between can pretend to be it."
        if changed:
            why += f" Earlier {name} showed a good one: somebody may be listening in between."
        until = datetime.fromtimestamp(event.not_after, UTC).date().isoformat()
        return self.finding(
            event.ts, subject, subject.device_mac or subject.device_ip, registrable(name),
            severity=Severity.HIGH if changed else self.severity,
            title=f"{device} talks to {name}, whose certificate is {' and '.join(problems)}",
            why=why,
            advice="If a browser or a program warned about this, do not continue there. If it is a "
            "gadget's own doing, look for a firmware update, and give it no passwords that matter.",
            server=name, problems=problems, issued_to=event.subject, issued_by=event.issuer,
            valid_until=until,
            key=f"{event.key} {event.key_bits}", names=list(event.names[:8]), good_before=changed,
            fingerprint=event.fingerprint,
        )  # fmt: skip
