"""The sensor's way from packets to events once more, one packet at a time: decoded with struct, chosen by
plain comparisons, a flow table that never sees two packets together. Parsers, detectors and rows are the
same; tests hold the fast pipeline's records against those of this one."""

import ipaddress
import struct
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from sensors.engine import Engine
from sensors.extract import Segment
from sensors.moments import ANSWER, PACKET, SEGMENT, START, Moment
from sensors.packets import Packet, PacketBatch, PacketTable
from sensors.parsers import PACKET_PARSERS
from tests.reference_decode import Row, reference
from tests.reference_flows import parser_of

_COLUMNS = {
    name: kind
    for kind, names in {
        np.uint8: "undecoded version proto tcp_flags",
        np.uint16: "ethertype vlan sport dport",
        np.uint64: "src_mac dst_mac",
        np.bool_: "fragment",
        np.int32: "payload_len ip_len wirelen",
    }.items()
    for name in names.split()
}
_HALF = (1 << 64) - 1


class ReferenceEngine(Engine):
    """An engine that looks at each packet alone."""

    def feed(self, batch: PacketBatch) -> None:
        """Each packet as a batch of its own."""
        self._moments = _SingleMoments(self)  # type: ignore[assignment]
        for number in range(len(batch.ts)):
            super().feed(_alone(batch, number))


class _SingleMoments:
    """`sensors.moments.Moments` for a range of one packet."""

    def __init__(self, engine: Engine) -> None:
        self._flows = engine.conversations

    def begin(self, table: PacketTable, bounds: Sequence[int]) -> None:
        """Nothing is looked at before its turn."""

    def of(self, table: PacketTable, lo: int, hi: int) -> Iterator[Moment]:
        assert (lo, hi) == (0, 1)
        data, row = _seen(table)
        update = self._flows.update(table, 0, 1)
        if len(update.started):
            yield START, next(self._flows.starts(update))
        number = parser_of(PACKET_PARSERS, row, data)
        ts = float(table.batch.ts[0])
        if number is not None:
            yield PACKET, (number, _packet(row, data, ts))
        if update.early[0] and self._flows.table.col["watched"][update.row[0]]:
            begin = row.payload or 0
            (seq,) = struct.unpack_from(">I", data, (row.l4 or 0) + 4)
            offset = int(table.batch.offsets[0])
            where = (offset + begin, offset + begin + row.payload_len)
            yield SEGMENT, Segment(int(update.row[0]), ts, bool(update.up[0]), seq, *where)
        for answered in update.answered.tolist():
            yield ANSWER, (ts, self._flows.answer(answered, ts))
        self._flows.traffic.count(update)


def decode_singly(batch: PacketBatch) -> PacketTable:
    """The table of a batch of one, filled from the plain decoder."""
    start, size = int(batch.offsets[0]), int(batch.caplen[0])
    row = reference(bytes(batch.buffer[start : start + size]), batch.linktype, int(batch.wirelen[0]))
    columns: dict[str, Any] = {name: np.array([getattr(row, name)], kind) for name, kind in _COLUMNS.items()}
    for side in ("src", "dst"):
        address = getattr(row, side)
        columns[f"{side}_hi"] = np.array([address >> 64], np.uint64)
        columns[f"{side}_lo"] = np.array([address & _HALF], np.uint64)
    for name in ("l3", "l4", "payload"):
        place = getattr(row, name)
        columns[name] = np.array([0 if place is None else start + place], np.int64)
    return PacketTable(batch=batch, **columns)


def _alone(batch: PacketBatch, number: int) -> PacketBatch:
    one = slice(number, number + 1)
    return batch._replace(
        offsets=batch.offsets[one],
        caplen=batch.caplen[one],
        wirelen=batch.wirelen[one],
        ts=batch.ts[one],
        heads=None,
    )


def _seen(table: PacketTable) -> tuple[bytes, Row]:
    batch = table.batch
    start, size = int(batch.offsets[0]), int(batch.caplen[0])
    data = bytes(batch.buffer[start : start + size])
    return data, reference(data, batch.linktype, int(batch.wirelen[0]))


def _packet(row: Row, data: bytes, ts: float) -> Packet:
    """What a parser gets: payload of what has ports, else all from the transport header (ARP: its own)."""
    tcp = row.proto == 6 and not row.fragment and row.version
    seq = struct.unpack_from(">I", data, (row.l4 or 0) + 4)[0] if tcp else 0
    hops = data[(row.l3 or 0) + 7] if row.version == 6 else 0
    begin = (row.payload or 0) if row.version else (row.l3 or 0)
    payload = data[begin : begin + row.payload_len] if row.version else data[begin:]
    src, dst = (_address(value) if row.version else "" for value in (row.src, row.dst))
    return Packet(
        ts,
        _mac(row.src_mac),
        _mac(row.dst_mac),
        src,
        dst,
        row.sport,
        row.dport,
        row.proto,
        payload,
        seq,
        hops,
    )


def _address(value: int) -> str:
    address = ipaddress.IPv6Address(value)
    return str(address.ipv4_mapped or address)


def _mac(value: int) -> str | None:
    return ":".join(f"{byte:02x}" for byte in value.to_bytes(6, "big")) if value else None
