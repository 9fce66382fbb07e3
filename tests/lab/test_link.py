"""What becomes of a sensor whose interface goes away, comes back, is late or forbidden; losses are counted."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.network import Host, Network, wait_for
from tests.lab.programs import Sensor, write_config
from tests.lab.traffic import home_mix, received, replay, wires


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Network, Host, Host]]:
    """A host with the interface w0, and one that feeds it by s0."""
    network = Network(tmp_path)
    try:
        watch, sender = network.host("watch"), network.host("sender")
        wires(network, watch, sender, 1)
        yield network, watch, sender
    finally:
        network.close()


def seen(sensor: Sensor) -> int:
    return int(sensor.database.sensor("w0").get("packets") or 0)


@pytest.mark.parametrize("capture", ["auto", "scapy"])
def test_link_down_deleted_and_back(pair: tuple[Network, Host, Host], tmp_path: Path, capture: str) -> None:
    network, watch, sender = pair
    path = tmp_path / "mix.pcap"
    packets = home_mix(path, 500)
    sensor = Sensor(watch, "w0", tmp_path / "sentinel.db", write_config(tmp_path, capture=capture))
    sensor.wait_state("running")

    def all_of(times: int) -> None:
        assert replay(sender, "s0", path, 2000).wait(20) == 0
        wait_for(lambda: seen(sensor) == times * packets, 5, f"{times * packets} packets, not {seen(sensor)}")

    all_of(1)
    watch.ip("link", "set", "w0", "down")
    told = sensor.wait_state("link down", 5)
    assert "w0" in told["message"] and "down" in told["message"]
    watch.ip("link", "set", "w0", "up")
    assert (
        sensor.wait_state("running", 5)["message"] is None
        or "listening" in sensor.database.sensor("w0")["message"]
    )
    all_of(2)
    sender.ip("link", "set", "s0", "down")  # the cable is pulled at the other end
    sensor.wait_state("link down", 5)
    sender.ip("link", "set", "s0", "up")
    sensor.wait_state("running", 5)
    all_of(3)
    watch.ip("link", "delete", "w0")
    assert "no such interface" in sensor.wait_state("missing", 5)["message"]
    network.wire(watch, "w0", sender, "s0")
    sensor.wait_state("running", 5)
    all_of(4)
    assert sensor.stop() == 0
    row = sensor.database.sensor("w0")
    assert (row["state"], row["packets"], row["dropped"]) == ("stopped", 4 * packets, 0)
    assert "Traceback" not in sensor.said()


def test_an_interface_that_is_missing_at_the_start_is_awaited(
    pair: tuple[Network, Host, Host], tmp_path: Path
) -> None:
    network, watch, sender = pair
    watch.ip("link", "delete", "w0")
    sensor = Sensor(watch, "w0", tmp_path / "sentinel.db", write_config(tmp_path))
    assert "no such interface" in sensor.wait_state("missing")["message"]
    network.wire(watch, "w0", sender, "s0")
    sensor.wait_state("running", 5)
    assert sensor.stop() == 0


def test_without_rights_it_says_what_is_missing(pair: tuple[Network, Host, Host], tmp_path: Path) -> None:
    _, watch, _ = pair
    sensor = Sensor(watch, "w0", tmp_path / "sentinel.db", write_config(tmp_path),
                    wrap=("setpriv", "--bounding-set=-net_raw,-net_admin", "--inh-caps=-net_raw,-net_admin"))  # fmt: skip
    assert sensor.process.wait(20) == 1
    assert "no rights" in sensor.said() and "CAP_NET_RAW" in sensor.said()
    row = sensor.database.sensor("w0")
    assert row["state"] == "no rights" and "CAP_NET_RAW" in row["message"]
    assert "Traceback" not in sensor.said()


@pytest.mark.parametrize("capture", ["auto", "scapy"])
def test_losses_are_counted_exactly(pair: tuple[Network, Host, Host], tmp_path: Path, capture: str) -> None:
    _, watch, sender = pair
    path = tmp_path / "mix.pcap"
    packets = home_mix(path, 4000)
    interfaces = [{"name": "w0", "buffer_mb": 1}]
    sensor = Sensor(
        watch, "w0", tmp_path / "sentinel.db", write_config(tmp_path, capture=capture, interfaces=interfaces)
    )
    sensor.wait_state("running")
    os.kill(sensor.process.pid, signal.SIGSTOP)  # so long that the small buffer overflows
    assert replay(sender, "s0", path, 8000).wait(30) == 0
    os.kill(sensor.process.pid, signal.SIGCONT)
    wait_for(lambda: (row := sensor.database.sensor("w0")) and row["packets"] + row["dropped"] >= packets, 5,
             f"all packets accounted for: {sensor.database.sensor('w0')}")  # fmt: skip
    assert sensor.stop() == 0
    row = sensor.database.sensor("w0")
    assert row["dropped"] > 0
    assert row["packets"] + row["dropped"] == received(watch, "w0") == packets
