"""A forgotten device leaves nothing behind, and a sensor that knew it writes no row in its name."""

from pathlib import Path

import pytest

from analysis.store.notes import NoteError, Notes
from analysis.store.rows import Batch, DeviceKey, TrafficRow, VolumeRow
from analysis.store.writer import Writer
from tests.dashboard.filldb import Home, small


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return small(tmp_path / "home.db")


def test_no_table_names_it_and_no_byte_of_it_is_left(home: Home) -> None:
    mac, ip = home.db.execute("SELECT mac, ip FROM devices WHERE id = 4").fetchone()
    notes = Notes(home.path)
    notes.name_device(4, "Front door")
    notes.decide_alert(16, "acknowledged", "ask about the camera")
    home.packet(ip, "192.0.2.1", home.now)
    with Writer(home.path, "eth0") as writer:
        writer.write(Batch(volumes=[VolumeRow(("eth0", mac), int(home.now // 3600), 9, 1)]))
    others = home.db.execute("SELECT COUNT(*) FROM flows WHERE device <> 4").fetchone()
    notes.forget_device(4)
    tables = [row[0] for row in home.db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in set(tables) - {"forgotten", "sqlite_sequence"}:
        columns = [row[1] for row in home.db.execute(f"PRAGMA table_info({table})")]
        if "device" in columns:
            assert home.db.execute(f"SELECT COUNT(*) FROM {table} WHERE device = 4").fetchone() == (0,), table
        everything = repr(home.db.execute(f"SELECT * FROM {table}").fetchall())
        for trace in (mac, ip, "ipcam-front", "Front door", "about the camera"):
            assert f"'{trace}'" not in everything, (table, trace)
    assert home.db.execute("SELECT COUNT(*) FROM flows WHERE device <> 4").fetchone() == others
    home.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert mac.encode() not in home.path.read_bytes()


def test_a_sensor_that_knew_it_takes_it_for_a_new_device(home: Home) -> None:
    mac = home.db.execute("SELECT mac FROM devices WHERE id = 4").fetchone()[0]
    key: DeviceKey = ("eth0", mac)
    traffic = TrafficRow(key, int(home.now // 60), 10, 20, 2)
    with Writer(home.path, "eth0") as writer:
        writer.write(Batch(traffic=[traffic]))
        Notes(home.path).forget_device(4)
        writer.write(Batch(traffic=[traffic]))
    new = home.db.execute("SELECT id FROM devices WHERE mac = ?", (mac,)).fetchone()[0]
    assert new > 6
    assert home.db.execute("SELECT COUNT(*) FROM traffic_minute WHERE device = 4").fetchone() == (0,)
    assert home.db.execute("SELECT bytes_down FROM traffic_minute WHERE device = ?", (new,)).fetchone() == (
        20,
    )


def test_a_device_that_is_not_there(home: Home) -> None:
    with pytest.raises(NoteError):
        Notes(home.path).forget_device(999)
