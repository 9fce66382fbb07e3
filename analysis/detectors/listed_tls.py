"""Encrypted connections that look like a program, or go to a name, on your own list."""

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.alerts import Finding, Severity
from analysis.config_types import Ja4, Name
from analysis.detector import Detector
from analysis.domains import normal_name
from analysis.ends import shown, subject_of
from analysis.events import TlsHello


@dataclass
class ListedTls(Detector):
    """A device opened an encrypted connection whose fingerprint (JA4) or server name stands on a list of
    yours.

    A JA4 tells the program's encryption library apart from others, not one program from another, so both
    lists are empty at first: put there what a report about malware names.
    """

    id = "listed-tls"
    title = "Listed encrypted connection"
    severity = Severity.HIGH

    ja4: tuple[Ja4, ...] = ()
    """JA4 fingerprints, such as t13d190900_9dc949149365_97f8aa674fd9. Source: none by default; FoxIO's
    own examples of malware share theirs with ordinary programs made in Go."""
    names: tuple[Name, ...] = ()
    """Server names, with all below them. Source: none by default; the blocklists cover known ones."""

    def __post_init__(self) -> None:
        self._ja4 = frozenset(text.strip().lower() for text in self.ja4)
        self._names = frozenset(map(normal_name, self.names))

    def on_tls_hello(self, event: TlsHello) -> Iterable[Finding]:
        if event.ja4 in self._ja4:
            return (self._finding(event, "fingerprint", event.ja4),)
        if self._names and event.sni and (entry := self._entry(event.sni)):
            return (self._finding(event, "server name", entry),)
        return ()

    def _entry(self, sni: str) -> str | None:
        """The entry that is this name or a domain above it."""
        labels = sni.split(".")
        return next((name for i in range(len(labels)) if (name := ".".join(labels[i:])) in self._names), None)

    def _finding(self, event: TlsHello, what: str, entry: str) -> Finding:
        subject = subject_of(self.known, event, event.port, "udp" if event.quic else "tcp", event.client_mac)
        device, peer = shown(self.known, subject)
        return self.finding(
            event.ts, subject, subject.device_mac or subject.device_ip, entry,
            title=f"{device} opened an encrypted connection to {event.sni or peer}, whose {what} is on "
            "your list",
            why=f"You put {entry} on the list of the rule listed-tls in config.yaml.",
            advice=f"Find out which program on {device} made this connection. If nobody knows it, "
            f"disconnect {device} and check it for malware.",
            matched=what, entry=entry, server_name=event.sni, fingerprint=event.ja4, version=event.version,
        )  # fmt: skip
