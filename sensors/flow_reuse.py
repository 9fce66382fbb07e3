"""Endpoints that are used again: a new connection between the ports of a closed one.

Both get a row of their own. A closed flow whose endpoints are next used by a new connection ends before
the range begins; only where the old one still speaks in the same range does the range have to be cut.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sensors.flow_index import FlowIndex
from sensors.flow_keys import ACK, FIN, RST, SYN, TCP, ends_of
from sensors.packets import PacketTable

Rows = NDArray[np.int64]


class Reuse(NamedTuple):
    """What to do before a range of packets is counted."""

    over: Rows
    """int64[k], rows of closed flows that end now, in the order of the connections that follow them."""
    cut: int | None
    """The first packet of another range: it opens a connection on endpoints that closed in this one."""


NOTHING = Reuse(np.empty(0, np.int64), None)


def reuse(table: PacketTable, lo: int, hi: int, index: FlowIndex, col: Mapping[str, NDArray[Any]]) -> Reuse:
    """What packets [lo, hi) open anew, on endpoints closed in the flow table or by a packet before."""
    flags = table.tcp_flags[lo:hi]
    opening = _tcp(table, np.flatnonzero(flags & (SYN | ACK | RST | FIN) == SYN) + lo)
    if not len(opening):
        return NOTHING
    hashes = ends_of(table).key
    keys = hashes[opening]
    row = index.find(keys)
    sent, got = col["flags_up"][row], col["flags_down"][row]
    shut = np.flatnonzero((row >= 0) & (((sent | got) & RST != 0) | (sent & got & FIN != 0)))
    over, cuts = row[:0], []
    if len(shut):
        first = shut[np.sort(np.unique(keys[shut], return_index=True)[1])]
        early = _nothing_before(table, lo, hi, keys[first], opening[first])
        over, cuts = row[first[early]], opening[first[~early]][:1].tolist()
    reopened = opening[_after_a_close(table, lo, flags, hashes, opening)]
    cuts += reopened[:1].tolist()
    return Reuse(over, min(cuts, default=None))


def _after_a_close(
    table: PacketTable, lo: int, flags: NDArray[np.uint8], hashes: NDArray[np.uint64], opening: Rows
) -> NDArray[np.bool_]:
    """bool[k]: whether a packet from `lo` on closes the endpoints of each of `opening` before it comes."""
    closing = _tcp(table, np.flatnonzero(flags & (FIN | RST) != 0) + lo)
    if not len(closing):
        return np.zeros(len(opening), np.bool_)
    keys, wanted = hashes[closing], hashes[opening]
    order = np.argsort(keys, kind="stable")  # of equal keys the earliest packet comes first
    place = np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)
    earliest = order[place]
    return np.asarray((keys[earliest] == wanted) & (closing[earliest] < opening))


def _nothing_before(
    table: PacketTable, lo: int, hi: int, keys: NDArray[np.uint64], opening: Rows
) -> NDArray[np.bool_]:
    """bool[k]: whether the packet `opening` is the first of [lo, hi) with its key, each key once."""
    at = _tcp(table, np.arange(lo, hi))
    every = ends_of(table).key[at]
    order = np.argsort(keys)
    place = np.minimum(np.searchsorted(keys[order], every), len(keys) - 1)
    found = np.flatnonzero(keys[order][place] == every)
    first = np.full(len(keys), hi)
    np.minimum.at(first, order[place[found]], at[found])
    return np.asarray(first == opening)


def _tcp(table: PacketTable, at: Rows) -> Rows:
    """Those of the packets that are TCP with a header."""
    whole: Rows = at[(table.proto[at] == TCP) & (table.version[at] != 0) & ~table.fragment[at]]
    return whole
