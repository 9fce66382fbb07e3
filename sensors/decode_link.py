"""Link layers: where in each packet the network layer begins, and which one it is.

The common shape, plain Ethernet, is settled in one pass over the batch. What is wrapped further
(VLAN tags, PPPoE, MPLS, SNAP) is peeled one layer a round, only for the rows concerned.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.decode_bytes import layout, read
from sensors.packets import PacketBatch, Undecoded

IPV4, IPV6, ARP = 0x0800, 0x86DD, 0x0806
ETHERNET = 1
"""LINKTYPE_ETHERNET."""
MAX_VLANS, MAX_LABELS, MAX_LAYERS = 2, 4, 8
"""QinQ has two tags; VPN and traffic engineering stack up to four labels. Deeper is an attack or a loop."""

_VLAN = (0x8100, 0x88A8, 0x9100)  # IEEE 802.1Q, 802.1ad, and what came before 802.1ad
_MPLS = (0x8847, 0x8848)  # RFC 5332
_PPPOE = 0x8864  # RFC 2516, session stage
_BRIDGED = 0x6558  # Transparent Ethernet Bridging: here what an MPLS pseudowire carries
_FIRST_ETHERTYPE = 0x600  # IEEE 802.3: smaller is a length, LLC follows
MAC = np.uint64(0xFFFF_FFFF_FFFF)

_ETHERNET = layout(16, dst=(0, ">u8"), src=(4, ">u8"), type=(12, ">u2"))
_SLL = layout(16, length=(4, ">u2"), address=(6, ">u8"), type=(14, ">u2"))
_SLL2 = layout(20, type=(0, ">u2"), length=(11, "u1"), address=(12, ">u8"))
_TAG = layout(4, id=(0, ">u2"), type=(2, ">u2"))
_LABEL = layout(5, entry=(0, ">u4"), next=(4, "u1"))
_PPP = layout(8, protocol=(6, ">u2"))
_SNAP = layout(8, llc=(0, ">u4"), org=(2, ">u4"), type=(6, ">u2"))
_WORD = layout(4, little=(0, "<u4"), big=(0, ">u4"))
_BYTE = layout(1, first=(0, "u1"))

_PPP_TYPES = {0x0021: IPV4, 0x0057: IPV6, 0x0281: _MPLS[0]}  # RFC 1332, 5072, 3032
_FAMILY_V6 = (10, 23, 24, 28, 30)
"""AF_INET6 of Linux, Windows, NetBSD, FreeBSD and macOS (LINKTYPE_NULL has the number of its maker)."""


@dataclass(slots=True)
class Link:
    """What the link layer says of each packet. Columns as in `PacketTable`; `l3` is -> network layer."""

    undecoded: NDArray[np.uint8]
    src_mac: NDArray[np.uint64]
    dst_mac: NDArray[np.uint64]
    ethertype: NDArray[np.uint16]
    vlan: NDArray[np.uint16]
    l3: NDArray[np.int64]

    @classmethod
    def blank(cls, count: int, verdict: Undecoded) -> "Link":
        """All columns 0 and one verdict for all packets."""
        return cls(
            np.full(count, verdict, np.uint8),
            np.zeros(count, np.uint64),
            np.zeros(count, np.uint64),
            np.zeros(count, np.uint16),
            np.zeros(count, np.uint16),
            np.zeros(count, np.int64),
        )

    def stop(self, rows: NDArray[np.int64], verdict: Undecoded) -> None:
        """These packets go no further."""
        self.undecoded[rows] = verdict


def decode_link(batch: PacketBatch, end: NDArray[np.int64]) -> Link:
    """The link layer of a batch; `end` is int64[n], the first byte after each packet.

    Afterwards every packet that has no verdict has IPv4, IPv6 or ARP at `l3` by its EtherType; no
    byte from `l3` on was looked at, but one where the link layer does not name the protocol.
    """
    count = len(batch.offsets)
    if batch.linktype in _WIFI:
        return Link.blank(count, Undecoded.WIFI)
    first = _FIRST.get(batch.linktype)
    if first is None:
        return Link.blank(count, Undecoded.LINKTYPE)
    link = Link.blank(count, Undecoded.NONE)
    size = first(batch, link)
    link.l3 = batch.offsets + size
    cut = np.flatnonzero(batch.caplen < size)
    if len(cut):
        for column in (link.src_mac, link.dst_mac, link.ethertype):
            column[cut] = 0
        link.stop(cut, Undecoded.TRUNCATED)
    known = (link.ethertype == IPV4) | (link.ethertype == IPV6) | (link.ethertype == ARP)
    rest = np.flatnonzero(~known & (link.undecoded == 0))
    if len(rest):
        _unwrap(batch.buffer, link, end, rest)
    return link


# How each link type begins: fills MACs and EtherType, gives the length of its header


def _ethernet(batch: PacketBatch, link: Link) -> int:
    head = read(batch.buffer, batch.offsets, _ETHERNET)
    link.dst_mac = head["dst"].astype(np.uint64) >> np.uint64(16)
    link.src_mac = head["src"].astype(np.uint64) & MAC
    link.ethertype = head["type"].astype(np.uint16)
    return 14


def _cooked(batch: PacketBatch, link: Link) -> int:
    form = _SLL if batch.linktype == 113 else _SLL2
    head = read(batch.buffer, batch.offsets, form)
    address = head["address"].astype(np.uint64) >> np.uint64(16)
    link.src_mac = np.where(head["length"] == 6, address, np.uint64(0))
    link.ethertype = head["type"].astype(np.uint16)
    return form.itemsize


def _null(batch: PacketBatch, link: Link) -> int:
    head = read(batch.buffer, batch.offsets, _WORD)
    family = np.minimum(head["little"], head["big"])
    _name(link, family == 2, np.isin(family, _FAMILY_V6))
    return 4


def _raw(batch: PacketBatch, link: Link) -> int:
    version = read(batch.buffer, batch.offsets, _BYTE)["first"] >> 4
    _name(link, version == 4, version == 6)
    empty = np.flatnonzero(batch.caplen < 1)
    link.ethertype[empty] = 0
    link.stop(empty, Undecoded.TRUNCATED)
    return 0


def _name(link: Link, v4: NDArray[np.bool_], v6: NDArray[np.bool_]) -> None:
    """The EtherType that the packet would have; without one there is nothing to unwrap either."""
    link.ethertype[v4], link.ethertype[v6] = IPV4, IPV6
    link.stop(np.flatnonzero(~(v4 | v6)), Undecoded.NOT_IP)


def _raw_known(batch: PacketBatch, link: Link) -> int:
    link.ethertype[:] = IPV4 if batch.linktype == 228 else IPV6
    return 0


_FIRST = {
    ETHERNET: _ethernet,
    113: _cooked,
    276: _cooked,
    0: _null,
    108: _null,
    101: _raw,
    12: _raw,
    14: _raw,
    228: _raw_known,
    229: _raw_known,
}
"""LINKTYPE_ numbers of the tcpdump group's registry; 12 and 14 are DLT_RAW of some systems."""

