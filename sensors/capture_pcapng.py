"""pcapng files (draft-ietf-opsawg-pcapng): blocks walked in place, packets not copied.

libpcap refuses files whose interfaces have different link types; here they come as separate batches.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sensors.capture_errors import BrokenCapture
from sensors.capture_pcap import MAX_PACKET
from sensors.capture_window import Window
from sensors.decode_bytes import layout, read
from sensors.packets import PacketBatch

MAGIC = b"\x0a\x0d\x0d\x0a"
MAX_BLOCK = 16 << 20
"""Longest block believed, in bytes (libpcap's limit)."""

_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE, _PACKET = 0x0A0D0D0A, 1, 2, 3, 6
_SHORTEST = {_SECTION: 28, _INTERFACE: 20, _OLD_PACKET: 32, _SIMPLE: 16, _PACKET: 32}
_ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_TSRESOL, _TSOFFSET = 9, 14


@dataclass(slots=True)
class _Interface:
    linktype: int
    snaplen: int
    units: float = 1e6
    start: float = 0.0


@dataclass(slots=True)
class _Section:
    """Blocks up to the next section header share a byte order and a list of interfaces."""

    order: str
    interfaces: list[_Interface] = field(default_factory=list)


def walk_pcapng(window: Window, size: int) -> Iterator[PacketBatch]:
    """Batches of at most `size` packets, each of one link type, from a window that holds the beginning
    of the file. Raises `BrokenCapture` after the last whole packet."""
    section = _Section("<")
    start = done = 0
    try:
        while (block := _block(window, start, section)) is not None:
            kind, length, start = block
            if kind in (_PACKET, _SIMPLE, _OLD_PACKET):
                at, start = _run(window, start, kind, size, section.order)
                for batch in _batches(window, kind, at, section):
                    done += len(batch.offsets)
                    yield batch
                    del batch
                continue
            body = window.data[start + 8 : start + length - 4].tobytes()
            if kind == _SECTION:
                section = _Section(_ORDERS[body[:4]])
            elif kind == _INTERFACE:
                section.interfaces.append(_interface(body, section.order))
            start += length
    except _Break as problem:
        raise BrokenCapture(f"{problem}, after packet {done}", done) from None


class _Break(Exception):
    """What is wrong with the file."""


def _block(window: Window, start: int, section: _Section) -> tuple[int, int, int] | None:
    """Type, length and position of the block at `start`, whole in the window; None at the end of the file."""
    while True:
        known = window.end - start
        order = section.order
        if known >= 12 and window.data[start : start + 4].tobytes() == MAGIC:
            order = _ORDERS.get(window.data[start + 8 : start + 12].tobytes(), "")
            if not order:
                raise _Break("a section without a byte order")
        if known >= 12:
            kind, length = struct.unpack_from(order + "II", window.data.data, start)
            if length < _SHORTEST.get(kind, 12) or length % 4 or length > MAX_BLOCK:
                raise _Break(f"a block of {length:,} bytes")
            if length <= known:
                return kind, length, start
        if window.refill(start):
            start = 0
        elif known:
            raise _Break("the file ends inside a block")
        else:
            return None


def _interface(body: bytes, order: str) -> _Interface:
    linktype, snaplen = struct.unpack_from(order + "HxxI", body)
    interface = _Interface(linktype, snaplen or MAX_PACKET)
    position = 8
    while position + 4 <= len(body):
        code, length = struct.unpack_from(order + "HH", body, position)
        value = body[position + 4 : position + 4 + length]
        if code == 0:
            break
        if code == _TSRESOL and len(value) == 1:
            interface.units = (2.0 if value[0] & 0x80 else 10.0) ** (value[0] & 0x7F)
        elif code == _TSOFFSET and len(value) == 8:
            interface.start = float(struct.unpack(order + "q", value)[0])
        position += 4 + length + -length % 4
    return interface


def _run(window: Window, start: int, kind: int, size: int, order: str) -> tuple[NDArray[np.int64], int]:
    """Where the next blocks of this kind begin: at most `size` that are whole in the window, and what
    follows them. At least one: the caller knows that the first is whole."""
    head_at = struct.Struct(order + "II").unpack_from
    data, end, shortest = window.data.data, window.end, _SHORTEST[kind]
    last = end - shortest
    found: list[int] = []
    while start <= last and len(found) < size:
        this, length = head_at(data, start)
        following = start + length
        if this != kind or following > end or length < shortest or length % 4:
            break
        found.append(start)
        start = following
    return np.array(found, np.int64), start


def _layout(kind: int, order: str) -> np.dtype[np.void]:
    """The fixed part of a packet block. An old one keeps a drop count beside a shorter interface number."""
    long = order + "u4"
    if kind == _SIMPLE:
        return layout(12, size=(4, long), wire=(8, long))
    return layout(
        28,
        size=(4, long),
        interface=(8, order + "u2" if kind == _OLD_PACKET else long),
        high=(12, long),
        low=(16, long),
        cap=(20, long),
        wire=(24, long),
    )


def _batches(window: Window, kind: int, at: NDArray[np.int64], section: _Section) -> Iterator[PacketBatch]:
    """One batch for each run of a link type; raises `_Break` after the packets before a contradiction."""
    head = read(window.data, at, _layout(kind, section.order))
    wire = np.minimum(head["wire"], 2**31 - 1).astype(np.int64)
    if kind == _SIMPLE:  # no time, no length but the block's: all of the first interface
        number = np.zeros(len(at), np.int64)
        room = head["size"].astype(np.int64) - 16
        snaplen = section.interfaces[0].snaplen if section.interfaces else 0
        caplen = np.minimum(np.minimum(wire, room), snaplen)
        ticks = np.zeros(len(at), np.uint64)
    else:
        number = head["interface"].astype(np.int64)
        room = head["size"].astype(np.int64) - 32
        caplen = head["cap"].astype(np.int64)
        ticks = head["high"].astype(np.uint64) << np.uint64(32) | head["low"]
    bad = (number >= len(section.interfaces)) | (caplen > room) | (caplen > MAX_PACKET)
    whole = int(bad.argmax()) if bad.any() else len(at)
    if whole:
        table = section.interfaces
        number = number[:whole]
        linktype = np.array([each.linktype for each in table])[number]
        units = np.array([each.units for each in table])[number]
        begin = np.array([each.start for each in table])[number]
        ts = ticks[:whole] / units + begin
        offsets = at + (12 if kind == _SIMPLE else 28)
        edges = [0, *(np.flatnonzero(np.diff(linktype)) + 1).tolist(), whole]
        for first, after in pairwise(edges):
            part = slice(first, after)
            yield PacketBatch(
                buffer=window.data,
                offsets=offsets[part],
                caplen=caplen[part].astype(np.int32),
                wirelen=wire[part].astype(np.int32),
                ts=ts[part],
                linktype=int(linktype[first]),
            )
    if whole < len(at):
        raise _Break("a packet longer than its block or of an unknown interface")
