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
from sensors.packets import Openings, PacketTable

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
    every, closed = _openings(table)
    part = slice(*np.searchsorted(every, (lo, hi)).tolist())
    opening = every[part]
    if not len(opening):
        return NOTHING
    keys = ends_of(table).key[opening]
    row = index.find(keys)
    sent, got = col["flags_up"][row], col["flags_down"][row]
    shut = np.flatnonzero((row >= 0) & (((sent | got) & RST != 0) | (sent & got & FIN != 0)))
    over, cuts = row[:0], opening[closed[part] >= lo][:1].tolist()
    if len(shut):
        first = shut[np.sort(np.unique(keys[shut], return_index=True)[1])]
        early = _nothing_before(table, lo, hi, keys[first], opening[first])
        over = row[first[early]]
        cuts += opening[first[~early]][:1].tolist()
    return Reuse(over, min(cuts, default=None))


def _openings(table: PacketTable) -> Openings:
    """The packets of a table that open a connection. Made once a table."""
    if table.openings is None:
        flags = table.tcp_flags
        opening = _tcp(table, np.flatnonzero(flags & (SYN | ACK | RST | FIN) == SYN))
        closing = _tcp(table, np.flatnonzero(flags & (FIN | RST) != 0))
        table.openings = Openings(opening, _last_close(ends_of(table).key, opening, closing))
    return table.openings


def _last_close(key: NDArray[np.uint64], opening: Rows, closing: Rows) -> Rows:
    """int64[k]: for each of `opening` the last of `closing` before it that has the same key, -1 if none."""
    at = np.concatenate([opening, closing])
    order = np.lexsort((at, key[at]))
    closes = order >= len(opening)
    last = np.maximum.accumulate(np.where(closes, np.arange(len(at)), -1))
    found = at[order[last]]
    found[(last < 0) | (key[found] != key[at[order]])] = -1
    result = np.empty(len(at), np.int64)
    result[order] = found
    return result[: len(opening)]


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
    return np.asarray(at[(table.proto[at] == TCP) & (ends_of(table).key[at] != 0)])
