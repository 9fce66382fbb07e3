"""The packet that is like most: Ethernet, IPv4 without options and not a fragment, TCP or UDP with its
whole header.

All its headers lie at fixed places, so that one gather and one pass over all packets of a batch do what
otherwise each layer does for the rows that it finds. What is not so in every respect is left alone.
"""

import numpy as np
from numpy.typing import NDArray

from sensors.decode_bytes import Headers, layout, read
from sensors.decode_link import ETHERNET, IPV4, MAC
from sensors.decode_network import MAPPED
from sensors.decode_transport import TCP, UDP
from sensors.packets import HEAD, PacketBatch, PacketTable

_HEAD = layout(
    HEAD, dst=(0, ">u8"), src=(4, ">u8"), kind=(12, ">u4"), length=(16, ">u2"), frag=(20, ">u2"),
    proto=(23, "u1"), src_ip=(26, ">u4"), dst_ip=(30, ">u4"), sport=(34, ">u2"), dport=(36, ">u2"),
    udp_length=(38, ">u2"), tcp_offset=(46, "u1"), tcp_flags=(47, "u1"),
)  # fmt: skip
_KIND, _KIND_MASK = np.uint32(IPV4 << 16 | 0x4500), np.uint32(0xFFFF_FF00)
"""EtherType, version, header length; the last byte is the type of service."""
_L3, _L4 = 14, 34


def decode_plain(batch: PacketBatch) -> tuple[PacketTable, NDArray[np.bool_]] | None:
    """The table of a batch as if all packets were plain, and bool[n], which of them are; the rows of the
    others hold nonsense. None where the link layer is another one."""
    if batch.linktype != ETHERNET:
        return None
    count = len(batch.offsets)
    head = read(batch.buffer, batch.offsets, _HEAD) if batch.heads is None else batch.heads.view(_HEAD)
    plain, header, payload = _measure(head, batch.caplen)
    table = PacketTable(
        batch=batch,
        undecoded=np.zeros(count, np.uint8),
        src_mac=head["src"].astype(np.uint64) & MAC,
        dst_mac=head["dst"].astype(np.uint64) >> np.uint64(16),
        ethertype=np.full(count, IPV4, np.uint16),
        vlan=np.zeros(count, np.uint16),
        version=np.full(count, 4, np.uint8),
        src_hi=np.zeros(count, np.uint64),
        src_lo=head["src_ip"].astype(np.uint64) | MAPPED,
        dst_hi=np.zeros(count, np.uint64),
        dst_lo=head["dst_ip"].astype(np.uint64) | MAPPED,
        proto=head["proto"].copy(),
        sport=head["sport"].astype(np.uint16),
        dport=head["dport"].astype(np.uint16),
        tcp_flags=head["tcp_flags"] * (head["proto"] == TCP),
        fragment=np.zeros(count, np.bool_),
        l3=batch.offsets + _L3,
        l4=batch.offsets + _L4,
        payload=batch.offsets + _L4 + header,
        payload_len=payload,
        ip_len=head["length"].astype(np.int32),
        wirelen=np.maximum(batch.wirelen, batch.caplen),
    )
    return table, plain


def _measure(
    head: Headers, caplen: NDArray[np.int32]
) -> tuple[NDArray[np.bool_], NDArray[np.uint8], NDArray[np.int32]]:
    """Which packets are plain, and the bytes of their transport header and captured payload."""
    tcp, udp = head["proto"] == TCP, head["proto"] == UDP
    room = np.minimum(head["length"], caplen - _L3) - (_L4 - _L3)
    header = (head["tcp_offset"] & np.uint8(0xF0)) >> np.uint8(2)
    plain = (head["kind"] & _KIND_MASK) == _KIND
    plain &= (head["frag"] & 0x3FFF) == 0
    plain &= tcp & (header >= 20) | udp
    header[~tcp] = 8
    total = np.where(tcp, room, head["udp_length"])
    plain &= (total >= header) & (total <= room)
    return plain, header, total - header
