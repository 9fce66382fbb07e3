"""The whole evening in the order of time, and as batches."""

import heapq
import random
from collections.abc import Iterable, Iterator

import numpy as np

from sensors.demo.incidents import STORY
from sensors.demo.life import household
from sensors.demo.talk import Frames
from sensors.packets import PacketBatch

HOURS = 5.0


def evening(begin: float, hours: float = HOURS, seed: int = 1) -> Frames:
    """(seconds since the epoch, frame), sorted; the same for the same arguments."""
    rng = random.Random(seed)
    end = begin + hours * 3600
    # Each scene is in order by itself up to some seconds, which the merge of scenes cannot mend.
    scenes = [household(begin, end, rng)]
    scenes += [scene(begin + place * hours * 3600, random.Random(rng.random())) for place, scene in STORY]
    return _ordered(heapq.merge(*scenes, key=lambda frame: frame[0]))


def _ordered(frames: Frames, window: int = 4096) -> Frames:
    """Sort what is out of order by less than `window` frames."""
    heap: list[tuple[float, int, bytes]] = []
    for number, (ts, frame) in enumerate(frames):
        heapq.heappush(heap, (ts, number, frame))
        if len(heap) > window:
            first = heapq.heappop(heap)
            yield first[0], first[2]
    while heap:
        first = heapq.heappop(heap)
        yield first[0], first[2]


def batches(frames: Iterable[tuple[float, bytes]], size: int = 4096) -> Iterator[PacketBatch]:
    """Frames as Ethernet batches of at most `size`."""
    part: list[tuple[float, bytes]] = []
    for frame in frames:
        part.append(frame)
        if len(part) == size:
            yield batch_of(part)
            part = []
    if part:
        yield batch_of(part)


def batch_of(frames: list[tuple[float, bytes]]) -> PacketBatch:
    """One Ethernet batch."""
    sizes = np.array([len(frame) for _, frame in frames], np.int32)
    return PacketBatch(
        np.frombuffer(b"".join(frame for _, frame in frames), np.uint8),
        np.concatenate(([0], np.cumsum(sizes[:-1]))).astype(np.int64),
        sizes,
        sizes.copy(),
        np.array([ts for ts, _ in frames], np.float64),
        linktype=1,
    )
