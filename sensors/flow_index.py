"""Which row a flow has, by the hash of its endpoints."""

from itertools import repeat

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Rows = NDArray[np.int64]


class FlowIndex:
    """Maps 64-bit keys to row numbers. A range of packets asks for some dozen flows, for which a dict costs a
    tenth of an index in arrays, whose every step has a price of its own."""

    def __init__(self) -> None:
        self._rows: dict[int, int] = {}

    def find(self, keys: Keys) -> Rows:
        """The row of each key, -1 where there is none."""
        return np.fromiter(map(self._rows.get, keys.tolist(), repeat(-1)), np.int64, len(keys))

    def insert(self, keys: Keys, rows: Rows) -> None:
        """Enter keys that are absent; each once."""
        self._rows.update(zip(keys.tolist(), rows.tolist(), strict=True))

    def remove(self, keys: Keys) -> None:
        """Take out keys that are present."""
        for key in keys.tolist():
            del self._rows[key]
