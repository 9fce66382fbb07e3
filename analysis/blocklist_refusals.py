"""Entries that no list may hold: one line would raise an alarm on half of the internet, or at home."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from ipaddress import ip_network
from socket import AF_INET, AF_INET6, inet_pton
from typing import NamedTuple

MAPPED = 0xFFFF << 32
"""IPv4 addresses are kept as IPv4-mapped IPv6 ones (RFC 4291 section 2.5.5.2)."""


class Network(NamedTuple):
    """A network in the 128-bit space; IPv4 prefixes are 96 longer than written."""

    start: int
    prefix: int

    @property
    def end(self) -> int:
        """The last address."""
        return self.start | ((1 << (128 - self.prefix)) - 1)


ROUTER_NAMES = (
    "fritz.box", "fritz.nas", "speedport.ip", "easy.box", "o2.box", "giga.cube", "routerlogin.net",
    "routerlogin.com", "orbilogin.net", "orbilogin.com", "mywifiext.net", "tplinkwifi.net",
    "tplinklogin.net", "tplinkmodem.net", "tplinkrepeater.net", "tplinkap.net", "router.asus.com",
    "repeater.asus.com", "asusrouter.com", "linksyssmartwifi.com", "miwifi.com", "hi.link",
    "homerouter.cpe", "mafreebox.freebox.fr", "mabbox.bytel.fr", "router.synology.com",
    "my.keenetic.net", "setup.ui.com",
)  # fmt: skip
"""Names by which routers serve their own pages, from their makers' manuals."""

_LOCAL = frozenset(
    ("local", "localhost", "localdomain", "lan", "home", "internal", "intranet", "private", "corp", "arpa")
)
"""Last labels that never leave a home: RFC 6761, 6762, 8375, ICANN's `internal`, and common router use."""

_NEVER = tuple(
    (ip_network(text), reason)
    for reason, texts in (
        ("private addresses", "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 fc00::/7"),
        ("loopback addresses", "127.0.0.0/8 ::1/128"),
        ("link-local addresses", "169.254.0.0/16 fe80::/10"),
        ("unspecified or reserved addresses", "0.0.0.0/8 240.0.0.0/4 ::/128"),
        ("multicast addresses", "224.0.0.0/4 ff00::/8"),
    )
    for text in texts.split()
)
WIDEST_V4 = 8
WIDEST_V6 = 16
"""Wider than any allocation to a provider (registries hand out /32 to /19)."""


def covering(names: Iterable[str]) -> frozenset[str]:
    """The names and every parent of at least two labels: an entry for one of these covers a name."""
    return frozenset(
        ".".join(labels[i:]) for labels in (name.split(".") for name in names) for i in range(len(labels) - 1)
    )


_ROUTERS = covering(ROUTER_NAMES)


class _Suffixes(NamedTuple):
    exact: frozenset[str]
    wild: frozenset[str]
    """`x` for every rule `*.x`."""
    excepted: frozenset[str]
    wild_ends: frozenset[str]
    """The last labels of `wild`."""


@cache
def _suffixes(private: bool) -> _Suffixes:
    """The public suffix list (publicsuffix.org), with or without its private registries."""
    text = (files("publicsuffixlist") / "public_suffix_list.dat").read_text("utf-8")
    if not private:
        text = text.partition("===BEGIN PRIVATE DOMAINS===")[0]
    rules = {line.strip() for line in text.splitlines() if line.strip() and not line.startswith("//")}
    rules |= {rule.encode("idna").decode() for rule in rules if not rule.isascii()}
    wild = frozenset(rule[2:] for rule in rules if rule.startswith("*."))
    return _Suffixes(
        exact=frozenset(rule for rule in rules if rule[0] not in "*!"),
        wild=wild,
        excepted=frozenset(rule[1:] for rule in rules if rule.startswith("!")),
        wild_ends=frozenset(rule.rpartition(".")[2] for rule in wild),
    )


class Refusals:
    """Why a name may not be an entry. Lists of one's `own` may name private registries, such as
    `duckdns.org`; a feed that does would cover thousands of strangers."""

    def __init__(self, own: bool) -> None:
        self._exact, self._wild, self._excepted, self._wild_ends = _suffixes(not own)

    def reason(self, name: str) -> str | None:
        """For a name in normal form; None when it may be an entry."""
        parents, _, last = name.rpartition(".")
        if last in _LOCAL:
            return "local name"
        if name in self._exact or (last in self._wild_ends and self._is_wild(name)):
            return "public suffix"
        if not parents:
            return "a single word"
        if last.isdigit():
            return "not a name"
        return "the router's own name" if name in _ROUTERS else None

    def _is_wild(self, name: str) -> bool:
        return name.partition(".")[2] in self._wild and name not in self._excepted


def read_network(text: str) -> Network | None:
    """An address or CIDR; bits below the prefix are dropped."""
    try:
        if "/" not in text:
            if ":" in text:
                return Network(int.from_bytes(inet_pton(AF_INET6, text), "big"), 128)
            return Network(MAPPED | int.from_bytes(inet_pton(AF_INET, text), "big"), 128)
        network = ip_network(text, strict=False)
    except (OSError, ValueError):
        return None
    start = int(network.network_address)
    if network.version == 4:
        return Network(MAPPED | start, network.prefixlen + 96)
    return Network(start, network.prefixlen)


def _table() -> tuple[list[int], list[int], list[str]]:
    """Starts, ends and reasons of what is never an entry, by start."""
    found = [(read_network(str(network)), reason) for network, reason in _NEVER]
    rows = sorted((network.start, network.end, reason) for network, reason in found if network)
    return [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows]


_STARTS, _ENDS, _REASONS = _table()


def network_refusal(network: Network, home: Sequence[Network] = ()) -> str | None:
    """Why a network may not be an entry."""
    start, end = network.start, network.end
    mapped = start >> 32 == MAPPED >> 32
    if network.prefix < (WIDEST_V4 + 96 if mapped else WIDEST_V6) or (not mapped and start <= MAPPED <= end):
        return f"wider than /{WIDEST_V4 if mapped else WIDEST_V6}"
    i = bisect_right(_STARTS, end) - 1
    if i >= 0 and _ENDS[i] >= start:
        return _REASONS[i]
    if any(net.start <= end and net.end >= start for net in home):
        return "home addresses"
    return None
