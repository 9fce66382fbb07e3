"""Something else than the router says that it is the way to the IPv6 internet."""

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.alerts import Finding, Severity, Subject
from analysis.detector import Detector
from analysis.events import DhcpMessage, RouterAdvertised
from analysis.gateway import is_virtual_router
from analysis.window import DistinctWindow, RecentSet

WAITING = 64
_WHY = (
    "Devices believe any device that calls itself an IPv6 router, and prefer IPv6 to IPv4: what they send "
    "then passes through it."
)
_WHY_NAMES = (
    "Devices ask the server that an IPv6 router names for the address of everything they visit: it can send "
    "them anywhere."
)


@dataclass
class RogueRa(Detector):
    """A device that is not the router tells all others to send their IPv6 traffic through it, or somebody
    floods the home with router advertisements.

    The first router seen is the home's. What is sent in its name but leads to another MAC is another's.
    Smart-home hubs that advertise a network of their own without offering a way out (lifetime 0) do not
    count, unless they name a server for looking up names (RFC 8106).
    """

    id = "rogue-ra"
    title = "A second device says that it is the IPv6 router"
    severity = Severity.HIGH

    minutes: float = 60.0
    """How long after its last advertisement the usual router still counts as there. Source: twice the
    longest pause between advertisements, 1800 s (RFC 4861 section 6.2.1)."""
    prefixes: int = 20
    """Different networks advertised within a minute that make a flood. Source: own choice; a home has one
    to three, flood_router6 of THC-IPv6 sends thousands a second."""

    def __post_init__(self) -> None:
        self._routers: RecentSet = RecentSet(64)
        self._clients: RecentSet = RecentSet(1024)
        self._prefixes = DistinctWindow(60.0, max_values=max(64, 2 * self.prefixes))
        self._flood_until = 0.0
        self._waiting: list[Finding] = []
        self._usual: tuple[str, str] | None = None  # who sends for the home's router, and where it is

    def on_dhcp_message(self, event: DhcpMessage) -> Iterable[Finding]:
        """Who takes an address here is a host."""
        if event.kind in ("discover", "request"):
            self._clients.add(event.client_mac, event.ts)
        return ()

    def on_router_advertised(self, event: RouterAdvertised) -> Iterable[Finding]:
        mac = event.source_mac
        offers = event.lifetime > 0 or event.dns
        if mac is None or not offers or is_virtual_router(mac):
            return ()
        for prefix in event.prefixes:
            count = self._prefixes.add("all", prefix, event.ts)
            if count >= self.prefixes:
                return self._flood(event, count)
        if len(self._waiting) < WAITING:
            self._waiting.extend(self._router(event, mac))
        return ()

    def on_tick(self, now: float) -> Iterable[Finding]:
        """A second router is told with the next tick, unless it was the beginning of a flood."""
        waiting, self._waiting = self._waiting, []
        return () if now < self._flood_until else waiting

    def _flood(self, event: RouterAdvertised, count: int) -> Iterable[Finding]:
        """Once a minute; the senders' MACs are usually made up."""
        if event.ts < self._flood_until:
            return ()
        self._flood_until = event.ts + 60.0
        return (
            self.finding(
                event.ts, Subject(event.source_mac, event.source_ip), "flood",
                title="Somebody floods your home with IPv6 router advertisements",
                why="Each one makes every device set up another network. Devices become slow or hang.",
                advice="Disconnect devices one by one, the newest first, until this stops.",
                networks_in_a_minute=count, threshold=self.prefixes, last_sender=event.source_mac,
            ),
        )  # fmt: skip

    def _router(self, event: RouterAdvertised, mac: str) -> Iterable[Finding]:
        gateway, ts, usual = self.known.gateway, event.ts, self._usual
        self._routers.add(mac, ts)
        # Hosts send to the MAC in the option, whoever sent the frame.
        link = mac if event.link_mac is None or is_virtual_router(event.link_mac) else event.link_mac
        if usual is None:
            for host in (mac, link):
                if host in self._clients and host not in gateway.forwarders:
                    return (self._finding(event, host, None),)
        if usual is None or ts - self._routers.get(usual[0], 0.0) > self.minutes * 60:
            self._usual = mac, link
            return ()
        other = next((one for one in (mac, link) if one not in usual), None)
        if other is None:
            return ()
        if other == gateway.main_forwarder() and other not in gateway.suspects:
            self._usual = mac, link  # what came first was not the router
            return (self._finding(event, usual[0], other),)
        return (self._finding(event, other, usual[0]),)

    def _finding(self, event: RouterAdvertised, mac: str, usual: str | None) -> Finding:
        ip = event.source_ip if mac in (event.source_mac, event.link_mac) else None
        name = self.known.display_name(mac, ip)
        says = "that it is your IPv6 router" if event.lifetime else "where all devices shall look up names"
        return self.finding(
            event.ts, Subject(mac, ip), mac,
            title=f"{name} says {says}", why=_WHY if event.lifetime else _WHY_NAMES,
            advice=f"If you set up a second router, all is well. If not, disconnect {name} and check it.",
            mac=mac, address=ip, networks=list(event.prefixes[:8]), resolvers=list(event.dns[:8]),
            lifetime_seconds=event.lifetime, usual_router=usual,
            also_takes_an_address=mac in self._clients, sent_by=event.source_mac,
            leads_to=event.link_mac,
        )  # fmt: skip
