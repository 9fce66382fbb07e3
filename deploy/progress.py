"""One line that shows long work is going on, on standard error (standard output may be data)."""

from __future__ import annotations

import shutil
import sys
import threading
import time

_TERMINAL_SECONDS = 0.25
_LOG_SECONDS = 10.0


class Progress:
    """Shows `title`, the present step and the seconds gone. In a terminal one line that changes; in a log
    a line every 10 seconds."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._step = ""
        self._begun = time.monotonic()
        self._over = threading.Event()
        self._terminal = sys.stderr.isatty()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Progress:
        self._show("\n" if not self._terminal else "")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if self._terminal:
            self._show("\n")

    def step(self, text: str | None) -> None:
        """What is going on now; None changes nothing."""
        if text:
            self._step = text

    def _run(self) -> None:
        while not self._over.wait(_TERMINAL_SECONDS if self._terminal else _LOG_SECONDS):
            self._show("" if self._terminal else "\n")

    def _show(self, end: str) -> None:
        seconds = time.monotonic() - self._begun
        line = f"{self._title}: {self._step}" if self._step else self._title
        line += f" ({seconds:.0f} s)"
        if self._terminal:
            width = shutil.get_terminal_size().columns - 1
            line = "\r" + line[:width].ljust(width)
        sys.stderr.write(line + end)
        sys.stderr.flush()
