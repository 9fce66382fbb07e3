"""pcap files (draft-ietf-opsawg-pcap), walked in place so that no packet is copied.

libpcap's own batches are a copy, know no wire lengths and no nanoseconds, and lose the whole packets
before a break.
"""

import struct
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sensors.capture_chain import HEADER as RECORD_HEADER
from sensors.capture_chain import record_edges
from sensors.capture_errors import BrokenCapture
from sensors.capture_window import Window
from sensors.decode_bytes import layout, read
from sensors.packets import HEAD, PacketBatch

MAGICS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1e6),
    b"\xa1\xb2\xc3\xd4": (">", 1e6),
    b"\x4d\x3c\xb2\xa1": ("<", 1e9),
    b"\xa1\xb2\x3c\x4d": (">", 1e9),
}
"""First four bytes of a file -> its byte order, and its time units in a second."""

MAX_PACKET = 262_144
"""Longest packet believed, in bytes (libpcap's MAXIMUM_SNAPLEN); a longer one means a broken file."""

FILE_HEADER = 24


def walk_pcap(window: Window, size: int) -> Iterator[PacketBatch]:
    """Batches of at most `size` packets, from a window that holds the beginning of the file.

    Raises `BrokenCapture` after the last whole packet when the file is cut or a length is absurd.
    """
    if window.end < FILE_HEADER:
        raise BrokenCapture("the file ends inside its header, before any packet", 0)
    order, units = MAGICS[window.data[:4].tobytes()]
    linktype = struct.unpack_from(order + "I", window.data.data, 20)[0] & 0xFFFF
    record = _record(order)
    done, start = 0, FILE_HEADER
    while True:
        edges = _whole_records(window, start, order)
        start = int(edges[-1])
        for first in range(0, len(edges) - 1, size):
            at = edges[first : min(first + size, len(edges) - 1)]
            head = read(window.data, at, record)
            done += len(at)
            yield PacketBatch(
                buffer=window.data,
                offsets=at + RECORD_HEADER,
                caplen=head["cap"].astype(np.int32),
                wirelen=np.minimum(head["wire"], 2**31 - 1).astype(np.int32),
                ts=(head["sec"] * units + head["frac"]) / units,
                linktype=linktype,
                heads=head["packet"],
            )
        _check(window, start, order, done)
        more = window.refill(start)
        start = 0
        if not more and window.end:
            raise BrokenCapture(f"the file ends inside packet {done + 1}", done)
        if not more:
            return


def _record(order: str) -> np.dtype[np.void]:
    """The header of a record, and the first bytes of its packet."""
    return layout(
        RECORD_HEADER + HEAD,
        sec=(0, order + "u4"),
        frac=(4, order + "u4"),
        cap=(8, order + "u4"),
        wire=(12, order + "u4"),
        packet=(RECORD_HEADER, f"V{HEAD}"),
    )


def _whole_records(window: Window, start: int, order: str) -> NDArray[np.int64]:
    """Where the records that are whole in the window begin, and at the end what follows them."""
    edges = record_edges(window.data, start, window.end, order)
    length = np.diff(edges)
    broken = (length < RECORD_HEADER) | (length > RECORD_HEADER + MAX_PACKET) | (edges[1:] > window.end)
    return edges[: int(broken.argmax()) + 1] if broken.any() else edges


def _check(window: Window, start: int, order: str, done: int) -> None:
    """Stops at a record that no further reading would complete."""
    if window.end - start >= RECORD_HEADER:
        length = struct.unpack_from(order + "I", window.data.data, start + 8)[0]
        if length > MAX_PACKET:
            raise BrokenCapture(f"packet {done + 1} claims {length:,} bytes", done)
