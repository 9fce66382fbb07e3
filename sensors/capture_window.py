"""A file read in large pieces, as the walks over capture files need it."""

from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

PIECE = 4 << 20
"""Bytes read at once: some 6,000 packets of a home, and still warm in the processor's cache when decoded."""


class Window:
    """The unread part of a file in memory: `data[:end]`.

    Each `refill` makes a new array, because batches keep the one they lie in.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.data: NDArray[np.uint8] = np.empty(0, np.uint8)
        self.end = 0

    def refill(self, start: int) -> bool:
        """Forgets what lies before `start`, which becomes position 0, and reads on.

        -> False when the file has no more bytes; what was unread is at 0 all the same. Reads pipes too,
        in pieces of the same size, so batches do not depend on how fast a writer is.
        """
        before = self.data[start : self.end].copy()
        rest = len(before)
        del self.data  # its memory, warm and mapped, is then often what the next line gets
        data = np.empty(rest + PIECE, np.uint8)
        data[:rest] = before
        got = 0
        while got < PIECE:
            count = self._file.readinto(data.data[rest + got :])  # type: ignore[attr-defined]
            if not count:
                break
            got += count
        self.data, self.end = data, rest + got
        return got > 0
