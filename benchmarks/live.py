"""A live sensor on a veth pair: the highest rate without loss, bursts, the cost of quiet lines."""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import measure, settings, traffic
from benchmarks.wire import Sensor, Wire, missing, shares

BURST = 20_000
QUIET_RATE = 1_000
SETTLE = 2.5
"""Seconds in which a sensor writes what it is at least once."""
PATIENCE = 60.0
"""Seconds that a sensor has to read what still lies in the kernel's buffer when the sender is done."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", nargs="*", type=traffic.capture, metavar="FILE", help="captures (default: made up)"
    )
    parser.add_argument(
        "--rates", default="50000,100000,200000,300000,400000", help="packets a second to try"
    )
    parser.add_argument("--seconds", type=float, default=20, help="how long each rate is held (20)")
    parser.add_argument("--packets", type=int, default=200_000, help="packets of a made-up capture (200,000)")
    parser.add_argument("--names", type=int, default=1_000_000, help="names on the blocklist (1,000,000)")
    parser.add_argument("--sender", choices=("own", "tcpreplay"), default="own")
    parser.add_argument("--buffer", type=int, help="MiB of the kernel's buffer (default: config.yaml's)")
    parser.add_argument("--no-worst", action="store_true", help="leave the worst case out")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def main(options: argparse.Namespace) -> int:
    if reason := missing():
        measure.say(f"skipped: {reason}")
        return 1
    with tempfile.TemporaryDirectory(prefix="sentinel-bench-") as place, Wire() as wire:
        folder = Path(place)
        settings.prepare(folder, options.names)
        result: dict[str, Any] = {"quiet": quiet(wire, folder, options.seconds), "captures": {}}
        for path in _captures(options, folder):
            rates = [ladder_step(wire, folder, path, float(r), options) for r in options.rates.split(",")]
            result["captures"][path.name] = {"burst": burst(wire, folder, path, options), "rates": rates}
    print(json.dumps({"machine": measure.machine(), **result}, indent=1) if options.json else text(result))
    return 0


def _captures(options: argparse.Namespace, folder: Path) -> list[Path]:
    found = list(options.files)
    if not found:
        found.append(folder / "home.pcap")
        traffic.home(found[0], options.packets)
    if not options.no_worst:
        found.append(folder / "worst.pcap")
        traffic.worst(found[-1], options.packets)
    return found


def text(result: dict[str, Any]) -> str:
    """The result for a person."""
    quiet_cost = result["quiet"]
    lines = [
        measure.about(),
        f"idle: {quiet_cost['idle']:.2%} of a core; at {QUIET_RATE:,} packets a second: "
        f"{quiet_cost['at_rate']:.2%}; peak {quiet_cost['rss']:.0f} MiB",
    ]
    for name, one in result["captures"].items():
        lines.append(f"\n{name}: {'sent':>12} {'a second':>10} {'lost':>10} {'share':>8} {'us a packet':>12} "
                     f"{'MiB':>5} {'count exact':>12} {'shed':>7} {'load':>5}")  # fmt: skip
        for trial in [*one["rates"], one["burst"]]:
            if "failed" in trial:
                lines.append(f"  {trial['label']:>10} failed: {trial['failed']}")
                continue
            share = trial["dropped"] / max(1, trial["received"])
            lines.append(
                f"  {trial['label']:>10} {trial['sent']:>12,} {trial['pps']:>10,.0f} {trial['dropped']:>10,} "
                f"{share:>8.3%} {trial['us']:>12.2f} {trial['rss']:>5.0f} "
                f"{'yes' if trial['exact'] else 'NO':>12} {trial['shed']:>7,} {trial['load']:>5.1f}"
            )
            if not trial["exact"]:
                lines.append(
                    f"      the kernel took in {trial['received']:,}; the sensor tells {trial['packets']:,} "
                    f"seen and {trial['dropped']:,} dropped"
                )
    return "\n".join(lines)


def quiet(wire: Wire, folder: Path, seconds: float) -> dict[str, float]:
    """What a sensor costs when little or nothing happens."""
    small = folder / "quiet.pcap"
    traffic.home(small, 5_000)
    with Sensor(wire, folder) as sensor:
        time.sleep(SETTLE)
        measure.say("idle")
        idle = shares(sensor, seconds)
        measure.say(f"{QUIET_RATE:,} packets a second")
        at_rate = shares(sensor, seconds, [lambda: wire.send(small, QUIET_RATE, seconds)])
        return {"idle": idle, "at_rate": at_rate, "rss": sensor.peak_mb()}


def ladder_step(
    wire: Wire, folder: Path, path: Path, rate: float, options: argparse.Namespace
) -> dict[str, Any]:
    """One rate for some seconds."""
    measure.say(f"{path.name}: {rate:,.0f} packets a second")
    send = wire.send if options.sender == "own" else wire.tcpreplay
    trial = _trial(wire, folder, options, lambda: send(path, rate, options.seconds))
    return {"label": f"{rate:,.0f}", **trial}


def burst(wire: Wire, folder: Path, path: Path, options: argparse.Namespace) -> dict[str, Any]:
    """A burst at full speed after silence."""
    measure.say(f"{path.name}: a burst of {BURST:,} packets")
    return {"label": "burst", **_trial(wire, folder, options, lambda: wire.send(path, 0, 60, BURST))}


def _trial(wire: Wire, folder: Path, options: argparse.Namespace, send: Any) -> dict[str, Any]:
    """Send to a fresh sensor; what came, what it saw, what it says it lost."""
    try:
        return _heard(wire, folder, options.buffer, send)
    except measure.Failed as error:
        return {"failed": str(error)}


def _settle(sensor: Sensor, received: int) -> None:
    """Wait until the sensor has told of every packet, or of no further one for a while."""
    told, until, still = -1, time.monotonic() + PATIENCE, 0
    while time.monotonic() < until and still < 4:
        time.sleep(SETTLE)
        status = sensor.status()
        now = int(status["packets"]) + int(status["dropped"])
        if now >= received:
            return
        still = still + 1 if now == told else 0
        told = now


def _heard(wire: Wire, folder: Path, buffer_mb: int | None, send: Any) -> dict[str, Any]:
    with Sensor(wire, folder, buffer_mb=buffer_mb) as sensor:
        time.sleep(SETTLE)
        before, cpu = wire.received(), sensor.cpu_seconds()
        told = send()
        received = wire.received() - before
        _settle(sensor, received)
        spent, rss = sensor.cpu_seconds() - cpu, sensor.peak_mb()
        sensor.stop()
        status = sensor.status()
    seen = int(status["packets"])
    return {
        **told, "received": received, "packets": seen, "dropped": int(status["dropped"]),
        "exact": seen + int(status["dropped"]) == received, "shed": int(status["shed"]), "rss": rss,
        "us": spent / max(1, seen) * 1e6, "load": os.getloadavg()[0], "state": status["state"],
        "evicted": status["evicted"],
    }  # fmt: skip
