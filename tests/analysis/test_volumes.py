"""Hourly uploads: sums, what is usual, bounds, and what a sensor loads again."""

import random
from pathlib import Path

from analysis import volumes
from analysis.store.rows import Batch, DeviceRow, FlowRow, VolumeRow
from analysis.store.writer import Writer
from analysis.volumes import Usual, Volumes

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


def flow(number: int, hour: int, peer_key: str, up: int) -> FlowRow:
    ts = hour * 3600.0 + 5
    return FlowRow(
        number, ONE, "192.168.1.2", "203.0.113.1", 40000, 443, "tcp", None, None, "established", ts, ts, 1, 1,
        up, 1, peer_key, True, up, 1,
    )  # fmt: skip


def test_a_sensor_loads_what_left_the_home(tmp_path: Path) -> None:
    rows = [
        DeviceRow(key, None, False, None, None, None, None, None, None, False, None, 1.0, 1.0)
        for key in (ONE, TWO)
    ]
    flows = [flow(1, 472_000, "a.example", 300), flow(2, 472_000, "203.0.113.9", 50), flow(3, 472_001, "a.example", 7),
             flow(4, 472_001, f"mac:{TWO[1]}", 9999)]  # fmt: skip
    with Writer(tmp_path / "s.db", "eth0") as writer:
        writer.write(Batch(devices=rows, flows=flows))
        assert writer.known_volumes() == [VolumeRow(ONE, 472_001, 7, 1), VolumeRow(ONE, 472_000, 350, 2)]
        assert writer.known_volumes("eth1") == []
        assert writer.known_volumes(hours=1) == [VolumeRow(ONE, 472_001, 7, 1)]
