"""The decoder once more, one packet at a time with struct: slow, plain, and independent of the other's
columns. Tests hold the fast one against it."""

import struct
from dataclasses import dataclass

from sensors.packets import PacketTable, Undecoded

IPV4, IPV6, ARP, BRIDGED, PPPOE = 0x0800, 0x86DD, 0x0806, 0x6558, 0x8864
VLANS, MPLS = (0x8100, 0x88A8, 0x9100), (0x8847, 0x8848)
EXTENSIONS = (0, 43, 44, 51, 60, 135, 139, 140)
FIXED = {6: 20, 17: 8, 136: 8, 33: 12, 132: 12}


class Stop(Exception):
    """The packet cannot be decoded further."""


@dataclass
class Row:
    """The columns of one packet; positions count from the packet's first byte; None where the packet has no such header."""

    undecoded: int = 0
    src_mac: int = 0
    dst_mac: int = 0
    ethertype: int = 0
    vlan: int = 0
    version: int = 0
    src: int = 0
    dst: int = 0
    proto: int = 0
    sport: int = 0
    dport: int = 0
    tcp_flags: int = 0
    fragment: bool = False
    l3: int | None = None
    l4: int | None = None
    payload: int | None = None
    payload_len: int = 0
    ip_len: int = 0
    wirelen: int = 0


NETWORK = ("version", "src", "dst", "proto", "sport", "dport", "tcp_flags", "fragment", "l3", "l4", "payload",
           "payload_len", "ip_len")  # fmt: skip


def reference(data: bytes, linktype: int, wirelen: int = 0) -> Row:
    """What the table should say of a packet with these captured bytes."""
    row = Row(wirelen=max(wirelen, len(data)))
    try:
        at = link(row, data, linktype)
        row.l3 = at
        network(row, data, at, row.wirelen)
    except Stop as stop:
        blank = Row()
        for name in NETWORK:
            setattr(row, name, getattr(blank, name))
        row.undecoded = stop.args[0]
    if row.version and not wirelen:
        row.wirelen = max(len(data), row.l3 + row.ip_len)
    return row


def need(data: bytes, at: int, size: int) -> bytes:
    if len(data) - at < size:
        raise Stop(Undecoded.TRUNCATED)
    return data[at : at + size]


def link(row: Row, data: bytes, linktype: int) -> int:
    if linktype in (105, 119, 127, 163, 192):
        raise Stop(Undecoded.WIFI)
    at = 0
    if linktype == 1:
        head = need(data, 0, 14)
        at = 14
        row.dst_mac, row.src_mac = int.from_bytes(head[:6]), int.from_bytes(head[6:12])
        row.ethertype = int.from_bytes(head[12:])
    elif linktype == 113:
        _, _, length, address, row.ethertype = struct.unpack(">HHH8sH", need(data, 0, 16))
        row.src_mac = int.from_bytes(address[:6]) if length == 6 else 0
        at = 16
    elif linktype == 276:
        row.ethertype, _, _, _, _, length, address = struct.unpack(">HHIHBB8s", need(data, 0, 20))
        row.src_mac = int.from_bytes(address[:6]) if length == 6 else 0
        at = 20
    elif linktype in (0, 108):
        head = need(data, 0, 4)
        family = min(int.from_bytes(head, "little"), int.from_bytes(head, "big"))
        row.ethertype = IPV4 if family == 2 else IPV6 if family in (10, 23, 24, 28, 30) else 0
        at = 4
    elif linktype in (101, 12, 14):
        row.ethertype = {4: IPV4, 6: IPV6}.get(need(data, 0, 1)[0] >> 4, 0)
    elif linktype in (228, 229):
        row.ethertype = IPV4 if linktype == 228 else IPV6
    else:
        raise Stop(Undecoded.LINKTYPE)
    if linktype in (0, 108, 101, 12, 14) and not row.ethertype:
        raise Stop(Undecoded.NOT_IP)
    return unwrap(row, data, at)


def unwrap(row: Row, data: bytes, at: int) -> int:
    tags = labels = 0
    for layers in range(9):
        kind = row.ethertype
        if kind in (IPV4, IPV6, ARP):
            return at
        if kind not in (*VLANS, *MPLS, PPPOE, BRIDGED) and kind >= 0x600:
            raise Stop(Undecoded.NOT_IP)
        if layers == 8:
            break
        if kind in VLANS:
            tags += 1
            if tags > 2:
                break
            tag, row.ethertype = struct.unpack(">HH", need(data, at, 4))
            row.vlan = tag & 0xFFF
            at += 4
        elif kind in MPLS:
            labels += 1
            if labels > 4:
                break
            at = label(row, data, at)
        elif kind == PPPOE:
            protocol = int.from_bytes(need(data, at, 8)[6:])
            if protocol not in (0x21, 0x57, 0x281):
                raise Stop(Undecoded.NOT_IP)
            row.ethertype = {0x21: IPV4, 0x57: IPV6, 0x281: 0x8847}[protocol]
            at += 8
        elif kind == BRIDGED:
            head = need(data, at, 14)
            row.dst_mac, row.src_mac = int.from_bytes(head[:6]), int.from_bytes(head[6:12])
            row.ethertype = int.from_bytes(head[12:])
            at += 14
        else:
            head = data[at : at + 8]
            if len(head) < 8 or head[:6] != b"\xaa\xaa\x03\0\0\0":
                raise Stop(Undecoded.NOT_IP)
            row.ethertype = int.from_bytes(head[6:])
            at += 8
    raise Stop(Undecoded.TOO_DEEP)


