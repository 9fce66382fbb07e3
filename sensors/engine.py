"""One interface's way from packets to rows: decode, track, parse, detect, record.

Everything runs on packet time. Batches are cut at multiples of `STEP` seconds, where idle flows end
and detectors are ticked, so that a capture gives the same results whatever the size of its batches.
"""

import logging
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis import volumes
from analysis.devices import Inventory
from analysis.events import (
    DnsLookup,
    DnsQuery,
    DnsResponse,
    Event,
    FlowAnswered,
    FlowStart,
    HttpRequest,
    MdnsQuery,
    SessionSeen,
    TlsHello,
    of_values,
)  # fmt: skip
from analysis.pipeline import Pipeline
from analysis.store.rows import Batch
from sensors.addresses import sender_text
from sensors.conversations import Conversations
from sensors.decode import decode
from sensors.dns_join import DnsJoin
from sensors.extract import Segment
from sensors.floods import FloodGuard
from sensors.moments import ANSWER, PACKET, SEGMENT, STEP, Moments
from sensors.packet_log import PacketLog
from sensors.packets import Packet, PacketBatch, PacketTable, ParseError, Undecoded
from sensors.parsers import PACKET_PARSERS, STREAM_PARSERS
from sensors.recorder import Recorder
from sensors.select import Selector
from sensors.shedding import Detail, Shedding
from sensors.streams import Streams

log = logging.getLogger(__name__)

MAX_CUTS, FEW_CUTS = 64, 4
"""Reopened connections for which one batch is cut, and while rows are given up; more share a row with the one
before."""


