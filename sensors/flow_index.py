"""An open-addressing hash index that is asked with thousands of keys at a time."""

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Rows = NDArray[np.int64]

_FREE, _GRAVE = np.uint64(0), np.uint64(1)


class HashIndex:
    """Maps 64-bit keys, all above 1, to row numbers; four places a row or more, so probes stay short."""

    def __init__(self, capacity: int) -> None:
        """`capacity` rows, at most 2^31."""
        places = 1 << (capacity * 4 - 1).bit_length()
        self._mask = places - 1
        self._key = np.zeros(places, np.uint64)
        self._row = np.zeros(places, np.int32)
        self.dead = 0
        """Places of removed keys, passed over by probes until the index is rebuilt."""

    def find(self, keys: Keys) -> Rows:
        """The row of each key, -1 where there is none."""
        place = self._home(keys)
        found = self._key[place]
        hit = found == keys
        rows = np.where(hit, self._row[place], np.int64(-1))
        todo = np.flatnonzero(~hit & (found != _FREE))
        place, keys = place[todo], keys[todo]
        while len(todo):
            place = (place + 1) & self._mask
            found = self._key[place]
            hit = found == keys
            rows[todo[hit]] = self._row[place[hit]]
            on = np.flatnonzero(~hit & (found != _FREE))
            todo, place, keys = todo[on], place[on], keys[on]
        return rows

    def insert(self, keys: Keys, rows: Rows) -> None:
        """Enter keys that are absent; each once."""
        position = self._home(keys)
        todo = np.arange(len(keys))
        while len(todo):
            at = position[todo]
            free = self._key[at] == _FREE
            self._key[at[free]] = keys[todo[free]]
            placed = free & (self._key[at] == keys[todo])  # of several for one place the last wins
            self._row[at[placed]] = rows[todo[placed]]
            todo = todo[~placed]
            position[todo] = (position[todo] + 1) & self._mask

    def remove(self, keys: Keys) -> None:
        """Take out keys that are present."""
        position = self._home(keys)
        todo = np.arange(len(keys))
        while len(todo):
            todo = todo[self._key[position[todo]] != keys[todo]]
            position[todo] = (position[todo] + 1) & self._mask
        self._key[position] = _GRAVE
        self.dead += len(keys)

    def rebuild(self, keys: Keys, rows: Rows) -> None:
        """Start afresh with these keys only."""
        self._key[:] = _FREE
        self.dead = 0
        self.insert(keys, rows)

    def _home(self, keys: Keys) -> Rows:
        return (keys >> np.uint64(32)).astype(np.int64) & self._mask
