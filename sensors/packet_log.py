"""The newest packets as rows for the Live Traffic page: a ring, sampled when traffic is fast."""

from collections import deque
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from analysis.events import of_values
from analysis.store.rows import PacketRow
from sensors.addresses import ip_texts, protocol_text
from sensors.packets import PacketTable

_COLUMNS = ("src_hi", "src_lo", "dst_hi", "dst_lo", "sport", "dport", "proto", "wirelen")


class PacketLog:
    """Holds at most `rows` packets between two drains; older ones give way.

    Above `per_second` packets a second every n-th is taken, and each row says n.
    """

    def __init__(self, rows: int, per_second: int) -> None:
        self.rows, self.per_second = rows, per_second
        self._parts: deque[tuple[NDArray[np.float64], int, tuple[NDArray[np.int64], ...]]] = deque()
        self._held = 0

    def add(self, table: PacketTable, lo: int, hi: int) -> None:
        """Take from packets [lo, hi) what fits the rate."""
        if not self.rows:
            return
        at = np.flatnonzero(table.version[lo:hi]) + lo
        if not len(at):
            return
        ts = table.batch.ts
        step = self._step(len(at), float(ts[at[-1]] - ts[at[0]]))
        at = at[::step][-self.rows :]
        self._parts.append((ts[at], step, tuple(getattr(table, name)[at] for name in _COLUMNS)))
        self._held += len(at)
        while self._held - len(self._parts[0][0]) >= self.rows:
            self._held -= len(self._parts.popleft()[0])

    def wanted(self, table: PacketTable, lo: int, hi: int) -> int:
        """How many rows `add` would take from packets [lo, hi)."""
        if not self.rows or hi <= lo:
            return 0
        seconds = float(table.batch.ts[hi - 1] - table.batch.ts[lo])
        return min(self.rows, -(-(hi - lo) // self._step(hi - lo, seconds)))

    def _step(self, count: int, seconds: float) -> int:
        return max(1, -(-count // max(1, int(self.per_second * max(seconds, 0.1)))))

    def drain(self) -> list[PacketRow]:
        """The rows held, oldest first, at most `rows`."""
        result: list[PacketRow] = []
        for ts, step, (sh, sl, dh, dl, *ports, proto, length) in self._parts:
            columns = (
                ts.tolist(), ip_texts(sh.tolist(), sl.tolist()), ip_texts(dh.tolist(), dl.tolist()),
                *(column.tolist() for column in ports), map(protocol_text, proto.tolist()), length.tolist(),
            )  # fmt: skip
            rows = zip(*columns, repeat(step), strict=False)
            result += map(of_values, repeat(PacketRow), rows)
        self._parts.clear()
        self._held = 0
        return result[-self.rows :] if self.rows else []
