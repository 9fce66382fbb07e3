"""Data carried inside the names that a device asks for."""

from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from math import log2

from analysis.alerts import Finding, Severity, Subject
from analysis.config_types import Name, Share, Span
from analysis.detector import Detector, FlowKind
from analysis.domains import normal_name
from analysis.events import DnsLookup, DnsQuery, FlowStart
from analysis.names import addresses_of, registrable

DNS = 53
TALKS = 2048
"""(device, domain) pairs watched at once."""
KEPT = 4096
"""Distinct names remembered of each."""
WATCHED = 8192
SHORT = 24
"""Characters of a whole name that cannot carry enough to be worth a look."""
_CARRIERS = frozenset({"NULL", "TXT", "CNAME", "MX", "KEY", "PRIVATE", "TYPE65399"})
"""Record types whose answers carry data: iodine's -T option, dnscat2 and dns2tcp use these. Devices hardly
ever ask for them."""
LOOKUP_SERVICES = (
    "mcafee.com", "sophosxl.net", "trendmicro.com", "spamhaus.org", "barracudacentral.org", "surbl.org",
    "uribl.com", "cymru.com", "senderbase.org", "bitdefender.net", "avast.com", "avg.com",
    "webrootcloudav.com", "mailspike.net", "abuseat.org", "sorbs.net", "safebrowsing.apple",
)  # fmt: skip


def entropy(text: str) -> float:
    """Bits a character, by Shannon: 4.7 for random letters, below 3.5 for words of this length."""
    n = len(text)
    shares = [count / n for count in Counter(text).values()]
    return -sum([share * log2(share) for share in shares]) if n else 0.0


def _is_code(ip: str) -> bool:
    """How reputation services answer (RFC 5782): in 127.0.0.0/8, but never with this host's own address."""
    return ip.startswith("127.") and ip != "127.0.0.1"


class _Talk:
    """What one device asked below one domain; times in seconds of packet time."""

    __slots__ = (
        "_bits",
        "_measured",
        "carried",
        "carriers",
        "explained",
        "mac",
        "names",
        "next",
        "proto",
        "server",
        "since",
        "times",
    )

    def __init__(self, event: DnsQuery, level: int) -> None:
        self.since, self.mac, self.server = event.ts, event.client_mac, event.server_ip
        self.proto = event.transport
        self.names: dict[str, None] = {}
        self.carried = self.carriers = 0
        self._bits, self._measured = 0.0, 0
        self.explained = 0
        """Connections to where the answers pointed, and answers that were a code."""
        self.next = level
        self.times = 1

    @property
    def bits(self) -> float:
        """Entropies of all names together. Measured when asked: few talks ever have names enough to judge."""
        for name in islice(self.names, self._measured, None):
            self._bits += entropy(name.replace(".", ""))
        self._measured = len(self.names)
        return self._bits


