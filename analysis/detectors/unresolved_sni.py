"""A device names a server that it never looked up."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address

from analysis.alerts import Finding, Severity
from analysis.detector import CountOrZero, Detector, FlowKind
from analysis.ends import shown, subject_of
from analysis.events import DhcpMessage, DnsLookup, FlowStart, TlsHello
from analysis.names import registrable
from analysis.window import RecentSet

DEVICES, NAMES = 256, 2048
DOT = 853
ENCRYPTED_DNS = (
    "dns.google", "cloudflare-dns.com", "one.one.one.one", "dns.quad9.net", "doh.", "dns.", "dns0.eu",
    "nextdns.io", "adguard-dns.com", "opendns.com", "cleanbrowsing.org", "mask.icloud.com",
    "mask-h2.icloud.com", "mask-api.icloud.com", "controld.com", "mullvad.net", "safebrowsing.apple",
)  # fmt: skip
"""Names of resolvers over HTTPS and of relays that hide look-ups: whoever uses one can no longer be
judged."""


class _Habit:
    """What one device looked up and connected to."""

    __slots__ = ("hidden", "looked_up", "missed", "names", "resolved")

    def __init__(self) -> None:
        self.names = RecentSet(NAMES)  # registrable domains looked up
        self.looked_up = 0
        self.resolved = 0  # hellos whose name had been looked up
        self.missed = RecentSet(64)  # domains of hellos that had not
        self.hidden = False  # uses encrypted DNS


@dataclass
class UnresolvedSni(Detector):
    """A device opened an encrypted connection to a name although it never asked for that name's address:
    the address was built in, or the name is a pretence to get past a filter.

    Only for devices that were seen joining the network, that look up their names where this can be seen,
    and for which such a connection is a rare exception. Encrypted DNS, or several such names, ends the
    judgement for the device.
    """

    id = "unresolved-sni"
    title = "Connection to a name that was never looked up"
    severity = Severity.NORMAL
    cooldown_minutes = 1440.0

    lookups: CountOrZero = 20
    """Names that a device must have looked up before it is judged. Source: own choice; a device's first
    minutes."""
    resolved: CountOrZero = 20
    """Encrypted connections to names that it had looked up before. Source: own choice."""
    exceptions: CountOrZero = 2
    """Other domains of this kind after which the device is not judged any more: it has a way to look up
    names that we do not see. Source: own choice."""
    hours: float = 1.0
    """How long the device must have been watched since it joined. Source: most answers may be kept for
    an hour at most (RFC 2181 allows more, resolvers rarely do)."""

    def __post_init__(self) -> None:
        self._habits: OrderedDict[str, _Habit] = OrderedDict()
        self._joined = RecentSet(DEVICES)
        self.evictions = 0

    def on_dhcp_message(self, event: DhcpMessage) -> Iterable[Finding]:
        if event.kind in ("discover", "request") and event.client_mac not in self._joined:
            self._joined.add(event.client_mac, event.ts)
        return ()

    def on_dns_lookup(self, event: DnsLookup) -> Iterable[Finding]:
        if event.transport not in ("udp", "tcp") or event.client_mac is None:
            return ()
        habit = self._habit(event.client_mac)
        habit.looked_up += habit.names.add(registrable(event.name), event.ts)
        for record in event.records[:16]:
            if record.rtype == "CNAME":
                habit.names.add(registrable(record.value), event.ts)
        return ()

    def concerns(self, event: type, flow: FlowKind) -> bool:
        return flow.port == DOT

    def on_flow_start(self, event: FlowStart) -> Iterable[Finding]:
        if event.flow.port == DOT and event.flow.client_mac is not None:
            self._habit(event.flow.client_mac).hidden = True
        return ()

    def on_tls_hello(self, event: TlsHello) -> Iterable[Finding]:
        mac, sni = event.client_mac, event.sni
        if mac is None or not sni or "." not in sni or self.known.is_home(event.server_ip):
            return ()
        habit = self._habit(mac)
        if habit.hidden:
            return ()
        if sni.startswith(ENCRYPTED_DNS) or sni.endswith(ENCRYPTED_DNS):
            habit.hidden = True
            return ()
        domain = registrable(sni)
        if domain in habit.names:
            habit.resolved += 1
            return ()
        return self._missed(event, mac, habit, domain)

    def _missed(self, event: TlsHello, mac: str, habit: _Habit, domain: str) -> Iterable[Finding]:
        if event.ech or domain.endswith((".local", ".lan", ".home", ".arpa")) or _is_address(domain):
            return ()
        new = habit.missed.add(domain, event.ts)
        habit.hidden = len(habit.missed) > self.exceptions
        joined = self._joined.get(mac)
        if habit.hidden or new or joined is None or event.ts - joined < self.hours * 3600:
            return ()  # the second connection is told: a single one may follow a look-up that was lost
        if habit.looked_up < self.lookups or habit.resolved < self.resolved:
            return ()
        return (self._finding(event, habit),)

    def _habit(self, mac: str) -> _Habit:
        habit = self._habits.get(mac)
        if habit is None:
            habit = self._habits[mac] = _Habit()
            if len(self._habits) > DEVICES:
                self._habits.popitem(last=False)
                self.evictions += 1
        return habit

    def _finding(self, event: TlsHello, habit: _Habit) -> Finding:
        subject = subject_of(self.known, event, event.port, "udp" if event.quic else "tcp", event.client_mac)
        device, _ = shown(self.known, subject)
        return self.finding(
            event.ts, subject, event.client_mac, event.sni,
            title=f"{device} connected to {event.sni} without ever asking for its address",
            why="Programs ask for a server's address first, and this device always does. Some malware "
            "has the address built in and shows a harmless name.",
            advice=f"If {device} has just got a new app or another DNS setting, there is nothing to do. "
            f"If not, find out which program talks to {event.server_ip}.",
            server_name=event.sni, address=event.server_ip, names_looked_up=habit.looked_up,
            threshold=self.lookups, connections_looked_up_before=habit.resolved,
        )  # fmt: skip


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
