import zlib

import pytest
from scapy.layers import inet, inet6

from analysis.events import EchoSeen
from sensors.packets import Packet
from sensors.parsers import icmp, neighbor

from .single import HOST, MAC, OTHER_MAC, SERVER, cuts, mutations, survives

DATA = bytes(range(56))


def packet(layers, proto: int = 1) -> Packet:
    return Packet(1.0, MAC, OTHER_MAC, HOST, SERVER, 0, 0, proto, bytes(layers))


PING = packet(inet.ICMP(type=8, id=7, seq=1) / DATA)


def test_a_request_tells_size_and_digest_without_its_time_stamp():
    digest = zlib.crc32(DATA[16:])
    assert icmp.parse_icmp(PING) == (EchoSeen(1.0, False, MAC, HOST, SERVER, 7 << 16 | 1, 56, digest),)
    other = packet(inet.ICMP(type=8, id=7, seq=2) / (bytes(16) + DATA[16:]))
    assert icmp.parse_icmp(other)[0].digest == digest


def test_a_reply_is_told_as_such():
    assert icmp.parse_icmp(packet(inet.ICMP(type=0) / DATA))[0].reply


@pytest.mark.parametrize("layers", [inet.ICMP(type=8) / DATA[:16], inet.ICMP(type=3) / DATA, b"", b"\x08"])
def test_time_stamps_alone_and_other_messages_tell_nothing(layers):
    assert icmp.parse_icmp(packet(layers)) == ()


def test_icmpv6_echoes_are_told_by_the_parser_of_icmpv6():
    layers = inet6.IPv6(src="fe80::1", dst="fe80::2") / inet6.ICMPv6EchoReply(data=DATA)
    (event,) = neighbor.parse_neighbor(packet(bytes(layers)[40:], 58))
    assert isinstance(event, EchoSeen) and event.reply and event.size == 56


def test_hostile_messages_are_survived():
    survives(icmp.parse_icmp, cuts(PING))
    survives(icmp.parse_icmp, mutations(PING, 500))
