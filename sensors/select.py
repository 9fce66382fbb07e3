"""Picks the few packets that can say something new, by masks over the columns."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sensors.flow_keys import TCP, UDP
from sensors.packets import PacketTable
from sensors.parsers.base import PacketParser

_NOBODY = 255
"""In place of a parser's number."""


class Selector:
    """Compiles what the packet parsers want to see into look-up tables.

    A packet goes to one parser: the first in the list that claims its EtherType, its IP protocol,
    its UDP port (the responder's before the originator's) or the beginning of its TCP payload.
    """

    def __init__(self, parsers: Sequence[PacketParser]) -> None:
        if len(parsers) >= _NOBODY:
            raise ValueError("at most 254 packet parsers")
        self.parsers = tuple(parsers)
        self._port = np.full(65_536, _NOBODY, np.uint8)
        self._protocol = np.full(256, _NOBODY, np.uint8)
        self._ethertype: dict[int, int] = {}
        self._prefix: dict[int, int] = {}
        for number, parser in reversed(list(enumerate(parsers))):  # so that the first in the list is put last
            self._port[list(parser.udp_ports)] = number
            self._protocol[list(parser.ip_protocols)] = number
            self._ethertype.update(dict.fromkeys(parser.ethertypes, number))
            self._prefix.update({int.from_bytes(p, "big"): number for p in parser.tcp_prefixes})
        self._first = np.zeros(256, np.bool_)
        self._first[[value >> 24 for value in self._prefix]] = True
        self._narrow = {
            n: p for n, p in enumerate(parsers) if p.udp_first_byte or p.holds or p.min_payload > 0
        }

    def select(self, table: PacketTable, lo: int, hi: int) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Packets of [lo, hi), counted from lo, and the number of the parser of each."""
        part = slice(lo, hi)
        owner = np.full(hi - lo, _NOBODY, np.uint8)
        ethertype = table.ethertype[part]
        for value, number in self._ethertype.items():
            owner[(ethertype == value) & (table.version[part] == 0) & (table.l3[part] > 0)] = number
        whole = (table.version[part] != 0) & ~table.fragment[part]
        proto = table.proto[part]
        by_protocol = self._protocol[proto]
        found = whole & (by_protocol != _NOBODY)
        owner[found] = by_protocol[found]
        self._by_port(table, lo, np.flatnonzero(whole & (proto == UDP)), owner)
        payload = table.payload_len[part]
        self._by_prefix(table, lo, np.flatnonzero(whole & (proto == TCP) & (payload >= 4)), owner)
        self._drop_unwanted(table, lo, owner)
        at = np.flatnonzero(owner != _NOBODY)
        return at, owner[at]

    def _by_port(self, table: PacketTable, lo: int, at: NDArray[np.int64], owner: NDArray[np.uint8]) -> None:
        by_target = self._port[table.dport[at + lo]]
        by_source = self._port[table.sport[at + lo]]
        owner[at] = np.minimum(by_target, np.where(by_target == _NOBODY, by_source, by_target))

    def _by_prefix(
        self, table: PacketTable, lo: int, at: NDArray[np.int64], owner: NDArray[np.uint8]
    ) -> None:
        buffer = table.batch.buffer
        start = table.payload[at + lo]
        likely = self._first[buffer[start]]
        at, start = at[likely], start[likely]
        if not len(at):
            return
        value = buffer[start].astype(np.uint32)
        for step in (1, 2, 3):
            value = (value << np.uint32(8)) | buffer[start + step]
        for prefix, number in self._prefix.items():
            owner[at[value == prefix]] = number

    def _drop_unwanted(self, table: PacketTable, lo: int, owner: NDArray[np.uint8]) -> None:
        buffer = table.batch.buffer
        for number, parser in self._narrow.items():
            at = np.flatnonzero(owner == number)
            bad = table.payload_len[at + lo] < max(parser.min_payload, 1)
            start = table.payload[at + lo]
            if parser.udp_first_byte is not None:
                mask, value = parser.udp_first_byte
                bad |= (buffer[np.minimum(start, len(buffer) - 1)] & mask) != value
            if parser.holds is not None:
                offset, texts = parser.holds
                bad |= ~_holds(buffer, start + offset, table.payload_len[at + lo] - offset, texts)
            owner[at[bad]] = _NOBODY


def _holds(
    buffer: NDArray[np.uint8], start: NDArray[np.int64], left: NDArray[np.int32], texts: frozenset[bytes]
) -> NDArray[np.bool_]:
    """bool[n]: where one of the texts, all of one length, stands at `start`; `left` bytes of payload do."""
    size = len(next(iter(texts)))
    found = left >= size
    there = buffer[start[found][:, None] + np.arange(size)]
    found[found] = np.any([(there == np.frombuffer(text, np.uint8)).all(1) for text in texts], 0)
    return found
