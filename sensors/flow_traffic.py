"""What the packets of a range add to their flows.

Each pass over the packets has its price, so what is summed together is kept together: a packet's flags,
direction and payload in a code of 16 bits, and three counts of a flow in a number of 64.
"""

import numpy as np
from numpy.typing import NDArray

from sensors.flow_groups import Groups
from sensors.flow_keys import RST
from sensors.packets import PacketTable

# A packet's code: its TCP flags in the lowest eight bits, above them these two.
_FLAGS = 8
_DOWN, _PAYLOAD = np.uint16(1 << _FLAGS), np.uint16(2 << _FLAGS)

# The counts of a flow: 21 bits each, which MOST_PACKETS keeps from running over into the next.
_COUNT_BITS = 21
MOST_PACKETS = (1 << _COUNT_BITS) - 1
"""Packets of a range that can be counted at once."""
_WITH_PAYLOAD, _PAYLOAD_UP, _PACKET_UP = 1, 1 << _COUNT_BITS, 1 << 2 * _COUNT_BITS
_COUNTS = np.array([_PACKET_UP, 0, _PACKET_UP | _PAYLOAD_UP | _WITH_PAYLOAD, _WITH_PAYLOAD], np.uint64)
"""What a packet adds, by its code without the flags: up, down, up with payload, down with payload."""


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
        self.up, self.payload = (code & _DOWN) == 0, (code & _PAYLOAD) != 0
        self.flags = code.astype(np.uint8)
        size = table.ip_len[at][groups.order].astype(np.int64)
        self.bytes_up = np.add.reduceat(size * self.up, groups.begin)
        self.bytes_down = np.add.reduceat(size, groups.begin) - self.bytes_up
        self._count(np.add.reduceat(_COUNTS[code >> _FLAGS], groups.begin), groups)
        self._unite_flags(code, groups)

    @staticmethod
    def _codes(
        table: PacketTable, at: NDArray[np.int64] | slice, lower: NDArray[np.bool_]
    ) -> NDArray[np.uint16]:
        """uint16[n] in the table's order; as if `lower` meant down in every flow."""
        flags = table.tcp_flags[at]
        code = (flags & ~((flags & RST) << 2)).astype(np.uint16)  # RST, moved by two bits, is ACK
        code |= lower * _DOWN
        code |= (table.payload_len[at] > 0) * _PAYLOAD
        return code

    def _count(self, counts: NDArray[np.uint64], groups: Groups) -> None:
        """Take the three counts of each flow apart; the other direction's are what is left of all."""
        with_payload = (counts & MOST_PACKETS).astype(np.int64)
        self.payload_up = (counts >> _COUNT_BITS & MOST_PACKETS).astype(np.int64)
        self.payload_down = with_payload - self.payload_up
        self.packets_up = (counts >> 2 * _COUNT_BITS).astype(np.int64)
        self.packets_down = groups.count - self.packets_up

    def _unite_flags(self, code: NDArray[np.uint16], groups: Groups) -> None:
        """All flags of each direction: those of packets down are moved beside those of packets up."""
        aside = ~self.up * np.uint16(_FLAGS)
        both = np.bitwise_or.reduceat(self.flags.astype(np.uint16) << aside, groups.begin)
        self.flags_up, self.flags_down = both.astype(np.uint8), (both >> _FLAGS).astype(np.uint8)
