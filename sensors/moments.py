"""What single packets of a range mean to somebody, in their order: the little of it that needs Python."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from sensors.conversations import Conversations
from sensors.extract import packets, segment
from sensors.floods import FloodGuard, senders
from sensors.flows import FlowUpdate
from sensors.packets import PacketTable
from sensors.select import Selector

START, PACKET, SEGMENT, ANSWER = range(4)
"""Of one packet the conversation is told before what it says, and that before the answer it is."""

Moment = tuple[int, Any]
"""START: (time, flow, began with SYN). PACKET: (number of its parser, packet). SEGMENT: a `Segment`.
ANSWER: (time, flow)."""


class Moments:
    """Accounts for packets in `conversations` and tells what is to be looked at one by one.

    With `floods` that is bounded in number: a conversation beyond is held back, counted as traffic
    and told only if it is answered while its client has a share left.
    """

    def __init__(self, conversations: Conversations, selector: Selector, floods: FloodGuard | None) -> None:
        self._conversations, self._selector, self._floods = conversations, selector, floods

    def of(self, table: PacketTable, lo: int, hi: int) -> Iterator[Moment]:
        """The moments of packets [lo, hi). Exhaust it: the traffic is counted at the end."""
        flows = self._conversations
        update = flows.update(table, lo, hi)
        at, owner = self._selector.select(table, lo, hi)
        if self._floods is not None:
            self._hold_back(update)
            heard = self._floods.messages.admit(senders(table.src_mac[at + lo], table.src_lo[at + lo]))
            if heard is not None:
                at, owner = at[heard], owner[heard]
        early = np.flatnonzero(update.early)
        starts = flows.starts(update)
        chosen = zip(owner.tolist(), packets(table, at + lo), strict=True)
        payloads = zip(early.tolist(), update.row[early].tolist(), update.up[early].tolist(), strict=True)
        when = table.batch.ts[update.answer_at + lo]
        answers = zip(update.answered.tolist(), when.tolist(), strict=True)
        parts = (update.start_at, at, early, update.answer_at)
        kinds = np.concatenate([part * 4 + kind for kind, part in enumerate(parts)])
        kinds.sort()
        watched = flows.table.col["watched"]
        for kind in (kinds & 3).tolist():
            if kind == SEGMENT:
                number, row, up = next(payloads)
                if watched[row]:
                    yield SEGMENT, segment(table, number + lo, row, up)
            elif kind == PACKET:
                yield PACKET, next(chosen)
            elif kind == START:
                yield START, next(starts)
            else:
                yield from self._answer(*next(answers))
        flows.count_traffic(update)

    def _hold_back(self, update: FlowUpdate) -> None:
        if self._floods is None or not len(update.started):
            return
        rows = update.started
        told = self._floods.flows.admit(self._conversations.senders(rows))
        if told is not None:
            self._conversations.hold(rows[~told])
            update.started, update.start_at = rows[told], update.start_at[told]

    def _answer(self, row: int, ts: float) -> Iterator[Moment]:
        flows = self._conversations
        if flows.is_held(row):
            client = flows.senders(np.array([row]))
            told = None if self._floods is None else self._floods.flows.admit(client)
            if told is not None and not told[0]:
                return
            yield START, flows.late_start(row, ts)
        yield ANSWER, (ts, flows.answer(row, ts))
