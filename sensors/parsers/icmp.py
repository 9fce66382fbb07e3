"""Echo requests and replies of ICMP (RFC 792)."""

from zlib import crc32

from analysis.events import EchoSeen
from sensors.packets import Packet
from sensors.parsers.base import PacketParser

HEADER = 8
STAMP = 16
"""Bytes at the beginning of the data that differ in every ping: iputils writes a struct timeval there,
16 bytes on 64-bit systems."""
_REPLY, _REQUEST = 0, 8


def echo(packet: Packet, reply: bool) -> tuple[EchoSeen, ...]:
    """What an echo message carries; nothing when it is no more than a time stamp."""
    payload = packet.payload
    size = len(payload) - HEADER
    if size <= STAMP:
        return ()
    exchange, digest = int.from_bytes(payload[4:HEADER]), crc32(payload[HEADER + STAMP :])
    return (EchoSeen(packet.ts, reply, packet.src_mac, packet.src, packet.dst, exchange, size, digest),)


def parse_icmp(packet: Packet) -> tuple[EchoSeen, ...]:
    """`EchoSeen` for echo requests and replies, nothing for other messages. Never raises."""
    kind = packet.payload[0] if packet.payload else -1
    return echo(packet, kind == _REPLY) if kind in (_REPLY, _REQUEST) else ()


PARSER = PacketParser("icmp", parse_icmp, ip_protocols=frozenset({1}), min_payload=HEADER + STAMP + 1)
