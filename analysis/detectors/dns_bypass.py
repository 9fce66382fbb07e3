"""A device asks somebody outside for names instead of the home's own resolver."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from analysis.alerts import Finding, Severity, Subject
from analysis.config_types import Address
from analysis.detector import Detector, FlowKind
from analysis.events import Flow, FlowAnswered, TlsHello
from analysis.identity import lineage
from analysis.kinds import KINDS
from analysis.resolvers import BY_ADDRESS, operator_of
from analysis.window import RecentSet

PLAIN, ENCRYPTED, WEB = 53, 853, 443
GENERAL = tuple(dict.fromkeys(word for kind in KINDS for word in lineage(kind)))
"""Kinds of device, and what they are kinds of."""

_WHY = {
    "plain": "Your home looks up names at {own}, which may filter and shows what devices do. This device "
    "asks {who} instead.",
    "encrypted": "It asks {who} for names in encrypted form. Neither a filter in your home nor Sentinel can "
    "see which names it looks up.",
}


@dataclass
class DnsBypass(Detector):
    """A device looks up names outside, past the home's own resolver: in clear, or encrypted (DNS over TLS,
    HTTPS or QUIC).

    Browsers and phones do this to protect their users; in a camera, a plug or a printer it is odd, unless it
    asks a well-known resolver in clear, which many have built in. The resolvers that the router itself names
    by DHCP do not count, nor does what a resolver at home asks.
    """

    id = "dns-bypass"
    title = "Name look-ups past the home's resolver"
    severity = Severity.NORMAL
    cooldown_minutes = 7 * 24 * 60.0

    appliances: tuple[str, ...] = ("camera", "printer", "smart home")
    """Kinds of device, without a browser, for which it is HIGH if the look-ups are encrypted or go to a
    resolver that nobody knows. In clear to a well-known one it stays NORMAL: many have 8.8.8.8 built in, and
    their names are still seen here. Source: own choice; televisions and speakers are left out because
    Google's ask 8.8.8.8 whatever the router says."""
    allow: tuple[Address, ...] = ()
    """Addresses of resolvers that your devices may use. Source: none, because only you know."""

    minutes: float = 15.0
    """Look-ups of so long count once. Source: own choice."""

    _told: RecentSet = field(default_factory=RecentSet, init=False)

    def __post_init__(self) -> None:
        if strange := [kind for kind in self.appliances if kind not in GENERAL]:
            raise ValueError(f"appliances: {strange[0]!r} is no kind of device; known: {', '.join(GENERAL)}")

    def concerns(self, event: type, flow: FlowKind) -> bool:
        return (
            flow.client_home and not (flow.server_home or flow.group) and flow.port in (PLAIN, ENCRYPTED, WEB)
        )

    def on_flow_answered(self, event: FlowAnswered) -> Iterable[Finding]:
        flow = event.flow
        port = flow.port
        if port == WEB:
            if flow.server_ip not in BY_ADDRESS:
                return ()
        elif port not in (PLAIN, ENCRYPTED):
            return ()
        if flow.server_home or not flow.client_home or flow.group:
            return ()
        return self._judge(event.ts, flow)

    def _judge(self, ts: float, flow: Flow) -> Iterable[Finding]:
        how = "plain" if flow.port == PLAIN else "encrypted"
        if how == "plain" and self._own_resolver() is None:
            return ()
        who = BY_ADDRESS.get(flow.server_ip) or flow.server_ip
        return self._tell(
            ts, flow.client_mac, flow.client_ip, flow.server_ip, (flow.port, flow.proto), who, how
        )

    def on_tls_hello(self, event: TlsHello) -> Iterable[Finding]:
        if event.sni is None or event.port != WEB:
            return ()
        who = operator_of(event.sni)
        if who is None or not self.known.is_home(event.client_ip) or self.known.is_home(event.server_ip):
            return ()
        return self._tell(
            event.ts,
            event.client_mac,
            event.client_ip,
            event.server_ip,
            (WEB, "udp" if event.quic else "tcp"),
            who,
            "encrypted",
        )

    def _own_resolver(self) -> str | None:
        """The home's own resolver: one with a home address."""
        return next((ip for ip in self.known.gateway.resolvers if self.known.is_home(ip)), None)

    def _tell(
        self, ts: float, mac: str | None, ip: str, server: str, port: tuple[int, str], who: str, how: str
    ) -> Iterable[Finding]:
        """One incident a device and operator; a quarter of an hour's look-ups count once."""
        known = self.known
        resolvers = known.gateway.resolvers
        if server in resolvers or server in self.allow or ip in resolvers:
            return ()
        if mac is None or known.is_router(mac):
            mac = known.device_of(ip)
            if mac is None or known.is_router(mac):
                return ()
        key = mac, who, how
        if ts - self._told.get(key, 0.0) < self.minutes * 60:
            return ()
        self._told.add(key, ts)
        kind = known.kind_of(mac)
        thing = kind is not None and any(general in self.appliances for general in lineage(kind))
        # In clear to a well-known resolver the names are seen here, and on the lists, all the same.
        odd = thing and (how == "encrypted" or server not in BY_ADDRESS)
        device = known.display_name(mac, ip)
        own = self._own_resolver() or "the resolver that your router names"
        return (
            self.finding(
                ts, Subject(mac, ip, server, None, *port), mac, who, how,
                title=f"{device} looks up names at {who} instead of at home",
                why=_WHY[how].format(own=own, who=who),
                advice="If you chose this in the device or its browser (private DNS, secure DNS), mark it as "
                f"expected. Otherwise find out which program on {device} does it, or block {who} in your "
                "router.",
                severity=Severity.HIGH if odd else None, operator=who, resolver=server, port=port[0],
                encrypted=how == "encrypted", kind_of_device=kind, usual_resolvers=list(resolvers)[:8],
            ),
        )  # fmt: skip
