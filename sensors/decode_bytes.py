"""Fixed-width headers out of a capture buffer, thousands at a time."""

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

Headers = NDArray[np.void]
"""Rows of a structured dtype: one header each, its fields named, still in network byte order."""


def layout(size: int, /, **fields: tuple[int, str]) -> np.dtype[np.void]:
    """A header of `size` bytes of which only the named fields (offset, NumPy format) are wanted."""
    return np.dtype(
        {
            "names": list(fields),
            "offsets": [offset for offset, _ in fields.values()],
            "formats": [form for _, form in fields.values()],
            "itemsize": size,
        }
    )


def read(buffer: NDArray[np.uint8], at: NDArray[np.int64], form: np.dtype[np.void]) -> Headers:
    """The header of layout `form` at each position `at` of `buffer`; bytes beyond the buffer read as 0.

    A header may run over the end of its packet into the next one: the caller compares lengths before
    it believes a field. One gather of a wide opaque item is several times faster than one a field.
    """
    size = form.itemsize
    if not len(at):
        return np.zeros(0, form)
    last = len(buffer) - size
    if last < 0:
        buffer = np.concatenate([buffer, np.zeros(size - len(buffer), np.uint8)])
        last = 0
    if int(at.max()) <= last:
        return cast(Headers, _every(buffer, size)[at].view(form))
    taken = _every(buffer, size)[np.minimum(at, last)]
    over = np.flatnonzero(at > last)
    tail = np.zeros(2 * size, np.uint8)
    tail[:size] = buffer[last : last + size]
    taken[over] = _every(tail, size)[np.minimum(at[over] - last, size)]
    return cast(Headers, taken.view(form))


def _every(buffer: NDArray[np.uint8], size: int) -> NDArray[Any]:
    """A view with one item of `size` bytes at every byte of the buffer."""
    return np.ndarray((len(buffer) - size + 1,), f"V{size}", buffer, 0, (1,))