_WIFI = frozenset({105, 119, 127, 163, 192})
"""802.11 bare, and behind Prism, radiotap, AVS and PPI headers."""


# Wrapped packets


def _unwrap(buffer: NDArray[np.uint8], link: Link, end: NDArray[np.int64], rows: NDArray[np.int64]) -> None:
    """Peels at most MAX_LAYERS layers; each round looks at rows by the type they had at its start."""
    tags = np.zeros(len(end), np.uint8)
    labels = np.zeros(len(end), np.uint8)
    for _ in range(MAX_LAYERS):
        wrapper = _WRAPPER[link.ethertype[rows]]
        for number, peel in enumerate(_PEELS, start=1):
            found = rows[wrapper == number]
            if number == _TAGGED:
                found = _below(link, found, tags, MAX_VLANS)
            elif number == _LABELLED:
                found = _below(link, found, labels, MAX_LABELS)
            if len(found):
                peel(buffer, link, end, found)
        rows = rows[(link.undecoded[rows] == 0) & ~_is_network(link.ethertype[rows])]
        other = _WRAPPER[link.ethertype[rows]] == 0
        link.stop(rows[other], Undecoded.NOT_IP)
        rows = rows[~other]
        if not len(rows):
            return
    link.stop(rows, Undecoded.TOO_DEEP)


def _is_network(kind: NDArray[np.uint16]) -> NDArray[np.bool_]:
    network: NDArray[np.bool_] = (kind == IPV4) | (kind == IPV6) | (kind == ARP)
    return network


