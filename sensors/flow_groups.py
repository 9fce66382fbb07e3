"""The packets of a range sorted by flow, so that one NumPy call sums over all flows at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.flow_keys import ACK, RST, TCP
from sensors.packets import PacketTable

Rows = NDArray[np.int64]


class Groups:
    """Packets `at` of a table, grouped by `row`; within a flow they keep their order.

    rows     int64[k], the flows, each once
    begin    int64[k], where in the sorted columns each flow's packets begin; count, how many
    order    int64[n], the sorted packets' numbers, counted as in `row`
    The other columns are sorted: up, size (IP bytes), payload (0 or 1), flags, tcp.
    """

    def __init__(self, table: PacketTable, at: Rows, row: Rows, up: NDArray[np.bool_]) -> None:
        self.order = np.argsort(row.astype(np.uint16), kind="stable")
        self.sorted_rows = row[self.order]
        changes = self.sorted_rows[1:] != self.sorted_rows[:-1]
        self.begin = np.flatnonzero(np.concatenate(([len(row) > 0], changes))[: len(row)])
        self.rows = self.sorted_rows[self.begin]
        self.count = np.diff(np.append(self.begin, len(row)))
        at = at[self.order]
        self.up = up[self.order]
        self.size = table.ip_len[at].astype(np.int64)
        self.payload = (table.payload_len[at] > 0).astype(np.int64)
        self.tcp = table.proto[at] == TCP
        flags = table.tcp_flags[at]
        # An ACK that comes with RST accepts nothing: SYN, SYN-ACK, RST is what a scanner does.
        self.flags = np.where(flags & RST, flags & ~np.uint8(ACK), flags)

    def sum(self, values: NDArray[Any]) -> NDArray[np.int64]:
        """The sum of sorted values over each flow."""
        if not len(self.begin):
            return np.empty(0, np.int64)
        return np.asarray(np.add.reduceat(values, self.begin, dtype=np.int64))

    def union(self, values: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The OR of sorted values over each flow."""
        if not len(self.begin):
            return np.empty(0, np.uint8)
        return np.asarray(np.bitwise_or.reduceat(values, self.begin))

    def running(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """The sum of sorted values so far within each flow, the packet's own included."""
        total = np.cumsum(values)
        return np.asarray(total - self.spread(total[self.begin] - values[self.begin]))

    def spread(self, values: NDArray[Any]) -> NDArray[Any]:
        """A value a flow, repeated for each of its packets."""
        return np.repeat(values, self.count)

    def first(self, where: NDArray[np.bool_]) -> Rows:
        """The number of each flow's first packet `where` it holds, else of its first packet."""
        never = len(self.order)
        found = np.minimum.reduceat(np.where(where, self.order, never), self.begin)
        return np.asarray(np.where(found < never, found, self.order[self.begin]))

    def last(self) -> Rows:
        """The number of each flow's last packet."""
        return np.asarray(self.order[self.begin + self.count - 1])
