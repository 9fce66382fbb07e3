"""Where packets end, and how a packet is refused: shared by the layers of the decoder."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.packets import PacketTable, Undecoded

Rows = NDArray[np.int64]
"""Row numbers of a table, ascending."""

Mask = NDArray[np.bool_]


@dataclass(slots=True)
class Bounds:
    """Positions in the buffer that only the decoder needs, one a packet."""

    end: NDArray[np.int64]  # after the last captured byte
    wire_end: NDArray[np.int64]  # after the last byte on the wire
    ip_end: NDArray[np.int64]  # after the last byte of the IP packet, captured or not
    more: Mask  # the first of several fragments


_NETWORK = (
    "version", "src_hi", "src_lo", "dst_hi", "dst_lo", "proto", "sport", "dport", "tcp_flags", "fragment",
    "l3", "l4", "payload", "payload_len", "ip_len",
)  # fmt: skip


def refuse(table: PacketTable, rows: Rows, *checks: tuple[Mask, Undecoded]) -> NDArray[np.int64]:
    """Gives each row the verdict of its first check that is true, and clears its network columns.

    -> which of `rows` were refused, as positions in it.
    """
    verdict = np.zeros(len(rows), np.uint8)
    for failed, why in reversed(checks):
        verdict[failed] = why
    refused = np.flatnonzero(verdict)
    if not len(refused):
        return refused
    bad = rows[refused]
    table.undecoded[bad] = verdict[refused]
    for name in _NETWORK:
        getattr(table, name)[bad] = 0
    return refused


def without(count: int, refused: NDArray[np.int64]) -> NDArray[np.int64]:
    """The positions below `count` that were not refused: indexing by them is faster than by a mask."""
    good = np.ones(count, np.bool_)
    good[refused] = False
    return np.flatnonzero(good)