def _below(link: Link, rows: NDArray[np.int64], count: NDArray[np.uint8], limit: int) -> NDArray[np.int64]:
    """Counts one more layer of a kind for each row; rows above the limit are too deep."""
    count[rows] += 1
    deep = count[rows] > limit
    link.stop(rows[deep], Undecoded.TOO_DEEP)
    return rows[~deep]


def _whole(link: Link, end: NDArray[np.int64], rows: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """The rows that have `size` more bytes; the others are cut."""
    cut = end[rows] - link.l3[rows] < size
    link.stop(rows[cut], Undecoded.TRUNCATED)
    return rows[~cut]


def _peel_vlan(
    buffer: NDArray[np.uint8], link: Link, end: NDArray[np.int64], rows: NDArray[np.int64]
) -> None:
    rows = _whole(link, end, rows, 4)
    head = read(buffer, link.l3[rows], _TAG)
    link.vlan[rows] = head["id"] & 0xFFF
    link.ethertype[rows] = head["type"]
    link.l3[rows] += 4


def _peel_mpls(
    buffer: NDArray[np.uint8], link: Link, end: NDArray[np.int64], rows: NDArray[np.int64]
) -> None:
    """One label (RFC 3032). Below the last one the first nibble tells: 4, 6, or 0 for the control word of
    a pseudowire (RFC 4385), which we take to carry Ethernet (RFC 4448)."""
    rows = _whole(link, end, rows, 4)
    head = read(buffer, link.l3[rows], _LABEL)
    link.l3[rows] += 4
    last = (head["entry"] & 0x100) != 0
    rows, nibble = rows[last], head["next"][last] >> 4
    there = end[rows] > link.l3[rows]
    link.stop(rows[~there], Undecoded.TRUNCATED)
    rows, nibble = rows[there], nibble[there]
    for version, kind in ((4, IPV4), (6, IPV6), (0, _BRIDGED)):
        link.ethertype[rows[nibble == version]] = kind
    link.l3[rows[nibble == 0]] += 4
    link.stop(rows[~np.isin(nibble, (0, 4, 6))], Undecoded.NOT_IP)


def _peel_pppoe(
    buffer: NDArray[np.uint8], link: Link, end: NDArray[np.int64], rows: NDArray[np.int64]
) -> None:
    rows = _whole(link, end, rows, 8)
    protocol = read(buffer, link.l3[rows], _PPP)["protocol"]
    link.l3[rows] += 8
    for number, kind in _PPP_TYPES.items():
        link.ethertype[rows[protocol == number]] = kind
    link.stop(rows[~np.isin(protocol, tuple(_PPP_TYPES))], Undecoded.NOT_IP)


def _peel_bridged(
    buffer: NDArray[np.uint8], link: Link, end: NDArray[np.int64], rows: NDArray[np.int64]
) -> None:
    rows = _whole(link, end, rows, 14)
    head = read(buffer, link.l3[rows], _ETHERNET)
    link.dst_mac[rows] = head["dst"].astype(np.uint64) >> np.uint64(16)
    link.src_mac[rows] = head["src"].astype(np.uint64) & MAC
    link.ethertype[rows] = head["type"]
    link.l3[rows] += 14


def _peel_snap(
    buffer: NDArray[np.uint8], link: Link, end: NDArray[np.int64], rows: NDArray[np.int64]
) -> None:
    """IEEE 802 SNAP with the organisation code 0 (RFC 1042); other LLC carries no IP."""
    short = end[rows] - link.l3[rows] < 8
    link.stop(rows[short], Undecoded.NOT_IP)
    rows = rows[~short]
    head = read(buffer, link.l3[rows], _SNAP)
    snap = (head["llc"] == 0xAAAA0300) & ((head["org"] & 0xFFFFFF) == 0)
    link.stop(rows[~snap], Undecoded.NOT_IP)
    rows, head = rows[snap], head[snap]
    link.ethertype[rows] = head["type"]
    link.l3[rows] += 8


_PEELS = (_peel_vlan, _peel_mpls, _peel_pppoe, _peel_bridged, _peel_snap)
_TAGGED, _LABELLED = 1, 2
_WRAPPER = np.zeros(65_536, np.uint8)
"""EtherType -> what peels it, counted from 1; 0: nothing does."""
_WRAPPER[list(_VLAN)] = _TAGGED
_WRAPPER[list(_MPLS)] = _LABELLED
_WRAPPER[_PPPOE], _WRAPPER[_BRIDGED] = 3, 4
_WRAPPER[:_FIRST_ETHERTYPE] = 5
