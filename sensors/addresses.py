"""Column numbers as the text that events carry, remembered because homes repeat themselves."""

import socket
import struct

_LIMIT = 65_536
_ip_text: dict[tuple[int, int], str] = {}
_mac_text: dict[int, str | None] = {0: None}
_MAPPED = 0xFFFF
_PACK6 = struct.Struct("!QQ").pack
_PACK4 = struct.Struct("!I").pack


def ip_text(hi: int, lo: int) -> str:
    """The address whose 128 bits are `hi` and `lo`; IPv4-mapped addresses as IPv4."""
    text = _ip_text.get((hi, lo))
    if text is None:
        if len(_ip_text) >= _LIMIT:
            _ip_text.clear()
        if not hi and lo >> 32 == _MAPPED:
            text = socket.inet_ntoa(_PACK4(lo & 0xFFFFFFFF))
        else:
            text = socket.inet_ntop(socket.AF_INET6, _PACK6(hi, lo))
        _ip_text[hi, lo] = text
    return text


def mac_text(number: int) -> str | None:
    """A 48-bit number as `aa:bb:cc:dd:ee:ff`; None for 0, which means that the link has none."""
    text = _mac_text.get(number)
    if text is None and number:
        if len(_mac_text) >= _LIMIT:
            _mac_text.clear()
            _mac_text[0] = None
        text = number.to_bytes(6, "big").hex(":")
        _mac_text[number] = text
    return text


def sender_text(sender: int) -> str | None:
    """The MAC that a sender's number is; an address in its place (`Conversations.senders`) has more bits, or
    gives a group's MAC, which is nobody's."""
    return mac_text(sender) if sender < 1 << 48 else None


PROTOCOLS = {1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 41: "ipv6", 47: "gre", 50: "esp", 51: "ah",
             58: "icmpv6", 132: "sctp"}  # fmt: skip


def protocol_text(number: int) -> str:
    """The usual lower-case name of an IP protocol, or "ip-<number>"."""
    return PROTOCOLS.get(number) or f"ip-{number}"
