"""`sentinel.py replay`: captures through exactly the pipeline of the sensors."""

import argparse
import ipaddress
import json
import math
import secrets
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from analysis.blocklist import Blocklist
from analysis.config import Config, ConfigError, load
from analysis.printing import to_a_reader
from analysis.store.database import StoreCorrupt, StoreError, named_errors
from analysis.store.export import Export
from analysis.store.recovery import ensure_sound
from analysis.store.rows import Batch, DeviceKey, DeviceRow
from analysis.store.writer import Writer
from analysis.undecoded import told
from sensors.assemble import engine_for
from sensors.capture import BrokenCapture, CaptureError, FileSource, open_file
from sensors.capture_time import steady
from sensors.engine import Engine
from sensors.honesty import status, undecoded

MOST_DEVICES = 65_536
"""Devices remembered of a run; of more, those that the database had before are not told again."""
ROWS_A_WRITE = 20_000
"""Rows gathered before a transaction: about 0.2 s of work for the store."""
SENSOR = "replay"


@dataclass(slots=True)
class Totals:
    """What `summary` tells. Times are packet time, so that two runs print the same."""

    packets: int = 0
    bytes: int = 0
    seconds: float = 0.0
    undecoded: Counter[str] = field(default_factory=Counter)
    devices: set[DeviceKey] = field(default_factory=set)
    files: int = 0
    """Captures that were read, whole or up to a break."""
    refused: int = 0
    """Files that are no captures."""
    broken: bool = False

    def add(self, engine: Engine) -> None:
        """A capture that was read."""
        self.files += 1
        self.packets += engine.packets
        self.bytes += engine.bytes
        self.seconds += engine.seconds
        self.undecoded.update(undecoded(engine))

    def see(self, devices: Iterable[DeviceRow]) -> None:
        """Devices that are in a capture."""
        keys = (row.key for row in devices)
        self.devices.update(islice(keys, max(0, MOST_DEVICES - len(self.devices))))


def replay(files: Sequence[Path], config: Config, database: Path) -> Totals:
    """Run captures one after the other into a database. Told on standard error: a file that is no capture,
    which is left out, and one that breaks off, which is read up to the break."""
    totals = Totals()
    blocklist = Blocklist.open(config)
    for path in files:
        try:
            source = open_file(_standard_input() if str(path) == "-" else path, config.capture)
        except CaptureError as error:
            print(error, file=sys.stderr)
            totals.refused += 1
            continue
        with closing(source), Writer(database, SENSOR) as writer:
            engine = engine_for(config, writer, blocklist, network=SENSOR, run=secrets.randbits(31))
            _run(source, engine, writer, totals)
        totals.add(engine)
    return totals


def _run(source: FileSource, engine: Engine, writer: Writer, totals: Totals) -> None:
    """Feed a file, and write what comes of it."""

    def write(rows: Batch) -> None:
        totals.see(rows.devices)
        writer.write(rows)

    try:
        for batch in steady(source.batches()):
            engine.feed(batch)
            if engine.pending >= ROWS_A_WRITE:
                write(engine.take(packets=False))
            del batch
    except BrokenCapture as error:
        print(error, file=sys.stderr)
        totals.broken = True
    engine.finish()
    write(_last(engine))


def _standard_input() -> Path:
    """What the system calls standard input; CaptureError where it has no name, or a person would have to
    type the capture."""
    path = Path("/dev/stdin")
    if sys.stdin is None or sys.stdin.isatty():  # closed, as by <&-
        raise CaptureError(
            "-: send a capture to standard input:  tcpdump -w - | python3 sentinel.py replay -"
        )
    if not path.exists():
        raise CaptureError("-: this system gives standard input no name; write the capture to a file first")
    return path


def _last(engine: Engine) -> Batch:
    batch = engine.take()
    batch.status = status(engine, "stopped", label="replay")
    return batch


