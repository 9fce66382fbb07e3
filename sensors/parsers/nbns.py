"""NetBIOS names: the name service on port 137 and the source of datagrams on port 138 (RFC 1001, 1002)."""

import struct
from functools import lru_cache

from analysis.events import Event, NameSeen
from analysis.text import clean
from sensors.packets import Packet, ParseError
from sensors.parsers.addresses import ip4_text
from sensors.parsers.base import PacketParser
from sensors.parsers.dns import HEADER

_QUERY, _REGISTRATION, _REFRESH = 0, 5, (8, 9)
_MULTIHOMED = 15
_NB, _NBSTAT = 0x20, 0x21
_GROUP = 0x8000
_HOST_SUFFIXES = frozenset({0x00, 0x20})
"""Workstation and file server: the name of the machine. Other suffixes name users (03), domains (1b, 1c),
browsers (1d, 1e)... (MS-BRWS, RFC 1001 appendix)."""
_ENCODED = 34
"""Octets of an encoded name without scope: length 32, 32 letters, root."""
_DATAGRAMS = frozenset({0x10, 0x11, 0x12})
"""Direct unique, direct group and broadcast datagrams (RFC 1002 4.4)."""
_MAX_LISTED = 32


def decode_name(data: bytes, pos: int) -> tuple[bytes, int]:
    """(name without padding, suffix octet) from first-level encoding (RFC 1001 14.1); ParseError when
    it is not that."""
    # A name with a scope does not end here; nobody uses them and their length varies.
    if data[pos : pos + 1] != b"\x20" or data[pos + 33 : pos + 34] != b"\0":
        raise ParseError("not an encoded NetBIOS name")
    return _first_level(data[pos + 1 : pos + 33])


@lru_cache(maxsize=1024)
def _first_level(encoded: bytes) -> tuple[bytes, int]:
    if any(not 0x41 <= letter <= 0x50 for letter in encoded):
        raise ParseError("letter outside A to P")
    raw = bytes(
        (high - 0x41) << 4 | (low - 0x41) for high, low in zip(encoded[::2], encoded[1::2], strict=True)
    )
    return raw[:15].rstrip(b" \0"), raw[15]


def parse_nbns(packet: Packet) -> tuple[Event, ...]:
    """`NameSeen` with source "nbns" when the sender tells its own unique machine name: it registers or
    refreshes it, answers for it, lists its names, or sends a datagram under it.

    Nothing for queries about others and for group names; ParseError on what is not NetBIOS.
    """
    if 138 in (packet.sport, packet.dport):
        return _from_datagram(packet)
    data = packet.payload
    if len(data) < 12:
        raise ParseError("shorter than a name service header")
    _, flags, questions, answers, _, additional = HEADER.unpack_from(data)
    opcode = flags >> 11 & 15
    if flags & 0x8000:
        return _from_response(packet) if opcode == _QUERY and answers and not questions else ()
    if opcode in (_REGISTRATION, _MULTIHOMED, *_REFRESH) and questions == 1 and additional:
        return _from_registration(packet)
    return ()


def _from_registration(packet: Packet) -> tuple[Event, ...]:
    """The question holds the name; the additional record its flags and the address."""
    data = packet.payload
    name, suffix = decode_name(data, 12)
    # Behind the question comes the record: its owner is a pointer (2) or the name again.
    owner = 12 + _ENCODED + 4
    if len(data) <= owner:
        raise ParseError("registration cut short")
    fixed = owner + (2 if data[owner] >= 0xC0 else _ENCODED)
    if len(data) < fixed + 16:
        raise ParseError("registration cut short")
    flags, address = struct.unpack_from("!H4s", data, fixed + 10)
    if ip4_text(address) != packet.src:
        return ()
    return _told(packet, name, suffix, flags)


def _from_response(packet: Packet) -> tuple[Event, ...]:
    data = packet.payload
    name, suffix = decode_name(data, 12)
    rtype, _, _, length = struct.unpack_from("!HHIH", data.ljust(56, b"\0"), 12 + _ENCODED)
    body = data[56 : 56 + length]
    if rtype == _NBSTAT:
        return _from_status(packet, body)
    if rtype != _NB:
        return ()
    entries = [body[i : i + 6] for i in range(0, min(len(body), 6 * _MAX_LISTED) - 5, 6)]
    for entry in entries:
        # A WINS server answers for others: only the holder's own address tells its name.
        if ip4_text(entry[2:6]) == packet.src:
            return _told(packet, name, suffix, int.from_bytes(entry[:2]))
    return ()


def _from_status(packet: Packet, body: bytes) -> tuple[Event, ...]:
    """A node status response lists all names of its sender (RFC 1002 4.2.18)."""
    if not body:
        raise ParseError("node status cut short")
    for index in range(min(body[0], _MAX_LISTED)):
        entry = body[1 + 18 * index : 19 + 18 * index]
        if len(entry) < 18:
            break
        told = _told(packet, entry[:15].rstrip(b" \0"), entry[15], int.from_bytes(entry[16:18]))
        if told:
            return told
    return ()


def _from_datagram(packet: Packet) -> tuple[Event, ...]:
    data = packet.payload
    if len(data) < 14 + _ENCODED or data[0] not in _DATAGRAMS:
        raise ParseError("not a NetBIOS datagram")
    name, suffix = decode_name(data, 14)
    if ip4_text(data[4:8]) != packet.src:
        return ()
    return _told(packet, name, suffix, 0)


def _told(packet: Packet, name: bytes, suffix: int, flags: int) -> tuple[Event, ...]:
    if flags & _GROUP or suffix not in _HOST_SUFFIXES or not name or name.startswith((b"\x01", b"*")):
        return ()
    return (NameSeen(packet.ts, packet.src_mac, packet.src, (("nbns", clean(name)),)),)


PARSER = PacketParser("nbns", parse_nbns, udp_ports=frozenset({137, 138}))
