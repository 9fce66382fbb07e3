"""Two sensors on two busy interfaces, one database, two browsers that look on."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.browser import Browser
from tests.lab.network import Network, wait_for
from tests.lab.programs import ENVIRONMENT, Dashboard, Database, Sensor, cpu_seconds, memory, write_config
from tests.lab.traffic import home_mix, received, replay, wires

MIX = 25_000
"""Packets of the file that is sent again and again: 5 s at the rate of the acceptance test."""
INTERFACES = ("w0", "w1")
VIEWS = ("/alerts", "/traffic")


@dataclass
class Sample:
    """A look at the running programs."""

    at: float
    """Seconds since the traffic began."""
    memory: dict[str, int]
    """KiB by program."""
    cpu: dict[str, float]
    """Seconds since the program started."""
    wal: int
    """Bytes of the write-ahead log."""


@dataclass
class Result:
    """What is left when the traffic has ended and every program has stopped."""

    sent: dict[str, int]
    sensors: dict[str, dict[str, Any]]
    minutes: dict[str, int]
    """Packets by sensor as the sum of `sensor_minute`: each batch must be in it."""
    logs: str
    trouble: list[str]
    stopped: list[int]
    sound: bool
    samples: list[Sample]
    idle: float
    """Share of this machine's time, while the traffic ran, in which a core had nothing to do."""


class Load:
    """Programs and traffic; `run` until the traffic ends, then `finish`."""

    def __init__(self, folder: Path, playwright: Any) -> None:
        self.folder = folder
        self.network = Network(folder)
        try:
            self._start(playwright)
        except BaseException:
            self.network.close()
            raise

    def _start(self, playwright: Any) -> None:
        self.watch, self.sender = self.network.host("watch"), self.network.host("sender")
        wires(self.network, self.watch, self.sender, len(INTERFACES))
        self.mix = self.folder / "mix.pcap"
        self.packets = home_mix(self.mix, MIX)
        path = self.folder / "sentinel.db"
        self.database = Database(path)
        config = write_config(self.folder, interfaces=[{"name": name} for name in INTERFACES])
        self.sensors = [Sensor(self.watch, name, path, config) for name in INTERFACES]
        self.periodic = self.watch.start(
            sys.executable, "-m", "analysis.periodic", "--db", str(path), "--config", str(config),
            cwd=self.folder, env=ENVIRONMENT,
        )  # fmt: skip
        for sensor in self.sensors:
            sensor.wait_state("running")
        self.dashboard = Dashboard(self.watch, path, config)
        self.browsers = [Browser(playwright, self.watch, self.dashboard.url) for _ in VIEWS]
        self.pages = [browser.open(view) for browser, view in zip(self.browsers, VIEWS, strict=True)]

    def run(
        self, rate: int, loops: int, every: float, told: Callable[[Sample], None] = lambda _: None
    ) -> list[Sample]:
        """Send the mix `loops` times on each interface at `rate` packets a second; a look now and then."""
        senders = [replay(self.sender, f"s{n}", self.mix, rate, loops) for n in range(len(INTERFACES))]
        began, idle, samples = time.monotonic(), idle_time(), []
        while any(sender.poll() is None for sender in senders):
            self.pages[0].wait_for_timeout(200)
            if time.monotonic() - began >= every * (len(samples) + 1):
                samples.append(self.look(began))
                told(samples[-1])
        self.idle = (idle_time() - idle) / (time.monotonic() - began)
        assert [sender.returncode for sender in senders] == [0] * len(senders)
        return samples

    def look(self, began: float) -> Sample:
        programs = {sensor.interface: sensor.process.pid for sensor in self.sensors}
        programs |= {"dashboard": self.dashboard.process.pid, "periodic": self.periodic.pid}
        wal = Path(f"{self.database.path}-wal")
        return Sample(
            time.monotonic() - began,
            {name: memory(pid) for name, pid in programs.items()},
            {name: cpu_seconds(pid) for name, pid in programs.items()},
            wal.stat().st_size if wal.exists() else 0,
        )

    def finish(self, samples: list[Sample]) -> Result:
        """Wait for what is under way, stop the sensors in good order, count."""
        sent = {name: received(self.watch, name) for name in INTERFACES}

        def all_there() -> bool:
            rows = [self.database.sensor(name) for name in INTERFACES]
            return all(row["packets"] + row["dropped"] >= sent[row["name"]] for row in rows)

        wait_for(all_there, 15, f"{sent} packets: {[self.database.sensor(name) for name in INTERFACES]}")
        trouble = [text for browser in self.browsers for text in browser.trouble]
        for browser in self.browsers:
            browser.close()
        stopped = [sensor.stop() for sensor in self.sensors]
        minutes = self.database.rows(
            "SELECT sensor, sum(packets) AS packets FROM sensor_minute GROUP BY sensor"
        )
        logs = "\n".join(path.read_text(errors="replace") for path in self.folder.glob("*.log"))
        return Result(
            sent, {name: self.database.sensor(name) for name in INTERFACES},
            {row["sensor"]: row["packets"] for row in minutes}, logs, trouble, stopped, self.database.is_sound(),
            samples, self.idle,
        )  # fmt: skip

    def close(self) -> None:
        self.network.close()


def idle_time() -> float:
    """Seconds in which a core had nothing to do, since the system started, by core."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return int(fields[4]) / os.sysconf("SC_CLK_TCK") / (os.cpu_count() or 1)


def mistakes(result: Result) -> list[str]:
    """What is not as it must be. Losses are one where the machine had time left; where other work took
    all of it, they must still be counted exactly."""
    found = []
    for name, row in result.sensors.items():
        if row["packets"] + row["dropped"] != result.sent[name]:
            found.append(
                f"{name}: {row['packets']} seen + {row['dropped']} lost is not {result.sent[name]} sent"
            )
        if result.minutes.get(name) != row["packets"]:
            found.append(f"{name}: the minutes hold {result.minutes.get(name)} packets, not {row['packets']}")
        if (row["shed"] or row["dropped"]) and result.idle > 0.05:
            found.append(
                f"{name}: {row['dropped']} packets and {row['shed']} rows were lost, {result.idle:.0%} idle"
            )
    found += [line for line in result.logs.splitlines() if "locked" in line.lower() or "Traceback" in line]
    found += result.trouble
    if result.stopped != [0, 0]:
        found.append(f"the sensors ended with {result.stopped}")
    if not result.sound:
        found.append("the database is damaged")
    return found