@dataclass
class DnsTunnel(Detector):
    """A device asks for hundreds of different long, random-looking names of one domain and hardly connects to
    what it asked for: the names themselves are the message.

    That is how data is smuggled out of networks that block everything else. Shops and news sites with long
    names do not count, because the browser then connects to them; nor do virus scanners' look-up services.
    """

    id = "dns-tunnel"
    title = "Data hidden in name look-ups (DNS tunnel)"
    severity = Severity.HIGH

    names: int = 100
    """Distinct names of one domain within an hour. Source: RITA's lowest level of subdomains."""
    length: float = 20.0
    """Characters before the domain that a name must have on average. Source: own choice; dnscat2 and iodine
    use 60 to 240, a sum (hash) in hexadecimal needs 32."""
    bits: float = 3.3
    """Entropy that names must have on average, in bits a character. Source: Maltrail takes 3.5 for labels of
    24 characters and more; dnscat2's hexadecimal is 3.4 to 3.8."""
    carrier_names: int = 50
    """The same when most questions are of a type whose answers carry data (TXT, NULL, CNAME, MX). Source:
    own choice; connecting with iodine alone asks 60."""
    explained: Share = 0.05
    """Connections to the answers, for each name, that show what the names were for. Source: own choice;
    browsers open a connection for each name, or one for some that are at one address (RFC 9113, 9.1.1)."""
    minutes: Span = 60.0
    """The time they must fall within. Source: own choice."""
    services: tuple[Name, ...] = LOOKUP_SERVICES
    """Domains whose names carry data by design: reputation look-ups. Source: their makers' documentation."""

    def __post_init__(self) -> None:
        self._talks: OrderedDict[tuple[str, str], _Talk] = OrderedDict()
        self._watch: OrderedDict[tuple[str, str], tuple[str, str]] = OrderedDict()
        self._ripe: dict[tuple[str, str], float] = {}
        self._services = frozenset(map(normal_name, self.services))

    def on_dns_query(self, event: DnsQuery) -> Iterable[Finding]:
        name = event.name
        carrier = event.qtype in _CARRIERS
        if (len(name) < SHORT and not carrier) or event.transport not in ("udp", "tcp"):
            return ()
        domain = registrable(name)
        left = name[: -len(domain) - 1]
        if not left or (len(left) < self.length and not carrier) or domain in self._services:
            return ()
        if not name.endswith((".arpa", ".local")):
            self._note(event, (event.client_ip, domain), left, carrier)
        return ()

    def _note(self, event: DnsQuery, key: tuple[str, str], left: str, carrier: bool) -> None:
        talk = self._talks.get(key)
        if talk is None or event.ts - talk.since > self.minutes * 60:
            talk = self._talks[key] = _Talk(event, min(self.names, self.carrier_names))
            if len(self._talks) > TALKS:
                self._talks.popitem(last=False)
        names = talk.names
        if left in names or len(names) >= KEPT:
            return
        names[left] = None
        talk.carried += len(left)
        talk.carriers += carrier
        if len(names) >= talk.next:
            self._ripe[key] = event.ts

    def on_dns_lookup(self, event: DnsLookup) -> Iterable[Finding]:
        """Where the answers point to: whoever connects there, and not just once, was not tunnelling."""
        if len(event.name) < SHORT or not event.records:
            return ()
        key = event.client_ip, registrable(event.name)
        talk = self._talks.get(key)
        if talk is None:
            return ()
        addresses = addresses_of(event.name, event.records)
        for ip in addresses:
            self._watch[event.client_ip, ip] = key
        talk.explained += any(map(_is_code, addresses))
        while len(self._watch) > WATCHED:
            self._watch.popitem(last=False)
        return ()

    def concerns(self, event: type, flow: FlowKind) -> bool:
        return flow.port != DNS

    def on_flow_start(self, event: FlowStart) -> Iterable[Finding]:
        if not self._watch:
            return ()
        key = self._watch.get((event.flow.client_ip, event.flow.server_ip))
        if key is not None and event.flow.port != DNS and (talk := self._talks.get(key)) is not None:
            talk.explained += 1
        return ()

    def on_tick(self, now: float) -> Iterable[Finding]:
        if not self._ripe:
            return ()
        ripe, self._ripe = self._ripe, {}
        return [
            self._finding(ts, key, talk)
            for key, ts in ripe.items()
            if (talk := self._talks.get(key)) is not None and self._tunnels(talk)
        ]

    def _tunnels(self, talk: _Talk) -> bool:
        count = len(talk.names)
        if talk.carriers * 2 >= count:
            return count >= self.carrier_names
        if count < self.names or talk.explained >= self.explained * count:
            return False
        return talk.carried >= self.length * count and talk.bits >= self.bits * count

    def _finding(self, ts: float, key: tuple[str, str], talk: _Talk) -> Finding:
        ip, domain = key
        count, times = len(talk.names), talk.times
        talk.next, talk.times = 10 * count, 0
        device = self.known.display_name(talk.mac, ip)
        carriers = talk.carriers * 2 >= count
        return self.finding(
            ts, Subject(talk.mac, ip, talk.server, domain, 53, talk.proto), talk.mac or ip, domain,
            title=f"{device} hides data in look-ups of {domain}",
            why="It asks for one made-up name after the other. Each carries a piece of data past every "
            "firewall, because name look-ups are let through everywhere.",
            advice=f"If somebody of the family set up such a tunnel on {device}, mark the alert as expected. "
            f"If not, disconnect {device} and have it checked for malware.",
            times=times, domain=domain, distinct_names=count,
            threshold=self.carrier_names if carriers else self.names, within_minutes=self.minutes,
            mean_length=round(talk.carried / count, 1), mean_bits_a_character=round(talk.bits / count, 2),
            questions_for_data_records=talk.carriers, connections_to_the_answers=talk.explained,
        )  # fmt: skip
