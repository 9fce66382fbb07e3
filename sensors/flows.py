"""Conversations: a bounded table of flows, updated with thousands of packets at a time.

The table is columns (one array a property, one row a flow) behind an open-addressing hash index.
A packet finds its row by a hash of both endpoints that is the same in either direction, so that
both directions share a row; which side is the client is decided by the first packet.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.flow_groups import Groups
from sensors.flow_index import HashIndex
from sensors.flow_keys import ACK, FIN, RST, SYN, TCP, endpoint_hashes, source_is_client
from sensors.packets import PacketTable

Rows = NDArray[np.int64]

CAPACITY = 65_536
"""Concurrent flows. A row number then fits 16 bits, which NumPy sorts by radix."""

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

_COLUMNS: dict[str, Any] = {
    "serial": np.int64,  # number of the flow in this run
    "hash": np.uint64,
    "client_half": np.uint64,  # hash of the client's endpoint: tells direction
    "client_hi": np.uint64, "client_lo": np.uint64, "server_hi": np.uint64, "server_lo": np.uint64,
    "client_mac": np.uint64, "server_mac": np.uint64,
    "client_port": np.uint16, "server_port": np.uint16, "proto": np.uint8,
    "first_ts": np.float64, "last_ts": np.float64,
    "packets_up": np.int64, "packets_down": np.int64, "bytes_up": np.int64, "bytes_down": np.int64,
    "payload_up": np.int64, "payload_down": np.int64,  # packets that carried payload
    "flags_up": np.uint8, "flags_down": np.uint8,  # all TCP flags seen
    "answered": np.bool_, "syn": np.bool_,
    "watched": np.bool_,  # its payload is still of use to the stream parsers
    "written_up": np.int64, "written_down": np.int64,  # bytes already told to the store
    "written_ts": np.float64,  # when the last row was given to the store, 0 for never
}  # fmt: skip

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


class FlowTable:
    """Bounded flow state; see the module's text. Not thread safe."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        if capacity > 65_536:
            raise ValueError("a flow table holds at most 65,536 flows")
        self.capacity = capacity
        self.col: Columns = {name: np.zeros(capacity, kind) for name, kind in _COLUMNS.items()}
        self.live = np.zeros(capacity, np.bool_)
        self.count = 0
        self.started = 0
        """Flows since the start: the next serial."""
        self.evicted = 0
        self._free = np.arange(capacity - 1, -1, -1, dtype=np.int64)
        """Stack of free rows, lowest on top, so that scans may stop at the highest row in use."""
        self._free_count = capacity
        self._top = 0
        self._index = HashIndex(capacity)

    def __len__(self) -> int:
        return self.count

    # -- packets in -----------------------------------------------------------------------------

    def update(self, table: PacketTable, lo: int, hi: int) -> FlowUpdate:
        """Account for packets [lo, hi) of a table."""
        part = slice(lo, hi)
        valid = np.flatnonzero((table.version[part] != 0) & ~table.fragment[part])
        at = valid + lo
        src_half, dst_half, key = endpoint_hashes(table, at)
        row, new = self._index.find(key), np.empty(0, np.int64)
        start_at = new
        missing = np.flatnonzero(row < 0)
        if len(missing):
            unique, first, inverse = np.unique(key[missing], return_index=True, return_inverse=True)
            new = self._allocate(len(unique))
            order = np.argsort(first)
            rank = np.empty(len(unique), np.int64)
            rank[order] = np.arange(len(unique))
            new_of = new[rank]
            self._index.insert(unique, new_of)
            row[missing] = new_of[inverse]
            start_at = missing[first[order]]
            self._begin(table, at[start_at], src_half[start_at], dst_half[start_at], key[start_at], new)
        up = src_half == self.col["client_half"][row]
        groups = Groups(table, at, row, up)
        update = FlowUpdate(
            np.full(hi - lo, -1, np.int64), np.zeros(hi - lo, np.bool_), new, valid[start_at], new, new,
            np.zeros(hi - lo, np.bool_), groups.rows, new, new, groups.count,
        )  # fmt: skip
        update.row[valid], update.up[valid] = row, up
        update.early[valid[groups.order[self._early(groups)]]] = True
        if len(groups.rows):
            update.touched_up, update.touched_down = self._count(groups)
            last_ts, rows = self.col["last_ts"], groups.rows
            last_ts[rows] = np.maximum(last_ts[rows], table.batch.ts[at[groups.last()]])
            update.answered, answer_at = self._answers(groups)
            update.answer_at = valid[answer_at]
        return update

    def _early(self, groups: Groups) -> NDArray[np.bool_]:
        """Which sorted packets are among the first with payload of a TCP flow that is watched."""
        col = self.col
        before = groups.spread(col["payload_up"][groups.rows] + col["payload_down"][groups.rows])
        early = groups.tcp & (groups.payload > 0) & col["watched"][groups.sorted_rows]
        return np.asarray(early & (groups.running(groups.payload) + before <= STREAM_PACKETS))

    def _count(self, groups: Groups) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Add the packets to their rows; returns the bytes of each row up and down."""
        col, rows, up = self.col, groups.rows, groups.up
        packets_up, size_up = groups.sum(up), groups.sum(np.where(up, groups.size, 0))
        payload_up, size = groups.sum(groups.payload & up), groups.sum(groups.size)
        col["packets_up"][rows] += packets_up
        col["packets_down"][rows] += groups.count - packets_up
        col["bytes_up"][rows] += size_up
        col["bytes_down"][rows] += size - size_up
        col["payload_up"][rows] += payload_up
        col["payload_down"][rows] += groups.sum(groups.payload) - payload_up
        col["flags_up"][rows] |= groups.union(np.where(up, groups.flags, 0))
        col["flags_down"][rows] |= groups.union(np.where(up, 0, groups.flags))
        return size_up, size - size_up

    def _answers(self, groups: Groups) -> tuple[Rows, Rows]:
        """Rows that are answered now and were not before, in time, each with the packet that did it."""
        col, rows = self.col, groups.rows
        tcp = col["proto"][rows] == TCP
        down, sent = col["flags_down"][rows], col["flags_up"][rows]
        shaken = ((down & (SYN | ACK)) == (SYN | ACK)) & ((sent & (SYN | ACK)) == (SYN | ACK))
        now = np.where(tcp, shaken | (col["payload_down"][rows] > 0), col["packets_down"][rows] > 0)
        fresh = np.flatnonzero(now & ~col["answered"][rows])
        if not len(fresh):
            return rows[fresh], fresh
        col["answered"][rows[fresh]] = True
        up = groups.up
        accepts = ~up & (groups.payload > 0) | up & (groups.flags & ACK != 0) & groups.spread(shaken)
        first = groups.first(np.where(groups.spread(tcp), accepts, ~up))[fresh]
        in_time = np.argsort(first, kind="stable")
        return rows[fresh[in_time]], first[in_time]

    # -- rows in and out --------------------------------------------------------------------------

    def room_for(self, packets: int) -> Columns | None:
        """Make sure that so many new flows fit; evicts the longest silent ones and returns them."""
        if self._free_count >= packets:
            return None
        live = np.flatnonzero(self.live[: self._top])
        need = min(len(live), max(packets - self._free_count, self.capacity // 8))
        oldest = live[np.argpartition(self.col["last_ts"][live], need - 1)[:need]]
        oldest = oldest[np.argsort(self.col["serial"][oldest])]
        self.evicted += need
        return self.remove(oldest)

    def idle(self, now: float) -> Rows:
        """Rows whose flow is over at packet time `now`, in the order they began."""
        rows = np.flatnonzero(self.live[: self._top])
        col = self.col
        tcp = col["proto"][rows] == TCP
        up, down = col["flags_up"][rows], col["flags_down"][rows]
        closed = tcp & (((up | down) & RST != 0) | (up & down & FIN != 0))
        limit = np.where(tcp, np.where(col["answered"][rows], TCP_TIMEOUT, ATTEMPT_TIMEOUT), OTHER_TIMEOUT)
        limit[closed] = CLOSED_TIMEOUT
        rows = rows[now - col["last_ts"][rows] > limit]
        return rows[np.argsort(col["serial"][rows])]

    def all_rows(self) -> Rows:
        """Every live row, in the order they began."""
        rows = np.flatnonzero(self.live[: self._top])
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
        if self._index.dead > self.capacity:
            rows_left = np.flatnonzero(self.live[: self._top])
            self._index.rebuild(self.col["hash"][rows_left], rows_left)
            self._top = int(rows_left[-1]) + 1 if len(rows_left) else 0
            self._free[: self._free_count] = np.flatnonzero(~self.live)[::-1]
        return gone

    def reused(self, table: PacketTable, lo: int, hi: int) -> int | None:
        """The first packet of [lo, hi) that opens a new connection on the endpoints of a closed
        one, or None. The caller ends the range there, so that both connections get a row."""
        flags = table.tcp_flags[lo:hi]
        opening = (flags & (SYN | ACK | RST | FIN) == SYN) & (table.proto[lo:hi] == TCP)
        at = np.flatnonzero(opening & (table.version[lo:hi] != 0) & ~table.fragment[lo:hi]) + lo
        if not len(at):
            return None
        keys = endpoint_hashes(table, at)[2]
        row = self._index.find(keys)
        col = self.col
        sent, got = col["flags_up"][row], col["flags_down"][row]
        shut = (row >= 0) & (((sent | got) & RST != 0) | (sent & got & FIN != 0))
        first = at[shut][:1].tolist()
        closing = np.flatnonzero((flags & (FIN | RST) != 0) & (table.proto[lo:hi] == TCP)) + lo
        closing = closing[(table.version[closing] != 0) & ~table.fragment[closing]]
        closed_at: dict[int, int] = {}
        for key, i in zip(endpoint_hashes(table, closing)[2].tolist(), closing.tolist(), strict=True):
            closed_at.setdefault(key, i)
        reopened = (i for key, i in zip(keys.tolist(), at.tolist(), strict=True) if closed_at.get(key, i) < i)
        first += [i for i in (next(reopened, None),) if i is not None]
        return min(first, default=None)

    def forget_closed(self, table: PacketTable, at: int) -> Columns | None:
        """Ends the closed flow on whose endpoints packet `at` opens a new connection."""
        row = self._index.find(endpoint_hashes(table, np.array([at]))[2])
        return self.remove(row) if row[0] >= 0 else None

    def _begin(
        self, table: PacketTable, at: Rows, src_half: NDArray[np.uint64], dst_half: NDArray[np.uint64],
        key: NDArray[np.uint64], rows: Rows,
    ) -> None:  # fmt: skip
        """Fill the rows of new flows from their first packets `at`."""
        col = self.col
        for column in col.values():
            column[rows] = 0
        forward = source_is_client(table, at)

        def choose(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
            return np.where(forward, a, b)

        col["serial"][rows] = np.arange(self.started, self.started + len(rows))
        self.started += len(rows)
        col["hash"][rows] = key
        col["client_half"][rows] = choose(src_half, dst_half)
        for side, a, b in (("client", "src", "dst"), ("server", "dst", "src")):
            for part in ("hi", "lo", "mac"):
                source, target = getattr(table, f"{a}_{part}")[at], getattr(table, f"{b}_{part}")[at]
                col[f"{side}_{part}"][rows] = choose(source, target)
        col["client_port"][rows] = choose(table.sport[at], table.dport[at])
        col["server_port"][rows] = choose(table.dport[at], table.sport[at])
        col["proto"][rows] = table.proto[at]
        col["first_ts"][rows] = col["last_ts"][rows] = table.batch.ts[at]
        col["syn"][rows] = (table.tcp_flags[at] & SYN) != 0
        col["watched"][rows] = table.proto[at] == TCP
        self.live[rows] = True
        self.count += len(rows)

    def _allocate(self, number: int) -> Rows:
        if number > self._free_count:
            raise RuntimeError("no room: call room_for first")
        self._free_count -= number
        rows = self._free[self._free_count : self._free_count + number][::-1].copy()
        self._top = max(self._top, int(rows.max()) + 1)
        return rows
