"""Packet time of a capture whose timestamps leap: one of the year after next must not end every conversation
and leave nothing to happen until then."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sensors.capture_errors import BrokenCapture
from sensors.packets import PacketBatch

LEAP = 60.0
"""Seconds between a packet and the latest time before it that are a leap and no delay on the way. Source: own
choice; no buffer of a capture holds a packet for so long."""
FIRST = 3
"""Packets that tell when a capture begins."""
CLOCKS = 4
"""Clocks that wrote a capture and are told apart; interfaces of a merged one may each have their own."""


def steady(batches: Iterable[PacketBatch]) -> Iterator[PacketBatch]:
    """The batches of a capture with the times that `CaptureTime` believes, the same however it is cut. Who
    lets go of one before he asks for the next saves memory, see `FileSource`."""
    time, waiting = CaptureTime(), deque[PacketBatch]()
    try:
        for batch in batches:
            if len(batch.ts):
                waiting.append(batch)
            del batch
            yield from _ready(time, waiting, last=False)
    except BrokenCapture:
        yield from _ready(time, waiting, last=True)
        raise
    yield from _ready(time, waiting, last=True)


def _ready(time: "CaptureTime", waiting: deque[PacketBatch], *, last: bool) -> Iterator[PacketBatch]:
    """Those of the waiting batches of which enough is known; all when no more will come."""
    if not time.begun:
        first = [ts for batch in waiting for ts in batch.ts[:FIRST].tolist()][:FIRST]
        if len(first) < (1 if last else FIRST):
            return
        time.begin(first)
    while waiting:
        times = time.of_even(waiting[0].ts)
        if times is None:
            if len(waiting) == 1 and not last:
                return
            following = float(waiting[1].ts[0]) if len(waiting) > 1 else None
            times = time.of_each(waiting[0].ts, following)
        yield waiting.popleft()._replace(ts=times)


class CaptureTime:
    """A leap ahead that the next packet takes back is not believed. After a leap back time goes on from where
    it stands, as a sensor's does when the clock is set back (`sensors.clock`)."""

    def __init__(self) -> None:
        self.begun = False
        self._now = 0.0
        self._offsets = [0.0]
        """Seconds to add to the timestamps of each clock, the last used first."""

    def begin(self, first: Sequence[float]) -> None:
        """The timestamps of the first packets, `FIRST` or all: is the very first ahead of all others, it is
        the one that leaps."""
        stray = len(first) == FIRST and first[0] - max(first[1:]) > LEAP
        self._now, self.begun = first[1 if stray else 0], True

    def of_even(self, ts: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """The times of packets none of which leaps, None where one does. `ts` is float64[n], n > 0, the
        timestamps."""
        offset = self._offsets[0]
        times = ts + offset if offset else ts
        latest = np.maximum.accumulate(np.concatenate(([self._now], times)))
        if np.abs(times - latest[:-1]).max() > LEAP:
            return None
        self._now = float(latest[-1])
        return times

    def of_each(self, ts: NDArray[np.float64], following: float | None) -> NDArray[np.float64]:
        """The times of packets some of which leap. `following` is the timestamp after them, None for none."""
        each = ts.tolist()
        return np.array(list(map(self._believed, each, [*each[1:], following])), np.float64)

    def _believed(self, ts: float, following: float | None) -> float:
        now = self._now
        for offset in self._offsets:
            if abs(ts + offset - now) <= LEAP:
                self._use(offset)
                self._now = max(now, ts + offset)
                return ts + offset
        if ts + self._offsets[0] < now:
            self._use(now - ts)
        elif following is None or ts - following <= LEAP:
            self._now = ts + self._offsets[0]
        return self._now

    def _use(self, offset: float) -> None:
        self._offsets = [offset, *(other for other in self._offsets if other != offset)][:CLOCKS]
