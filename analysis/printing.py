"""What verbs print, for a reader that may have seen enough."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def to_a_reader() -> Iterator[None]:
    """Printing within ends quietly where the reader has left, as `| head` does after some lines."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
