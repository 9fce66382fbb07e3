"""ARP (RFC 826) over Ethernet for IPv4."""

import struct
from functools import lru_cache

from analysis.events import ArpSeen, Event, of_values
from sensors.packets import Packet, ParseError
from sensors.parsers.addresses import ip4_text, mac_text
from sensors.parsers.base import PacketParser

_ARP = struct.Struct("!HHBBH6s4s6s4s")
_OPERATIONS = {1: "request", 2: "reply"}


def parse_arp(packet: Packet) -> tuple[Event, ...]:
    """One `ArpSeen`; nothing for the operations of RARP, InARP and others.

    Raises ParseError when the packet is cut or is not Ethernet and IPv4.
    """
    told = _told(packet.payload[: _ARP.size])
    if told is None:
        return ()
    operation, sender, sender_ip, target, target_ip = told
    source = packet.src_mac or sender
    claim = packet.ts, operation, source, sender, sender_ip, target, target_ip, packet.dst_mac
    return (of_values(ArpSeen, claim),)


@lru_cache(maxsize=1024)
def _told(raw: bytes) -> tuple[str, str, str, str, str] | None:
    """Operation, sender's MAC and address, target's MAC and address; None for other operations. The same few
    hosts ask for each other all day."""
    if len(raw) < _ARP.size:
        raise ParseError("shorter than ARP for Ethernet and IPv4")
    hardware, protocol, hlen, plen, code, sender_mac, sender_ip, target_mac, target_ip = _ARP.unpack(raw)
    # 6 is IEEE 802, which some bridges write for Ethernet.
    if hardware not in (1, 6) or protocol != 0x0800 or hlen != 6 or plen != 4:
        raise ParseError("not ARP for Ethernet and IPv4")
    operation = _OPERATIONS.get(code)
    if operation is None:
        return None
    return operation, mac_text(sender_mac), ip4_text(sender_ip), mac_text(target_mac), ip4_text(target_ip)


PARSER = PacketParser("arp", parse_arp, ethertypes=frozenset({0x0806}))
