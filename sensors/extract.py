"""Selected packets of a table as Python values, column by column: a scalar out of a NumPy array costs as
much as ten out of a list."""

from collections.abc import Iterator
from functools import partial
from struct import Struct
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.events import of_values
from sensors.addresses import ip_texts, mac_texts
from sensors.flow_keys import SYN, TCP
from sensors.packets import Packet, PacketTable

Rows = NDArray[np.int64]

_SEQUENCE = Struct(">4xI5xB")
"""The sequence number and the flags in a TCP header (RFC 9293, section 3.1)."""
_WRAP = 1 << 32


class Segment(NamedTuple):
    """A TCP segment with payload, on its way to the stream parsers."""

    row: int
    ts: float
    up: bool
    seq: int
    """The number of the first payload byte."""
    begin: int
    """Of the payload, in the batch's buffer."""
    end: int


class Chosen:
    """Packets of a table that go to parsers. Their columns are made for all of a batch at once, values and
    texts only for those that are looked at; the batch itself is not held."""

    def __init__(self, table: PacketTable, at: Rows) -> None:
        """The packets `at`."""
        headers: tuple[NDArray[Any], ...] = (
            table.batch.ts, table.src_mac, table.dst_mac, table.version, table.src_hi, table.src_lo,
            table.dst_hi, table.dst_lo, table.sport, table.dport, table.proto,
        )  # fmt: skip
        self._columns = [
            *(column[at] for column in headers),
            _sequences(table, at),
            _hop_limits(table, at),
            *payload_spans(table, at),
        ]

    def packets(self, which: slice | Rows, buffer: memoryview) -> Iterator[Packet]:
        """Some of them, by their places in `at`, in that order; `buffer` is that of the batch."""
        (
            ts,
            src_mac,
            dst_mac,
            version,
            src_hi,
            src_lo,
            dst_hi,
            dst_lo,
            sport,
            dport,
            proto,
            seq,
            hops,
            begin,
            end,
        ) = (column[which].tolist() for column in self._columns)
        columns = zip(
            ts, mac_texts(src_mac), mac_texts(dst_mac), _addresses(version, src_hi, src_lo),
            _addresses(version, dst_hi, dst_lo), sport, dport, proto,
            (bytes(buffer[b:e]) for b, e in zip(begin, end, strict=True)), seq, hops,
            strict=True,
        )  # fmt: skip
        return map(partial(of_values, Packet), columns)


def _addresses(version: list[int], hi: list[int], lo: list[int]) -> Iterator[str]:
    """The addresses of these columns as text; empty where there is no IP."""
    texts = ip_texts(hi, lo)
    return texts if all(version) else (text if ip else "" for text, ip in zip(texts, version, strict=True))


class Segments:
    """TCP packets with payload, of which most are not wanted any more when their turn comes: each is made
    when it is asked for, out of the columns as they lie (one place of a view costs a third of one of an
    array)."""

    def __init__(self, table: PacketTable, at: Rows, rows: Rows, up: NDArray[np.bool_]) -> None:
        """The packets `at`, which belong to the flows of `rows` and come from the client where `up`."""
        self.rows: list[int] = rows.tolist()
        self._at, self._up, self._ts = at.data, up.data, table.batch.ts.data
        self._l4, self._payload, self._length = table.l4.data, table.payload.data, table.payload_len.data
        self._buffer = table.batch.buffer.data

    def __getitem__(self, number: int) -> Segment:
        at = self._at[number]
        begin = self._payload[at]
        seq, flags = _SEQUENCE.unpack_from(self._buffer, self._l4[at])
        if flags & SYN:  # which has a number of its own, before those of its payload (RFC 7413)
            seq = (seq + 1) % _WRAP
        row, up = self.rows[number], self._up[number]
        return of_values(Segment, (row, self._ts[at], up, seq, begin, begin + self._length[at]))


def payload_spans(table: PacketTable, at: Rows) -> tuple[Rows, Rows]:
    """int64[n] each: where the payloads of the packets `at` begin and end in the batch's buffer; from the ARP
    header on where there is no IP."""
    batch, ip = table.batch, table.version[at] != 0
    begin = np.where(ip, table.payload[at], table.l3[at])
    return begin, np.where(ip, begin + table.payload_len[at], batch.offsets[at] + batch.caplen[at])


def _hop_limits(table: PacketTable, at: Rows) -> NDArray[np.uint8]:
    """uint8[n]: of IPv6 headers (RFC 8200, section 3); 0 for others."""
    result = np.zeros(len(at), np.uint8)
    six = np.flatnonzero(table.version[at] == 6)
    result[six] = table.batch.buffer[table.l3[at[six]] + 7]
    return result


def _sequences(table: PacketTable, at: Rows) -> NDArray[np.uint32]:
    """TCP sequence numbers; 0 for other protocols."""
    result = np.zeros(len(at), np.uint32)
    tcp = np.flatnonzero((table.proto[at] == TCP) & ~table.fragment[at] & (table.version[at] != 0))
    if not len(tcp):
        return result
    start, buffer = table.l4[at[tcp]] + 4, table.batch.buffer
    for step in range(4):
        result[tcp] = (result[tcp] << np.uint32(8)) | buffer[start + step]
    return result
