"""Packets a CPU second: Sentinel beside other designs, in rounds that take turns."""

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import chart, measure, settings, traffic
from benchmarks.designs import DESIGNS, NEVER, TCPDUMP, TCPDUMP_TEXT, missing
from benchmarks.measure import Failed

FEW, WARM = 20, 5_000
"""Packets of the captures that start a design up: a few, and enough for all of our protocols."""
SLOW = {"naive"}
"""Designs that get a slice: their rate does not depend on the length."""
LABELS = {**{name: label for name, (label, _) in DESIGNS.items()}, TCPDUMP: TCPDUMP_TEXT}
ORDER = (
    "naive",
    "dpkt",
    "nfstream",
    "sentinel",
    "sentinel-log",
    "sentinel-four",
    "sentinel-facts",
    "sentinel-flows",
    "pcapy",
    TCPDUMP,
)
OURS = "sentinel"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", nargs="*", type=traffic.capture, metavar="FILE", help="captures (default: made up)"
    )
    parser.add_argument("--rounds", type=int, default=5, help="rounds in which the designs take turns (5)")
    parser.add_argument("--packets", type=int, default=300_000, help="packets of a made-up capture (300,000)")
    parser.add_argument("--slice", type=int, default=20_000, help="packets for the naive design (20,000)")
    parser.add_argument("--names", type=int, default=1_000_000, help="names on the blocklist (1,000,000)")
    usual = ",".join(name for name in ORDER if name != "sentinel-four")
    parser.add_argument("--only", default=usual, help="designs, separated by commas")
    parser.add_argument("--no-worst", action="store_true", help="leave the worst case out")
    parser.add_argument("--plot", type=Path, metavar="SVG", help="draw the rates of the first capture")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def main(options: argparse.Namespace) -> int:
    names = [name for name in ORDER if name in options.only.split(",")]
    with tempfile.TemporaryDirectory(prefix="sentinel-bench-") as place:
        folder = Path(place)
        measure.say(f"making a blocklist of {options.names:,} names")
        settings.prepare(folder, options.names)
        results = [
            compare(path, names, options.rounds, options.slice, folder) for path in captures(options, folder)
        ]
    if options.plot:
        options.plot.write_text(chart.bars(results[0]), encoding="utf-8")
    if options.json:
        print(json.dumps({"machine": measure.machine(), "results": results}, indent=1))
    else:
        print(measure.about())
        for result in results:
            print(f"\n{table(result)}")
    return 0


def captures(options: argparse.Namespace, folder: Path) -> list[Path]:
    """The captures given, or our own; the worst case besides."""
    found = list(options.files)
    if not found:
        measure.say(f"making {options.packets:,} packets of a home")
        found.append(folder / "home.pcap")
        traffic.home(found[0], options.packets)
    if not options.no_worst:
        found.append(folder / "worst.pcap")
        traffic.worst(found[-1], options.packets)
    return found


def compare(path: Path, names: Sequence[str], rounds: int, part: int, folder: Path) -> dict[str, Any]:
    """All designs on one capture: the figures of each round, and of one more the shares of the stages."""
    traffic.slice_of(path, folder / "few.pcap", FEW)
    traffic.slice_of(path, folder / "part.pcap", part)
    traffic.slice_of(path, folder / "warm.pcap", WARM)
    packets = sum(1 for _ in traffic.read_pcap(path))
    rows: dict[str, dict[str, Any]] = {
        name: {"label": LABELS[name], "skipped": missing(name), "rounds": []} for name in names
    }
    for number in range(rounds):
        turn = number % len(names)
        for name in [*names[turn:], *names[:turn]]:  # nobody always runs after the same neighbour
            row = rows[name]
            if row["skipped"]:
                continue
            measure.say(f"{path.name}: round {number + 1} of {rounds}: {row['label']}")
            file, count = (folder / "part.pcap", min(part, packets)) if name in SLOW else (path, packets)
            try:
                row["rounds"].append(once(name, file, count, folder))
            except Failed as error:
                row["skipped"] = str(error)
    result = {"capture": path.name, "packets": packets, "bytes": path.stat().st_size, "designs": rows}
    if OURS in names:
        result["stages"] = measure.run(measure.module("benchmarks.stages", str(path), str(folder))).told
    return summary(result)


