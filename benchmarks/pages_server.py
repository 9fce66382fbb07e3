"""The dashboard in a process of its own, and a sensor's rows that reach its database."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType

from benchmarks import measure
from benchmarks.database_fill import SENSOR, device_key


class _Process:
    """A child that is ended with its block."""

    _child: subprocess.Popen[bytes]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.send_signal(signal.SIGTERM)
        try:
            self._child.wait(20)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


class Dashboard(_Process):
    """`sentinel.py dashboard` on a database."""

    def __init__(self, path: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = measure.module("dashboard", "--db", str(path), "--port", str(port))
        self._child = subprocess.Popen(command, cwd=measure.ROOT, stdout=subprocess.DEVNULL)

    def __enter__(self) -> "Dashboard":
        for _ in range(300):
            try:
                urllib.request.urlopen(self.url, timeout=5).read()
                return self
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise measure.Failed("the dashboard did not start")

    def cpu_seconds(self) -> float:
        """CPU time of the server so far, user and system (Linux: fields 14 and 15 of /proc/PID/stat)."""
        fields = Path(f"/proc/{self._child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Stream(_Process):
    """A sensor that lives: its heartbeat each second, and so many new lookups and conversations."""

    def __init__(self, path: Path, rows_a_second: int) -> None:
        command = measure.module("benchmarks.pages_server", str(path), str(rows_a_second))
        self._child = subprocess.Popen(command, cwd=measure.ROOT)

    def __enter__(self) -> "Stream":
        return self


def write(path: Path, rows_a_second: int) -> None:
    """What a sensor writes each second: four of five new rows are lookups. Until it is ended."""
    from analysis.store.rows import Batch, SensorStatus
    from analysis.store.writer import Writer

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the benchmark too, which ends this
    packets, due = 10**9, time.monotonic()
    with Writer(path, SENSOR) as writer:
        while True:
            wall, packets = time.time(), packets + 20 * rows_a_second
            batch = Batch(
                status=SensorStatus("Bench", 1, "running", None, wall, packets, 10**12, 0, 0, 0, 0, {})
            )
            for n in range(rows_a_second):
                _row(batch, n, wall)
            writer.write(batch)
            due += 1.0
            time.sleep(max(0.0, due - time.monotonic()))


def _row(batch: "Batch", n: int, wall: float) -> None:  # type: ignore[name-defined]  # noqa: F821
    from analysis.store.rows import DnsRow, FlowRow

    key, name = device_key(n), f"www.site{n % 300}.example"
    server = f"203.0.113.{n % 250}"
    if n % 5:
        batch.dns.append(
            DnsRow(wall, key, "udp", "192.168.1.9", key[1], "192.168.1.1", name, "A", "NOERROR", (server,),
                   None, 0.01)
        )  # fmt: skip
    else:
        number = time.time_ns() // 1_000_000 << 12 | n
        batch.flows.append(
            FlowRow(number, key, "192.168.1.9", server, 1024 + n, 443, "tcp", name, "tls", "established",
                    wall, wall, 9, 9, 900, 9000, f"site{n % 300}.example", True, 900, 9000)
        )  # fmt: skip


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
