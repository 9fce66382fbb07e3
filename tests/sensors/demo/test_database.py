"""Into which databases the demo writes."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.config_types import ROOT
from analysis.store.reader import Reader
from analysis.store.rows import Batch
from analysis.store.writer import Writer
from sensors.demo import __main__ as demo
from sensors.demo.__main__ import INTERFACE, refuse_real
from tests.analysis.store import samples


def test_a_database_of_real_sensors_is_refused_and_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "real.db"
    with Writer(path, "eth0") as writer:
        writer.write(Batch(devices=[samples.device()], status=samples.status()))
    assert demo.main(["--db", str(path)]) == 1
    told = capsys.readouterr()
    assert told.err.startswith(f"{path} holds what eth0 recorded") and told.out == ""
    assert [row["name"] for row in Reader(path).sensors()] == ["eth0"]


def test_the_demos_own_database_and_a_new_one_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "demo.db"
    refuse_real(path)
    with Writer(path, INTERFACE) as writer:
        writer.write(Batch(status=samples.status()))
    refuse_real(path)


@pytest.mark.parametrize("what", ["noise", "folder"])
def test_what_is_no_database_is_told_in_a_line(tmp_path: Path, what: str) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"garbage" * 1000) if what == "noise" else path.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "sensors.demo", "--db", str(path), "--port", str(port)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and done.stderr.startswith(str(path)) and done.stderr.count("\n") == 1