def label(row: Row, data: bytes, at: int) -> int:
    entry = int.from_bytes(need(data, at, 4))
    at += 4
    if not entry & 0x100:
        return at
    nibble = need(data, at, 1)[0] >> 4
    if nibble not in (0, 4, 6):
        raise Stop(Undecoded.NOT_IP)
    row.ethertype = {0: BRIDGED, 4: IPV4, 6: IPV6}[nibble]
    return at + 4 if nibble == 0 else at


def network(row: Row, data: bytes, at: int, wirelen: int) -> None:
    if row.ethertype == ARP:
        need(data, at, 28)
        row.l4 = row.payload = at
        row.payload_len = len(data) - at
        return
    if row.ethertype == IPV4:
        head = need(data, at, 20)
        size = (head[0] & 15) * 4
        length = int.from_bytes(head[2:4])
        if head[0] >> 4 != 4 or size < 20 or 0 < length < size:
            raise Stop(Undecoded.BAD_HEADER)
        need(data, at, size)
        length = length or wirelen - at
        row.version, row.proto = 4, head[9]
        row.src = 0xFFFF_0000_0000 | int.from_bytes(head[12:16])
        row.dst = 0xFFFF_0000_0000 | int.from_bytes(head[16:20])
        frag = int.from_bytes(head[6:8])
        row.fragment = frag & 0x1FFF != 0
        more = frag & 0x3FFF == 0x2000
        l4 = at + size
        row.ip_len, end = length, at + length
    else:
        head = need(data, at, 40)
        if head[0] >> 4 != 6:
            raise Stop(Undecoded.BAD_HEADER)
        length = int.from_bytes(head[4:6]) + 40
        row.proto = head[6]
        if length == 40 and row.proto != 59:
            length = wirelen - at
        row.version = 6
        row.src, row.dst = int.from_bytes(head[8:24]), int.from_bytes(head[24:40])
        row.ip_len, end = length, at + length
        l4, more = extensions(row, data, at + 40, end)
    row.l4 = l4
    transport(row, data, l4, end, more)


def extensions(row: Row, data: bytes, at: int, end: int) -> tuple[int, bool]:
    more = False
    for count in range(9):
        if row.proto not in EXTENSIONS or row.fragment:
            return at, more
        if count == 8:
            break
        if end - at < 8:
            raise Stop(Undecoded.BAD_HEADER)
        head = need(data, at, 8)
        size = {44: 8, 51: (head[1] + 2) * 4}.get(row.proto, (head[1] + 1) * 8)
        if end - at < size:
            raise Stop(Undecoded.BAD_HEADER)
        need(data, at, size)
        if row.proto == 44:
            frag = int.from_bytes(head[2:4])
            row.fragment |= frag & 0xFFF8 != 0
            more |= frag & 0xFFF9 == 1
        row.proto = head[0]
        at += size
    raise Stop(Undecoded.TOO_DEEP)


def transport(row: Row, data: bytes, at: int, end: int, more: bool) -> None:
    whole = end - at
    seen = data[at : min(end, len(data))]
    row.payload, row.payload_len = at, 0 if row.proto == 59 and not row.fragment else len(seen)
    if row.proto == 59:
        row.payload_len = 0
    if row.fragment or row.proto not in FIXED:
        return
    fixed = FIXED[row.proto]
    if whole < (4 if more else fixed):
        raise Stop(Undecoded.BAD_HEADER)
    if len(seen) < min(fixed, whole):
        raise Stop(Undecoded.TRUNCATED)
    row.sport, row.dport = struct.unpack(">HH", seen[:4])
    if row.proto == 6:
        tcp(row, seen, at, whole, more)
    elif row.proto == 17:
        udp(row, seen, at, whole, more)


def tcp(row: Row, seen: bytes, at: int, whole: int, more: bool) -> None:
    if whole >= 14:
        row.tcp_flags = seen[13]
    if whole < 20:
        row.payload, row.payload_len = at + len(seen), 0
        return
    size = (seen[12] >> 4) * 4
    if size < 20 or (size > whole and not more):
        raise Stop(Undecoded.BAD_HEADER)
    size = min(size, len(seen))
    row.payload, row.payload_len = at + size, len(seen) - size


def udp(row: Row, seen: bytes, at: int, whole: int, more: bool) -> None:
    length = len(seen)
    if whole >= 8 and (stated := int.from_bytes(seen[4:6])):
        if stated < 8 or (stated > whole and not more):
            raise Stop(Undecoded.BAD_HEADER)
        length = min(stated, length)
    size = min(8, length)
    row.payload, row.payload_len = at + size, length - size


def row_of(table: PacketTable, index: int) -> Row:
    """The same view of one row of a table; positions made relative to the packet."""
    start = int(table.batch.offsets[index])

    def value(name: str) -> int:
        return int(getattr(table, name)[index])

    def place(name: str) -> int | None:
        return None if table.undecoded[index] and not value(name) else value(name) - start

    plain = ("undecoded", "src_mac", "dst_mac", "ethertype", "vlan", "version", "proto", "sport", "dport",
             "tcp_flags", "payload_len", "ip_len", "wirelen")  # fmt: skip
    return Row(
        **{name: value(name) for name in plain},
        src=value("src_hi") << 64 | value("src_lo"),
        dst=value("dst_hi") << 64 | value("dst_lo"),
        fragment=bool(table.fragment[index]),
        l3=place("l3"),
        l4=place("l4"),
        payload=place("payload"),
    )