def once(name: str, path: Path, packets: int, folder: Path) -> dict[str, Any]:
    """One run of one design."""
    if name == TCPDUMP:
        empty = measure.run(["tcpdump", "-nr", str(folder / "few.pcap"), NEVER]).cpu
        cost = measure.run(["tcpdump", "-nr", str(path), NEVER])
        cpu = max(cost.cpu - empty, 1e-9)
        return {"packets": packets, "cpu": cpu, "rate": packets / cpu, "startup": empty, "rss": None}
    told = measure.run(measure.module("benchmarks.designs", name, str(path), str(folder))).told
    if name == "nfstream":
        told["rss"] = None  # most of it is in its children
    return {**told, "rate": packets / told["cpu"]}


def summary(result: dict[str, Any]) -> dict[str, Any]:
    """Adds medians, and ratios of Sentinel to each other design, round by round."""
    rows = result["designs"]
    ours = [one["rate"] for one in rows.get(OURS, {"rounds": []})["rounds"]]
    for row in rows.values():
        if not row["rounds"]:
            continue
        rates = [one["rate"] for one in row["rounds"]]
        row["rate"] = measure.spread(rates)[0]
        sizes = [one["rss"] for one in row["rounds"] if one.get("rss")]
        row["rss"] = max(sizes, default=None)
        if ours and len(ours) == len(rates):
            row["ours_times"] = measure.spread([a / b for a, b in zip(ours, rates, strict=True)])
    naive = rows.get("naive", {}).get("rounds")
    for row in rows.values():
        if naive and len(row["rounds"]) == len(naive):
            pairs = zip(row["rounds"], naive, strict=True)
            row["times_naive"] = measure.spread([a["rate"] / b["rate"] for a, b in pairs])
    if ours:
        sizes = [one["database"] for one in rows[OURS]["rounds"]]
        result["database_mb_a_million"] = max(sizes) / 2**20 / result["packets"] * 1e6
        result["startup"] = measure.spread([one["startup"] for one in rows[OURS]["rounds"]])[0]
    return result


def table(result: dict[str, Any]) -> str:
    """The result for a person."""
    lines = [
        f"{result['capture']}: {result['packets']:,} packets, {result['bytes'] / 1e6:.0f} MB",
        f"{'packets a CPU second, median':48} {'x naive':>22} {'Sentinel is x this':>22} {'MiB':>9}",
    ]
    for row in result["designs"].values():
        if "rate" not in row:
            lines.append(f"{row['label']:36} skipped: {row['skipped']}")
            continue
        size = "" if row["rss"] is None else f"{row['rss']:.0f}"
        lines.append(
            f"{row['label']:36} {row['rate']:>11,.0f} {_times(row.get('times_naive')):>22}"
            f" {_times(row.get('ours_times')):>22} {size:>9}"
        )
    if "stages" in result:
        shares = sorted(result["stages"]["shares"].items(), key=lambda item: -item[1])
        lines.append("Sentinel's time: " + ", ".join(f"{name} {share:.1%}" for name, share in shares))
        lines += [f"not found, not timed: {place}" for place in result["stages"]["gone"]]
    if "startup" in result:
        lines.append(
            f"start-up {result['startup']:.2f} s of CPU; database {result['database_mb_a_million']:.1f} MB "
            "a million packets without the packet log"
        )
    return "\n".join(lines)


def _times(values: tuple[float, float, float] | None) -> str:
    if values is None:
        return ""
    digits = 0 if values[0] >= 20 else 2
    return f"{values[0]:.{digits}f} ({values[1]:.{digits}f}..{values[2]:.{digits}f})"
