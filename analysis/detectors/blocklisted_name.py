"""A device asks for, or connects to, a name that stands on a blocklist."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from analysis.alerts import Finding, Severity, Subject
from analysis.blocklist import Match
from analysis.detector import Detector
from analysis.events import DnsLookup, DnsQuery, HttpRequest, TlsHello
from analysis.names import listed_aliases
from analysis.window import RecentSet

QUIET = frozenset({"advertising", "tracking"})


@dataclass
class BlocklistedName(Detector):
    """A device looked up, or connected to, a name that one of the blocklists holds, or one that the answer
    calls an alias (CNAME) of such a name.

    A list's own severity decides, CRITICAL where it names none. Names asked by mDNS and LLMNR are of the
    local network and are not compared.
    """

    id = "blocklisted-name"
    title = "Name on a blocklist"
    severity = Severity.CRITICAL

    connections: bool = True
    """Compare the server names of TLS and the hosts of HTTP too. Source: browsers with encrypted DNS show
    their names only there."""

    _asked: RecentSet = field(default_factory=RecentSet, init=False)

    def on_dns_query(self, event: DnsQuery) -> Iterable[Finding]:
        if event.transport not in ("udp", "tcp") or (match := self.known.blocked_name(event.name)) is None:
            return ()
        self._asked.add((event.client_ip, match.entry), event.ts)
        subject = self._subject(event.client_mac, event.client_ip, None, event.name, None, None)
        return (self._finding(event.ts, subject, match, "looked up", 1, query_type=event.qtype),)

    def on_dns_lookup(self, event: DnsLookup) -> Iterable[Finding]:
        """Whoever has a listed name may give it another one that nobody has listed yet."""
        if not event.records or event.transport not in ("udp", "tcp"):
            return ()
        matches: dict[str, tuple[str, Match]] = {}
        for alias, match in listed_aliases(self.known, event.name, event.records):
            matches.setdefault(match.entry, (alias, match))
        if matches and (asked := self.known.blocked_name(event.name)) is not None:
            matches.pop(asked.entry, None)  # told when it was asked
        return [self._alias(event, alias, match) for alias, match in matches.values()]

    def _alias(self, event: DnsLookup, alias: str, match: Match) -> Finding:
        subject = self._subject(event.client_mac, event.client_ip, None, alias, None, None)
        action = f"looked up {event.name}, an alias of"
        return self._finding(event.ts, subject, match, action, 1, query_type=event.qtype, asked=event.name)

    def on_tls_hello(self, event: TlsHello) -> Iterable[Finding]:
        proto = "udp" if event.quic else "tcp"
        return self._connected(event, event.sni, proto)

    def on_http_request(self, event: HttpRequest) -> Iterable[Finding]:
        return self._connected(event, event.host and event.host.rsplit(":", 1)[0].lower(), "tcp")

    def _connected(self, event: TlsHello | HttpRequest, name: str | None, proto: str) -> Iterable[Finding]:
        """A connection after the look-up adds its evidence to the look-up's incident and count."""
        name = name and name.removesuffix(".")
        if not self.connections or not name or (match := self.known.blocked_name(name)) is None:
            return ()
        subject = self._subject(event.client_mac, event.client_ip, event.server_ip, name, event.port, proto)
        counted = (event.client_ip, match.entry) in self._asked
        return (self._finding(event.ts, subject, match, "connected to", int(not counted), connected=True),)

    def _subject(
        self, mac: str | None, ip: str, peer_ip: str | None, name: str, port: int | None, proto: str | None
    ) -> Subject:
        if mac is None or self.known.is_router(mac):
            mac = self.known.device_of(ip)
        return Subject(mac, ip, peer_ip, name, port, proto)

    def _finding(
        self, ts: float, subject: Subject, match: Match, action: str, times: int, **more: object
    ) -> Finding:
        device = self.known.display_name(subject.device_mac, subject.device_ip)
        name = subject.peer_name
        if match.category in QUIET:
            why = (
                f"{name} serves {match.category}, says the list “{match.list}”. That is a matter of privacy."
            )
            advice = "Nothing is broken. An ad blocker on the device, or in your router, stops it."
        else:
            why = (
                f"The list “{match.list}” says: {match.category}. Programs that ask for such a name are "
                "often harmful."
            )
            allow = f"add it to blocklists.allow in config.yaml, which overrules the list “{match.list}”"
            advice = (
                f"Find out which program on {device} wanted {name}. If nobody knows it, disconnect "
                f"{device} and check it for malware. If the name is harmless, {match.take_off or allow}."
            )
        return self.finding(
            ts, subject, subject.device_mac or subject.device_ip, match.entry,
            title=f"{device} {action} {name}, which is on the list “{match.list}”",
            why=why, advice=advice, severity=match.severity, times=times,
            name=name, list=match.list, entry=match.entry, category=match.category, **more,
        )  # fmt: skip
