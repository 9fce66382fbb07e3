"""A `PacketBatch` from packets that came one by one."""

from collections.abc import Sequence

import numpy as np

from sensors.packets import PacketBatch


def batch_of(
    packets: Sequence[bytes], times: Sequence[float], wirelens: Sequence[int], linktype: int
) -> PacketBatch:
    """Lays the packets one after the other; `times` in seconds since the epoch, wire length 0 is unknown."""
    caplen = np.fromiter(map(len, packets), np.int32, len(packets))
    ends = np.cumsum(caplen, dtype=np.int64)
    return PacketBatch(
        buffer=np.frombuffer(b"".join(packets), np.uint8),
        offsets=ends - caplen,
        caplen=caplen,
        wirelen=np.array(wirelens, np.int32),
        ts=np.array(times, np.float64),
        linktype=linktype,
    )
