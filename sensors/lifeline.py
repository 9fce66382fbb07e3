"""A process that ends with its supervisor, however that one ended.

`python -m sensors.lifeline MODULE ARGS…` runs a module as `python -m` does and watches standard input,
a line whose other end only the supervisor holds. It closes when the supervisor is gone, also by SIGKILL;
this needs no signal, no polling and no rights, and is the same on every system. Where the line is a
socket (not on Windows) the module's `beat` goes back through it: the work goes on.
"""

import os
import runpy
import signal
import socket
import stat
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

PATIENCE = 4.0
"""Seconds to end in good order before the process is ended hard, by itself or by its supervisor."""

_line: list[socket.socket] = []
"""The way back to the supervisor, where there is one."""


def attach() -> None:
    """Makes `beat` reach the supervisor through standard input, where that is a socket."""
    with suppress(OSError):
        if stat.S_ISSOCK(os.fstat(0).st_mode):
            _line.append(socket.socket(fileno=os.dup(0)))


def beat() -> None:
    """Tells the supervisor, if there is one, that the work goes on. Never waits."""
    for line in _line:
        with suppress(OSError):  # full, because the supervisor itself stands still; or it is gone
            line.send(b".", socket.MSG_DONTWAIT)


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
    from sensors import lifeline  # this file again, as the module knows it: here it is __main__

    lifeline.attach()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
