"""Conversations: a bounded table of flows, updated with thousands of packets at a time.

The table is columns (one array a property, one row a flow) behind an open-addressing hash index.
A packet finds its row by a hash of both endpoints that is the same in either direction, so that
both directions share a row; which side is the client is decided by the first packet.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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

STREAM_PACKETS = 24
"""First payload packets of a TCP flow that may be shown to the stream parsers."""

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
        return self._account(table, lo, hi, valid, row, up, new, start_at)

    def _account(
        self, table: PacketTable, lo: int, hi: int, valid: Rows, row: Rows, up: NDArray[np.bool_],
        new: Rows, start_at: Rows,
    ) -> FlowUpdate:  # fmt: skip
        at = valid + lo
        order = np.argsort(row.astype(np.uint16), kind="stable")
        ordered = row[order]
        begin = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if len(row) else new
        touched = ordered[begin]
        packets = np.diff(np.append(begin, len(row)))
        size = table.ip_len[at].astype(np.int64)[order]
        up_sorted = up[order]
        payload = (table.payload_len[at][order] > 0).astype(np.int64)
        tcp = table.proto[at][order] == TCP
        flags = table.tcp_flags[at][order]
        # An ACK that comes with RST accepts nothing: SYN, SYN-ACK, RST is what a scanner does.
        flags = np.where(flags & RST, flags & ~np.uint8(ACK), flags)
        sums = _Sums(begin)
        packets_up = sums.add(up_sorted)
        bytes_all, bytes_up = sums.add(size), sums.add(np.where(up_sorted, size, 0))
        payload_all, payload_up = sums.add(payload), sums.add(payload & up_sorted)
        col = self.col
        early = np.zeros(hi - lo, np.bool_)
        if tcp.any():
            before = col["payload_up"][touched] + col["payload_down"][touched]
            rank = np.cumsum(payload)
            rank -= np.repeat(rank[begin] - payload[begin] - before, packets)
            watched = tcp & (payload > 0) & (rank <= STREAM_PACKETS) & col["watched"][ordered]
            early[valid[order[watched]]] = True
            col["flags_up"][touched] |= sums.either(np.where(up_sorted, flags, 0))
            col["flags_down"][touched] |= sums.either(np.where(up_sorted, 0, flags))
        col["packets_up"][touched] += packets_up
        col["packets_down"][touched] += packets - packets_up
        col["bytes_up"][touched] += bytes_up
        col["bytes_down"][touched] += bytes_all - bytes_up
        col["payload_up"][touched] += payload_up
        col["payload_down"][touched] += payload_all - payload_up
        last = order[np.append(begin[1:], len(row)) - 1] if len(row) else new
        col["last_ts"][touched] = np.maximum(col["last_ts"][touched], table.batch.ts[at[last]])
        answered, answer_at = self._answers(touched, begin, order, up_sorted, payload, flags)
        full_row = np.full(hi - lo, -1, np.int64)
        full_row[valid] = row
        full_up = np.zeros(hi - lo, np.bool_)
        full_up[valid] = up
        return FlowUpdate(
            full_row, full_up, new, valid[start_at], answered, valid[answer_at], early,
            touched, bytes_up, bytes_all - bytes_up, packets,
        )  # fmt: skip

    def _answers(
        self, touched: Rows, begin: Rows, order: Rows, up: NDArray[np.bool_], payload: NDArray[np.int64],
        flags: NDArray[np.uint8],
    ) -> tuple[Rows, Rows]:  # fmt: skip
        """Rows that are answered now and were not before, in time, each with the packet that did it. Of
        sorted packets: `order` their numbers, `up`, `payload` and `flags` what they are."""
        col = self.col
        tcp = col["proto"][touched] == TCP
        down, sent = col["flags_down"][touched], col["flags_up"][touched]
        shaken = ((down & (SYN | ACK)) == (SYN | ACK)) & ((sent & (SYN | ACK)) == (SYN | ACK))
        now = np.where(tcp, shaken | (col["payload_down"][touched] > 0), col["packets_down"][touched] > 0)
        fresh = np.flatnonzero(now & ~col["answered"][touched])
        rows = touched[fresh]
        col["answered"][rows] = True
        if not len(rows):
            return rows, rows
        never = len(order)
        count = np.diff(np.append(begin, never))
        does = ~up & (payload > 0) | up & (flags & ACK != 0) & np.repeat(shaken, count)
        does = np.where(np.repeat(tcp, count), does, ~up)
        first = np.minimum.reduceat(np.where(does, order, never), begin)[fresh]
        # Where the handshake's packets came in another order, any of them will do.
        first = np.where(first < never, first, order[begin[fresh]])
        in_time = np.argsort(first, kind="stable")
        return rows[in_time], first[in_time]

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


class _Sums:
    """Sums and unions over the groups of sorted values that start at `begin`."""

    def __init__(self, begin: Rows) -> None:
        self._begin = begin

    def add(self, values: NDArray[Any]) -> NDArray[np.int64]:
        if not len(self._begin):
            return np.empty(0, np.int64)
        result: NDArray[np.int64] = np.add.reduceat(values, self._begin, dtype=np.int64)
        return result

    def either(self, values: NDArray[np.uint8]) -> NDArray[np.uint8]:
        result: NDArray[np.uint8] = np.bitwise_or.reduceat(values, self._begin)
        return result
