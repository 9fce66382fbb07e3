"""Packets sorted by flow, so that one NumPy call sums over all flows at once."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


@dataclass(slots=True)
class Groups:
    """Packets grouped by flow; within a flow they keep their order.

    order    int64[n], the sorted packets' numbers
    begin    int64[k], where in the sorted columns each flow's packets begin; count, how many
    first    int64[k], the number of each flow's first packet
    key      uint64[k], of each flow
    """

    order: Rows
    begin: Rows
    count: Rows
    first: Rows
    key: NDArray[np.uint64]

    @classmethod
    def by_key(cls, key: NDArray[np.uint64], bounds: Rows | None = None) -> Self:
        """`key` is uint64[n], the flow of each packet. With `bounds`, int64[r + 1] from 0 to n, the packets
        of each of r ranges are grouped by themselves, one range after the other. In a range the flows are
        in no useful order, but that of key 0 is the first."""
        order, changes = _sorted(key, np.array([0, len(key)]) if bounds is None else bounds)
        begin = np.flatnonzero(changes)
        first = order[begin]
        return cls(order, begin, np.diff(begin, append=len(key)), first, key[first])

    def spread(self, values: NDArray[Any]) -> NDArray[Any]:
        """A value a flow, repeated for each of its packets."""
        return np.repeat(values, self.count)

    def last(self) -> Rows:
        """The number of each flow's last packet."""
        return np.asarray(self.order[self.begin + self.count - 1])


def _sorted(key: NDArray[np.uint64], bounds: Rows) -> tuple[Rows, NDArray[np.bool_]]:
    """The order that brings equal keys of a range together and keeps theirs, and where another key begins.

    NumPy sorts numbers several times faster than it sorts their places. So each place is sorted along in
    the lowest bits of its key, and its range in the highest; that keys differ in those bits alone, as
    hashes hardly ever do, shows afterwards.
    """
    ranges = np.arange(len(bounds) - 1, dtype=np.uint64)
    bits = np.uint64(len(ranges).bit_length())
    number = np.repeat(ranges << (np.uint64(64) - bits), np.diff(bounds))
    low = np.uint64((1 << max(len(key) - 1, 1).bit_length()) - 1)
    both = key >> bits
    both &= ~low
    both |= number
    both |= np.arange(len(key), dtype=np.uint64)
    both.sort()
    order = (both & low).astype(np.int64)
    changes = np.ones(len(key), np.bool_)
    np.greater(both[1:] ^ both[:-1], low, out=changes[1:])
    if (_changes(key[order], bounds) != changes).any():
        order = np.lexsort((key, number))
        changes = _changes(key[order], bounds)
    return order, changes


def _changes(arranged: NDArray[np.uint64], bounds: Rows) -> NDArray[np.bool_]:
    """bool[n]: where in sorted keys another key or range begins."""
    changes = np.ones(len(arranged), np.bool_)
    np.not_equal(arranged[1:], arranged[:-1], out=changes[1:])
    changes[bounds[:-1]] = True
    return changes
