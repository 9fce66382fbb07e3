"""The columns of every shape of frame, with scapy and a packet-at-a-time decoder as judges."""

from dataclasses import fields
from ipaddress import ip_address

import numpy as np
import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import CookedLinux, CookedLinuxV2, Dot3, Ether, Loopback
from scapy.packet import Packet, Padding

from sensors.capture import open_file
from sensors.decode import decode
from sensors.packets import PacketTable, Undecoded
from tests.reference_decode import reference, row_of
from tests.sensors.decode_seeds import (
    DATA,
    ETHER,
    LINKTYPES,
    QUERY,
    SEEDS,
    V4,
    V6,
    among_noise,
    batch,
    seeds_of,
)
from tests.sensors.frames import pcap

DISSECTORS = {1: Ether, 113: CookedLinux, 276: CookedLinuxV2, 0: Loopback, 108: Loopback, 229: IPv6}


def table_of(*frames: bytes, linktype: int = 1, wirelen: int = 0) -> PacketTable:
    return decode(batch(frames, linktype, wirelen))


def dissect(frame: bytes, linktype: int) -> Packet:
    if linktype == 1 and int.from_bytes(frame[12:14]) < 0x600:
        return Dot3(frame)
    if linktype in DISSECTORS:
        return DISSECTORS[linktype](frame)
    return IP(frame) if frame[0] >> 4 == 4 else IPv6(frame)


@pytest.mark.parametrize("name", SEEDS)
def test_reference_agrees(name: str) -> None:
    linktype, frame = SEEDS[name]
    assert row_of(table_of(frame, linktype=linktype), 0) == reference(frame, linktype)
    assert row_of(table_of(frame, linktype=linktype, wirelen=1500), 0) == reference(frame, linktype, 1500)


OWN_READING = {
    "tiny first fragment": "scapy reads no TCP from 8 bytes",
    "offloaded v4": "scapy believes the length 0",
    "offloaded v6": "scapy believes the length 0",
    "udp of length 0": "scapy sees no payload",
    "old qinq": "scapy does not know 0x9100",
    "raw other": "neither version",
    "null v6 of macos": "scapy knows the family number of Linux only",
    "loop v6": "scapy knows the family number of Linux only",
    "v6 no next header": "RFC 8200 4.7: what follows is ignored",
    "v6 where only v4 belongs": "refused",
    "v6 nine extensions": "too deep",
    "three vlans": "too deep",
    "five labels": "too deep",
}


@pytest.mark.parametrize("name", sorted(set(SEEDS) - set(OWN_READING)))
def test_scapy_agrees(name: str) -> None:
    """Addresses, ports and payload of all that scapy reads as IP; and nothing else is read as IP."""
    linktype, frame = SEEDS[name]
    table = table_of(frame, linktype=linktype)
    if linktype in (105, 127, 9999):
        assert table.undecoded[0] in (Undecoded.WIFI, Undecoded.LINKTYPE)
        return
    packet = dissect(frame, linktype)
    network = next((layer for layer in (packet.getlayer(IP), packet.getlayer(IPv6)) if layer), None)
    if network is None:
        assert table.version[0] == 0
        return
    assert table.undecoded[0] == 0
    assert table.version[0] == network.version
    assert address(table, "src") == ip_address(network.src)
    assert address(table, "dst") == ip_address(network.dst)
    transport = packet.getlayer(TCP) or packet.getlayer(UDP)
    if transport and not table.fragment[0] and table.proto[0] in (6, 17):
        assert (table.sport[0], table.dport[0]) == (transport.sport, transport.dport)
        payload = bytes(transport.payload)
        padding = packet.getlayer(Padding)
        wanted = payload[: len(payload) - (len(padding.load) if padding else 0)]
        start = int(table.payload[0])
        assert table.batch.buffer[start : start + int(table.payload_len[0])].tobytes() == wanted
    if TCP in packet and table.proto[0] == 6 and not table.fragment[0]:
        assert table.tcp_flags[0] == int(packet[TCP].flags) & 0xFF


