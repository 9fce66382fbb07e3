"""A verb's module, run so that it ends quietly when it is told to.

`python -m deploy.verb MODULE ARGS…` runs a module as `python -m` does. Ctrl-C, SIGTERM and a closed terminal
unwind it, so that what it made for the while is removed, and then end the process as they would have by
themselves: whoever started it learns how it ended, and a shell's loop ends too. A module with handlers of
its own decides for itself.
"""

from __future__ import annotations

import os
import sys

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
SIGINT = 2
"""On every system; the module `signal` is loaded within `main` only, where Ctrl-C is answered."""


class Told(SystemExit):
    """The process was told to end, by this signal. `code` is what shells make of that."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.number = number


def heed_signals() -> None:
    """Each signal becomes an exception, also one that came before and was held back. Those that the caller
    wants ignored, as nohup does, are."""
    import signal

    present = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    heeded = [number for number in present if signal.getsignal(number) != signal.SIG_IGN]

    def told(number: int, _frame: object) -> None:
        for other in heeded:  # a second one would break off the cleaning up; children inherit no handler
            signal.signal(other, lambda *_: None)
        raise KeyboardInterrupt if number == signal.SIGINT else Told(number)

    for number in heeded:
        signal.signal(number, told)
    if os.name == "posix":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, present)


def end_by(number: int) -> int:
    """End this process by the signal; its exit code where the system has no such end."""
    import signal
    from contextlib import suppress

    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # closed, or nobody reads
            stream.flush()
    if os.name == "posix":
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    return 128 + number


def main() -> int:
    """Runs the module that the first argument names; exits as it does."""
    module = sys.argv[1]
    sys.argv = sys.argv[1:]
    try:
        heed_signals()
        import runpy

        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except KeyboardInterrupt:
        return end_by(SIGINT)
    except Told as told:
        return end_by(told.number)
    return 0


if __name__ == "__main__":
    sys.exit(main())
