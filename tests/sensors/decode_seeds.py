"""Frames of every shape that the decoder knows, made with scapy."""

from collections.abc import Sequence

from scapy.contrib.mpls import MPLS, EoMCW
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_Router_Alert
from scapy.layers.inet6 import (
    ICMPv6EchoRequest,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    PadN,
)
from scapy.layers.ipsec import AH, ESP
from scapy.layers.l2 import (
    ARP,
    LLC,
    SNAP,
    STP,
    CookedLinux,
    CookedLinuxV2,
    Dot1AD,
    Dot1Q,
    Dot3,
    Ether,
    Loopback,
)
from scapy.layers.ppp import PPP, PPPoE, PPPoED
from scapy.layers.sctp import SCTP, SCTPChunkData
from scapy.packet import Packet, Raw

from sensors.capture_rows import batch_of
from sensors.packets import PacketBatch

ETHER = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
V4 = IP(src="192.168.1.20", dst="93.184.216.34", id=7)
V6 = IPv6(src="2001:db8::20", dst="2606:2800:220:1::1")
SYN = TCP(sport=50000, dport=443, flags="S", options=[("MSS", 1460), ("WScale", 7)])
DATA = TCP(sport=50000, dport=23, flags="PA") / b"hello, world"
QUERY = UDP(sport=50001, dport=53) / b"\x12\x34\x01\x00 a query"
PAD = PadN(optdata=b"\0" * 4)
LONG_OPTIONS = IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 20)])


def _padded(frame: Packet) -> bytes:
    return bytes(frame).ljust(60, b"\xee")


def _offloaded(frame: bytes, at: int) -> bytes:
    """The frame with the length field of its IP header 0, as segmentation offload leaves it."""
    return frame[:at] + b"\0\0" + frame[at + 2 :]


def _chain(count: int) -> Packet:
    packet = V6
    for _ in range(count):
        packet = packet / IPv6ExtHdrDestOpt(options=[PAD])
    return packet / DATA