def address(table: PacketTable, side: str) -> object:
    number = int(getattr(table, f"{side}_hi")[0]) << 64 | int(getattr(table, f"{side}_lo")[0])
    full = ip_address(number.to_bytes(16))
    return full.ipv4_mapped or full  # type: ignore[union-attr]


VERDICTS = {
    "three vlans": Undecoded.TOO_DEEP,
    "five labels": Undecoded.TOO_DEEP,
    "v6 nine extensions": Undecoded.TOO_DEEP,
    "spanning tree": Undecoded.NOT_IP,
    "lldp": Undecoded.NOT_IP,
    "pppoe lcp": Undecoded.NOT_IP,
    "pppoe discovery": Undecoded.NOT_IP,
    "mpls of something else": Undecoded.NOT_IP,
    "raw other": Undecoded.NOT_IP,
    "null of another": Undecoded.NOT_IP,
    "v6 where only v4 belongs": Undecoded.BAD_HEADER,
    "wifi": Undecoded.WIFI,
    "radiotap": Undecoded.WIFI,
    "unknown link": Undecoded.LINKTYPE,
}


@pytest.mark.parametrize("name", SEEDS)
def test_verdict(name: str) -> None:
    linktype, frame = SEEDS[name]
    assert table_of(frame, linktype=linktype).undecoded[0] == VERDICTS.get(name, Undecoded.NONE)


def test_link_columns() -> None:
    plain, tagged, stacked, inside = (SEEDS[name][1] for name in ("tcp data", "vlan", "qinq", "pseudowire"))
    table = table_of(plain, tagged, stacked, inside)
    assert table.src_mac.tolist() == [0x020000000001] * 3 + [0x020000000003]
    assert table.dst_mac.tolist() == [0x020000000002] * 3 + [0x020000000004]
    assert table.vlan.tolist() == [0, 7, 7, 0]
    assert table.ethertype.tolist() == [0x0800] * 4


@pytest.mark.parametrize("linktype", LINKTYPES)
def test_neighbours_do_not_matter(linktype: int) -> None:
    """Rows are the same alone, together, and between other bytes: nothing beyond a packet is read."""
    frames = seeds_of(linktype)
    alone = [row_of(table_of(frame, linktype=linktype), 0) for frame in frames]
    together = table_of(*frames, linktype=linktype)
    assert [row_of(together, index) for index in range(len(frames))] == alone
    for noise in (b"\0" * 80, b"\xff" * 80, b"\x45\x08\x00\x81" * 20):
        table = decode(among_noise(frames, linktype, noise))
        assert [row_of(table, index) for index in range(len(frames))] == alone


def test_empty_batch() -> None:
    table = table_of()
    assert len(table.undecoded) == len(table.src_lo) == 0


def test_packet_of_no_bytes() -> None:
    for linktype in (1, 0, 101, 113, 228, 276):
        assert table_of(b"", linktype=linktype).undecoded.tolist() == [Undecoded.TRUNCATED]


@pytest.mark.parametrize(
    ("field", "value", "verdict"),
    [
        (14, 0x44, Undecoded.BAD_HEADER),  # a header of 16 bytes
        (14, 0x65, Undecoded.BAD_HEADER),  # version 6 behind the type of version 4
        (17, 19, Undecoded.BAD_HEADER),  # an IP packet shorter than its header
        (17, 39, Undecoded.BAD_HEADER),  # … than its TCP header
        (46, 0x40, Undecoded.BAD_HEADER),  # a TCP header of 16 bytes
        (14, 0x4F, Undecoded.NONE),  # 60 bytes: then the data is read as the TCP header, and it is whole
    ],
)
def test_contradictions(field: int, value: int, verdict: Undecoded) -> None:
    frame = bytearray(bytes(ETHER / V4 / DATA) + b"\x50" * 60)
    frame[16:18] = (112).to_bytes(2)
    if field == 17:
        frame[16] = 0
    frame[field] = value
    table = table_of(bytes(frame))
    assert table.undecoded[0] == verdict
    assert row_of(table, 0) == reference(bytes(frame), 1)


