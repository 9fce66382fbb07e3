"""Conversations: a bounded table of flows, updated with thousands of packets at a time.

The table is columns (one array a property, one row a flow) behind an index.
A packet finds its row by a hash of both endpoints that is the same in either direction, so that
both directions share a row; which side is the client is decided by the first packet, see `flow_keys`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.at_home import Home, nobody
from sensors.flow_columns import COLUMNS, ZERO
from sensors.flow_index import FlowIndex
from sensors.flow_keys import ACK, FIN, RST, SYN, TCP, turn_outward
from sensors.flow_reuse import Reuse, reuse
from sensors.flow_traffic import BYTES, Part, Traffic
from sensors.packets import PacketTable

Rows = NDArray[np.int64]

CAPACITY = 131_072
"""Concurrent flows."""

CLOSED_TIMEOUT = 5.0
"""Seconds that a closed TCP flow is kept for late packets."""
TCP_TIMEOUT = 300.0
"""Seconds of silence that end an open TCP flow (Zeek tcp_inactivity_timeout: 5 min)."""
ATTEMPT_TIMEOUT = 30.0
"""Seconds an unanswered TCP flow is waited for: the usual SYN retransmissions."""
OTHER_TIMEOUT = 60.0
"""Seconds of silence that end a UDP, ICMP or other flow (Zeek udp_inactivity_timeout: 1 min)."""

STREAM_PACKETS = 64
"""First payload packets of a TCP flow that may be shown to the stream parsers. Telnet negotiates with twenty
before it asks for a name, and a person's password comes a letter at a time."""

_SENT, _GOT = ("packets_up", "bytes_up", "payload_up"), ("packets_down", "bytes_down", "payload_down")
"""The columns of `flow_traffic`'s sums."""

Columns = dict[str, NDArray[Any]]
"""A snapshot of rows: one array a column of the table."""


@dataclass(slots=True)
class FlowUpdate:
    """What a range of packets did to the table. Packet numbers count from the start of the range.

    row       int64[n], the packet's row, -1 where it belongs to no flow
    up        bool[n], the packet came from the client
    started   int64[k], rows of new flows, and start_at the packet that began each
    answered  int64[m], rows answered for the first time, and answer_at a packet that did it
    early     bool[n], among the first payload packets of a TCP flow that is still watched
    touched   int64[t], rows that had packets, each once; with the bytes of this range
    """

    row: Rows
    up: NDArray[np.bool_]
    started: Rows
    start_at: Rows
    answered: Rows
    answer_at: Rows
    early: NDArray[np.bool_]
    touched: Rows
    touched_up: NDArray[np.int64]
    touched_down: NDArray[np.int64]
    touched_packets: NDArray[np.int64]

    @classmethod
    def nothing(cls, packets: int) -> "FlowUpdate":
        """Of so many packets that belong to no flow."""
        none = np.empty(0, np.int64)
        row, no = np.full(packets, -1, np.int64), np.zeros(packets, np.bool_)
        return cls(row, no, none, none, none, none, no.copy(), none, none, none, none)


