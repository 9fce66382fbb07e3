"""IPv4 (RFC 791), IPv6 (RFC 8200) with its extension headers, and where ARP (RFC 826) lies.

Each function does the plain shape for all rows at once, and judges only the odd ones in detail.
"""

import numpy as np

from sensors.decode_bounds import Bounds, Rows, refuse, without
from sensors.decode_bytes import layout, read
from sensors.packets import PacketTable, Undecoded

MAX_EXTENSIONS = 8
"""Extension headers walked. Real packets have one or two; a long chain is made to hide what follows."""

_V4 = layout(
    20, first=(0, "u1"), length=(2, ">u2"), frag=(6, ">u2"), proto=(9, "u1"), src=(12, ">u4"), dst=(16, ">u4")
)
_V6 = layout(
    40,
    first=(0, "u1"),
    length=(4, ">u2"),
    next=(6, "u1"),
    src_hi=(8, ">u8"),
    src_lo=(16, ">u8"),
    dst_hi=(24, ">u8"),
    dst_lo=(32, ">u8"),
)
_EXTENSION = layout(4, next=(0, "u1"), length=(1, "u1"), frag=(2, ">u2"))
_PLAIN_V4 = np.uint8(0x45)
"""Version 4 and a header of 5 words, the smallest."""
MAPPED = np.uint64(0xFFFF_0000_0000)
"""::ffff:0:0/96, IPv4 written as IPv6 (RFC 4291)."""

_FRAGMENT, _AUTH, NO_NEXT_HEADER = 44, 51, 59
_IS_EXTENSION = np.zeros(256, np.bool_)
_IS_EXTENSION[[0, 43, _FRAGMENT, _AUTH, 60, 135, 139, 140]] = True
"""Hop-by-hop, routing, fragment, authentication, destination options, mobility, HIP, shim6: IANA's list of
extension headers. ESP (50) hides what follows and counts as the transport."""


def decode_ipv4(table: PacketTable, rows: Rows, bounds: Bounds) -> None:
    """Fills the network columns of these rows, whose header begins at `table.l3`."""
    if not len(rows):
        return
    at = table.l3[rows]
    head = read(table.batch.buffer, at, _V4)
    first = head["first"]
    size = (first & 15).astype(np.int64) << 2
    length = head["length"].astype(np.int64)
    room = bounds.end[rows] - at
    strange = first - _PLAIN_V4 > 10  # version not 4, or a size below 20: unsigned numbers wrap around
    odd = np.flatnonzero(strange | (np.minimum(length, room) < size))
    if len(odd):
        refused = refuse(
            table,
            rows[odd],
            (room[odd] < 20, Undecoded.TRUNCATED),
            (strange[odd], Undecoded.BAD_HEADER),
            ((length[odd] != 0) & (length[odd] < size[odd]), Undecoded.BAD_HEADER),
            (room[odd] < size[odd], Undecoded.TRUNCATED),
        )
        length = np.where(length == 0, bounds.wire_end[rows] - at, length)
        if len(refused):
            good = without(len(rows), odd[refused])
            rows, at, head, size, length = rows[good], at[good], head[good], size[good], length[good]
    frag = head["frag"]
    table.version[rows] = 4
    table.src_lo[rows] = head["src"] | MAPPED
    table.dst_lo[rows] = head["dst"] | MAPPED
    table.proto[rows] = head["proto"]
    table.l4[rows] = at + size
    table.ip_len[rows] = length
    bounds.ip_end[rows] = at + length
    if (frag & 0x3FFF).any():
        table.fragment[rows] = (frag & 0x1FFF) != 0
        bounds.more[rows] = (frag & 0x3FFF) == 0x2000


def decode_ipv6(table: PacketTable, rows: Rows, bounds: Bounds) -> None:
    """Fills the network columns of these rows, whose header begins at `table.l3`."""
    if not len(rows):
        return
    at = table.l3[rows]
    head = read(table.batch.buffer, at, _V6)
    cut = bounds.end[rows] - at < 40
    strange = head["first"] >> 4 != 6
    if (cut | strange).any():
        refused = refuse(table, rows, (cut, Undecoded.TRUNCATED), (strange, Undecoded.BAD_HEADER))
        good = without(len(rows), refused)
        rows, at, head = rows[good], at[good], head[good]
    following = head["next"]
    length = head["length"].astype(np.int64) + 40
    untold = (length == 40) & (following != NO_NEXT_HEADER)  # offloaded, or a jumbogram (RFC 2675)
    if untold.any():
        length = np.where(untold, bounds.wire_end[rows] - at, length)
    table.version[rows] = 6
    for name in ("src_hi", "src_lo", "dst_hi", "dst_lo"):
        getattr(table, name)[rows] = head[name]
    table.proto[rows] = following
    table.l4[rows] = at + 40
    table.ip_len[rows] = length
    bounds.ip_end[rows] = at + length
    extended = rows[_IS_EXTENSION[following]]
    if len(extended):
        _walk_extensions(table, extended, bounds)


def _walk_extensions(table: PacketTable, rows: Rows, bounds: Bounds) -> None:
    """Steps over one header a round, for the rows that still have one."""
    for _ in range(MAX_EXTENSIONS):
        at = table.l4[rows]
        head = read(table.batch.buffer, at, _EXTENSION)
        kind = table.proto[rows]
        size = (head["length"].astype(np.int64) + 1) * 8
        size[kind == _FRAGMENT] = 8
        auth = kind == _AUTH
        size[auth] = (head["length"][auth].astype(np.int64) + 2) * 4  # counts in words of four (RFC 4302)
        stated, room = bounds.ip_end[rows] - at, bounds.end[rows] - at
        refused = refuse(
            table,
            rows,
            (stated < 8, Undecoded.BAD_HEADER),
            (room < 8, Undecoded.TRUNCATED),
            (stated < size, Undecoded.BAD_HEADER),
            (room < size, Undecoded.TRUNCATED),
        )
        good = without(len(rows), refused)
        rows, at, head, kind, size = rows[good], at[good], head[good], kind[good], size[good]
        frag = np.where(kind == _FRAGMENT, head["frag"], 0)
        table.proto[rows] = head["next"]
        table.l4[rows] = at + size
        table.fragment[rows] |= (frag & 0xFFF8) != 0
        bounds.more[rows] |= (frag & 0xFFF9) == 1
        rows = rows[_IS_EXTENSION[head["next"]] & ~table.fragment[rows]]
        if not len(rows):
            return
    refuse(table, rows, (np.ones(len(rows), np.bool_), Undecoded.TOO_DEEP))


def decode_arp(table: PacketTable, rows: Rows, bounds: Bounds) -> None:
    """Locates ARP, at least the 28 bytes that it has for Ethernet and IPv4; its parser reads it."""
    if not len(rows):
        return
    room = bounds.end[rows] - table.l3[rows]
    good = without(len(rows), refuse(table, rows, (room < 28, Undecoded.TRUNCATED)))
    rows = rows[good]
    table.l4[rows] = table.payload[rows] = table.l3[rows]
    table.payload_len[rows] = room[good]
