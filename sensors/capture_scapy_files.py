"""Capture files through scapy's readers: the same batches as our own walk, many times slower."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sensors.capture_errors import BrokenCapture, CaptureError
from sensors.capture_pcap import MAX_PACKET
from sensors.capture_rows import batch_of
from sensors.packets import PacketBatch


class _Record(NamedTuple):
    data: bytes
    ts: float
    wirelen: int
    linktype: int


def read_with_scapy(path: Path, size: int) -> Iterator[PacketBatch]:
    """Batches of at most `size` packets of one link type; raises as the walks do.

    scapy knows neither an interface's time offset nor that a new section has interfaces of its own.
    """
    rows: list[_Record] = []
    done = 0
    problem = ""
    try:
        for row in _records(path):
            if rows and (len(rows) == size or row.linktype != rows[0].linktype):
                yield _batch(rows)
                rows = []
            rows.append(row)
            done += 1
    except _Break as error:
        problem = str(error)
    if rows:
        yield _batch(rows)
    if problem:
        raise BrokenCapture(f"{problem}, after packet {done}", done)


class _Break(Exception):
    """What is wrong with the file."""


def _batch(rows: list[_Record]) -> PacketBatch:
    packets, times, wirelens, linktypes = zip(*rows, strict=True)
    return batch_of(packets, times, wirelens, linktypes[0])


def _records(path: Path) -> Iterator[_Record]:
    """scapy ends a broken file as quietly as a whole one: what lies behind the last record tells."""
    from scapy.error import Scapy_Exception
    from scapy.utils import RawPcapReader

    logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
    try:
        reader: Any = RawPcapReader(str(path))
    except Scapy_Exception as error:
        raise CaptureError(f"scapy cannot read {path}: {error}") from error
    whole = path.stat().st_size
    next_record = _pcapng_record if hasattr(reader, "interfaces") else _pcap_record
    try:
        while True:
            start = reader.f.tell()
            try:
                row = next_record(reader)
            except EOFError:
                if start == whole:
                    return
                raise _Break("the file cannot be read on") from None
            if row is not None:
                yield row
    finally:
        reader.close()


def _pcap_record(reader: Any) -> _Record:
    data, about = reader._read_packet(MAX_PACKET)
    if len(data) < about.caplen:
        raise EOFError
    units = 1e9 if reader.nano else 1e6
    return _Record(
        data, (about.sec * units + about.usec) / units, _wire(about.wirelen), reader.linktype & 0xFFFF
    )


def _pcapng_record(reader: Any) -> _Record | None:
    """None for a block that is no packet."""
    found = reader._read_block(MAX_PACKET)
    if found is None:
        return None
    data, about = found
    ticks = 0 if about.tshigh is None else about.tshigh << 32 | about.tslow
    return _Record(data, ticks / float(about.tsresol), _wire(about.wirelen), about.linktype)


def _wire(length: int) -> int:
    return min(length, 2**31 - 1)