class FlowTable:
    """Bounded flow state; see the module's text. Not thread safe."""

    def __init__(self, capacity: int = CAPACITY, home: Home = nobody) -> None:
        self.capacity = capacity
        self._home = home
        self.attempts = capacity // 2
        """Flows of one packet that are kept: a flood of them drives out no conversation."""
        self.col: Columns = {name: np.zeros(capacity, kind) for name, kind in COLUMNS.items()}
        self.live = np.zeros(capacity, np.bool_)
        self.count = 0
        self.started = 0
        """Flows since the start: the next serial."""
        self.evicted = 0
        self._free = np.arange(capacity - 1, -1, -1, dtype=np.int64)
        """Stack of free rows, lowest on top, so that scans may stop at the highest row in use."""
        self._free_count = capacity
        self._top = 0
        self._index = FlowIndex()
        self._removed = 0
        """Flows since the free rows were last put in order."""
        self._attempts_then = self._started_then = 0

    def __len__(self) -> int:
        return self.count

    # -- packets in -----------------------------------------------------------------------------

    def update(self, table: PacketTable, lo: int, hi: int, ahead: Traffic | None = None) -> FlowUpdate:
        """Account for packets [lo, hi) of a table; `ahead`, if it has this range, saves time."""
        update = FlowUpdate.nothing(hi - lo)
        part = (ahead and ahead.part(lo, hi)) or Traffic(table, [lo, hi]).part(lo, hi)
        if part is None:
            return update
        groups = part.groups
        rows = self._index.find(groups.key)
        missing = np.flatnonzero(rows < 0)
        if len(missing):
            missing = missing[np.argsort(groups.first[missing])]
            update.start_at = groups.first[missing]
            rows[missing] = update.started = self._allocate(len(missing))
            self._index.insert(groups.key[missing], update.started)
            self._begin(part, missing, update.started)
        # Whether the lower direction is up: told by the first packet, which says what it is itself.
        lower_up = part.lower[groups.begin] == (part.source == self.col["client_half"][rows])
        up = groups.spread(lower_up) == part.lower
        update.row[groups.order], update.up[groups.order] = groups.spread(rows), up
        update.early[self._early(part, rows)] = True
        sent, got = np.where(lower_up, part.sums[::-1], part.sums)
        self._count(part, rows, lower_up, sent, got)
        update.answered, update.answer_at = self._answers(part, rows, up)
        update.touched, update.touched_packets = rows, groups.count
        update.touched_up, update.touched_down = sent[BYTES], got[BYTES]
        return update

    def _early(self, part: Part, rows: Rows) -> Rows:
        """Which packets are among the first with payload of a TCP flow that is watched."""
        col = self.col
        before = col["payload_up"][rows] + col["payload_down"][rows]
        most = (STREAM_PACKETS - before) * col["watched"][rows]
        return np.asarray(part.groups.order[part.rank <= part.groups.spread(most)])

    def _count(
        self, part: Part, rows: Rows, lower_up: NDArray[np.bool_], sent: NDArray[np.int64],
        got: NDArray[np.int64],
    ) -> None:  # fmt: skip
        """Add the packets to their rows."""
        col = self.col
        for names, values in ((_SENT, sent), (_GOT, got)):
            for name, added in zip(names, values, strict=True):
                col[name][rows] += added
        flags_up, flags_down = np.where(lower_up, part.united[::-1], part.united)
        col["flags_up"][rows] |= flags_up
        col["flags_down"][rows] |= flags_down
        col["last_ts"][rows] = np.maximum(col["last_ts"][rows], part.last_ts)

    def _answers(self, part: Part, rows: Rows, up: NDArray[np.bool_]) -> tuple[Rows, Rows]:
        """Rows that are answered now and were not before, in time, each with the packet that did it."""
        col, groups = self.col, part.groups
        tcp = col["proto"][rows] == TCP
        down, sent = col["flags_down"][rows], col["flags_up"][rows]
        shaken = ((down & (SYN | ACK)) == (SYN | ACK)) & ((sent & (SYN | ACK)) == (SYN | ACK))
        now = np.where(tcp, shaken | (col["payload_down"][rows] > 0), col["packets_down"][rows] > 0)
        fresh = np.flatnonzero(now & ~col["answered"][rows])
        if not len(fresh):
            return fresh, fresh
        col["answered"][rows[fresh]] = True
        accepts = ~up & part.payload | up & (part.flags & ACK != 0) & groups.spread(shaken)
        answers = np.flatnonzero(np.where(groups.spread(tcp), accepts, ~up))
        begin, none = groups.begin[fresh], len(up)
        place = np.append(answers, none)[np.searchsorted(answers, begin)]
        first = groups.order[np.where(place < begin + groups.count[fresh], place, begin)]
        in_time = np.argsort(first, kind="stable")
        return rows[fresh[in_time]], first[in_time]

    # -- rows in and out --------------------------------------------------------------------------

    def room_for(self, packets: int) -> Columns | None:
        """Make sure that so many new flows fit, and return those that had to go: the longest silent ones
        of a single packet when there are too many of these, else of all."""
        attempts = self._attempts_then + self.started - self._started_then  # at most
        if self._free_count >= packets and attempts + packets <= self.attempts:
            return None
        live, col = np.flatnonzero(self.live[: self._top]), self.col
        single = live[col["packets_up"][live] + col["packets_down"][live] == 1]
        gone = self._longest_silent(single, len(single) + packets - self.attempts)
        self._attempts_then, self._started_then = len(single) - len(gone), self.started
        missing = packets - self._free_count - len(gone)
        if missing > 0:
            others = np.setdiff1d(live, gone, assume_unique=True)
            gone = np.concatenate([gone, self._longest_silent(others, missing)])
        if not len(gone):
            return None
        self.evicted += len(gone)
        return self.remove(gone[np.argsort(col["serial"][gone])])

    def _longest_silent(self, rows: Rows, excess: int) -> Rows:
        """At least so many of the rows, a few more so that not every batch has to ask; none below 1."""
        number = min(len(rows), max(excess, self.capacity // 16))
        if excess <= 0 or not number:
            return rows[:0]
        return rows[np.argpartition(self.col["last_ts"][rows], number - 1)[:number]]

    def live_rows(self) -> Rows:
        """Every row in use, in no useful order."""
        return np.flatnonzero(self.live[: self._top])

    def idle(self, now: float, rows: Rows | None = None) -> Rows:
        """Rows whose flow is over at packet time `now`, in the order they began; of `rows`, or of all."""
        rows, col = self.live_rows() if rows is None else rows, self.col
        rows = rows[now - col["last_ts"][rows] > CLOSED_TIMEOUT]
        tcp = col["proto"][rows] == TCP
        up, down = col["flags_up"][rows], col["flags_down"][rows]
        closed = tcp & (((up | down) & RST != 0) | (up & down & FIN != 0))
        limit = np.where(tcp, np.where(col["answered"][rows], TCP_TIMEOUT, ATTEMPT_TIMEOUT), OTHER_TIMEOUT)
        limit[closed] = CLOSED_TIMEOUT
        rows = rows[now - col["last_ts"][rows] > limit]
        return rows[np.argsort(col["serial"][rows])]

    def all_rows(self) -> Rows:
        """Every row in use, in the order their flows began."""
        rows = self.live_rows()
        return rows[np.argsort(self.col["serial"][rows])]

    def snapshot(self, rows: Rows) -> Columns:
        """A copy of these rows, with their numbers as column "row"."""
        return {"row": rows, **{name: column[rows] for name, column in self.col.items()}}

    def remove(self, rows: Rows) -> Columns:
        """Take flows out of the table and return what they were."""
        gone = self.snapshot(rows)
        self._index.remove(gone["hash"])
        self.live[rows] = False
        self._free[self._free_count : self._free_count + len(rows)] = rows[::-1]
        self._free_count += len(rows)
        self.count -= len(rows)
        self._removed += len(rows)
        if self._removed > self.capacity:
            self._order_free_rows()
        return gone

    def _order_free_rows(self) -> None:
        """Lowest on top again."""
        self._removed = 0
        rows_left = self.live_rows()
        self._top = int(rows_left[-1]) + 1 if len(rows_left) else 0
        self._free[: self._free_count] = np.flatnonzero(~self.live)[::-1]

    def reused(self, table: PacketTable, lo: int, hi: int) -> Reuse:
        """New connections in [lo, hi) on the endpoints of closed ones: what the caller has to end first,
        and where to end the range, so that both connections get a row."""
        return reuse(table, lo, hi, self._index, self.col)

    def _begin(self, part: Part, flows: Rows, rows: Rows) -> None:
        """Fill the rows of new flows of a range."""
        col, at = self.col, flows + part.start
        for name, column in part.begun.items():
            col[name][rows] = column[at]
        turn_outward(col, rows, part.source[flows], self._home)
        for name in ZERO:
            col[name][rows] = 0
        col["serial"][rows] = np.arange(self.started, self.started + len(rows))
        self.started += len(rows)
        self.live[rows] = True
        self.count += len(rows)

    def _allocate(self, number: int) -> Rows:
        if number > self._free_count:
            raise RuntimeError("no room: call room_for first")
        self._free_count -= number
        rows = self._free[self._free_count : self._free_count + number][::-1].copy()
        self._top = max(self._top, int(rows.max()) + 1)
        return rows
