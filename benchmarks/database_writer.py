"""Retention beside a writer, and the writer: a sensor's rows in a steady stream, in a process of its own."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from analysis.config import Config, Retention
from benchmarks import measure
from benchmarks.database_fill import Sizes, device_key

WRITES_A_SECOND, ROWS_A_WRITE = 5, 1_000


def retention(path: Path, now: float, rows: int, sizes: Sizes) -> dict[str, Any]:
    """Deletes about `rows` of the oldest while a process of its own writes."""
    from analysis.store.retention import run_once

    alone = _beside(path, lambda: time.sleep(5.0))
    share = min(0.4, rows / max(1, sizes.flows + sizes.dns))
    keep = 30
    config = Config(retention=Retention(days=keep, alert_days=3650, size_mb=1_000_000))
    told: dict[str, Any] = {}

    def clean() -> None:
        begun = time.monotonic()
        report = run_once(path, config, now - 60 + share * keep * 86400)
        told.update(
            deleted=sum(report.deleted.values()), seconds=time.monotonic() - begun, tables=report.deleted,
            refused=report.refused,
        )  # fmt: skip

    busy = _beside(path, clean)
    return {
        **told, "rate": told["deleted"] / told["seconds"], "written_rate": busy["rate"],
        "longest_wait_ms": busy["wait"], "longest_write_ms": busy["write"],
        "longest_wait_alone_ms": alone["wait"], "longest_write_alone_ms": alone["write"],
    }  # fmt: skip


def _beside(path: Path, work: Callable[[], None]) -> dict[str, Any]:
    """Do something while a writer process writes; what it says of itself."""
    stop = path.with_name("stop")
    stop.unlink(missing_ok=True)
    told: dict[str, Any] = {}
    command = measure.module("benchmarks.database_writer", str(path))
    thread = threading.Thread(target=lambda: told.update(measure.run(command).told))
    thread.start()
    time.sleep(2.0)
    try:
        work()
    finally:
        stop.touch()
        thread.join()
    return told


def write_until_told() -> None:
    """A sensor's writer: rows in a steady stream until the file `stop` appears beside the database."""
    from analysis.store import writer as store
    from analysis.store.rows import Batch, DnsRow, FlowRow

    path = Path(sys.argv[1])
    waits, writes, rows, original = [0.0], [0.0], 0, store.transaction

    @contextmanager
    def watched(db: Any) -> Iterator[None]:
        begun = time.monotonic()
        with original(db):
            waits.append(time.monotonic() - begun)
            yield

    store.transaction = watched
    begun = now = time.monotonic()
    run = int(time.time()) << 32
    with store.Writer(path, "bench1") as writer:
        while not path.with_name("stop").exists():
            wall = time.time()
            key = device_key(rows // ROWS_A_WRITE)
            flows = [
                FlowRow(run + rows + n, key, "192.168.1.9", f"203.0.{n % 250}.7", 1024 + n, 443, "tcp",
                        f"site{n}.example", "tls", "established", wall, wall, 9, 9, 900, 9000,
                        f"site{n % 300}.example", True, 900, 9000)
                for n in range(ROWS_A_WRITE // 2)
            ]  # fmt: skip
            dns = [
                DnsRow(wall, key, "udp", "192.168.1.9", key[1], "192.168.1.1", f"www.site{n}.example", "A",
                       "NOERROR", (f"203.0.{n % 250}.7",), None, 0.01)
                for n in range(ROWS_A_WRITE // 2)
            ]  # fmt: skip
            start = time.monotonic()
            writer.write(Batch(flows=flows, dns=dns))
            writes.append(time.monotonic() - start)
            rows += ROWS_A_WRITE
            now += 1 / WRITES_A_SECOND
            time.sleep(max(0.0, now - time.monotonic()))
    rate = rows / (time.monotonic() - begun)
    measure.tell({"rate": rate, "wait": max(waits) * 1000, "write": max(writes) * 1000})


if __name__ == "__main__":
    write_until_told()
