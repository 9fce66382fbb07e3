"""What the packets of a batch add to their flows, range by range.

Each pass over the packets has its price, so all ranges of a batch are summed at once, and what is summed
together is kept together: three counts of a flow in a number of 64 bits. Which of the two directions comes
from the client is only known once a flow has its row; so sums are kept for the direction in which the hash
of the source is the lower one, and for the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.flow_groups import Groups
from sensors.flow_keys import RST, begun_by, ends_of
from sensors.packets import PacketTable

# A packet's code: its TCP flags in the lowest eight bits, above them these two.
_FLAGS = 8
_LOWER, _PAYLOAD, _ALL_FLAGS = np.uint16(1 << _FLAGS), np.uint16(2 << _FLAGS), np.uint16(255)

# The counts of a flow: 21 bits each, which MOST_PACKETS keeps from running over into the next.
_COUNT_BITS = 21
MOST_PACKETS = (1 << _COUNT_BITS) - 1
"""Packets that can be counted at once."""
_WITH_PAYLOAD, _PAYLOAD_LOWER, _PACKET_LOWER = 1, 1 << _COUNT_BITS, 1 << 2 * _COUNT_BITS
_COUNTS = np.array(
    [0, _PACKET_LOWER, _WITH_PAYLOAD, _PACKET_LOWER | _PAYLOAD_LOWER | _WITH_PAYLOAD], np.uint64
)
"""What a packet adds, by its code without the flags."""
PACKETS, BYTES, PAYLOAD = range(3)
"""Of sums: packets, bytes of IP, packets that carry payload."""


@dataclass(slots=True)
class Part:
    """The packets of one range, grouped by flow. Numbers count from the start of the range.

    begun                  what each flow is if its first packet here begins it, see `begun_by`; of the
                           first flow of this range that is at `start`
    lower, payload, flags  of the sorted packets: direction, whether they carry payload, TCP flags
    rank                   int64[n], the number of each among its flow's packets with payload, from 1; more
                           than all where there is none
    source                 uint64[k], hash of the source of each flow's first packet
    last_ts                float64[k], time of the last one
    sums                   int64[2, 3, k], of the other direction and of the lower one
    united                 uint8[2, k], all TCP flags of either; an ACK that comes with RST is left out, as it
                           accepts nothing: SYN, SYN-ACK, RST is what a scanner does
    """

    groups: Groups
    begun: dict[str, NDArray[Any]]
    start: int
    lower: NDArray[np.bool_]
    payload: NDArray[np.bool_]
    rank: NDArray[np.int64]
    flags: NDArray[np.uint8]
    source: NDArray[np.uint64]
    last_ts: NDArray[np.float64]
    sums: NDArray[np.int64]
    united: NDArray[np.uint8]


class Traffic:
    """The packets of several ranges that follow each other."""

    def __init__(self, table: PacketTable, bounds: Sequence[int]) -> None:
        """`bounds`: where each of the ranges begins, and where the last one ends."""
        if len(table.version) > MOST_PACKETS:
            raise ValueError(f"at most {MOST_PACKETS:,} packets at once")
        self._start = bounds[0]
        self._ends = dict(pairwise(bounds))
        part, within = slice(bounds[0], bounds[-1]), np.array(bounds) - bounds[0]
        source, target, key = (column[part] for column in ends_of(table))
        groups = self._groups = Groups.by_key(key, within)
        self._begun = begun_by(table, groups.first + bounds[0])
        self._source = source[groups.first]
        self._last_ts = table.batch.ts[part][groups.last()]
        code = self._codes(table, part, source < target)[groups.order]
        self._lower, self._payload = (code & _LOWER) != 0, (code & _PAYLOAD) != 0
        self._flags = code.astype(np.uint8)
        self._rank = _rank(self._payload, groups)
        self._sum(table.ip_len[part][groups.order].astype(np.int64), code)
        self._unite_flags(code)
        self._flows = dict(zip(bounds, np.searchsorted(groups.begin, within).tolist(), strict=True))

    def part(self, lo: int, hi: int) -> Part | None:
        """The range [lo, hi), if it is one of these and has packets that belong to a flow."""
        if self._ends.get(lo) != hi:
            return None
        every, begin, end = self._groups, self._flows[lo], self._flows[hi]
        if begin < end and not every.key[begin]:
            begin += 1  # the packets of no flow
        if begin == end:
            return None
        flows, first = slice(begin, end), lo - self._start
        places = slice(int(every.begin[begin]), hi - self._start)
        groups = Groups(
            every.order[places] - first, every.begin[flows] - places.start, every.count[flows],
            every.first[flows] - first, every.key[flows],
        )  # fmt: skip
        return Part(
            groups, self._begun, begin, self._lower[places], self._payload[places], self._rank[places],
            self._flags[places], self._source[flows], self._last_ts[flows], self._sums[:, :, flows],
            self._united[:, flows],
        )  # fmt: skip

    @staticmethod
    def _codes(table: PacketTable, part: slice, lower: NDArray[np.bool_]) -> NDArray[np.uint16]:
        """What is sorted of each packet besides its size."""
        flags = table.tcp_flags[part]
        code = (flags & ~((flags & RST) << 2)).astype(np.uint16)  # RST, moved by two bits, is ACK
        code |= lower * _LOWER
        code |= (table.payload_len[part] > 0) * _PAYLOAD
        return code

    def _sum(self, size: NDArray[np.int64], code: NDArray[np.uint16]) -> None:
        """`size` are the bytes of the sorted packets. One direction's sums are what is left of both."""
        begin, sums = self._groups.begin, np.empty((2, 3, len(self._groups.begin)), np.int64)
        counts = np.add.reduceat(_COUNTS[code >> _FLAGS], begin)
        sums[1, PACKETS] = counts >> 2 * _COUNT_BITS
        sums[1, PAYLOAD] = counts >> _COUNT_BITS & MOST_PACKETS
        sums[1, BYTES] = np.add.reduceat(size * self._lower, begin)
        sums[0, PACKETS] = self._groups.count
        sums[0, PAYLOAD] = counts & MOST_PACKETS
        sums[0, BYTES] = np.add.reduceat(size, begin)
        sums[0] -= sums[1]
        self._sums = sums

    def _unite_flags(self, code: NDArray[np.uint16]) -> None:
        """All flags of each direction: those of the lower one are moved beside those of the other."""
        aside = self._lower * np.uint16(_FLAGS)
        both = np.bitwise_or.reduceat((code & _ALL_FLAGS) << aside, self._groups.begin)
        self._united = np.stack([both, both >> _FLAGS]).astype(np.uint8)


def _rank(payload: NDArray[np.bool_], groups: Groups) -> NDArray[np.int64]:
    """The number of each packet among those of its flow that have payload; see `Part`."""
    so_far = np.cumsum(payload, dtype=np.int64)
    so_far -= groups.spread(so_far[groups.begin] - payload[groups.begin])
    so_far[~payload] = MOST_PACKETS
    return so_far
