"""The two types that flow from capture to the parsers: batches of packets, and their columns."""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

HEAD = 48
"""Bytes up to the flags of TCP where Ethernet, IPv4 and TCP have no options."""


class PacketBatch(NamedTuple):
    """Packets as they were captured: one buffer, and where in it each packet lies.

    buffer   uint8[bytes]; may be read-only
    offsets  int64[n], the first byte of each packet in the buffer
    caplen   int32[n], captured bytes
    wirelen  int32[n], bytes on the wire, 0 where the source does not tell
    ts       float64[n], seconds since the epoch
    linktype libpcap's LINKTYPE_ number, the same for the whole batch
    heads    V48[n], the first `HEAD` bytes of each packet and what follows it in the buffer, where the source
             has looked there anyway
    """

    buffer: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    caplen: NDArray[np.int32]
    wirelen: NDArray[np.int32]
    ts: NDArray[np.float64]
    linktype: int
    heads: NDArray[np.void] | None = None


class Undecoded(IntEnum):
    """Why a packet has no network layer that we understand. 0 is none: it was decoded."""

    NONE = 0
    NOT_IP = 1  # a known or unknown EtherType without IP or ARP; ordinary on every network
    TRUNCATED = 2  # the capture cut the packet inside a header
    BAD_HEADER = 3  # lengths or versions that contradict each other
    TOO_DEEP = 4  # more than 2 VLAN tags, 4 MPLS labels, 8 IPv6 extension headers
    WIFI = 5  # 802.11 frames, skipped
    LINKTYPE = 6  # a link layer we do not know


class Ends(NamedTuple):
    """Hashes of the endpoints of each packet, and of its conversation; see `sensors.flow_keys`."""

    source: NDArray[np.uint64]  # [n]
    target: NDArray[np.uint64]
    key: NDArray[np.uint64]  # the same in both directions; 0 for a packet of no flow


class Openings(NamedTuple):
    """The packets that open a TCP connection."""

    at: NDArray[np.int64]  # [k] their rows
    closed: NDArray[np.int64]  # [k] the row of the last one before that closes the same endpoints, or -1


@dataclass(slots=True)
class PacketTable:
    """The headers of a batch in columns, one row a packet, in the order of the batch.

    All offsets are positions in `batch.buffer`. IP addresses are 128-bit numbers in two halves;
    IPv4 is written as IPv4-mapped (::ffff:a.b.c.d), so one comparison serves both. Columns that do
    not apply hold 0.
    """

    batch: PacketBatch
    undecoded: NDArray[np.uint8]  # [n] Undecoded
    src_mac: NDArray[np.uint64]  # [n] 48-bit numbers, first byte of the address most significant
    dst_mac: NDArray[np.uint64]
    ethertype: NDArray[np.uint16]  # [n] innermost; for raw IP what it would be
    vlan: NDArray[np.uint16]  # [n] innermost VLAN id
    version: NDArray[np.uint8]  # [n] 4, 6, or 0 when not IP
    src_hi: NDArray[np.uint64]
    src_lo: NDArray[np.uint64]
    dst_hi: NDArray[np.uint64]
    dst_lo: NDArray[np.uint64]
    proto: NDArray[np.uint8]  # [n] IP protocol after extension headers
    sport: NDArray[np.uint16]  # [n] 0 for non-first fragments and portless protocols
    dport: NDArray[np.uint16]
    tcp_flags: NDArray[np.uint8]
    fragment: NDArray[np.bool_]  # [n] a fragment other than the first: no transport header
    l3: NDArray[np.int64]  # [n] the IP (or ARP) header
    l4: NDArray[np.int64]  # [n] the transport header
    payload: NDArray[np.int64]  # [n] the transport payload (ICMP and others: equals l4)
    payload_len: NDArray[np.int32]  # [n] captured payload bytes, padding excluded
    ip_len: NDArray[np.int32]  # [n] bytes of the IP packet on the wire, from its header
    wirelen: NDArray[np.int32]  # [n] frame bytes on the wire
    ends: Ends | None = None  # made by `sensors.flow_keys.ends_of` when first asked for
    openings: Openings | None = None  # the same by `sensors.flow_reuse`


class Packet(NamedTuple):
    """One packet on its way to a parser, with its headers as Python values."""

    ts: float
    src_mac: str | None
    dst_mac: str | None
    src: str
    """IP text; for ARP empty."""
    dst: str
    sport: int
    dport: int
    proto: int
    """IP protocol number; 0 for ARP."""
    payload: bytes
    """UDP or TCP: the transport payload. Other IP: from the transport header on. ARP: from the ARP
    header on. Never longer than 65,535 bytes."""
    seq: int = 0
    """TCP: the sequence number, by which a retransmission is known."""
    hop_limit: int = 0
    """IPv6: how many routers may still forward it; 0 for others."""


class ParseError(ValueError):
    """A packet that its parser cannot read: an ordinary branch, counted by parser."""
