"""What single packets of a range mean to somebody, in their order: the little of it that needs Python."""

from collections.abc import Iterator, Sequence
from math import inf
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sensors.conversations import Conversations
from sensors.extract import Chosen, Segments
from sensors.floods import FloodGuard, senders
from sensors.flow_traffic import Traffic
from sensors.flows import CAPACITY, FlowUpdate
from sensors.packets import PacketTable
from sensors.repeats import Repeats
from sensors.select import Selector
from sensors.shedding import LATE, Detail, Shedding

Rows = NDArray[np.int64]

START, PACKET, SEGMENT, ANSWER = range(4)
"""Of one packet the conversation is told before what it says, and that before the answer it is."""

Moment = tuple[int, Any]
"""START: (time, flow, began with SYN). PACKET: (number of its parser, packet). SEGMENT: a `Segment`.
ANSWER: (time, flow)."""

STEP = 10.0
"""Seconds of packet time between two looks for idle flows, and that a flood's bounds are for; a divisor of a
minute."""
HEAD_START = 0.02
"""Of a step's bounds, what may be used in haste at its very beginning."""


class Moments:
    """Accounts for packets in `conversations` and tells what is to be looked at one by one.

    With `floods` that is bounded in number: a conversation beyond is held back, counted as traffic
    and told only if it is answered while its client has a share left. What `shedding` gives up is counted
    as traffic, too; that a conversation which was told is answered is always told.
    """

    # Of the table begun.
    _ahead: Traffic
    _at: Rows  # packets that go to a parser
    _owner: NDArray[np.uint8]  # the number of the parser of each
    _chosen: Chosen

    def __init__(
        self, conversations: Conversations, selector: Selector, floods: FloodGuard | None,
        shedding: Shedding,
    ) -> None:  # fmt: skip
        self._conversations, self._selector, self._floods = conversations, selector, floods
        self._shedding, self._repeats = shedding, Repeats(selector.parsers)
        self._again = np.zeros(CAPACITY, np.bool_)  # rows of repetitions: told to nobody
        self._watched = conversations.table.col["watched"].data

    def begin(self, table: PacketTable, bounds: Sequence[int]) -> None:
        """The next ranges are of this table, most of them between two `bounds`: do for all at once what
        does not hang on those before."""
        self._ahead = Traffic(table, bounds)
        self._at, self._owner = self._selector.select(table, 0, len(table.version))
        self._chosen = Chosen(table, self._at)

    def of(self, table: PacketTable, lo: int, hi: int) -> Iterator[Moment]:
        """The moments of packets [lo, hi) of the table begun. Exhaust it: traffic is counted at the end."""
        flows = self._conversations
        update = flows.update(table, lo, hi, self._ahead)
        first, last = np.searchsorted(self._at, (lo, hi)).tolist()
        which: slice | Rows = slice(first, last)
        if self._floods is not None:
            haste, ts = self._shedding.level >= Detail.HASTE, float(table.batch.ts[hi - 1])
            self._floods.pace(min(1.0, ts % STEP / STEP + HEAD_START) if haste else 1.0)
            self._hold_back(update, ts)
            which = self._bounded(table, np.arange(first, last), ts)
        yield from self._in_order(table, lo, update, which)
        flows.traffic.count(update)

    def _in_order(
        self, table: PacketTable, lo: int, update: FlowUpdate, which: slice | Rows
    ) -> Iterator[Moment]:
        flows, shedding = self._conversations, self._shedding
        early = np.flatnonzero(update.early)
        starts = flows.starts(update)
        chosen = self._chosen.packets(which, table.batch.buffer.data)
        payloads, number = Segments(table, early + lo, update.row[early], update.up[early]), -1
        when = table.batch.ts[update.answer_at + lo]
        answers = zip(update.answered.tolist(), when.tolist(), strict=True)
        watched, rows, owners = self._watched, payloads.rows, iter(self._owner[which].tolist())
        begun, late, until = 0, False, shedding.until
        for kind in _kinds(update.start_at, self._at[which] - lo, early, update.answer_at):
            if until != inf and not late and monotonic() > until:
                late = True
                flows.hold(update.started[begun:])
            if kind == SEGMENT:
                number += 1
                if watched[rows[number]] and not self._skips(late):
                    yield SEGMENT, payloads[number]
            elif kind == ANSWER:
                yield from self._answer(*next(answers), late)
            elif self._skips(late):
                continue
            elif kind == PACKET:
                yield PACKET, (next(owners), next(chosen))
            else:
                begun += 1
                yield START, next(starts)

    def _skips(self, late: bool) -> bool:
        if late:
            self._shedding.given_up[LATE] += 1
        return late

    def _hold_back(self, update: FlowUpdate, ts: float) -> None:
        """Leaves of the new conversations those that are told now."""
        if self._floods is None or not len(update.started):
            return
        self._again[update.started] = False
        keys: NDArray[np.uint64] | None = None
        if self._shedding.level >= Detail.REPEATS:
            again, keys = self._repeats.starts(self._conversations.table.col, update.started, ts)
            self._again[update.started[again]] = True
            self._shedding.drops(Detail.REPEATS, int(np.count_nonzero(again)))
            self._keep(update, ~again)
            keys = keys[~again]
        told = self._floods.flows.admit(self._conversations.senders(update.started))
        if keys is not None:
            self._repeats.looked_at(keys if told is None else keys[told])
        if told is not None:
            self._keep(update, told)

    def _keep(self, update: FlowUpdate, told: NDArray[np.bool_]) -> None:
        if told.all():
            return
        self._conversations.hold(update.started[~told])
        update.started, update.start_at = update.started[told], update.start_at[told]

    def _bounded(self, table: PacketTable, which: Rows, ts: float) -> Rows:
        """Of the packets for the parsers those that are looked at now."""
        if self._floods is None:
            return which
        keys: NDArray[np.uint64] | None = None
        if self._shedding.level >= Detail.REPEATS and len(which):
            again, keys = self._repeats.messages(table, self._at[which], self._owner[which], ts)
            self._shedding.drops(Detail.REPEATS, int(np.count_nonzero(again)))
            which, keys = which[~again], keys[~again]
        at = self._at[which]
        heard = self._floods.messages.admit(senders(table.src_mac[at], table.src_lo[at]))
        if keys is not None:
            self._repeats.looked_at(keys if heard is None else keys[heard])
        return which if heard is None else which[heard]

    def _answer(self, row: int, ts: float, late: bool) -> Iterator[Moment]:
        flows = self._conversations
        if flows.is_held(row):
            if self._again[row] or self._skips(late):
                return
            client = flows.senders(np.array([row]))
            told = None if self._floods is None else self._floods.flows.admit(client)
            if told is not None and not told[0]:
                return
            yield START, flows.late_start(row, ts)
        yield ANSWER, (ts, flows.answer(row, ts))


def _kinds(*places: Rows) -> list[int]:
    """The kind of each moment, in the order of the packets. `places` are those of each kind, in its number's
    order."""
    both = np.concatenate([place * 4 + kind for kind, place in enumerate(places)])
    both.sort()
    kinds: list[int] = (both & 3).tolist()
    return kinds