def print_json(database: Export, totals: Totals) -> None:
    """Every record as a JSON line, the summary last."""
    counts: Counter[str] = Counter()
    severities: Counter[str] = Counter()
    write = sys.stdout.write
    for record in database.records(totals.devices):
        counts[record["type"]] += 1
        if record["type"] == "alert":
            severities[record["severity"]] += 1
        write(json.dumps(record, ensure_ascii=True) + "\n")
    rate = totals.packets / totals.seconds if totals.seconds else None
    summary = {
        "type": "summary", "packets": totals.packets, "bytes": totals.bytes,
        "seconds": round(totals.seconds, 6),
        "packets_per_second": round(rate, 3) if rate else None,
        "undecoded": sum(totals.undecoded.values()),
        "undecoded_by_reason": dict(sorted(totals.undecoded.items())),
        "counts": dict(sorted(counts.items())),
        "severities": {name: severities[name] for name in ("CRITICAL", "HIGH", "NORMAL")},
    }  # fmt: skip
    write(json.dumps(summary) + "\n")


def print_text(database: Export, totals: Totals) -> None:
    """Incidents as lines, worst first, for a person; what is told within another stands below it."""
    order = {"CRITICAL": 0, "HIGH": 1, "NORMAL": 2}
    alerts = sorted(database.alerts(), key=lambda a: (order[a["severity"]], a["first_seen"]))
    heads = [alert for alert in alerts if alert["within"] is None]
    for alert in heads:
        times = f" ({alert['count']} times)" if alert["count"] > 1 else ""
        print(f"{alert['severity']:<8}  {alert['rule']:<18}  {alert['title']}{times}")
        for other in alert["also_noticed"]:
            print(f"          + {other['rule']:<16}  {other['title']}")
    print(f"{totals.packets} packets, {len(heads)} incidents")
    if unread := told(totals.undecoded, totals.packets):
        print(unread)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="sentinel.py replay", description="Run capture files through the sensor's pipeline."
    )
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="pcap or pcapng files; - is standard input"
    )
    parser.add_argument("--home", help="home networks, CIDR[,CIDR...], instead of those in config.yaml")
    parser.add_argument(
        "--db", type=Path, help="keep the results in this database (default: they are only printed)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON lines, a summary last")
    parser.add_argument("--config", type=Path, help="another config.yaml")
    parser.add_argument(
        "--learning", type=_hours, default=0.0, metavar="HOURS",
        help="learning period for new devices; 0, the default, reports every connection as new, "
        "because a capture has no past",
    )  # fmt: skip
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit 0 when every whole packet was read, 1 where a file is no capture, 2 for a mistake in
    config.yaml or the arguments, 3 when a file broke off."""
    arguments = _arguments(argv)
    try:
        config = load(arguments.config)
        changes: dict[str, Any] = {"learning_hours": arguments.learning}
        if arguments.home:
            changes["home"] = _networks(arguments.home)
        config = config.model_copy(update=changes)
    except (ConfigError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    if arguments.db:
        return _report(arguments, config, arguments.db)
    with tempfile.TemporaryDirectory(prefix="sentinel-replay-") as folder:
        return _report(arguments, config, Path(folder) / "sentinel.db")


def _hours(text: str) -> float:
    """Hours, 0 or more."""
    try:
        hours = float(text)
    except ValueError:
        hours = math.nan
    if not 0 <= hours < math.inf:
        raise argparse.ArgumentTypeError(f"expected hours, 0 or more, got '{text}'")
    return hours


def _networks(text: str) -> tuple[str, ...]:
    """CIDRs; raises ValueError on anything else."""
    parts = tuple(part.strip() for part in text.split(","))
    for part in parts:
        try:
            ipaddress.ip_network(part, strict=False)
        except ValueError:
            message = f"--home: expected networks such as 192.168.1.0/24, got '{part}'"
            raise ValueError(message) from None
    return parts


def _report(arguments: argparse.Namespace, config: Config, database: Path) -> int:
    try:
        if (mended := ensure_sound(database)) is not None:
            print(mended, file=sys.stderr)
        Writer(database, SENSOR).close()
        with named_errors(), closing(Export(database)) as export:
            totals = replay(arguments.files, config, database)
            if not totals.files:
                return 1
            with to_a_reader():
                (print_json if arguments.json else print_text)(export, totals)
    except StoreCorrupt as error:  # damage that the quick check does not find
        mended = ensure_sound(database, thorough=True)
        print(f"{mended or f'{database}: {error}.'} Run the same once more.", file=sys.stderr)
        return 1
    except (StoreError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 1 if totals.refused else 3 if totals.broken else 0


if __name__ == "__main__":
    sys.exit(main())
