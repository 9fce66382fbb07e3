"""What a sensor knows of its interface before it begins."""

import os
import subprocess
import sys

import pytest

from analysis.config import Config, Interface
from analysis.config_types import ROOT
from sensors.sensor import settled


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
