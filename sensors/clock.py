"""Packet time that never jumps: a wall clock set backwards or forwards must move no window."""

import time
from collections.abc import Callable

STEP = 0.5
"""Seconds between two readings of wall and monotonic clock that are a jump and not a slew."""


class PacketClock:
    """Ties wall-clock timestamps of packets to the monotonic clock."""

    def __init__(
        self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._offset = wall() - monotonic()
        self.correction = 0.0
        """Seconds to add to a timestamp of the wall clock."""
        self.jumps = 0

    def look(self) -> float:
        """Notice a jump of the wall clock; returns `correction`."""
        offset = self._wall() - self._monotonic()
        moved = offset - self._offset
        self._offset = offset
        if abs(moved) > STEP:
            self.correction -= moved
            self.jumps += 1
        return self.correction

    def now(self) -> float:
        """The present moment in packet time."""
        return self._wall() + self.look()
