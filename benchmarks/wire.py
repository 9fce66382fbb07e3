"""Two network namespaces joined by a veth pair, and a sensor that listens at one end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from shutil import which
from types import TracebackType
from typing import Any, Self

from analysis.store.reader import Reader, StoreError
from benchmarks import measure, settings

READY_SECONDS = 60.0
LISTENS_ON, TALKS_ON = "0", "1"
"""Cores of the sensor and of the sender, where there are two and `taskset` (package util-linux)."""
HEAR, TALK = "hear0", "talk0"


def missing() -> str | None:
    """Why there can be no wire here."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "a veth pair needs root on Linux"
    return None if which("ip") else "the command ip (package iproute2) is not installed"


def pinned(core: str, command: list[str]) -> list[str]:
    """The command kept to a core."""
    if (os.cpu_count() or 1) < 2 or not which("taskset"):
        return command
    return ["taskset", "-c", core, *command]


class Wire:
    """`hear0` in one namespace, `talk0` in the other; nothing but our frames on it. Gone on exit."""

    def __init__(self) -> None:
        self.hearer, self.talker = f"snbench-{os.getpid()}-hear", f"snbench-{os.getpid()}-talk"

    def __enter__(self) -> Self:
        for name in (self.hearer, self.talker):
            _ip("netns", "add", name)
            quiet = [
                "sysctl",
                "-qw",
                "net.ipv6.conf.all.disable_ipv6=1",
                "net.ipv6.conf.default.disable_ipv6=1",
            ]
            subprocess.run(self.inside(name, *quiet), check=True, capture_output=True)
        _ip(
            "link",
            "add",
            HEAR,
            "netns",
            self.hearer,
            "type",
            "veth",
            "peer",
            "name",
            TALK,
            "netns",
            self.talker,
        )
        _ip("-n", self.hearer, "link", "set", HEAR, "up")
        _ip("-n", self.talker, "link", "set", TALK, "up")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in (self.hearer, self.talker):
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "del", name)

    def inside(self, name: str, *command: str) -> list[str]:
        """The command in a namespace."""
        return ["ip", "netns", "exec", name, *command]

    def received(self) -> int:
        """Packets that the kernel has taken in at `hear0`, whoever listened."""
        path = f"/sys/class/net/{HEAR}/statistics/rx_packets"
        command = self.inside(self.hearer, "cat", path)
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    def send(self, path: Path, rate: float, seconds: float, most: int = 1 << 60) -> dict[str, Any]:
        """Send with our own sender; what it says."""
        own = measure.module("benchmarks.sender", TALK, str(path), str(rate), str(seconds), str(most))
        return measure.run(self.inside(self.talker, *pinned(TALKS_ON, own))).told

    def tcpreplay(self, path: Path, rate: float, seconds: float) -> dict[str, Any]:
        """Send with tcpreplay instead."""
        command = ["tcpreplay", "-q", "-K", "--preload-pcap", f"--pps={rate:.0f}", "--loop=0"]
        command += [f"--duration={seconds:.0f}", "-i", TALK, str(path)]
        before, begun = self.received(), time.monotonic()
        measure.run(self.inside(self.talker, *pinned(TALKS_ON, command)))
        sent, took = self.received() - before, time.monotonic() - begun
        return {"sent": sent, "seconds": took, "pps": sent / min(took, seconds)}


class Sensor:
    """`sentinel.py sensor` at the hearing end, as a person starts it. Stopped on exit."""

    def __init__(
        self, wire: Wire, folder: Path, packet_rows: int = 100_000, buffer_mb: int | None = None
    ) -> None:
        self.database = folder / f"live-{time.monotonic_ns()}.db"
        interfaces = [{"name": HEAR, "buffer_mb": buffer_mb}] if buffer_mb else []
        config = settings.write_yaml(folder, packet_rows, interfaces)
        command = measure.module("sensors.sensor", HEAR, "--db", str(self.database), "--config", str(config))
        self._log = (folder / "sensor.log").open("ab")
        self._process = subprocess.Popen(
            wire.inside(wire.hearer, *pinned(LISTENS_ON, command)),
            cwd=measure.ROOT,
            stdout=self._log,
            stderr=self._log,
        )
        self._reader = Reader(self.database)

    def __enter__(self) -> Self:
        until = time.monotonic() + READY_SECONDS
        while self.status().get("state") != "running":
            if time.monotonic() > until or self._process.poll() is not None:
                self.__exit__(None, None, None)
                raise measure.Failed("the sensor did not start: " + Path(self._log.name).read_text()[-500:])
            time.sleep(0.2)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        for file in self.database.parent.glob(self.database.name + "*"):
            file.unlink()

    def stop(self) -> None:
        """End it in the ordinary way; everything that it saw is then in the database."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._log.close()

    def status(self) -> dict[str, Any]:
        """What the sensor last wrote of itself."""
        try:
            return next(iter(self._reader.sensors()), {})
        except StoreError:
            return {}

    def cpu_seconds(self) -> float:
        """CPU that the process took so far; `ip netns exec` becomes the sensor, so it is one process."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mb(self) -> float:
        """Peak resident memory in MiB."""
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def shares(sensor: Sensor, wait: float, during: Sequence[Any] = ()) -> float:
    """Share of one core that the sensor took in the next seconds."""
    cpu, begun = sensor.cpu_seconds(), time.monotonic()
    for work in during:
        work()
    time.sleep(max(0.0, wait - (time.monotonic() - begun)))
    return (sensor.cpu_seconds() - cpu) / (time.monotonic() - begun)
