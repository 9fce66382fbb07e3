"""Feeding single packets to the packet parsers."""

import gc
import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from analysis.events import Event
from sensors.capture_files import open_file
from sensors.decode import decode
from sensors.extract import Chosen
from sensors.packets import Packet, ParseError
from sensors.parsers import PACKET_PARSERS
from sensors.select import Selector

MAC, OTHER_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"
HOST, SERVER = "192.168.1.10", "192.168.1.1"
CPU_LIMIT = 0.1
"""Seconds of CPU for one packet: twenty times what the worst takes here, so that slow machines pass."""


def udp(
    payload: bytes, sport: int, dport: int, src: str = HOST, dst: str = SERVER, ts: float = 1.0
) -> Packet:
    return Packet(ts, MAC, OTHER_MAC, src, dst, sport, dport, 17, payload)


def survives(parse: Callable, packets: Iterator[Packet]) -> int:
    """Parse all; only ParseError may escape and none may take long. The number that gave events.

    Without the garbage collector: one pass over the heap of scapy and pytest takes longer than any packet.
    """
    told = 0
    gc.disable()
    try:
        for packet in packets:
            start = time.process_time()
            with suppress(ParseError):
                told += bool(list(parse(packet)))
            took = time.process_time() - start
            assert took < CPU_LIMIT, f"{took:.3f} s for {packet.payload.hex()}"
    finally:
        gc.enable()
    return told


def cuts(seed: Packet) -> Iterator[Packet]:
    """The packet cut at every byte."""
    return (seed._replace(payload=seed.payload[:size]) for size in range(len(seed.payload)))


def mutations(seed: Packet, count: int, start: int = 0) -> Iterator[Packet]:
    """The packet with bytes changed, dropped, doubled and cut, the same ones in each run."""
    chance = random.Random(seed.payload[start:])
    for _ in range(count):
        raw = bytearray(seed.payload)
        for _ in range(chance.choice((1, 1, 2, 4, 8))):
            at = chance.randrange(start, len(raw))
            kind = chance.random()
            if kind < 0.5:
                raw[at] = chance.choice((0, 1, 63, 64, 127, 192, 255, chance.randrange(256)))
            elif kind < 0.7:
                raw[at] ^= 1 << chance.randrange(8)
            elif kind < 0.8:
                raw[at:at] = raw[at : at + chance.randrange(1, 40)]
            elif kind < 0.9 and len(raw) > start + 20:
                del raw[at : at + chance.randrange(1, 8)]
            elif len(raw) > start + 20:
                del raw[max(at, start + 12) :]
        yield seed._replace(payload=bytes(raw))


def from_capture(path: Path) -> Iterator[tuple[str, list[Event] | ParseError]]:
    """(parser, its events or its error) of each packet of a capture that a packet parser wants."""
    selector = Selector(PACKET_PARSERS)
    for batch in open_file(path).batches():
        table = decode(batch)
        at, owners = selector.select(table, 0, len(batch.ts))
        for number, packet in zip(
            owners.tolist(), Chosen(table, at).packets(slice(None), table.batch.buffer.data), strict=True
        ):
            parser = PACKET_PARSERS[number]
            try:
                yield parser.name, list(parser.parse(packet))
            except ParseError as error:
                yield parser.name, error
