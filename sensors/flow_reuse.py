"""Endpoints that are used again: a new connection between the ports of a closed one."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.flow_index import HashIndex
from sensors.flow_keys import ACK, FIN, RST, SYN, TCP, endpoint_hashes
from sensors.packets import PacketTable

Rows = NDArray[np.int64]


def first_reuse(
    table: PacketTable, lo: int, hi: int, index: HashIndex, col: Mapping[str, NDArray[Any]]
) -> int | None:
    """The first packet of [lo, hi) that opens a connection on the endpoints of a closed one, or None.

    The closed one is in the flow table, or was closed by a packet of the same range.
    """
    flags = table.tcp_flags[lo:hi]
    opening = _tcp(table, np.flatnonzero(flags & (SYN | ACK | RST | FIN) == SYN) + lo)
    if not len(opening):
        return None
    keys = endpoint_hashes(table, opening)[2]
    row = index.find(keys)
    sent, got = col["flags_up"][row], col["flags_down"][row]
    shut = (row >= 0) & (((sent | got) & RST != 0) | (sent & got & FIN != 0))
    first = opening[shut][:1].tolist()
    closing = _tcp(table, np.flatnonzero(flags & (FIN | RST) != 0) + lo)
    closed_at: dict[int, int] = {}
    for key, i in zip(endpoint_hashes(table, closing)[2].tolist(), closing.tolist(), strict=True):
        closed_at.setdefault(key, i)
    reopened = (
        i for key, i in zip(keys.tolist(), opening.tolist(), strict=True) if closed_at.get(key, i) < i
    )
    first += [i for i in (next(reopened, None),) if i is not None]
    return min(first, default=None)


def _tcp(table: PacketTable, at: Rows) -> Rows:
    """Those of the packets that are TCP with a header."""
    whole: Rows = at[(table.proto[at] == TCP) & (table.version[at] != 0) & ~table.fragment[at]]
    return whole
