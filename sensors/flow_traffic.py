"""What the packets of a range add to their flows."""

import numpy as np
from numpy.typing import NDArray

from sensors.flow_groups import Groups
from sensors.flow_keys import RST
from sensors.packets import PacketTable

MOST_PACKETS = (1 << 21) - 1
"""Packets of a range that can be counted at once."""

_DOWN, _PAYLOAD = np.uint16(0x100), np.uint16(0x200)
"""Bits of a packet's code beside its TCP flags."""
_COUNTS = np.array([1 << 42, 0, 1 << 42 | 1 << 21 | 1, 1], np.uint64)
"""What a packet adds to three counters of its flow, 21 bits each so that one sum does for all: packets up,
packets up with payload, packets with payload. By direction (up, down) and payload (without, with)."""
_COUNT_BITS, _COUNT_MASK = np.uint64(21), np.uint64(MOST_PACKETS)

Counts = NDArray[np.int64]


class Traffic:
    """Sums over each flow, [k], and the sorted packets, [n], in the order of the groups.

    packets_up, bytes_up (of IP), payload_up (packets that carry some) and the same with _down  int64[k]
    flags_up, flags_down  uint8[k], all TCP flags; an ACK that comes with RST is left out, because it
                          accepts nothing: SYN, SYN-ACK, RST is what a scanner does
    up, payload  bool[n]; flags  uint8[n]
    """

    def __init__(
        self,
        table: PacketTable,
        at: NDArray[np.int64] | slice,
        groups: Groups,
        lower: NDArray[np.bool_],
        lower_is_down: NDArray[np.bool_],
    ) -> None:
        """The packets `at` of a table, grouped. `lower` is bool[n] and tells the two directions of a flow
        apart; whether it means down is bool[k]."""
        code = self._codes(table, at, lower)[groups.order]
        code ^= groups.spread(lower_is_down * _DOWN)
        down = (code & _DOWN) != 0
        self.up, self.payload = ~down, (code & _PAYLOAD) != 0
        self.flags = code.astype(np.uint8)
        size = table.ip_len[at][groups.order].astype(np.int64)
        self.bytes_up = np.add.reduceat(size * self.up, groups.begin)
        self.bytes_down = np.add.reduceat(size, groups.begin) - self.bytes_up
        self._count(np.add.reduceat(_COUNTS[code >> 8], groups.begin), groups)
        flags = np.bitwise_or.reduceat((code & 0xFF) << ((code & _DOWN) >> 5), groups.begin)
        self.flags_up, self.flags_down = flags.astype(np.uint8), (flags >> 8).astype(np.uint8)

    @staticmethod
    def _codes(
        table: PacketTable, at: NDArray[np.int64] | slice, lower: NDArray[np.bool_]
    ) -> NDArray[np.uint16]:
        flags = table.tcp_flags[at]
        code = (flags & ~((flags & RST) << 2)).astype(np.uint16)  # RST, moved by two bits, is ACK
        code |= lower * _DOWN
        code |= (table.payload_len[at] > 0) * _PAYLOAD
        return code

    def _count(self, counts: NDArray[np.uint64], groups: Groups) -> None:
        carry: Counts = (counts & _COUNT_MASK).astype(np.int64)
        self.payload_up = (counts >> _COUNT_BITS & _COUNT_MASK).astype(np.int64)
        self.payload_down = carry - self.payload_up
        self.packets_up = (counts >> (_COUNT_BITS + _COUNT_BITS)).astype(np.int64)
        self.packets_down = groups.count - self.packets_up
