"""One MAC address: what is known about it, and whether it is a device or a router."""

from collections import OrderedDict
from ipaddress import IPv6Address
from typing import Self, TypeVar

from analysis.identity import Evidence
from analysis.store.rows import AddressRow, DeviceKey, DeviceRow, KnownDevice, NameRow
from analysis.vendors import is_randomised, vendor

ADDRESSES, NAMES, EVIDENCE = 64, 32, 16
"""Entries kept a device: addresses, names, and foreign addresses as evidence of a router."""
SOURCED = 8
"""IPv4 home addresses that one MAC sends from, owning at most one by ARP: it forwards. A host with
many addresses of its own answers ARP for each of them."""
FOREIGN_NETWORKS = 3
"""Networks outside the home (IPv4 /24, IPv6 /64) from which one MAC brings packets to the home: it forwards.
A phone sends packets of its mobile connection, and a host those of its tunnel, by mistake, but to the
outside; a host at home that serves a tunnel brings those of one network; and a host may have an address or
two in a prefix that no advertisement has told us yet."""
DHCP_CLUES = frozenset({"dhcp", "dhcp-parameters", "dhcp-class", "client-id"})
"""Sources of names and of evidence that only clients of DHCP give."""

NAME_SOURCES = ("dhcp", "mdns", "nbns", "dhcpv6", "llmnr", "ssdp")
"""Best first: DHCP is what the owner typed; mDNS and NBNS are the host's own; SSDP names services."""
MODELS = frozenset({"mdns-model", "ssdp-server"})
"""Sources of names that tell what a device is rather than how it is called."""
GENERIC = frozenset(
    {"", "localhost", "localhost.localdomain", "android", "unknown", "(none)", "none", "null"}
)


_RANKS = {source: rank for rank, source in enumerate(NAME_SOURCES)}
_NO_NAME = len(NAME_SOURCES)
"""The rank of a source that tells no name: below all others."""
_LAST = _NO_NAME - 1

_Key = TypeVar("_Key", str, tuple[str, str])


class Span:
    """When something was first and last seen, and whether that is still to be written."""

    __slots__ = ("first", "last", "news")

    def __init__(self, ts: float) -> None:
        self.first = self.last = ts
        self.news = True


def _network(ip: str) -> int | str:
    """The /64 of an IPv6 address, the /24 of another."""
    return int(IPv6Address(ip)) >> 64 if ":" in ip else ip.rpartition(".")[0]


