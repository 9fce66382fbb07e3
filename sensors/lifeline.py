"""A process that ends with its supervisor, however that one ended.

`python -m sensors.lifeline MODULE ARGS…` runs a module as `python -m` does and watches standard input,
a pipe whose other end only the supervisor holds. The pipe closes when the supervisor is gone, also by
SIGKILL; this needs no signal, no polling and no rights, and is the same on every system.
"""

import os
import runpy
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

PATIENCE = 4.0
"""Seconds to end in good order before the process is ended hard."""


def watch(stop: Callable[[], None], patience: float = PATIENCE) -> None:
    """Calls `stop` in a thread of its own when standard input closes, and ends the process hard when it
    is still there `patience` seconds later."""

    def wait() -> None:
        with suppress(OSError):
            while os.read(0, 4096):
                pass
        stop()
        time.sleep(patience)
        os._exit(1)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def end_this_process() -> None:
    """As if the process had been asked to end: its own handlers do what they do for SIGTERM (on Windows,
    for Ctrl-C)."""
    if os.name == "posix":
        os.kill(os.getpid(), signal.SIGTERM)
    else:
        signal.raise_signal(signal.SIGINT)


def main() -> None:
    module = sys.argv[1]
    sys.argv = sys.argv[1:]
    watch(end_this_process)
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
