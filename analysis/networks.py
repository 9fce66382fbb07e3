"""Which addresses are at home: the configured networks, and IPv6 prefixes learned from the wire."""

import ipaddress
from collections import OrderedDict
from collections.abc import Iterable
from functools import lru_cache
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

CACHED = 65_536
"""Answers kept: a busy home talks to some thousand addresses a day."""
LEARNED = 64
"""Prefixes learned at most. A home has one or two; tools that flood router advertisements send
thousands (flood_router6 of THC-IPv6)."""
SHORTEST = 48
"""The shortest prefix that may be learned, in bits: what a home is given at most (RFC 6177). An
advertisement of 2000::/3 must not turn the whole internet into home."""
MEMBERS = 2
"""Different MACs that must show addresses of a /64 to be on the link before it is at home: one host alone
could declare the network of whomever it talks to. A router's advertisement needs no second voice: a false one
is told by rogue-ra."""
_GROUPS = frozenset(map(str, range(224, 240)))
"""The first number of IPv4 multicast addresses (RFC 5771)."""
_GLOBAL = ipaddress.IPv6Network("2000::/3")


@lru_cache(maxsize=16_384)
def is_group(ip: str) -> bool:
    """Whether an address is multicast or the limited broadcast address."""
    if ":" in ip:
        return ip[:2].lower() == "ff" and ip[4:5] == ":"
    return ip.partition(".")[0] in _GROUPS or ip == "255.255.255.255"


def is_loopback(ip: str) -> bool:
    """Whether an address never leaves its host (127.0.0.0/8, ::1)."""
    return ip.startswith("127.") or ip == "::1"


def is_unspecified(ip: str) -> bool:
    return ip in ("0.0.0.0", "::")  # noqa: S104 (an address to compare with, not to bind)


def interface_id(mac: str) -> int:
    """The 64-bit interface identifier made of a MAC (modified EUI-64, RFC 4291 appendix A)."""
    raw = int(mac.replace(":", ""), 16)
    return ((raw >> 24) ^ 0x020000) << 40 | 0xFFFE << 24 | raw & 0xFFFFFF


def _number(ip: str) -> int | None:
    """An address as a number, None where `ipaddress` sees none in the text.

    The C library reads ten times as fast, but some read more than `ipaddress` does (octal, fewer dots, words
    behind): its answer counts where it spells the address as the text does.
    """
    family = AF_INET6 if ":" in ip else AF_INET
    try:
        raw = inet_pton(family, ip)
        if inet_ntop(family, raw) == ip:
            return int.from_bytes(raw)
    except (OSError, ValueError):
        pass  # no address, or one with a zone or a NUL in its text
    try:
        return int(ipaddress.ip_address(ip))
    except ValueError:
        return None


class HomeNetworks:
    """The home networks: `cidrs` and what was learned. Raises ValueError on text that is no CIDR."""

    def __init__(self, cidrs: Iterable[str]) -> None:
        self._networks: dict[int, list[tuple[int, int]]] = {4: [], 6: []}
        for cidr in cidrs:
            self._add(ipaddress.ip_network(cidr.strip(), strict=False))
        self._learned: dict[str, None] = {}
        self._members: OrderedDict[int, set[str]] = OrderedDict()
        self._answers: dict[str, bool] = {}
        self.refused = 0
        """Prefixes not learned because there were too many, they were too wide, or too few showed them."""
        self.version = 0
        """Grows when a prefix is learned: answers kept elsewhere are then old."""

    def _add(self, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> None:
        self._networks[network.version].append((int(network.network_address), int(network.netmask)))

    @property
    def learned(self) -> tuple[str, ...]:
        """The prefixes learned from the wire, as CIDR."""
        return tuple(self._learned)

    def is_home(self, ip: str) -> bool:
        """Whether an address is at home; text that is no address is not."""
        answer = self._answers.get(ip)
        if answer is None:
            if len(self._answers) >= CACHED:
                self._answers.clear()
            answer = self._answers[ip] = self._look_up(ip)
        return answer

    def _look_up(self, ip: str) -> bool:
        number = _number(ip)
        return number is not None and self.holds(6 if ":" in ip else 4, number)

    def holds(self, version: int, number: int) -> bool:
        """`is_home` of the address of IP version 4 or 6 that a number is."""
        return any(number & mask == base for base, mask in self._networks[version])

    def ranges(self) -> list[tuple[int, int, int]]:
        """All of them as (IP version, first address, mask)."""
        return [(version, *each) for version, some in self._networks.items() for each in some]

    def learn_prefix(self, cidr: str) -> bool:
        """Add an on-link prefix that a router announced (RFC 4861 section 4.6.2).

        Returns whether it was new. Only global unicast prefixes of `SHORTEST` bits or longer count.
        """
        if cidr in self._learned:
            return False
        try:
            network = ipaddress.IPv6Network(cidr, strict=False)
        except ValueError:
            return False
        return self._learn(network)

    def _learn(self, network: ipaddress.IPv6Network) -> bool:
        text = str(network)
        if text in self._learned or self._look_up(str(network.network_address)):
            return False
        if len(self._learned) >= LEARNED or network.prefixlen < SHORTEST or not network.subnet_of(_GLOBAL):
            self.refused += 1
            return False
        self._learned[text] = None
        self._add(network)
        self._answers.clear()
        self.version += 1
        return True

    def learn_address(self, ip: str) -> bool:
        """Add the /64 of an address that is known to be on the link."""
        number = self._strange(ip)
        return number is not None and self._learn(ipaddress.IPv6Network((number, 64)))

    def learn_member(self, ip: str, mac: str) -> bool:
        """`mac` showed that this address is on the link; its /64 is added once `MEMBERS` MACs did so."""
        number = self._strange(ip)
        if number is None:
            return False
        macs = self._members.setdefault(number, set())
        macs.add(mac)
        if len(macs) >= MEMBERS:
            del self._members[number]
            return self.learn_address(ip)
        if len(self._members) > LEARNED:
            self._members.popitem(last=False)
            self.refused += 1
        return False

    def _strange(self, ip: str) -> int | None:
        """The /64 of an IPv6 address as a number, None where it is at home already."""
        number = _number(ip) if ":" in ip else None
        prefix = None if number is None else number >> 64 << 64
        return None if prefix is None or self.holds(6, prefix) else prefix

    def learn_sender(self, ip: str, mac: str) -> bool:
        """The same of an address whose interface identifier was made of its sender's MAC: nobody forwarded
        this packet."""
        if ":" not in ip or self.is_home(ip):
            return False
        number = _number(ip)
        try:
            own = number is not None and number & (1 << 64) - 1 == interface_id(mac)
        except ValueError:
            return False
        return own and self.learn_member(ip, mac)
