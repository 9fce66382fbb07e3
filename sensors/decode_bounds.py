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


def refuse(table: PacketTable, rows: Rows, *checks: tuple[Mask, Undecoded]) -> Mask:
    """Gives each row the verdict of its first check that is true, and clears its network columns.

    -> bool[len(rows)], the rows that no check refused.
    """
    verdict = np.zeros(len(rows), np.uint8)
    for failed, why in reversed(checks):
        verdict[failed] = why
    good: Mask = verdict == 0
    bad = rows[~good]
    table.undecoded[bad] = verdict[~good]
    for name in _NETWORK:
        getattr(table, name)[bad] = 0
    return good
