"""A second server hands out addresses."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from analysis.alerts import Finding, Severity, Subject
from analysis.detector import Detector
from analysis.events import DhcpMessage, Dhcpv6Message
from analysis.window import RecentSet

SERVERS = 64
"""Servers kept a family: a home has one, an attacker may pretend many."""


class _Server(NamedTuple):
    ts: float
    mac: str | None
    ip: str
    router: str | None
    dns: tuple[str, ...]


def _starts_computers(event: DhcpMessage) -> bool:
    """Whether a server only tells where to start from: a PXE proxyDHCP service gives no address, and neither
    router nor resolver (Intel's PXE specification 2.1, section 2.2.3)."""
    pxe = event.client_ip is None or (event.vendor_class or "").startswith("PXEClient")
    return pxe and not (event.router or event.dns)


def _in_its_name(server: _Server, known: _Server) -> bool:
    """Whether an answer in a server's name comes from another MAC and leads to another router. A new device
    in the place of the old one leads to itself, and access points pass on what the server says."""
    if None in (server.mac, known.mac, server.router, known.router) or server.mac == known.mac:
        return False
    return server.router not in (known.router, server.ip)


@dataclass
class RogueDhcp(Detector):
    """Two servers answer when devices ask for an address, and they do not say the same.

    A second router that was plugged in by mistake does this, and so does an attacker who wants devices to
    use his computer as the router or for looking up names, also in the usual server's name. Servers that only
    tell where to start a computer from (PXE) do not count.
    """

    id = "rogue-dhcp"
    title = "A second device hands out addresses"
    severity = Severity.HIGH

    minutes: float = 1440.0
    """How long after its last answer the usual server still counts as there. Source: a day is the usual
    lease of home routers, so each device has asked within it (RFC 2131 section 4.4.5)."""

    seconds: float = 60.0
    """How long after a question an offer is an answer to it. Source: RFC 2131 section 4.1: questions are
    repeated after up to 64 s."""

    def __post_init__(self) -> None:
        self._askers: RecentSet = RecentSet(1024)
        self._servers: dict[str, _Server] = {}
        self._servers6: dict[str, _Server] = {}

    def on_dhcp_message(self, event: DhcpMessage) -> Iterable[Finding]:
        """An offer counts only to who has asked here: devices being set up offer addresses in a network of
        their own, and some of it leaks."""
        if event.kind in ("discover", "request"):
            self._askers.add(event.client_mac, event.ts)
        if event.kind not in ("offer", "ack") or event.server_id is None:
            return ()
        if event.kind == "offer" and event.ts - self._askers.get(event.client_mac, 0.0) > self.seconds:
            return ()
        if _starts_computers(event):
            return ()
        # Access points that send a broadcast back to a client put its own MAC in front.
        mac = None if event.source_mac == event.client_mac else event.source_mac
        server = _Server(event.ts, mac, event.server_id, event.router, event.dns)
        return self._answer(self._servers, server.ip, server, "DHCP")

    def on_dhcpv6_message(self, event: Dhcpv6Message) -> Iterable[Finding]:
        if not event.server or event.source_mac is None or event.kind not in ("advertise", "reply"):
            return ()
        server = _Server(event.ts, event.source_mac, event.source_ip, None, event.dns)
        return self._answer(self._servers6, event.source_mac, server, "DHCPv6")

    def _answer(
        self, servers: dict[str, _Server], key: str, server: _Server, family: str
    ) -> Iterable[Finding]:
        """The first server is the home's, until it has been silent for long."""
        known = servers.get(key)
        if known is not None and _in_its_name(server, known):
            return (self._finding(server, known, family),)
        if known is None and len(servers) >= SERVERS:
            servers.pop(list(servers)[-1])
        servers[key] = (
            server if known is None or server.router or server.dns else known._replace(ts=server.ts)
        )
        first = next(iter(servers))
        if first == key:
            return ()
        usual = servers[first]
        if server.ts - usual.ts > self.minutes * 60:
            del servers[first]
            return ()
        if self._harmless(servers[key], usual):
            return ()
        if server.mac is not None and server.mac == self.known.gateway.main_forwarder():
            server, usual = usual, server  # what answered first was not the router
        return (self._finding(server, usual, family),)

    def _harmless(self, server: _Server, usual: _Server) -> bool:
        """A server of the same MAC, or one that says what the usual one says."""
        if server.mac is not None and server.mac == usual.mac:
            return True
        same_router = server.router == usual.router
        return same_router and set(server.dns) == set(usual.dns) and bool(server.router or server.dns)

    def _finding(self, server: _Server, usual: _Server, family: str) -> Finding:
        # An address that is another's says nothing about who uses it.
        ip, key = (None, server.mac) if server.ip == usual.ip else (server.ip, server.ip)
        name = self.known.display_name(server.mac, ip)
        return self.finding(
            server.ts, Subject(server.mac, ip, port=67 if family == "DHCP" else 547, proto="udp"),
            family, key,
            title=f"{name} hands out addresses besides your router",
            why="Devices take their address, their router and the server that looks up names from whoever "
            f"answers first ({family}). The second one can send all that they do through itself.",
            advice=f"If you plugged in a second router or access point, turn off its DHCP server. If not, "
            f"find {name} and disconnect it.",
            family=family, server=server.ip, mac=server.mac, gives_router=server.router,
            gives_resolvers=list(server.dns), usual_server=usual.ip, usual_mac=usual.mac,
            usual_router=usual.router, usual_resolvers=list(usual.dns),
        )  # fmt: skip
