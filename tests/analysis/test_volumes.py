"""Hourly uploads: sums, what is usual, bounds, and what a sensor loads again."""

import random
from pathlib import Path

from analysis import volumes
from analysis.detectors.fan_out import FanOut
from analysis.detectors.new_connection import NewConnection
from analysis.detectors.upload_volume import UploadVolume
from analysis.store.rows import Batch, DeviceRow, VolumeRow
from analysis.store.writer import Writer
from analysis.volumes import Usual, Volumes
from sensors.engine import Engine
from sensors.packet_log import PacketLog
from tests.analysis.home import OUTSIDE, ROUTER, ROUTER_IP, T0, TELEVISION, TELEVISION_IP, Home

ONE, TWO = ("eth0", "aa:bb:cc:00:00:01"), ("eth0", "aa:bb:cc:00:00:02")


def test_bytes_of_an_hour_add_up() -> None:
    table = Volumes([VolumeRow(ONE, 10, 500)])
    assert table.sent(ONE, 10, 100) == 600
    assert table.sent(ONE, 11, 7) == 7
    assert table.sent(TWO, 11, 1) == 1


def test_usual_is_median_and_deviation_of_earlier_hours() -> None:
    table = Volumes(VolumeRow(ONE, hour, size) for hour, size in enumerate([1, 2, 3, 4, 100]))
    assert table.usual(ONE, 5) == Usual(5, 3, 1, 4)
    assert table.usual(ONE, 2) == Usual(2, 1.5, 0.5, 1)
    assert table.usual(TWO, 5) == Usual(0, 0.0, 0.0)


def test_usual_that_was_asked_before_follows_what_changes(monkeypatch) -> None:
    monkeypatch.setattr(volumes, "IN_ALL", 300)
    chance = random.Random(5)
    table, hour = Volumes(), 400
    for _ in range(5_000):
        hour += chance.random() < 0.05
        device = chance.choice([ONE, TWO])
        table.sent(device, hour - chance.choice([0, 0, 0, 1, 30, 300, 400]), chance.randint(1, 1000))
        at = hour - chance.choice([0, 0, 0, 1, 50])
        past = [size for when, size in table._devices[device].items() if when < at]
        assert table.usual(device, at) == volumes._usual(past)


def test_old_hours_are_forgotten_and_all_is_bounded(monkeypatch) -> None:
    monkeypatch.setattr(volumes, "IN_ALL", 100)
    table = Volumes()
    for hour in range(1000):
        table.sent(ONE, hour, 1)
    assert len(table) == 100 and table.evictions > 0
    table.sent(ONE, 5000, 1)
    assert len(table) == 1
    for n in range(500):
        table.sent(("eth0", f"02:00:00:00:{n // 256:02x}:{n % 256:02x}"), 1, 1)
    assert len(table) == 100


def test_places_of_a_run_before_are_not_counted_twice() -> None:
    table = Volumes([VolumeRow(ONE, 10, 40)])
    for count in range(1, 51):
        table.reached(ONE, 10, count)
    assert table.of(ONE, 10) == 50 and table.of(ONE, 11) == table.of(TWO, 10) == 0


def device(key: tuple[str, str]) -> DeviceRow:
    return DeviceRow(key, None, False, None, None, None, None, None, None, False, None, 1.0, 1.0)


def test_a_sensor_loads_what_was_counted(tmp_path: Path) -> None:
    sent, places = Volumes(), Volumes()
    with Writer(tmp_path / "s.db", "eth0") as writer:
        for hour, size, count in ((472_000, 300, 2), (472_000, 50, 3), (472_001, 7, 1), (472_002, 0, 4)):
            if size:
                sent.sent(ONE, hour, size)
            places.reached(ONE, hour, count)
            writer.write(Batch(devices=[device(ONE)], volumes=volumes.drain(sent, places)))
        assert volumes.drain(sent, places) == [] and volumes.drain(Volumes(), Volumes()) == []
        rows = writer.known_volumes()
        assert rows == [
            VolumeRow(ONE, 472_002, 0, 4),
            VolumeRow(ONE, 472_001, 7, 1),
            VolumeRow(ONE, 472_000, 350, 3),
        ]
        assert writer.known_volumes("eth1") == []
        assert writer.known_volumes(hours=1) == rows[:1]
    again = Volumes(rows)
    assert again.usual(ONE, 472_009) == sent.usual(ONE, 472_009) == Usual(2, 178.5, 171.5, 7)
    assert volumes.drain(again, Volumes()) == [], "what was loaded is written already"


def test_after_a_restart_the_rules_know_what_they_counted(tmp_path: Path) -> None:
    """A television that hands out 120 MB an hour, with a name announced to all, the router asked and
    strangers that come."""
    home = Home(UploadVolume(), FanOut(), NewConnection())
    engine = Engine(home.inventory, home.pipeline, PacketLog(0, 0))
    with Writer(tmp_path / "s.db", "eth0") as writer:
        for hour in range(30):
            ts = T0 + hour * 3600
            inward = {"client": OUTSIDE, "client_mac": ROUTER, "ts": ts}
            size = int((115 + hour % 20) * 1e6) // 60
            home.end(home.flow(TELEVISION_IP, 443, **inward), "established", up=9, down=size)
            for n in range(30):
                scanner = {**inward, "client": f"198.51.100.{n}"}
                home.end(home.flow(TELEVISION_IP, 443, **scanner), "established", up=9, down=9)
            own = {"client": TELEVISION_IP, "client_mac": TELEVISION, "ts": ts}
            home.end(home.flow("224.0.0.251", 5353, "udp", group=True, **own), "stateless")
            home.end(home.flow(ROUTER_IP, 1900, "udp", **own), "stateless")
            home.end(home.flow("203.0.113.80", 8443, **own), "established", up=1)
            writer.write(engine.take())
        rows = writer.known_volumes()
    key, later = ("eth0", TELEVISION), int(T0) // 3600 + 40
    places = Volumes(row._replace(bytes_up=row.places) for row in rows)
    assert Volumes(rows).usual(key, later) == home.inventory.volumes.usual(key, later)
    assert Volumes(rows).usual(key, later).median > 120e6
    assert places.usual(key, later) == home.inventory.places.usual(key, later) == Usual(30, 1, 0, 1)
