"""Sentinel's own programs, run for real in the lab's network."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.lab.network import LISTED, Host, Process, wait_for
from tests.lab.servers import BLOCKED_NAME

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PYTHONSAFEPATH": "1"}


def write_config(folder: Path, **values: Any) -> Path:
    """A config.yaml for the lab (JSON is YAML), with lists of one name and one address."""
    (folder / "names.txt").write_text(f"{BLOCKED_NAME}\n")
    (folder / "addresses.txt").write_text(f"{LISTED}\n")
    whole = {
        "learning_hours": 0,
        "blocklists": {
            "lists": [
                {"name": "Lab names", "file": "names.txt"},
                {"name": "Lab addresses", "file": "addresses.txt"},
            ]
        },
        **values,
    }
    path = folder / "config.yaml"
    path.write_text(json.dumps(whole, indent=1))
    return path


class Database:
    """Looks into sentinel.db as any other reader would."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """None while there is no database or no such table yet: an empty list."""
        try:
            with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=10)) as db:
                db.row_factory = sqlite3.Row
                return [dict(row) for row in db.execute(query, values)]
        except sqlite3.OperationalError as error:
            if "unable to open" in str(error) or "no such table" in str(error):
                return []
            raise

    def alerts(self, **wanted: Any) -> list[dict[str, Any]]:
        """Incidents with these values, oldest first."""
        where = " AND ".join(f"{name} = ?" for name in wanted) or "1"
        return self.rows(f"SELECT * FROM alerts WHERE {where} ORDER BY id", *wanted.values())

    def sensor(self, name: str) -> dict[str, Any]:
        """The row of a sensor; empty when it has none."""
        return next(iter(self.rows("SELECT * FROM sensors WHERE name = ?", name)), {})

    def is_sound(self) -> bool:
        return self.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]


class Sensor:
    """`python -m sensors.sensor` in a host."""

    def __init__(self, host: Host, interface: str, database: Path, config: Path, wrap: tuple[str, ...] = ()):
        self.host, self.interface = host, interface
        self.database = Database(database)
        self.name = f"sensor-{interface}-{time.monotonic_ns()}"
        self.log = host.log(self.name)
        command = (*wrap, sys.executable, "-m", "sensors.sensor", interface, "--db", str(database), "--config", str(config))  # fmt: skip
        with self.log.open("ab") as log:
            self.process: Process = subprocess.Popen(
                host.inside(*command), stdout=log, stderr=subprocess.STDOUT, cwd=host.network.folder,
                env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                start_new_session=True,  # as a service: Linux shares its cores out by session
            )  # fmt: skip
        host.network.processes.append(self.process)

    def wait_state(self, state: str, seconds: float = 20) -> dict[str, Any]:
        """The sensor's row once it is in this state."""
        return wait_for(
            lambda: (
                (row := self.database.sensor(self.interface))
                and row["state"] == state
                and row["pid"] == self.process.pid
                and row
            ),
            seconds,
            f"{self.interface} {state}; {self.database.sensor(self.interface)} {self.said()}",
        )

    def stop(self) -> int:
        """Asks it to stop; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(6)

    def said(self) -> str:
        return self.log.read_text(errors="replace")


class Dashboard:
    """`python -m dashboard` in a host."""

    def __init__(self, host: Host, database: Path, config: Path, port: int = 8050) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.host, self.port = host, port
        self.process = host.start(
            sys.executable, "-m", "dashboard", "--db", str(database), "--config", str(config), "--port", str(port),
            env=ENVIRONMENT, cwd=host.network.folder,
        )  # fmt: skip
        wait_for(lambda: host.listens(port), 30, "the dashboard listens")

    def said(self) -> str:
        return self.host.log(Path(sys.executable).name).read_text(errors="replace")


def children(pid: int) -> dict[str, int]:
    """Processes below a process by what they run: `sensor eth0` and the like -> pid."""
    found: dict[str, int] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            status = (entry / "status").read_text()
            command = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        parent = re.search(r"^PPid:\s+(\d+)", status, re.M)
        if parent and int(parent[1]) == pid and "sensors.lifeline" in command:
            at = command.index("sensors.lifeline")
            name = command[at + 1]
            found[f"{name} {command[at + 2]}" if name == "sensors.sensor" else name] = int(entry.name)
    return found


def memory(pid: int) -> int:
    """Resident memory in KiB."""
    found = re.search(r"^VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)
    return int(found[1]) if found else 0


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def loads(sensor: Sensor, library: str) -> bool:
    """Whether the running process has a shared library with that in its name."""
    lines = Path(f"/proc/{sensor.process.pid}/maps").read_text().splitlines()
    return any(library in Path(line.split()[-1]).name for line in lines)
