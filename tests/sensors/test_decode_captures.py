"""Captures recorded by others: every packet against the reference, and against scapy's dissection."""

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from scapy.config import conf
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import (
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
)
from scapy.layers.l2 import CookedLinux, CookedLinuxV2, Dot1Q, Ether, Loopback
from scapy.packet import NoPayload, Packet, Raw

from sensors.capture import BrokenCapture, open_file
from sensors.decode import decode
from sensors.packets import PacketBatch, PacketTable
from tests.reference_decode import Row, reference, row_of

pytestmark = pytest.mark.captures

LAYERS = [
    Ether, Dot1Q, MPLS, CookedLinux, CookedLinuxV2, Loopback, IP, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, TCP, UDP,
]  # fmt: skip
DISSECTORS = {1: Ether, 0: Loopback, 101: IP, 228: IP, 113: CookedLinux, 276: CookedLinuxV2}


@pytest.fixture
def only_headers() -> Iterator[None]:
    """scapy without the layers above TCP and UDP: their payload is then one piece of known length."""
    conf.layers.filter(LAYERS)
    yield
    conf.layers.unfilter()


def tables(captures: Path) -> Iterator[tuple[str, PacketTable]]:
    for path in sorted(captures.glob("*.pcap*")):
        try:
            for batch in open_file(path).batches():
                yield path.name, decode(batch)
        except BrokenCapture:
            continue


def frame(batch: PacketBatch, index: int) -> bytes:
    start = int(batch.offsets[index])
    return batch.buffer[start : start + int(batch.caplen[index])].tobytes()


def test_every_packet_as_the_reference(captures: Path) -> None:
    count = 0
    for name, table in tables(captures):
        batch = table.batch
        for index in range(len(batch.offsets)):
            wanted = reference(frame(batch, index), batch.linktype, int(batch.wirelen[index]))
            assert row_of(table, index) == wanted, (name, index)
            count += 1
    assert count > 28_000


def test_every_packet_as_scapy(captures: Path, only_headers: None) -> None:
    count = 0
    for name, table in tables(captures):
        dissector = DISSECTORS.get(table.batch.linktype)
        if dissector is None:
            assert table.batch.linktype == 127
            assert not table.version.any()
            continue
        for index in range(len(table.batch.offsets)):
            check(row_of(table, index), dissector(frame(table.batch, index)), f"{name} {index}")
            count += int(table.version[index] != 0)
    assert count > 27_000


def check(row: Row, packet: Packet, where: str) -> None:
    network = packet.getlayer(IP) or packet.getlayer(IPv6)
    if network is None or isinstance(network.underlayer, (IP, IPv6)):
        assert row.version == 0, where
        return
    assert row.version == network.version, where
    assert text(row.src) == ip_address(network.src), where
    assert text(row.dst) == ip_address(network.dst), where
    transport = packet.getlayer(TCP) or packet.getlayer(UDP)
    if transport is None:
        assert (row.sport, row.dport) == (0, 0), where
        return
    if row.proto not in (6, 17):
        return  # a tunnel, which we do not open
    assert (row.sport, row.dport) == (transport.sport, transport.dport), where
    following = transport.payload
    assert isinstance(following, (Raw, NoPayload)) or following.name == "Padding", where
    assert row.payload_len == (
        len(following.load) if isinstance(following, Raw) and following.name == "Raw" else 0
    ), where


def text(address: int) -> object:
    full = ip_address(address.to_bytes(16))
    return full.ipv4_mapped or full  # type: ignore[union-attr]
