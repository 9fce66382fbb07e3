"""The router tells devices to look up names somewhere else than before."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from analysis.alerts import Finding, Severity, Subject
from analysis.config_types import Address
from analysis.detector import Detector
from analysis.events import DhcpMessage
from analysis.resolvers import BY_ADDRESS

CLIENTS = 2048


@dataclass
class DnsChange(Detector):
    """A device renews its lease and the same server gives it another resolver than the last time.

    Whoever answers the look-ups decides where a device goes when somebody types a name. Attackers who get
    into a router change just this. A change to a resolver at home or a well-known one is told as NORMAL.
    """

    id = "dns-change"
    title = "Router hands out another DNS server"
    severity = Severity.HIGH

    trusted: tuple[Address, ...] = ()
    """Resolvers whose coming is not worth a notice. Source: none, because only you know."""

    def __post_init__(self) -> None:
        self._given: OrderedDict[tuple[str, str], tuple[str, ...]] = OrderedDict()

    def on_dhcp_message(self, event: DhcpMessage) -> Iterable[Finding]:
        if event.kind != "ack" or not event.dns or event.server_id is None:
            return ()
        key = event.server_id, event.client_mac
        before = self._given.get(key)
        self._given[key] = event.dns
        self._given.move_to_end(key)
        if len(self._given) > CLIENTS:
            self._given.popitem(last=False)
        if before is None:
            return ()
        new = [ip for ip in event.dns if ip not in before and ip not in self.trusted]
        return (self._finding(event, before, new),) if new else ()

    def _finding(self, event: DhcpMessage, before: tuple[str, ...], new: list[str]) -> Finding:
        known = self.known
        strange = [ip for ip in new if ip not in BY_ADDRESS and not known.is_home(ip)]
        mac = None if event.source_mac == event.client_mac else event.source_mac
        shown = ", ".join(f"{BY_ADDRESS[ip]} ({ip})" if ip in BY_ADDRESS else ip for ip in new[:3])
        return self.finding(
            event.ts, Subject(mac, event.server_id, new[0]),
            event.server_id, *sorted(event.dns),
            title=f"Your router now sends name look-ups to {shown}",
            why="This server decides where your devices go when somebody types a name. A false one leads to "
            "copies of banks' and shops' pages.",
            advice="If you or your provider changed the DNS setting, all is well. If nobody did, set it back "
            "in the router, give the router a new password and update it.",
            severity=None if strange else Severity.NORMAL, server=event.server_id, before=list(before),
            now=list(event.dns), unknown_and_outside=strange,
        )  # fmt: skip
