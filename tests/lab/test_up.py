"""`sentinel.py up` under load: whatever is killed comes back, nothing stored is lost, all stops in time."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.lab.network import Host, Network, allowed, wait_for
from tests.lab.programs import Database, children, write_config
from tests.lab.traffic import home_mix, replay, wires

BACK = 3.0
"""Seconds until a killed process works again."""
STOP = 5.0
PORT = 8050
KEPT = {"alerts": "uid", "flows": "flow", "dns": "id", "tls": "id", "http": "id", "devices": "id"}
"""Table -> what names a row that was stored."""


class Up:
    """A running `sentinel.py up`, two busy interfaces under it."""

    def __init__(self, network: Network, folder: Path) -> None:
        self.watch: Host = network.hosts["watch"]
        self.database = Database(folder / "sentinel.db")
        self.config = write_config(
            folder, interfaces=[{"name": "w0"}, {"name": "w1"}], dashboard={"port": PORT}
        )
        self.log = folder / "up.log"
        self.network = network
        self.start()

    def start(self) -> None:
        command = [sys.executable, str(ROOT / "sentinel.py"), "up", "--db", str(self.database.path), "--config", str(self.config)]  # fmt: skip
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.watch.inside(*command), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        self.network.processes.append(self.process)
        wait_for(lambda: len(self.children()) == 4 and self.listening(("w0", "w1")), 30, f"up; {self.said()}")
        wait_for(self.serves, 20, f"the dashboard; {self.said()}")

    def children(self) -> dict[str, int]:
        return children(self.process.pid)

    def listening(self, names: tuple[str, ...], beside: int = 0, since: float = 0) -> bool:
        """Whether these sensors run, by another process than `beside`."""
        rows = [self.database.sensor(name) for name in names]
        return all(
            row and row["state"] == "running" and row["pid"] != beside and row["heartbeat"] > since
            for row in rows
        )

    def serves(self) -> bool:
        url = f"http://127.0.0.1:{PORT}/api/v1/live"
        return self.watch.run("curl", "-sf", "-m", "2", "-o", "/dev/null", url, check=False).returncode == 0

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("up")
    network = Network(folder)
    try:
        watch, sender = network.host("watch"), network.host("sender")
        wires(network, watch, sender)
        home_mix(folder / "mix.pcap", 10_000)
        for number in range(2):
            replay(sender, f"s{number}", folder / "mix.pcap", 5_000, loops=0)  # for ever
        yield Up(network, folder)
    finally:
        network.close()


def stored(up: Up) -> dict[str, set[Any]]:
    return {
        table: {tuple(row.values()) for row in up.database.rows(f"SELECT {name} FROM {table}")}
        for table, name in KEPT.items()
    }


def lost(before: dict[str, set[Any]], after: dict[str, set[Any]]) -> dict[str, int]:
    return {table: len(rows - after[table]) for table, rows in before.items() if rows - after[table]}


@pytest.mark.parametrize("name", ["sensors.sensor w0", "analysis.periodic", "dashboard", "sensors.sensor w1"])
def test_a_killed_process_is_back(up: Up, name: str) -> None:
    time.sleep(2)
    before, victim = stored(up), up.children()[name]
    killed = time.time()
    os.kill(victim, signal.SIGKILL)

    def back() -> bool:
        if up.children().get(name, victim) == victim:
            return False
        if name.startswith("sensors.sensor"):
            return up.listening((name.split()[1],), victim, killed)
        if name == "dashboard":
            return up.serves()
        return bool(
            up.database.rows("SELECT 1 FROM health WHERE component = 'periodic' AND updated > ?", killed)
        )

    wait_for(back, 20, f"{name} back; {up.said()}")
    took = time.time() - killed
    print(f"{name}: back after {took:.2f} s")
    subject = name.removeprefix("sensors.").removeprefix("analysis.")
    gap = wait_for(
        lambda: up.database.rows("SELECT * FROM health WHERE component = 'supervisor' AND subject = ? AND message LIKE '%was away%'", subject),
        5, "the gap in health",
    )  # fmt: skip
    assert gap[0]["level"] == "note"
    assert took <= allowed(BACK)
    assert up.database.is_sound()
    assert lost(before, stored(up)) == {}


def test_killing_the_supervisor_ends_all_and_a_new_start_goes_on(up: Up) -> None:
    before, orphans = stored(up), list(up.children().values())
    up.process.kill()
    wait_for(lambda: not any(Path("/proc", str(pid)).exists() for pid in orphans), 10, "its children end")
    assert up.database.is_sound()
    up.start()
    assert lost(before, stored(up)) == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_all_stops_in_time_with_nothing_unwritten(up: Up, number: signal.Signals) -> None:
    if up.process.poll() is not None:
        up.start()
    time.sleep(2)
    before, members = stored(up), list(up.children().values())
    asked = time.monotonic()
    up.process.send_signal(number)
    assert up.process.wait(20) == 0
    took = time.monotonic() - asked
    print(f"{number.name}: all stopped after {took:.2f} s")
    assert took <= allowed(STOP)
    assert not any(Path("/proc", str(pid)).exists() for pid in members)
    assert "killed" not in up.said().rpartition("SIGKILL")[2]
    for name in ("w0", "w1"):
        row = up.database.sensor(name)
        assert row["state"] == "stopped"
        minutes = up.database.rows("SELECT sum(packets) AS packets FROM sensor_minute WHERE sensor = ?", name)
        assert minutes[0]["packets"] >= row["packets"] > 0
    assert up.database.is_sound() and lost(before, stored(up)) == {}
    assert "Traceback" not in up.said() and "locked" not in up.said()
