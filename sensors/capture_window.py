"""A file read in large pieces, as the walks over capture files need it."""

import sys
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

PIECE = 8 << 20
"""Bytes read at once: some 12,000 packets of a home. Half of it costs a tenth more a packet, because each
step over a batch has a price of its own; twice as much no longer fits the processor's cache."""
_KEPT = 3
"""Arrays kept for their memory: the window's, that of the batch in work, and one that a batch still holds."""
_SLACK = 1 << 18
"""Bytes more than needed, for what is left of the window before: as long as the longest packet believed."""


class Window:
    """The unread part of a file in memory: `data[:end]`.

    Batches keep the array they lie in, so `refill` takes one that nobody holds any more: the same one
    again where each batch is let go before the next is asked for. (The pages of a new one cost as much to
    map and clear as the bytes to read.)
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.data: NDArray[np.uint8] = np.empty(0, np.uint8)
        self.end = 0
        self._arrays: list[NDArray[np.uint8]] = []

    def refill(self, start: int) -> bool:
        """Forgets what lies before `start`, which becomes position 0, and reads on.

        -> False when the file has no more bytes; what was unread is at 0 all the same. Reads pipes too,
        in pieces of the same size, so batches do not depend on how fast a writer is.
        """
        before = self.data[start : self.end].copy()
        rest = len(before)
        del self.data
        data = self._array(rest + PIECE)
        data[:rest] = before
        got = 0
        while got < PIECE:
            count = self._file.readinto(data.data[rest + got : rest + PIECE])  # type: ignore[attr-defined]
            if not count:
                break
            got += count
        self.data, self.end = data, rest + got
        return got > 0

    def _array(self, size: int) -> NDArray[np.uint8]:
        """An array of at least so many bytes that nobody else reads."""
        for number in range(len(self._arrays)):
            if len(self._arrays[number]) >= size and _holders(self._arrays, number) == _NOBODY:
                return self._arrays[number]
        made = np.empty(size + _SLACK, np.uint8)
        self._arrays.append(made)
        del self._arrays[:-_KEPT]
        return made


def _holders(arrays: list[NDArray[np.uint8]], number: int) -> int:
    """How many references there are to an array: a slice of it or a view of its memory has one."""
    return sys.getrefcount(arrays[number])


_NOBODY = _holders([np.empty(0, np.uint8)], 0)
