"""How well a live sensor keeps up with its interface, and so how long it may look at a batch."""

from math import inf

from sensors.packets import PacketBatch

SMOOTH = 0.2
"""Weight of the newest read in the share of time that was worked, while no read is full."""
OF_THE_ROOM = 0.5
"""Of the time until the kernel's buffer is half full, what one batch may take: the rest is for surprises."""
HEADER = 100
"""Bytes that a packet takes in the buffer beside its own (linux/if_packet.h: 48 of its header and 20 of its
address, both on multiples of 16)."""
LEAST = 0.3
"""Of the time in which a batch came, what may always go into looking at it; counting takes as much."""


class KeepingUp:
    """Measured from read to read, in monotonic seconds.

    `load` is seconds of work a second of traffic: while packets wait, those of the batch; else all time.
    """

    def __init__(self) -> None:
        self.load = 0.0
        self._begun: float | None = None
        self._done = 0.0
        self._span: float | None = None

    def began(self, batch: PacketBatch | None, full: bool, now: float) -> None:
        """A read is over. What was done since the one before is known now."""
        if self._begun is not None:
            passed = max(now - self._begun, 1e-6)
            if self._span is None:
                self.load += SMOOTH * ((self._done - self._begun) / passed - self.load)
            else:
                self.load = (self._done - self._begun) / self._span
        self._begun = self._done = now
        self._span = max(float(batch.ts[-1] - batch.ts[0]), 1e-6) if batch is not None and full else None

    def done(self, now: float) -> None:
        """What came with the last read is worked off."""
        self._done = now

    def until(self, batch: PacketBatch, lag: float, buffer: int, now: float) -> float:
        """When to stop looking at a batch whose last packet came `lag` seconds ago, so that a buffer of so
        many bytes does not overflow behind it; never where its size is unknown."""
        span = float(batch.ts[-1] - batch.ts[0])
        if not buffer or span <= 0:
            return inf
        half = buffer / 2 * span / (int(batch.caplen.sum()) + HEADER * len(batch.caplen))
        return now + max(LEAST * span, OF_THE_ROOM * (half - max(0.0, lag)))
