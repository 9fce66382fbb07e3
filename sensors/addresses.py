"""Column numbers as the text that events carry, remembered because homes repeat themselves."""

import socket
import struct
from collections.abc import Iterable, Iterator

_LIMIT = 65_536
_MAPPED = 0xFFFF
_PACK6 = struct.Struct("!QQ").pack
_PACK4 = struct.Struct("!I").pack


class _IpTexts(dict[tuple[int, int], str]):
    """Texts by the two halves of an address; one that is not there is made. Bounded by `_LIMIT`."""

    def __missing__(self, halves: tuple[int, int]) -> str:
        hi, lo = halves
        if len(self) >= _LIMIT:
            self.clear()
        if not hi and lo >> 32 == _MAPPED:
            text = socket.inet_ntoa(_PACK4(lo & 0xFFFFFFFF))
        else:
            text = socket.inet_ntop(socket.AF_INET6, _PACK6(hi, lo))
        self[halves] = text
        return text


class _MacTexts(dict[int, str | None]):
    """The same for MACs; 0 means that the link has none."""

    def __missing__(self, number: int) -> str | None:
        if len(self) >= _LIMIT:
            self.clear()
        text = number.to_bytes(6, "big").hex(":") if number else None
        self[number] = text
        return text


_ip_texts = _IpTexts()
_mac_texts = _MacTexts()


def ip_text(hi: int, lo: int) -> str:
    """The address whose 128 bits are `hi` and `lo`; IPv4-mapped addresses as IPv4."""
    return _ip_texts[hi, lo]


def ip_texts(hi: Iterable[int], lo: Iterable[int]) -> Iterator[str]:
    """`ip_text` of many."""
    return map(_ip_texts.__getitem__, zip(hi, lo, strict=True))


def mac_text(number: int) -> str | None:
    """A 48-bit number as `aa:bb:cc:dd:ee:ff`; None for 0, which means that the link has none."""
    return _mac_texts[number]


def mac_texts(numbers: Iterable[int]) -> Iterator[str | None]:
    """`mac_text` of many."""
    return map(_mac_texts.__getitem__, numbers)


def sender_text(sender: int) -> str | None:
    """The MAC that a sender's number is; an address in its place (`Conversations.senders`) has more bits, or
    gives a group's MAC, which is nobody's."""
    return mac_text(sender) if sender < 1 << 48 else None


PROTOCOLS = {1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 41: "ipv6", 47: "gre", 50: "esp", 51: "ah",
             58: "icmpv6", 132: "sctp"}  # fmt: skip


def protocol_text(number: int) -> str:
    """The usual lower-case name of an IP protocol, or "ip-<number>"."""
    return PROTOCOLS.get(number) or f"ip-{number}"
