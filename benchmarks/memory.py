"""Peak memory of a sensor's engine on a home's traffic and under floods, and what a packet costs there."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import measure, settings, traffic
from sensors.honesty import status
from sensors.packets import PacketBatch

BATCH = 8_192
RATE = 20_000.0
"""Packets a second of packet time in a flood."""
ALIVE = 30.0
"""Seconds of packet time between two signs of life of the household."""
HOME_DEVICES = 40

Frames = NDArray[np.uint8]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", nargs="*", type=traffic.capture, metavar="FILE", help="a home's capture (default: made)"
    )
    parser.add_argument("--packets", type=int, default=300_000, help="packets of a made-up home (300,000)")
    parser.add_argument("--unique", type=int, default=1_000_000, help="packets of each flood (1,000,000)")
    parser.add_argument("--names", type=int, default=1_000_000, help="names on the blocklist (1,000,000)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def main(options: argparse.Namespace) -> int:
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="sentinel-bench-") as place:
        folder = Path(place)
        settings.prepare(folder, options.names)
        path = options.files[0] if options.files else folder / "home.pcap"
        if not options.files:
            traffic.home(path, options.packets)
        for kind in ("home", *FLOODS):
            measure.say(f"measuring: {kind}")
            given = str(path) if kind == "home" else str(options.unique)
            try:
                results[kind] = measure.run(measure.module("benchmarks.memory", kind, place, given)).told
            except measure.Failed as error:
                results[kind] = {"failed": str(error)}
    print(json.dumps({"machine": measure.machine(), **results}, indent=1) if options.json else text(results))
    return 0


def text(results: dict[str, Any]) -> str:
    """The result for a person."""
    lines = [
        measure.about(),
        f"{'':8} {'packets':>10} {'peak MiB':>9} {'us a packet':>12} {'x home':>7} {'evicted':>10} "
        f"{'known kept':>11} {'alerts':>7}",
    ]
    home = results["home"].get("us")
    for kind, one in results.items():
        if "failed" in one:
            lines.append(f"{kind:8} failed: {one['failed']}")
            continue
        times = f"{one['us'] / home:.1f}" if home else ""
        kept = f"{one['kept']} of {one['known']}" if one["known"] else ""
        lines.append(
            f"{kind:8} {one['packets']:>10,} {one['rss']:>9.0f} {one['us']:>12.2f} {times:>7} "
            f"{one['evicted']:>10,} {kept:>11} {one['incidents']:>7,}  {one['evictions']}"
        )
    return "\n".join(lines)


# -- floods: each gives uint8[n, length] frames for packet numbers start.. --------------------------


def _minimal(start: int, count: int) -> tuple[NDArray[np.int64], Frames]:
    """Numbers, and frames of one device to one server, to be altered."""
    number = np.arange(start, start + count)
    row = np.zeros((count, 5), np.int64)
    row[:, 0], row[:, 1], row[:, 2], row[:, 3], row[:, 4] = 5, 0x0B000001, 40_000, 443, 6
    return number, traffic.minimal_frames(row, np.ones(count, np.bool_))


def _put(frames: Frames, at: int, values: NDArray[np.int64], width: int) -> None:
    for place in range(width):
        frames[:, at + place] = (values >> 8 * (width - 1 - place)) & 0xFF


def flows(start: int, count: int) -> Frames:
    """Every packet opens another conversation: one device, 16 million servers."""
    number, frames = _minimal(start, count)
    _put(frames, 30, 0x0C000000 + number, 4)
    _put(frames, 34, 1024 + number % 60_000, 2)
    frames[:, 47] = 0x02
    return frames


def macs(start: int, count: int) -> Frames:
    """Every packet comes from another hardware and home address."""
    number, frames = _minimal(start, count)
    _put(frames, 6, 0x060000000000 + number, 6)
    _put(frames, 26, 0x0A000000 + number, 4)
    return frames


def ports(start: int, count: int) -> Frames:
    """One device tries every port of one host after the other, from ever another port of its own."""
    number, frames = _minimal(start, count)
    _put(frames, 30, np.full(count, 0xC0A801FE), 4)
    _put(frames, 34, 1024 + number // 65_535, 2)
    _put(frames, 36, 1 + number % 65_535, 2)
    frames[:, 47] = 0x02
    return frames


def names(start: int, count: int) -> Frames:
    """One device asks for another name with each packet."""
    from sensors.demo.frames import dns_query, udp

    template = udp("02:11:22:33:00:05", "02:aa:bb:cc:dd:01", "192.168.1.7", "192.168.1.1", 40_000, 53,
                   dns_query(1, "n00000000.flood.example"))  # fmt: skip
    number = np.arange(start, start + count)
    frames = np.tile(np.frombuffer(template, np.uint8), (count, 1))
    _put(frames, 34, 1024 + number % 60_000, 2)
    _put(frames, 42, number % 65_536, 2)
    label = template.index(b"n00000000") + 1
    for place in range(8):
        frames[:, label + 7 - place] = ord("0") + number // 10**place % 10
    return frames


FLOODS: dict[str, Callable[[int, int], Frames]] = {
    "flows": flows,
    "names": names,
    "macs": macs,
    "ports": ports,
}


def household() -> Frames:
    """A packet of each device that the sensor knows before the flood."""
    row = np.zeros((HOME_DEVICES, 5), np.int64)
    row[:, 0] = np.arange(HOME_DEVICES)
    row[:, 1:] = (0x0B000001, 50_000, 443, 6)
    return traffic.minimal_frames(row, np.ones(HOME_DEVICES, np.bool_))


def batch_of(frames: Frames, begin: float) -> PacketBatch:
    """Frames of one length as a batch, `RATE` packets a second."""
    n, length = frames.shape
    sizes = np.full(n, length, np.int32)
    ts = begin + np.arange(n) / RATE
    return PacketBatch(frames.reshape(-1), np.arange(n, dtype=np.int64) * length, sizes, sizes.copy(), ts, 1)


def flood(kind: str, unique: int) -> Iterator[PacketBatch]:
    """The household, then the flood, and every `ALIVE` seconds of packet time the household again."""
    now, alive = traffic.BEGIN, 0.0
    for start in range(0, unique, BATCH):
        if now >= alive:
            yield batch_of(household(), now)
            now += HOME_DEVICES / RATE
            alive = now + ALIVE
        part = FLOODS[kind](start, min(BATCH, unique - start))
        yield batch_of(part, now)
        now += len(part) / RATE


# -- in a process of its own --------------------------------------------------------------------------


def measured(kind: str, folder: Path, given: str) -> dict[str, Any]:
    """Feed an engine that writes its database about once a second of packet time, as a sensor does."""
    from analysis.blocklist import Blocklist
    from analysis.store.writer import Writer
    from sensors.assemble import engine_for
    from sensors.capture import open_file

    config = settings.config_in(folder, packet_rows=100_000)
    source = open_file(Path(given)).batches() if kind == "home" else flood(kind, int(given))
    with Writer(folder / f"{kind}.db", "bench0") as writer:
        lists = Blocklist.open(config)
        engine = engine_for(config, writer, lists, network="bench0", run=1, bounded=True)
        spent, flushed = 0.0, 0.0
        for batch in source:
            cpu, _ = measure.timed(lambda batch=batch: engine.feed(batch))  # type: ignore[misc]
            spent += cpu
            if engine.now - flushed >= 1.0 or engine.pending > 20_000:
                flushed = engine.now
                spent += measure.timed(lambda: writer.write(engine.take()))[0]
            del batch
        told = status(engine, "stopped")
        spent += measure.timed(lambda: (engine.finish(), writer.write(engine.take())))[0]
        kept = sum(
            engine.inventory.device_key(f"02:11:22:33:00:{n:02x}") is not None for n in range(HOME_DEVICES)
        )
    return {
        "packets": engine.packets, "us": spent / engine.packets * 1e6, "rss": measure.peak_mb(),
        "evicted": told.evicted, "evictions": told.counters["evicted"],
        "known": 0 if kind == "home" else HOME_DEVICES, "kept": kept,
        "incidents": incidents(folder / f"{kind}.db"),
    }  # fmt: skip


def incidents(path: Path) -> int:
    """How many alerts the database holds."""
    from analysis.store.reader import Reader

    return int(Reader(path).value("SELECT COUNT(*) FROM alerts"))


if __name__ == "__main__":
    measure.tell(measured(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