SEEDS: dict[str, tuple[int, bytes]] = {
    "tcp syn": (1, bytes(ETHER / V4 / SYN)),
    "tcp data": (1, bytes(ETHER / V4 / DATA)),
    "udp": (1, bytes(ETHER / V4 / QUERY)),
    "udp empty": (1, _padded(ETHER / V4 / UDP(sport=9, dport=9))),
    "ack with padding": (1, _padded(ETHER / V4 / TCP(flags="A"))),
    "icmp": (1, bytes(ETHER / V4 / ICMP() / b"ping")),
    "ip options": (
        1,
        bytes(ETHER / IP(src="10.0.0.1", dst="224.0.0.22", options=[IPOption_Router_Alert()]) / QUERY),
    ),
    "first fragment": (1, bytes(ETHER / IP(src="10.0.0.1", dst="10.0.0.2", flags="MF") / QUERY)),
    "tiny first fragment": (
        1,
        _padded(ETHER / IP(src="10.0.0.1", dst="10.0.0.2", flags="MF", proto=6) / bytes(SYN)[:8]),
    ),
    "later fragment": (
        1,
        bytes(ETHER / IP(src="10.0.0.1", dst="10.0.0.2", frag=64, proto=17) / b"the rest of it"),
    ),
    "offloaded v4": (1, _offloaded(bytes(ETHER / V4 / DATA), 16)),
    "offloaded v6": (1, _offloaded(bytes(ETHER / V6 / DATA), 18)),
    "udp of length 0": (1, _offloaded(bytes(ETHER / V4 / QUERY), 38)),
    "udp shorter than ip": (1, bytes(ETHER / V4 / UDP(sport=5, dport=6, len=12) / b"12345678")),
    "sctp": (1, bytes(ETHER / V4 / SCTP(sport=5, dport=6) / SCTPChunkData(data=b"abcd"))),
    "udp-lite": (1, bytes(ETHER / IP(src="10.0.0.1", dst="10.0.0.2", proto=136) / bytes(QUERY))),
    "esp": (1, bytes(ETHER / V4 / ESP(spi=1, seq=1, data=b"hidden"))),
    "ip in ip": (1, bytes(ETHER / V4 / IP(src="1.2.3.4", dst="5.6.7.8") / QUERY)),
    "v6 tcp": (1, bytes(ETHER / V6 / SYN)),
    "v6 udp": (1, bytes(ETHER / V6 / QUERY)),
    "v6 icmp": (1, bytes(ETHER / V6 / ICMPv6EchoRequest(data=b"ping"))),
    "v6 hop-by-hop": (1, bytes(ETHER / V6 / IPv6ExtHdrHopByHop(options=[PAD]) / QUERY)),
    "v6 routing": (1, bytes(ETHER / V6 / IPv6ExtHdrRouting(addresses=["2001:db8::9"]) / DATA)),
    "v6 long options": (1, bytes(ETHER / V6 / IPv6ExtHdrHopByHop(options=[PAD]) / LONG_OPTIONS / DATA)),
    "v6 auth": (1, bytes(ETHER / V6 / AH(nh=17, payloadlen=4, spi=1, seq=1, icv=b"\1" * 12) / bytes(QUERY))),
    "v6 first fragment": (1, bytes(ETHER / V6 / IPv6ExtHdrFragment(m=1, id=9) / QUERY)),
    "v6 later fragment": (
        1,
        bytes(ETHER / V6 / IPv6ExtHdrFragment(offset=99, id=9, nh=17) / b"the rest of it"),
    ),
    "v6 atomic fragment": (1, bytes(ETHER / V6 / IPv6ExtHdrFragment(id=9) / DATA)),
    "v6 eight extensions": (1, bytes(ETHER / _chain(8))),
    "v6 nine extensions": (1, bytes(ETHER / _chain(9))),
    "v6 no next header": (1, bytes(ETHER / IPv6(src="::1", dst="::2", nh=59) / b"ignored")),
    "arp": (1, _padded(ETHER / ARP(psrc="10.0.0.1", pdst="10.0.0.2"))),
    "vlan": (1, bytes(ETHER / Dot1Q(vlan=7, prio=3) / V4 / DATA)),
    "vlan v6": (1, bytes(ETHER / Dot1Q(vlan=7) / V6 / QUERY)),
    "vlan arp": (1, _padded(ETHER / Dot1Q(vlan=7) / ARP(psrc="10.0.0.1", pdst="10.0.0.2"))),
    "qinq": (1, bytes(ETHER / Dot1AD(vlan=100) / Dot1Q(vlan=7) / V4 / DATA)),
    "old qinq": (
        1,
        bytes(ETHER / Dot1Q(vlan=100) / Dot1Q(vlan=7) / V4 / DATA).replace(b"\x81\0\0\x64", b"\x91\0\0\x64"),
    ),
    "three vlans": (1, bytes(ETHER / Dot1Q(vlan=1) / Dot1Q(vlan=2) / Dot1Q(vlan=3) / V4 / DATA)),
    "pppoe": (1, bytes(ETHER / PPPoE(sessionid=1) / PPP(proto=0x21) / V4 / DATA)),
    "pppoe v6": (1, bytes(ETHER / PPPoE(sessionid=1) / PPP(proto=0x57) / V6 / QUERY)),
    "pppoe lcp": (1, _padded(ETHER / PPPoE(sessionid=1) / PPP(proto=0xC021) / b"\1\1\0\4")),
    "pppoe discovery": (1, _padded(ETHER / PPPoED())),
    "vlan pppoe": (1, bytes(ETHER / Dot1Q(vlan=7) / PPPoE(sessionid=1) / PPP(proto=0x21) / V4 / DATA)),
    "mpls": (1, bytes(ETHER / MPLS(label=17, s=1) / V4 / DATA)),
    "mpls v6": (1, bytes(ETHER / MPLS(label=17, s=0) / MPLS(label=2, s=1) / V6 / DATA)),
    "four labels": (1, bytes(ETHER / MPLS(s=0) / MPLS(s=0) / MPLS(s=0) / MPLS(s=1) / V4 / DATA)),
    "five labels": (1, bytes(ETHER / MPLS(s=0) / MPLS(s=0) / MPLS(s=0) / MPLS(s=0) / MPLS(s=1) / V4 / DATA)),
    "pseudowire": (
        1,
        bytes(
            ETHER
            / MPLS(label=17, s=1)
            / EoMCW()
            / Ether(src="02:00:00:00:00:03", dst="02:00:00:00:00:04")
            / V4
            / DATA
        ),
    ),
    "mpls of something else": (1, bytes(ETHER / MPLS(label=17, s=1) / Raw(b"\x90" * 40))),
    "snap": (
        1,
        bytes(Dot3(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / LLC() / SNAP(code=0x800) / V4 / DATA),
    ),
    "spanning tree": (1, _padded(Dot3(src="02:00:00:00:00:01", dst="01:80:c2:00:00:00") / LLC() / STP())),
    "lldp": (1, _padded(Ether(src="02:00:00:00:00:01", dst="01:80:c2:00:00:0e", type=0x88CC) / b"\2\7\4")),
    "raw v4": (101, bytes(V4 / DATA)),
    "raw v6": (101, bytes(V6 / QUERY)),
    "raw other": (101, b"\x50" * 40),
    "raw 12": (12, bytes(V4 / DATA)),
    "raw 14": (14, bytes(V6 / DATA)),
    "only v4": (228, bytes(V4 / DATA)),
    "only v6": (229, bytes(V6 / DATA)),
    "v6 where only v4 belongs": (228, bytes(V6 / DATA)),
    "null little": (0, bytes(Loopback(type=2) / V4 / DATA)),
    "null v6 of macos": (0, b"\x1e\0\0\0" + bytes(V6 / QUERY)),
    "null of another": (0, b"\x07\0\0\0" + bytes(V4 / QUERY)),
    "loop": (108, b"\0\0\0\x02" + bytes(V4 / DATA)),
    "loop v6": (108, b"\0\0\0\x18" + bytes(V6 / DATA)),
    "sll": (113, bytes(CookedLinux(lladdrlen=6, src=b"\2\0\0\0\0\1", proto=0x800) / V4 / DATA)),
    "sll v6 without address": (113, bytes(CookedLinux(lladdrlen=0, proto=0x86DD) / V6 / DATA)),
    "sll arp": (113, bytes(CookedLinux(lladdrlen=6, proto=0x806) / ARP(psrc="10.0.0.1", pdst="10.0.0.2"))),
    "sll2": (276, bytes(CookedLinuxV2(lladdrlen=6, src=b"\2\0\0\0\0\1", proto=0x800) / V4 / QUERY)),
    "sll2 vlan": (276, bytes(CookedLinuxV2(lladdrlen=6, proto=0x8100) / Dot1Q(vlan=7) / V6 / QUERY)),
    "wifi": (105, b"\x08\x01" + b"\0" * 60),
    "radiotap": (127, b"\0\0\x08\0\0\0\0\0\x08\x01" + b"\0" * 60),
    "unknown link": (9999, b"\0" * 60),
}
"""Name -> (LINKTYPE_ number, bytes)."""

LINKTYPES = sorted({linktype for linktype, _ in SEEDS.values()})


def batch(frames: Sequence[bytes], linktype: int = 1, wirelen: int = 0) -> PacketBatch:
    """Frames as a batch that begins and ends without a spare byte, all captured at second 1.0."""
    count = len(frames)
    return batch_of(frames, [1.0] * count, [wirelen] * count, linktype)


def among_noise(frames: Sequence[bytes], linktype: int, noise: bytes) -> PacketBatch:
    """The same, with other bytes before, between and after the frames."""
    apart = batch_of(
        [part for frame in frames for part in (noise, frame)] + [noise],
        [1.0] * (2 * len(frames) + 1),
        [0] * (2 * len(frames) + 1),
        linktype,
    )
    return PacketBatch(
        apart.buffer, apart.offsets[1::2], apart.caplen[1::2], apart.wirelen[1::2], apart.ts[1::2], linktype
    )


def seeds_of(linktype: int) -> list[bytes]:
    """The seed frames of a link type."""
    return [frame for kind, frame in SEEDS.values() if kind == linktype]
