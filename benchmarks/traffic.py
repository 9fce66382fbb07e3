"""Captures to measure with, made by our own code, so that nothing has to be downloaded.

home   the demo's evening: a household of devices that look names up, browse, stream and announce themselves
worst  60-byte packets of 100,000 flows in random order, 60 % of them TCP: nothing repeats, nothing is big
"""

import argparse
import random
import struct
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BEGIN = 1_750_000_000.0
"""When made-up traffic happens: some second of June 2025."""
HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
"""A pcap file of Ethernet frames with microseconds (draft-ietf-opsawg-pcap)."""
RECORD = np.dtype([("sec", "<u4"), ("usec", "<u4"), ("caplen", "<u4"), ("wirelen", "<u4")])
WORST_FLOWS = 100_000
WORST_SECONDS = 10.0
WORST_FRAME = 60


def write_pcap(path: Path, frames: Iterable[tuple[float, bytes]]) -> int:
    """Write frames (seconds, bytes) as a pcap file; returns how many."""
    count = 0
    record = struct.Struct("<IIII").pack
    with path.open("wb") as file:
        file.write(HEADER)
        for ts, frame in frames:
            second = int(ts)
            file.write(record(second, int((ts - second) * 1e6), len(frame), len(frame)) + frame)
            count += 1
    return count


def read_pcap(path: Path) -> Iterator[tuple[float, bytes]]:
    """Frames of a little-endian pcap file with microseconds, as `write_pcap` and tcpdump make them."""
    with path.open("rb") as file:
        if file.read(24)[:4] != HEADER[:4]:
            raise ValueError(f"{path}: not a pcap file with microseconds in this byte order")
        while len(head := file.read(16)) == 16:
            second, micro, length, _ = struct.unpack("<IIII", head)
            yield second + micro / 1e6, file.read(length)


def capture(text: str) -> Path:
    """An argument that names a capture which `read_pcap` reads."""
    path = Path(text).absolute()  # children work in another folder
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error.strerror}") from None
    if magic != HEADER[:4]:
        raise argparse.ArgumentTypeError(f"{text}: not a pcap file with microseconds; convert it: tcpdump -w")
    return path


def slice_of(source: Path, target: Path, packets: int) -> int:
    """The first packets of a capture as a capture of their own."""
    return write_pcap(target, islice(read_pcap(source), packets))


def home(path: Path, packets: int) -> int:
    """The demo's evening until there are so many packets; the next evening follows with other random
    numbers where one is not enough."""
    from sensors.demo.evening import HOURS, evening

    def evenings() -> Iterator[tuple[float, bytes]]:
        for number in range(1_000):
            yield from evening(BEGIN + number * HOURS * 3600, HOURS, seed=number + 1)

    return write_pcap(path, islice(evenings(), packets))


def worst(path: Path, packets: int, flows: int = WORST_FLOWS) -> int:
    """Minimal frames of `flows` flows of 50 devices in random order."""
    rng = np.random.default_rng(1)
    endpoints = _endpoints(rng, flows)
    with path.open("wb") as file:
        file.write(HEADER)
        for start in range(0, packets, 65_536):
            count = min(65_536, packets - start)
            frames = minimal_frames(endpoints[rng.integers(0, flows, count)], rng.random(count) < 0.5)
            ts = BEGIN + (start + np.arange(count)) * (WORST_SECONDS / packets)
            file.write(_records(ts, frames))
    return packets


def _endpoints(rng: np.random.Generator, flows: int) -> NDArray[np.int64]:
    """int64[flows, 5]: device, server address, client port, server port, protocol."""
    table = np.empty((flows, 5), np.int64)
    table[:, 0] = rng.integers(0, 50, flows)
    table[:, 1] = 0x0B000000 + rng.integers(0, 1 << 24, flows)
    table[:, 2] = rng.integers(1024, 65_536, flows)
    tcp = rng.random(flows) < 0.6
    table[:, 3] = np.where(tcp, rng.choice([80, 443, 8080, 8443], flows), rng.integers(20_000, 30_000, flows))
    table[:, 4] = np.where(tcp, 6, 17)
    return table


def minimal_frames(flows: NDArray[np.int64], up: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """uint8[n, 60] frames, each of a row as `_endpoints` makes them: a bare ACK, or a datagram of 18 bytes.
    Checksums are left out: nobody who measures looks at them."""
    n = len(flows)
    frame = np.zeros((n, WORST_FRAME), np.uint8)
    device, server, cport, sport, proto = flows.T
    mac = np.array([0x02, 0x11, 0x22, 0x33, 0, 0], np.uint8)
    router = np.array([0x02, 0xAA, 0xBB, 0xCC, 0xDD, 0x01], np.uint8)
    client_mac = np.tile(mac, (n, 1))
    client_mac[:, 4:6] = _bytes(device, 2)
    frame[:, 0:6] = np.where(up[:, None], router, client_mac)
    frame[:, 6:12] = np.where(up[:, None], client_mac, router)
    frame[:, 12:15] = (8, 0, 0x45)
    tcp = proto == 6
    frame[:, 16:18] = _bytes(np.where(tcp, 40, 46), 2)
    frame[:, 22] = 64
    frame[:, 23] = proto
    client = 0xC0A80102 + device
    frame[:, 26:30] = _bytes(np.where(up, client, server), 4)
    frame[:, 30:34] = _bytes(np.where(up, server, client), 4)
    frame[:, 34:36] = _bytes(np.where(up, cport, sport), 2)
    frame[:, 36:38] = _bytes(np.where(up, sport, cport), 2)
    frame[tcp, 46], frame[tcp, 47] = 0x50, 0x10
    frame[~tcp, 39] = 26
    return frame


def _bytes(values: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
    """uint8[n, width], most significant first."""
    return values.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 8 - width :]


def _records(ts: NDArray[np.float64], frames: NDArray[np.uint8]) -> bytes:
    head = np.empty(len(ts), RECORD)
    head["sec"] = ts.astype(np.uint32)
    head["usec"] = ((ts % 1.0) * 1e6).astype(np.uint32)
    head["caplen"] = head["wirelen"] = frames.shape[1]
    return np.hstack([head.view(np.uint8).reshape(len(ts), -1), frames]).tobytes()


def made_names(count: int, seed: int = 1) -> list[str]:
    """Distinct made-up domain names, as many a list holds: 21 characters in the mean."""
    chance = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(chance.choices(letters, k=chance.randint(3, 9))) for _ in range(40_000)]
    ends = ("com", "net", "org", "xyz", "info", "ru", "top")
    names: dict[str, None] = {}
    pick = chance.choice
    while len(names) < count:
        name = f"{pick(words)}{pick(('', '-'))}{pick(words)}.{pick(ends)}"
        names[f"{pick(words)}.{name}" if chance.random() < 0.4 else name] = None
    return list(names)
