"""What can go wrong when packets are captured, and what each kind of source says of itself."""

from enum import StrEnum
from typing import NamedTuple


class CaptureError(ValueError):
    """No packets from here; the message says why and what to do."""


class BrokenCapture(CaptureError):
    """A capture file that cannot be read to its end. Every whole packet before the break was given."""

    def __init__(self, message: str, packets_read: int) -> None:
        super().__init__(message)
        self.packets_read = packets_read


class CaptureStats(NamedTuple):
    """Packets since the source was opened; they never go back, also when an interface comes and goes.

    received            handed to the caller
    dropped             lost because the kernel's buffer was full: the sensor was too slow
    interface_dropped   lost in the network card or its driver, where the system counts it
    """

    received: int
    dropped: int
    interface_dropped: int


class State(StrEnum):
    """How it stands with a live interface."""

    RUNNING = "running"
    LINK_DOWN = "link down"
    MISSING = "missing"
    NO_RIGHTS = "no rights"
    FAILED = "failed"


class Unavailable(Exception):
    """An interface that cannot be opened now; `state` says why, the message what to do. Tried again."""

    def __init__(self, state: State, message: str) -> None:
        super().__init__(message)
        self.state = state
