"""A small program for the supervisor to keep: `python -m tests.sensors.kept MANNER FOLDER`.

Writes its process id to a file of its own in FOLDER. Manners: `steady` waits and notes a clean end,
`brief` ends at once, `deaf` ignores SIGTERM.
"""

import os
import signal
import sys
import threading
from pathlib import Path


def main() -> int:
    manner, folder = sys.argv[1], Path(sys.argv[2])
    stop = threading.Event()
    signal.signal(signal.SIGTERM, signal.SIG_IGN if manner == "deaf" else lambda *_: stop.set())
    if os.name == "nt":
        signal.signal(signal.SIGINT, lambda *_: stop.set())
    (folder / f"{os.getpid()}.started").touch()
    if manner == "brief":
        return 1
    while not stop.wait(0.05):
        pass
    (folder / f"{os.getpid()}.clean").touch()
    return 0


if __name__ == "__main__":
    sys.exit(main())
