"""What a sensor knows of its interface before it begins."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.config import Config, Interface
from analysis.config_types import ROOT
from analysis.store.claim import StoreTaken, claim, claim_file
from analysis.store.database import StoreUnavailable
from analysis.store.writer import Writer
from sensors.sensor import settled
from tests.sensors.test_replay import smash


def test_what_config_says_of_an_interface_stands():
    said = Interface(name="eth7", label="Attic", subnets=("192.0.2.0/24",))
    config, interface = settled(Config(interfaces=(Interface(name="eth0"), said)), "eth7")
    assert interface == said
    assert "192.0.2.0/24" in config.home and "10.0.0.0/8" in config.home
    assert [i.name for i in config.interfaces] == ["eth0", "eth7"]


def test_an_unnamed_interface_brings_the_subnets_of_its_addresses():
    config, interface = settled(Config(), "lo")
    assert set(interface.subnets) <= set(config.home)
    assert config.interfaces == (interface,)


def test_an_interface_that_is_not_there_has_none():
    assert settled(Config(), "nosuch0")[1].subnets == ()


@pytest.mark.skipif(os.name != "posix", reason="ended by a signal of POSIX systems")
def test_an_interface_that_is_not_there_is_named_once(tmp_path):
    command = [sys.executable, "-m", "sensors.sensor", "nosuch0", "--db", str(tmp_path / "a.db")]
    sensor = subprocess.Popen(command, cwd=ROOT, text=True, stderr=subprocess.PIPE)
    told = sensor.stderr.readline()
    sensor.terminate()
    _, rest = sensor.communicate(timeout=30)
    assert told == "nosuch0: there is no such interface; it is used as soon as it appears\n"
    assert rest == "" and sensor.returncode == 0


def _sensor(database: Path, interface: str = "nosuch0") -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "sensors.sensor", interface, "--db", str(database)]
    return subprocess.Popen(command, cwd=ROOT, text=True, stderr=subprocess.PIPE)


@pytest.mark.skipif(os.name != "posix", reason="ended by a signal of POSIX systems")
def test_a_second_sensor_for_the_same_interface_and_database_is_refused(tmp_path: Path) -> None:
    database, config = tmp_path / "a.db", tmp_path / "config.yaml"
    config.write_text("interfaces:\n  - name: nosuch0\ndashboard:\n  port: 18973\n")
    up = [sys.executable, "-m", "sensors.supervisor", "--sensors-only", "--config", str(config)]
    first, other = _sensor(database), _sensor(database, "nosuch1")
    try:
        assert "there is no such interface" in first.stderr.readline()
        assert "there is no such interface" in other.stderr.readline()
        second = _sensor(database)
        supervisor = subprocess.run(
            [*up, "--db", str(database)], cwd=ROOT, text=True, stderr=subprocess.PIPE, timeout=60
        )
        _, told = second.communicate(timeout=60)
        for status, words in ((second.returncode, told), (supervisor.returncode, supervisor.stderr)):
            assert status == 1 and "Stop that Sentinel first" in words, words
            assert words.startswith(f"nosuch0: process {first.pid} watches this interface for {database}")
        first.kill()  # leaves no lock behind, and the next one need not wait
        first.wait()
        first = _sensor(database)
        assert "there is no such interface" in first.stderr.readline()
    finally:
        for process in (first, other):
            process.terminate()
            process.communicate(timeout=30)


def test_two_names_of_a_database_are_one_claim_and_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    same = tmp_path / "folder" / ".." / "a.db"
    with (
        claim(tmp_path / "a.db", "eth0"),
        claim(tmp_path / "a.db", r"\Device\NPF_{1}", wait=0),
        claim(tmp_path / "a.db", r"\Device\NPF_{2}", wait=0),
        claim(tmp_path / "b.db", "eth0", wait=0),
        pytest.raises(StoreTaken, match=f"process {os.getpid()} watches"),
        claim(same, "eth0", wait=0),
    ):
        pass
    with claim(same, "eth0", wait=0):
        pass
    if hasattr(os, "O_NOFOLLOW"):
        claim_file(tmp_path / "c.db", "eth0").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(StoreUnavailable), claim(tmp_path / "c.db", "eth0", wait=0):
            pass
        assert not (tmp_path / "elsewhere").exists()


@pytest.mark.skipif(os.name != "posix", reason="ended by a signal of POSIX systems")
def test_a_sensor_that_finds_its_database_damaged_mends_it_tells_it_and_watches(tmp_path: Path) -> None:
    database = tmp_path / "a.db"
    Writer(database, "nosuch0").close()
    smash(database, "baseline")
    sensor = _sensor(database)
    told = sensor.stderr.readline()
    assert told.startswith("nosuch0: The database was damaged (") and "set aside as a.db.corrupt." in told
    assert "there is no such interface" in sensor.stderr.readline()
    sensor.terminate()
    sensor.communicate(timeout=30)
    assert sensor.returncode == 0