def test_tcp_header_longer_than_the_packet() -> None:
    frame = bytearray(bytes(ETHER / V4 / DATA))
    frame[46] = 0xF0
    assert table_of(bytes(frame)).undecoded[0] == Undecoded.BAD_HEADER


@pytest.mark.parametrize("length", [1, 7, 21, 9000])
def test_udp_length_that_contradicts(length: int) -> None:
    frame = bytearray(bytes(ETHER / V4 / QUERY))
    frame[38:40] = length.to_bytes(2)
    assert table_of(bytes(frame)).undecoded[0] == Undecoded.BAD_HEADER


def test_cut_by_the_snapshot_length() -> None:
    """A cut payload is decoded and keeps its lengths; a cut header is not."""
    frame = bytes(ETHER / V4 / DATA)
    table = table_of(frame[:60])
    assert (table.payload_len[0], table.ip_len[0], table.wirelen[0]) == (6, 52, 66)
    table = table_of(frame[:53])
    assert table.undecoded[0] == Undecoded.TRUNCATED
    assert (table.src_lo[0], table.l3[0], table.src_mac[0]) == (0, 0, 0x020000000001)


def test_cut_tcp_options() -> None:
    table = table_of(SEEDS["tcp syn"][1][:56])
    assert (table.undecoded[0], table.dport[0], table.payload_len[0], table.payload[0]) == (0, 443, 0, 56)


def test_wire_length_of_the_source_wins() -> None:
    frame = bytes(ETHER / V6 / QUERY)
    assert table_of(frame, wirelen=1514).wirelen[0] == 1514
    assert table_of(frame).wirelen[0] == len(frame)
    assert table_of(frame, wirelen=3).wirelen[0] == len(frame)


def test_read_only_buffer_and_many_rows() -> None:
    """A batch as libpcap gives it: read-only, thousands of rows, shapes mixed."""
    frames = seeds_of(1) * 200
    table = decode(batch(frames))
    assert not table.batch.buffer.flags.writeable
    first = [
        getattr(table, name)[: len(frames) // 200] for name in ("undecoded", "proto", "sport", "payload_len")
    ]
    for column, name in zip(first, ("undecoded", "proto", "sport", "payload_len"), strict=True):
        assert np.array_equal(np.tile(column, 200), getattr(table, name))


def test_column_types() -> None:
    """The dtypes that `PacketTable` promises."""
    table = table_of(*seeds_of(1))
    for name in ("undecoded", "version", "proto", "tcp_flags"):
        assert getattr(table, name).dtype == np.uint8
    for name in ("ethertype", "vlan", "sport", "dport"):
        assert getattr(table, name).dtype == np.uint16
    for name in ("src_mac", "dst_mac", "src_hi", "src_lo", "dst_hi", "dst_lo"):
        assert getattr(table, name).dtype == np.uint64
    for name in ("l3", "l4", "payload"):
        assert getattr(table, name).dtype == np.int64
    for name in ("payload_len", "ip_len", "wirelen"):
        assert getattr(table, name).dtype == np.int32
    assert table.fragment.dtype == np.bool_


@pytest.mark.parametrize("cut", [0, 1, 20])
def test_heads_that_a_capture_file_gives_along_change_nothing(tmp_path, cut):
    """Also where the last packet ends before its head would, and where there is no other."""
    frames = [(float(n), frame[: len(frame) - cut]) for n, frame in enumerate(seeds_of(1))]
    for some in (frames, frames[::-1], frames[:1], frames[-1:]):
        (tmp_path / "x.pcap").write_bytes(pcap(some))
        (found,) = open_file(tmp_path / "x.pcap").batches()
        assert found.heads is not None
        table, other = decode(found), decode(found._replace(heads=None))
        for field in fields(PacketTable):
            if field.name not in ("batch", "ends", "openings"):
                assert getattr(table, field.name).tolist() == getattr(other, field.name).tolist()
