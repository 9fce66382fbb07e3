"""By which name an address was reached: what DNS answered, and what a client says in its first message."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from analysis.events import DnsLookup, DnsRecord, HttpRequest, TlsHello
from analysis.window import RecentTable

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

    from analysis.blocklist import Match
    from analysis.detector import Known

KEPT = 65_536
"""Entries kept: (client, address) pairs and addresses together."""
RECORDS = 64
"""Records of one answer that are looked at: a UDP answer of 1,232 bytes holds about 70."""
SHARING = 8
"""Names kept of an address that DNS gave to several; the oldest go first."""
CONFIRMED, EXCEPTIONS = 10, 2
"""Names told to servers that DNS had answered before, and addresses for which it had not, from and up to
which a client counts as one that looks its names up where we see it. Source: own choice, as with
unresolved-sni."""

Entry = tuple[str, float, tuple[str, ...]]
"""A name, when it was learned, and the names that DNS gave, or others of their domains that a client said:
none where only a client said so."""


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
    name = host.rsplit(":", 1)[0].lower().removesuffix(".")
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


def aliases_of(name: str, records: tuple[DnsRecord, ...]) -> list[str]:
    """The names for which a name stands as an answer says, in the order they stand."""
    if not any([rtype == "CNAME" for _, rtype, _ in records]):  # of most answers
        return []
    chain = [name]
    for owner, rtype, value in records[:RECORDS]:
        if rtype == "CNAME" and owner in chain and value not in chain:
            chain.append(value)
    return chain[1:]


def listed_aliases(
    known: "Known", name: str, records: tuple[DnsRecord, ...]
) -> Iterator[tuple[str, "Match"]]:
    """Those of `aliases_of` that a blocklist holds, with its entry."""
    for alias in aliases_of(name, records):
        if (match := known.blocked_name(alias)) is not None:
            yield alias, match


class _Habit:
    """How often DNS had answered the names that one client tells to servers."""

    __slots__ = ("claimed", "confirmed")

    def __init__(self) -> None:
        self.confirmed = 0
        self.claimed: set[str] = set()  # addresses, one more than EXCEPTIONS at most

    @property
    def asks(self) -> bool:
        """Whether it looks its names up where we see it, nearly always."""
        return self.confirmed >= CONFIRMED and len(self.claimed) <= EXCEPTIONS


class Names:
    """The newest name of each address, in general and for each client; the oldest go first.

    DNS names an address for everybody. What a client says itself, in TLS or HTTP, may be a pretence: it holds
    for this client alone, and only where no answer to it named the address otherwise. The time to live of an
    answer is ignored: programs keep addresses far longer than it allows.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self.kept, self._gone = kept, 0
        self._names: OrderedDict[str | tuple[str, str], Entry] = OrderedDict()
        self._habits = RecentTable()

    def answer(self, event: DnsLookup) -> None:
        """Join the addresses of an answer to the name that was asked. Only unicast DNS: anybody on
        the link may answer mDNS and LLMNR."""
        records = event.records
        if not records or event.rcode != "NOERROR" or event.transport not in ("udp", "tcp"):
            return
        name = event.name
        self._learn(event.client_ip, addresses_of(name, records), name, event.ts)

    def hello(self, event: TlsHello) -> None:
        """The client says the server's name."""
        if event.sni:
            self._said(event.client_ip, event.server_ip, event.sni.removesuffix("."), event.ts)

    def request(self, event: HttpRequest) -> None:
        """The client says the server's name in the Host header: heard only where no name is known."""
        if event.host and (name := host_name(event.host)):
            client, server = event.client_ip, event.server_ip
            if self.peer_name(server, client) is None:
                self._said(client, server, name, event.ts)

    def add(self, client_ip: str, ip: str, name: str, ts: float) -> None:
        """DNS told this client this address for this name."""
        self._learn(client_ip, (ip,), name, ts)

    def _learn(self, client_ip: str, ips: Iterable[str], name: str, ts: float) -> None:
        """These addresses are the newest, for this client and in general; one after the other pushes out
        what is one too many."""
        names, kept, own = self._names, self.kept, (name, ts, (name,))
        to_end = names.move_to_end
        for ip in ips:
            pair = client_ip, ip
            names[pair] = own
            to_end(pair)
            held = names.get(ip)
            names[ip] = own if held is None else (name, ts, _with(name, held[2]))
            to_end(ip)
            if len(names) > kept:
                self._shrink()

    def _said(self, client_ip: str, ip: str, name: str, ts: float) -> None:
        """A client named the server at this address."""
        habit: _Habit | None = self._habits.get(client_ip)
        if habit is None:
            self._habits.put(client_ip, habit := _Habit())
        shared, own = self._names.get(ip), self._names.get((client_ip, ip))
        if shared is not None and _is_one_of(name, shared[2]):
            habit.confirmed += 1
            self._learn(client_ip, (ip,), name, ts)
        elif own is None or not own[2]:
            if len(habit.claimed) <= EXCEPTIONS:
                habit.claimed.add(ip)
            self._names[client_ip, ip] = name, ts, ()
            self._names.move_to_end((client_ip, ip))
            self._shrink()

    def _shrink(self) -> None:
        while len(self._names) > self.kept:
            self._names.popitem(last=False)
            self._gone += 1

    def _entry(self, ip: str, client_ip: str | None) -> Entry | None:
        found = None if client_ip is None else self._names.get((client_ip, ip))
        return found or self._names.get(ip)

    def peer_name(self, ip: str, client_ip: str | None = None) -> str | None:
        """The newest name of an address: by this client, else as DNS told anybody."""
        found = self._entry(ip, client_ip)
        return found[0] if found else None

    def is_claimed(self, ip: str, client_ip: str) -> bool:
        """Whether `peer_name` is only what this client itself says."""
        found = self._entry(ip, client_ip)
        return found is not None and not found[2]

    def seen(self, ip: str, client_ip: str | None = None) -> float | None:
        """When the name that `peer_name` gives was learned."""
        found = self._entry(ip, client_ip)
        return found[1] if found else None

    def service_of(self, ip: str, client_ip: str | None = None) -> str | None:
        """The registrable domain of `peer_name`; None where a client only says so that looks up its names in
        the clear otherwise. Of who hides them, as browsers do, nothing else could be known."""
        found = self._entry(ip, client_ip)
        if found is None:
            return None
        habit: _Habit | None = None if found[2] else self._habits.get(client_ip)
        return None if habit is not None and habit.asks else registrable(found[0])

    @property
    def evictions(self) -> int:
        """Names and habits pushed out."""
        return self._gone + self._habits.evictions

    def __len__(self) -> int:
        return len(self._names)


def _is_one_of(name: str, names: tuple[str, ...]) -> bool:
    """Whether it is one of these names, or belongs to whom one of them belongs to."""
    return name in names or registrable(name) in map(registrable, names)


def _with(name: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names and this one."""
    return names if name in names else (name, *names[: SHARING - 1])