class Device:
    """State of one MAC. `router` follows from the evidence after each change through `judge`."""

    def __init__(self, key: DeviceKey, ts: float, vendor: str | None, randomised: bool) -> None:
        self.key, self.mac = key, key[1]
        self.first_seen = self.last_seen = ts
        self.vendor, self.randomised = vendor, randomised
        self.person_name: str | None = None
        self.person_kind: str | None = None
        self.kept = False  # known from an earlier run: never evicted
        self.told = False
        self.present = False  # there is reason to believe that it is a host of this network
        self.addresses: OrderedDict[str, Span] = OrderedDict()
        self.names: OrderedDict[tuple[str, str], Span] = OrderedDict()
        self.vendor_class: str | None = None
        self.evidence = Evidence(vendor, ts)
        self.parameters: str | None = None
        self.ip4: str | None = None
        self.ip6: str | None = None
        self.router = False
        self.dhcp_client = False
        self.advertises = False  # RA as a default router, or DHCP server naming itself as the router
        self.owns_gateway = False  # ARP owner of the address that DHCP names as the router
        self.relays = False  # sends from more home addresses than it owns
        self.claimed: OrderedDict[str, None] = OrderedDict()
        self.foreign: OrderedDict[str, bool] = OrderedDict()
        """Addresses outside the home that it sent from, and whether it sent to the home from them."""
        self.since = 0.0
        """Until when earlier runs saw it; 0 for a device that none saw."""
        self.evictions = 0
        self.wire_name: tuple[str, str] | tuple[None, None] = (None, None)
        """The best name from the wire and its source; the newest of the best source."""
        self._rank = _LAST

    @classmethod
    def restored(cls, network: str, known: KnownDevice) -> Self:
        """A device as earlier runs knew it; nothing of it is to be written."""
        mac = known.key[1]
        device = cls((network, mac), known.first_seen, vendor(mac), is_randomised(mac))
        device.last_seen = device.since = known.last_seen
        device.person_name, device.person_kind = known.name, known.kind
        device.kept = bool(known.name or known.kind) or known.trust != "unknown"
        device.told = device.present = True
        for ip, last in known.addresses:
            device.address(ip, last)
        for source, name in known.names:
            device.named(source, name, known.last_seen)
        device.evidence.restore(known.evidence)
        device.drain_addresses(), device.drain_names()
        device.owns_gateway = known.router
        device.dhcp_client = any(told[0] in DHCP_CLUES for told in (*known.names, *known.evidence))
        device.judge()
        return device

    def address(self, ip: str, ts: float) -> bool:
        """The device used this address; True when that is new."""
        span = self.addresses.get(ip)
        new = span is None
        if span is None:
            span = self.addresses[ip] = Span(ts)
            if len(self.addresses) > ADDRESSES:
                self.addresses.popitem(last=False)
                self.evictions += 1
        else:
            self.addresses.move_to_end(ip)
            span.last = ts
            span.news = True
        self.present = True
        if ":" not in ip:
            self.ip4 = ip
        elif self.ip6 is None or not ip.startswith("fe80:"):
            self.ip6 = ip
        return new

    def claim(self, ip: str) -> bool:
        """The device says by ARP that an address is its own; True when that is new."""
        if ip in self.claimed:
            return False
        self.claimed[ip] = None
        if len(self.claimed) > ADDRESSES:
            self.claimed.popitem(last=False)
        return True

    def saw_foreign(self, ip: str, inward: bool) -> None:
        """The device sent a packet from an address outside the home or its subnet; `inward`: to the home."""
        self.foreign[ip] = inward or self.foreign.get(ip, False)
        if len(self.foreign) > EVIDENCE:
            self.foreign.popitem(last=False)

    def judge(self) -> bool:
        """Decide again whether this is a router; True when the answer changed.

        A DHCP client of this network is no router of it. Whoever claims several addresses by ARP is
        a host even if it forwards: proxy ARP and the man in the middle must stay in sight.
        """
        before, self.router = self.router, not self.dhcp_client and self._forwards()
        return before != self.router

    def _forwards(self) -> bool:
        if self.advertises:
            return True
        if sum(":" not in ip for ip in self.claimed) > 1:
            return False
        if self.owns_gateway or self.relays:
            return True
        sources = sum(":" not in ip and span.last > self.since for ip, span in self.addresses.items())
        self.relays = sources >= SOURCED
        brought = {_network(ip) for ip, inward in self.foreign.items() if inward and ip not in self.claimed}
        return self.relays or len(brought) >= FOREIGN_NETWORKS

    def keep_own_addresses(self) -> list[str]:
        """Forget addresses that turned out to be others' (a router's); returns them."""
        others = [ip for ip in self.addresses if ip not in self.claimed and not ip.startswith("fe80:")]
        for ip in others:
            del self.addresses[ip]
        self.ip4 = next((ip for ip in reversed(self.addresses) if ":" not in ip), None)
        self.ip6 = next((ip for ip in reversed(self.addresses) if ":" in ip), None)
        return others

    def named(self, source: str, name: str, ts: float) -> None:
        """The device told a name of its own."""
        key = source, name
        span = self.names.get(key)
        if span is None:
            self.names[key] = Span(ts)
            if len(self.names) > NAMES:
                self._forget_oldest_name()
        else:
            self.names.move_to_end(key)
            span.last = ts
            span.news = True
        rank = _RANKS.get(source, _NO_NAME)
        if rank <= self._rank:
            self._prefer(rank, source, name)
        self.evidence.add(source if source in MODELS else "name", name, ts)

    def _prefer(self, rank: int, source: str, name: str) -> None:
        """The newest name, of a source as good as that of the best so far, takes its place."""
        again = rank == self._rank and name == self.wire_name[0]
        if not again and name.lower() not in GENERIC:
            self.wire_name, self._rank = (name, source), rank

    def _forget_oldest_name(self) -> None:
        source, name = self.names.popitem(last=False)[0]
        self.evictions += 1
        if self.wire_name == (name, source):
            self.wire_name, self._rank = (None, None), _LAST
            for source, name in self.names:
                rank = _RANKS.get(source, _NO_NAME)
                if rank <= self._rank:
                    self._prefer(rank, source, name)

    @property
    def has_name(self) -> bool:
        """Whether it told a name of its own, however little that says."""
        return any(source in _RANKS for source, _ in self.names)

    @property
    def ip(self) -> str | None:
        """The latest IPv4 address, else the latest IPv6."""
        return self.ip4 or self.ip6

    @property
    def kind(self) -> str | None:
        """What a person said it is, else what the evidence says clearly."""
        return self.person_kind or self.evidence.verdict.kind

    def row(self) -> DeviceRow:
        name, source = self.wire_name
        told = self.evidence.verdict
        return DeviceRow(
            self.key, self.vendor, self.randomised, name, source, self.vendor_class, self.parameters,
            told.kind, told.os, self.router, self.ip, self.first_seen, self.last_seen,
            told.maker, told.model, told.confidence, told.os_confidence,
        )  # fmt: skip

    def drain_addresses(self) -> list[AddressRow]:
        """Rows of the addresses used since the last call, sorted."""
        return [AddressRow(self.key, ip, span.first, span.last) for ip, span in _news(self.addresses)]

    def drain_names(self) -> list[NameRow]:
        """Rows of the names told since the last call, sorted."""
        return [NameRow(self.key, *key, span.first, span.last) for key, span in _news(self.names)]


def _news(seen: OrderedDict[_Key, Span]) -> list[tuple[_Key, Span]]:
    """What is to be written, in the order of its keys; from now on it is written."""
    keys = sorted(key for key, span in seen.items() if span.news)
    for key in keys:
        seen[key].news = False
    return [(key, seen[key]) for key in keys]
