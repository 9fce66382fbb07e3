"""By which name an address was reached: DNS answers and TLS server names, joined to addresses."""

from collections import OrderedDict
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from analysis.events import DnsLookup, DnsRecord, HttpRequest, TlsHello

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

KEPT = 65_536
"""Entries kept: (client, address) pairs and addresses together."""
RECORDS = 64
"""Records of one answer that are looked at: a UDP answer of 1,232 bytes holds about 70."""


@lru_cache(maxsize=1)
def _suffixes() -> "PublicSuffixList":
    """Loaded when first asked: reading the list takes 100 ms, which a short command need not pay."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


@lru_cache(maxsize=16_384)
def registrable(name: str) -> str:
    """The domain that somebody registered: `www.bbc.co.uk` gives `bbc.co.uk`.

    Private suffixes count too (`alice.github.io`, `x.cloudfront.net`): such neighbours belong to
    different people, and a device that knows one has no business with another. A name that is
    itself a suffix, or has a single label, is its own domain.
    """
    return _suffixes().privatesuffix(name) or name


@lru_cache(maxsize=4096)
def is_registered(name: str) -> bool:
    """Whether a name ends in a suffix under which the public can register: not `nas.lan`, `x.com.home`."""
    return _suffixes().publicsuffix(name, accept_unknown=False) is not None


@lru_cache(maxsize=1024)
def host_name(host: str) -> str | None:
    """The domain name in a Host header; None for an address or a single label."""
    name = host.rsplit(":", 1)[0].lower()
    return name if "." in name and "[" not in name and not name.replace(".", "").isdigit() else None


def addresses_of(name: str, records: tuple[DnsRecord, ...]) -> list[str]:
    """The addresses that an answer gives for a name, through its aliases in the order they stand."""
    chain, found = {name}, []
    for owner, rtype, value in records[:RECORDS]:
        if owner in chain:
            if rtype == "A" or rtype == "AAAA":
                found.append(value)
            elif rtype == "CNAME":
                chain.add(value)
    return found


class Names:
    """The newest name of each address, in general and for each client; the oldest go first.

    The time to live of an answer is ignored: programs keep addresses far longer than it allows.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self.kept, self.evictions = kept, 0
        self._names: OrderedDict[str | tuple[str, str], tuple[str, float]] = OrderedDict()

    def answer(self, event: DnsLookup) -> None:
        """Join the addresses of an answer to the name that was asked. Only unicast DNS: anybody on
        the link may answer mDNS and LLMNR."""
        records = event.records
        if not records or event.rcode != "NOERROR" or event.transport not in ("udp", "tcp"):
            return
        name = event.name
        self._learn(event.client_ip, addresses_of(name, records), (name, event.ts))

    def hello(self, event: TlsHello) -> None:
        """Join the server's name to its address."""
        if event.sni:
            self.add(event.client_ip, event.server_ip, event.sni, event.ts)

    def request(self, event: HttpRequest) -> None:
        """Join the Host header to the server unless a name is known: a client may write anything."""
        if event.host and (name := host_name(event.host)):
            client, server = event.client_ip, event.server_ip
            if self.peer_name(server, client) is None:
                self.add(client, server, name, event.ts)

    def add(self, client_ip: str, ip: str, name: str, ts: float) -> None:
        """This client reached (or was told to reach) this address by this name."""
        self._learn(client_ip, (ip,), (name, ts))

    def _learn(self, client_ip: str, ips: Iterable[str], learned: tuple[str, float]) -> None:
        """These addresses are the newest, for this client and in general; one after the other pushes out
        what is one too many."""
        names, kept = self._names, self.kept
        to_end = names.move_to_end
        for ip in ips:
            pair = client_ip, ip
            names[pair] = learned
            to_end(pair)
            names[ip] = learned
            to_end(ip)
            while len(names) > kept:
                names.popitem(last=False)
                self.evictions += 1

    def peer_name(self, ip: str, client_ip: str | None = None) -> str | None:
        """The newest name of an address: by this client, else by anybody."""
        found = None if client_ip is None else self._names.get((client_ip, ip))
        found = found or self._names.get(ip)
        return found[0] if found else None

    def seen(self, ip: str, client_ip: str | None = None) -> float | None:
        """When the name that `peer_name` gives was learned."""
        found = None if client_ip is None else self._names.get((client_ip, ip))
        found = found or self._names.get(ip)
        return found[1] if found else None

    def service_of(self, ip: str, client_ip: str | None = None) -> str | None:
        """The registrable domain of `peer_name`."""
        name = self.peer_name(ip, client_ip)
        return registrable(name) if name else None

    def __len__(self) -> int:
        return len(self._names)
