"""Ports, flags and payloads: TCP (RFC 9293), UDP (RFC 768), and the ports of UDP-Lite, DCCP and SCTP.

The first of several fragments may hold less than the whole header, as some port scanners send it; it
then has the ports (4 bytes at least), its flags if they are there, and no payload.
"""

import numpy as np
from numpy.typing import NDArray

from sensors.decode_bounds import Bounds, Rows, refuse, without
from sensors.decode_bytes import layout, read
from sensors.decode_network import NO_NEXT_HEADER
from sensors.packets import PacketTable, Undecoded

TCP, UDP = 6, 17
_FIXED = np.zeros(256, np.int64)
_FIXED[[33, 132, 136]] = 12, 12, 8
"""Bytes of the fixed header of DCCP, SCTP and UDP-Lite (RFC 4340, 9260, 3828); 0: no ports."""

_TCP = layout(14, sport=(0, ">u2"), dport=(2, ">u2"), offset=(12, "u1"), flags=(13, "u1"))
_UDP = layout(6, sport=(0, ">u2"), dport=(2, ">u2"), length=(4, ">u2"))


def decode_transport(table: PacketTable, bounds: Bounds) -> None:
    """Fills ports, flags and payload of every row that has an IP version, from `table.l4` on."""
    kind = table.proto * ~table.fragment  # protocol 0 is an extension header: free to mean none here
    bounds.end = np.minimum(bounds.end, bounds.ip_end)
    _tcp(table, np.flatnonzero(kind == TCP), bounds)
    _udp(table, np.flatnonzero(kind == UDP), bounds)
    _others(table, np.flatnonzero((kind != TCP) & (kind != UDP) & (table.version != 0)), bounds)


def _tcp(table: PacketTable, rows: Rows, bounds: Bounds) -> None:
    if not len(rows):
        return
    at = table.l4[rows]
    head = read(table.batch.buffer, at, _TCP)
    room = bounds.end[rows] - at
    size = (head["offset"] >> 4).astype(np.int64) * 4
    flags = head["flags"].copy()
    odd = np.flatnonzero((room < 20) | (size < 20) | (room < size))
    if len(odd):
        whole = bounds.ip_end[rows[odd]] - at[odd]
        more = bounds.more[rows[odd]]
        full = whole >= 20
        refused = refuse(
            table,
            rows[odd],
            *_fixed_header_checks(whole, room[odd], more, 20),
            (full & (size[odd] < 20), Undecoded.BAD_HEADER),
            (full & (size[odd] > whole) & ~more, Undecoded.BAD_HEADER),
        )
        flags[odd[whole < 14]] = 0
        size[odd] = np.where(full, np.minimum(size[odd], room[odd]), room[odd])
        if len(refused):
            good = without(len(rows), odd[refused])
            rows, at, head, room = rows[good], at[good], head[good], room[good]
            size, flags = size[good], flags[good]
    table.sport[rows] = head["sport"]
    table.dport[rows] = head["dport"]
    table.tcp_flags[rows] = flags
    table.payload[rows] = at + size
    table.payload_len[rows] = room - size


def _udp(table: PacketTable, rows: Rows, bounds: Bounds) -> None:
    """The payload ends where UDP says, which may be before the end of the IP packet. A length of 0 means
    to the end (offload, jumbograms); one beyond the IP packet is right only in a first fragment."""
    if not len(rows):
        return
    at = table.l4[rows]
    head = read(table.batch.buffer, at, _UDP)
    room = bounds.end[rows] - at
    stated = head["length"].astype(np.int64)
    size = np.minimum(stated, room)
    odd = np.flatnonzero((room < 8) | (stated < 8) | (stated > room))
    if len(odd):
        whole = bounds.ip_end[rows[odd]] - at[odd]
        more = bounds.more[rows[odd]]
        told = (whole >= 8) & (stated[odd] != 0)
        refused = refuse(
            table,
            rows[odd],
            *_fixed_header_checks(whole, room[odd], more, 8),
            (told & (stated[odd] < 8), Undecoded.BAD_HEADER),
            (told & (stated[odd] > whole) & ~more, Undecoded.BAD_HEADER),
        )
        size[odd] = np.where(told, size[odd], room[odd])
        if len(refused):
            good = without(len(rows), odd[refused])
            rows, at, head, size = rows[good], at[good], head[good], size[good]
    header = np.minimum(size, 8)
    table.sport[rows] = head["sport"]
    table.dport[rows] = head["dport"]
    table.payload[rows] = at + header
    table.payload_len[rows] = size - header


def _others(table: PacketTable, rows: Rows, bounds: Bounds) -> None:
    """ICMP, IGMP, ESP, tunnels, later fragments …: the payload is all that follows the IP headers."""
    if not len(rows):
        return
    proto = table.proto[rows]
    room = bounds.end[rows] - table.l4[rows]
    table.payload[rows] = table.l4[rows]
    table.payload_len[rows] = np.where(proto == NO_NEXT_HEADER, 0, room)
    fixed = _FIXED[proto] * ~table.fragment[rows]
    ported = np.flatnonzero(fixed)
    if not len(ported):
        return
    rows, room, fixed = rows[ported], room[ported], fixed[ported]
    whole = bounds.ip_end[rows] - table.l4[rows]
    refused = refuse(table, rows, *_fixed_header_checks(whole, room, bounds.more[rows], fixed))
    rows = np.delete(rows, refused)
    head = read(table.batch.buffer, table.l4[rows], _UDP)
    table.sport[rows] = head["sport"]
    table.dport[rows] = head["dport"]


def _fixed_header_checks(
    whole: NDArray[np.int64],
    room: NDArray[np.int64],
    more: NDArray[np.bool_],
    fixed: int | NDArray[np.int64],
) -> tuple[tuple[NDArray[np.bool_], Undecoded], ...]:
    """Whether the IP packet (`whole` bytes) and what was captured of it (`room`) hold a fixed header."""
    needed = np.where(more, 4, fixed)
    return (
        (whole < needed, Undecoded.BAD_HEADER),
        (room < np.minimum(fixed, whole), Undecoded.TRUNCATED),
    )
