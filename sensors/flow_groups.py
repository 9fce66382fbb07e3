"""The packets of a range sorted by flow, so that one NumPy call sums over all flows at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


class Groups:
    """The packets of a range, grouped by flow; within a flow they keep their order.

    order    int64[n], the sorted packets' numbers, counted as in `key`
    begin    int64[k], where in the sorted columns each flow's packets begin; count, how many
    first    int64[k], the number of each flow's first packet
    key      uint64[k], of each flow; the flows are in no useful order
    """

    def __init__(self, key: NDArray[np.uint64]) -> None:
        """`key` is uint64[n], the flow of each packet."""
        self.order, changes = _sorted(key)
        self.begin = np.flatnonzero(changes)
        self.count = np.diff(self.begin, append=len(key))
        self.first = self.order[self.begin]
        self.key = key[self.first]

    def spread(self, values: NDArray[Any]) -> NDArray[Any]:
        """A value a flow, repeated for each of its packets."""
        return np.repeat(values, self.count)

    def last(self) -> Rows:
        """The number of each flow's last packet."""
        return np.asarray(self.order[self.begin + self.count - 1])

    def of(self, flows: Rows) -> tuple[Rows, Rows, Rows]:
        """The packets of some flows: their places in the sorted columns; for each, the number of its flow
        in `flows`; and where in these two each flow begins."""
        count = self.count[flows]
        begin = np.cumsum(count) - count
        which = np.repeat(np.arange(len(flows)), count)
        return np.arange(len(which)) + (self.begin[flows] - begin)[which], which, begin


def _sorted(key: NDArray[np.uint64]) -> tuple[Rows, NDArray[np.bool_]]:
    """The order that brings equal keys together and keeps theirs, and where another key begins.

    NumPy sorts numbers several times faster than it sorts their places. So each place is sorted along in
    the lowest bits of its key; that keys differ in those bits alone, as hashes hardly ever do, shows
    afterwards.
    """
    low = np.uint64((1 << max(len(key) - 1, 1).bit_length()) - 1)
    both = key & ~low
    both |= np.arange(len(key), dtype=np.uint64)
    both.sort()
    order = (both & low).astype(np.int64)
    changes = np.ones(len(key), np.bool_)
    np.greater(both[1:] ^ both[:-1], low, out=changes[1:])
    arranged = key[order]
    if ((arranged[1:] != arranged[:-1]) != changes[1:]).any():
        order = np.argsort(key, kind="stable")
        arranged = key[order]
        np.not_equal(arranged[1:], arranged[:-1], out=changes[1:])
    return order, changes
