"""Two sensors write one database at 5,000 packets a second each while two browsers look on, for minutes.

`python -m benchmarks.soak --minutes 10`: as root on Linux, with the packages of tests/apt.txt. Prints a
line a minute, then what was lost (nothing may be), memory at minute 2 and at the end, the largest
write-ahead log, and CPU seconds a second by program. Exit 1 when something is not as it must be.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.lab.conftest import missing
from tests.lab.load import INTERFACES, Load, Result, Sample, mistakes

GROWTH = 1.10
"""Memory at the end over memory at minute 2 that still counts as flat."""


def tell(sample: Sample) -> None:
    memory = ", ".join(f"{name} {size / 1024:.0f} MiB" for name, size in sample.memory.items())
    print(f"{sample.at:5.0f} s  memory: {memory}; write-ahead log {sample.wal / 2**20:.1f} MiB", flush=True)


def growth(samples: list[Sample]) -> dict[str, float]:
    """Memory at the end over memory at minute 2 (or the first look), by program."""
    settled = next((sample for sample in samples if sample.at >= 119), samples[0])
    return {name: samples[-1].memory[name] / size for name, size in settled.memory.items()}


def report(result: Result) -> bool:
    """Prints the figures; whether all is as it must be."""
    for name in INTERFACES:
        row = result.sensors[name]
        print(
            f"{name}: {result.sent[name]} sent, {row['packets']} seen, {row['dropped']} lost by the kernel, "
            f"{row['shed']} rows shed, {row['evicted']} entries evicted"
        )
    first, last = result.samples[0], result.samples[-1]
    span = last.at - first.at
    cpu = {name: (last.cpu[name] - first.cpu[name]) / span for name in last.cpu} if span else {}
    print("CPU seconds a second:", ", ".join(f"{name} {share:.3f}" for name, share in cpu.items()))
    print(f"largest write-ahead log: {max(sample.wal for sample in result.samples) / 2**20:.1f} MiB")
    print(f"the machine was idle {result.idle:.0%} of the time")
    grown = growth(result.samples)
    print(
        "memory at the end over minute 2:", ", ".join(f"{name} {times:.2f}" for name, times in grown.items())
    )
    wrong = mistakes(result)
    wrong += [f"memory of {name} grew {times:.2f} times" for name, times in grown.items() if times > GROWTH]
    print(*(wrong or ["all as it must be"]), sep="\n")
    return not wrong


def main() -> int:
    parser = argparse.ArgumentParser(description="Sensors, database and dashboard under lasting load.")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=int, default=5_000, help="packets a second on each interface")
    arguments = parser.parse_args()
    if why := missing():
        print(f"cannot run: {why}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="sentinel-soak-") as folder, sync_playwright() as playwright:
        load = Load(Path(folder), playwright)
        try:
            loops = max(1, round(arguments.minutes * 60 * arguments.rate / load.packets))
            seconds = min(60.0, arguments.minutes * 60 / 4)
            samples = load.run(arguments.rate, loops, every=seconds, told=tell)
            return 0 if report(load.finish(samples)) else 1
        finally:
            load.close()


if __name__ == "__main__":
    sys.exit(main())