class Engine:
    """The pipeline of one sensor. `feed` packets, `tick` when none come, `take` rows, `finish`."""

    def __init__(
        self, inventory: Inventory, pipeline: Pipeline, packet_log: PacketLog, run: int = 0,
        bounded: bool = False,
    ) -> None:  # fmt: skip
        """`run` tells the flows of one run from those of another in the same database. `bounded`: a
        flood is not looked at packet by packet, see `sensors.floods`; a replay may take its time."""
        self.inventory, self.pipeline, self.packet_log = inventory, pipeline, packet_log
        self.recorder = Recorder(inventory)
        self.shedding = Shedding()
        """Told by who reads live packets how it keeps up; a replay takes its time."""
        self.conversations = Conversations(inventory, self.recorder, run, self.shedding)
        col = self.conversations.table.col
        # Their memory stays where it is; one place of a view costs a third of one of an array.
        self._syn, self._start_up, self._watched = (col[name].data for name in ("syn", "start_up", "watched"))
        self.streams = Streams(STREAM_PARSERS)
        self.selector = Selector(PACKET_PARSERS)
        self.floods = FloodGuard(lambda sender: inventory.keeps(sender_text(sender))) if bounded else None
        self._moments = Moments(self.conversations, self.selector, self.floods, self.shedding)
        self._parse = [p.fresh() if p.fresh else p.parse for p in PACKET_PARSERS]
        self.dns = DnsJoin()
        self.now = 0.0
        """Packet time: the latest timestamp seen, or the time that `tick` let it reach."""
        self.heard: float | None = None
        """Packet time of the last packet; `tick` does not move it, so that silence can be told."""
        self.began: float | None = None
        """Packet time of the first packet."""
        self._next_step = 0.0
        self.packets = self.bytes = 0
        self.undecoded = np.zeros(len(Undecoded), np.int64)
        self.failures: dict[str, int] = {}
        self._plans: dict[type, tuple[Callable[[Any], None], ...]] = {}
        self._actions: dict[type, Callable[[Any], None]] = {
            DnsQuery: self._on_query,
            DnsResponse: self._on_response,
            DnsLookup: self.recorder.lookup,
            MdnsQuery: self._on_mdns_query,
            TlsHello: self.recorder.tls,
            HttpRequest: self.recorder.http,
            SessionSeen: self.conversations.note_service,
        }

    # -- in ---------------------------------------------------------------------------------------

    def feed(self, batch: PacketBatch) -> None:
        """Take a batch of packets through the whole pipeline."""
        if not len(batch.ts):
            return
        table = decode(batch)
        self.packets += len(batch.ts)
        self.bytes += int(table.wirelen.sum())
        self.undecoded += np.bincount(table.undecoded, minlength=len(Undecoded))
        if self.began is None:
            self.began = float(batch.ts[0])
        ts = np.maximum.accumulate(np.maximum(batch.ts, self.now))
        steps = [0, *(np.flatnonzero(np.diff(ts // STEP)) + 1).tolist(), len(ts)]
        self._moments.begin(table, steps)
        for lo, hi in pairwise(steps):
            if ts[lo] >= self._next_step:
                self._step(float(ts[lo]))
            if self.shedding.level < Detail.PACKET_LOG:
                self.packet_log.add(table, lo, hi)
            else:
                self.shedding.drops(Detail.PACKET_LOG, self.packet_log.wanted(table, lo, hi))
            self._range(table, lo, hi)
            self.now = self.heard = float(ts[hi - 1])

    def tick(self, now: float) -> None:
        """Let packet time reach `now` although no packet came, and look for what is overdue."""
        self.now = max(self.now, now)
        if self.now >= self._next_step:
            self._step(self.now)
        else:
            self._overdue()

    def finish(self) -> None:
        """End every flow and tell what is left."""
        table = self.conversations.table
        self.conversations.note_presence(self.now)
        self._end(table.remove(table.all_rows()))
        for lookup in self.dns.expire(float("inf")):
            self.handle(lookup)
        self._overdue()
        self._record(self.pipeline.finish(self.now))

    @property
    def seconds(self) -> float:
        """Packet time from the first packet to the last."""
        return 0.0 if self.began is None else self.now - self.began

    @property
    def pending(self) -> int:
        """Rows that wait to be taken, devices and the packet log aside."""
        batch = self.recorder.batch
        return len(batch.flows) + len(batch.dns) + len(batch.tls) + len(batch.http) + len(batch.findings)

    @property
    def has_findings(self) -> bool:
        """Whether a finding waits to be taken."""
        return bool(self.recorder.batch.findings)

    def take(self, packets: bool = True) -> Batch:
        """The rows since the last call; the packet log only where asked."""
        self.conversations.drain_traffic()
        batch = self.recorder.take()
        batch.evidence = self.inventory.drain_evidence()
        batch.devices, batch.addresses, batch.names = self.inventory.drain()
        batch.baseline = self.inventory.baseline.drain()
        batch.volumes = volumes.drain(self.inventory.volumes, self.inventory.places)
        if packets:
            batch.packets = self.packet_log.drain()
        return batch

    # -- packets ----------------------------------------------------------------------------------

    def _step(self, now: float) -> None:
        """A multiple of STEP was passed: end what is idle."""
        self.now = max(self.now, now)
        if self._next_step:
            self._end(self.conversations.expire(self.now))
            for active in self.conversations.take_active():
                self.handle(active)
            self._overdue()
            if self.floods is not None:
                self.floods.renew()
        self._next_step = (self.now // STEP + 1) * STEP

    def _overdue(self) -> None:
        self._expire_lookups()
        for event in self.streams.tick(self.now):
            self.handle(event)
        self._record(self.pipeline.tick(self.now))

    def _range(self, table: PacketTable, lo: int, hi: int) -> None:
        flows = self.conversations.table
        gone = flows.room_for(hi - lo)
        if gone:
            self._end(gone)
        for _ in range(MAX_CUTS if self.shedding.level < Detail.FLOW_ROWS else FEW_CUTS):
            over, cut = flows.reused(table, lo, hi)
            if len(over):
                self._end(flows.remove(over))
            if cut is None:
                break
            self._packets(table, lo, cut)
            lo = cut
        self._packets(table, lo, hi)

    def _packets(self, table: PacketTable, lo: int, hi: int) -> None:
        """Account for packets [lo, hi) and tell what they say, in their order."""
        for kind, what in self._moments.of(table, lo, hi):
            if kind == PACKET:
                self._parse_packet(*what)
            elif kind == SEGMENT:
                self._parse_segment(what, table.batch.buffer.data)
            elif kind == ANSWER:
                self.handle(of_values(FlowAnswered, what))
            else:
                self.handle(of_values(FlowStart, what))

    def _parse_packet(self, number: int, packet: Packet) -> None:
        try:
            events = self._parse[number](packet)
        except ParseError:
            self._failed(self.selector.parsers[number].name)
        except Exception:
            name = self.selector.parsers[number].name + " (bug)"
            if name not in self.failures:
                log.exception("parser %s failed; further failures are counted only", name)
            self._failed(name)
        else:
            for event in events:
                self.handle(event)

    def _parse_segment(self, found: Segment, buffer: memoryview) -> None:
        row, ts, up, seq, begin, end = found
        flow, streams = self.conversations.flow(row), self.streams
        serial, payload = flow[0], bytes(buffer[begin:end])
        start = self._start_up[row] if self._syn[row] else None
        for event in streams.feed(serial, flow, start, up, seq, payload, ts):
            self.handle(event)
        if not streams.wants(serial):
            self._watched[row] = False

    def _failed(self, name: str) -> None:
        self.failures[name] = self.failures.get(name, 0) + 1

    # -- events -----------------------------------------------------------------------------------

    def handle(self, event: Event) -> None:
        """Tell an event to those who record it, to the inventory and to the detectors."""
        for tell in self._plans.get(type(event)) or self._plan(type(event)):
            tell(event)

    def _plan(self, kind: type) -> tuple[Callable[[Any], None], ...]:
        """Who wants to know of this kind of event."""
        plan: list[Callable[[Any], None]] = []
        if kind in self._actions:
            plan.append(self._actions[kind])
        if learn := self.inventory.handler(kind):
            plan.append(learn)
        if kind in self.pipeline.handled_events:
            plan.append(self._detect)
        self._plans[kind] = tuple(plan)
        return self._plans[kind]

    def _detect(self, event: Event) -> None:
        findings = self.pipeline.handle(event)
        if findings:
            self._record(findings)

    def _record(self, findings: list[Any]) -> None:
        for finding in findings:
            key = self.inventory.device_key(finding.subject.device_mac)
            self.recorder.batch.findings.append((finding, key, self.pipeline.cooldown(finding.rule)))

    def _on_query(self, event: DnsQuery) -> None:
        for lookup in self.dns.query(event):
            self._tell_lookup(lookup)

    def _on_response(self, event: DnsResponse) -> None:
        for lookup in self.dns.response(event):
            self._tell_lookup(lookup)

    def _tell_lookup(self, lookup: DnsLookup) -> None:
        if not self.shedding.drops_lookup(lookup):
            self.handle(lookup)

    def _on_mdns_query(self, event: MdnsQuery) -> None:
        self.recorder.questions(event, self.shedding.kept_questions(event))

    def _expire_lookups(self) -> None:
        for lookup in self.dns.expire(self.now):
            self.handle(lookup)

    def _end(self, columns: dict[str, NDArray[Any]]) -> None:
        """Flows are over: their last words, their end, their rows."""
        for end in self.conversations.ended(columns, self.now):
            for event in self.streams.end(end.flow.id, self.now):
                self.handle(event)
            self.handle(end)
