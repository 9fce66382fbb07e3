"""Damage: found, set aside, salvaged, told; and what is not ours is left alone."""

import os
import random
import sqlite3
from pathlib import Path

import pytest

from analysis.store import upkeep
from analysis.store.database import StoreForeign, share_with
from analysis.store.recovery import ensure_sound, problems
from analysis.store.rows import Batch, TrafficRow
from analysis.store.writer import Writer
from tests.analysis.store import samples
from tests.analysis.store.samples import KEY, T0, ask, one

ROWS = 3_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "s.db"
    with Writer(path, "eth0") as writer:
        for start in range(0, ROWS, 500):
            writer.write(
                Batch(
                    devices=[samples.device()],
                    flows=[samples.flow(n, last_seen=T0 + n) for n in range(start, start + 500)],
                    traffic=[TrafficRow(KEY, n, 1, 2, 3) for n in range(start, start + 500)],
                    findings=[(samples.finding(T0 + start), KEY, 60.0)],
                )
            )
    db = sqlite3.connect(path)
    db.execute(
        "INSERT INTO device_notes (network, mac, name, trust, note, changed) VALUES ('eth0', ?, 'Ann', 'trusted', NULL, 6)",
        KEY[1:],
    )
    db.commit()
    db.close()
    return path


def smash(path: Path, *places: int, size: int = 512) -> None:
    with path.open("r+b") as file:
        for place in places:
            file.seek(place)
            file.write(bytes(random.Random(place).randbytes(size)))


def test_a_sound_file_is_left_as_it_is(path: Path) -> None:
    before = path.read_bytes()
    assert problems(path) == [] and problems(path, thorough=True) == []
    assert ensure_sound(path) is None
    assert path.read_bytes() == before


def test_a_missing_or_empty_file_is_no_damage(tmp_path: Path) -> None:
    assert ensure_sound(tmp_path / "s.db") is None
    (tmp_path / "s.db").touch()
    assert ensure_sound(tmp_path / "s.db") is None


@pytest.mark.parametrize("seed", range(6))
def test_a_smashed_page_costs_little(path: Path, seed: int) -> None:
    # Past the pages of the schema itself: without those nothing can be found.
    page = random.Random(seed).randrange(80, path.stat().st_size // 4096)
    smash(path, page * 4096)
    told = ensure_sound(path)
    if told is None:  # a free page, or one whose damage no check can see
        assert problems(path) == []
        return
    assert problems(path, thorough=True) == []
    assert one(path, "SELECT count(*) FROM flows") >= ROWS * 0.95
    assert one(path, "SELECT count(*) FROM traffic_minute") >= ROWS * 0.9
    assert one(path, "SELECT message FROM health WHERE component = 'database' AND level = 'alarm'") == told
    (aside,) = (name for name in path.parent.glob("s.db.corrupt.*") if name.name[-4:] not in ("-wal", "-shm"))
    assert aside.stat().st_size > 100_000
    with Writer(path, "eth0") as writer:
        writer.write(Batch(devices=[samples.device()], flows=[samples.flow(ROWS + 1)]))


def test_what_people_decided_and_who_is_who_survives_damage_to_history(path: Path) -> None:
    db = sqlite3.connect(path)
    root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'flows'").fetchone()[0]
    db.close()
    smash(path, (root - 1) * 4096, size=4096)
    told = ensure_sound(path)
    assert told is not None and "set aside as s.db.corrupt." in told
    assert ask(path, "SELECT name, trust FROM device_notes") == [("Ann", "trusted")]
    assert ask(path, "SELECT id, mac FROM devices") == [(1, KEY[1])]
    assert one(path, "SELECT count(*) FROM traffic_minute") == ROWS
    assert one(path, "SELECT count(*) FROM alerts") == one(path, "SELECT max(change) FROM alerts") > 1


def test_a_smashed_header_gives_a_new_database(path: Path) -> None:
    smash(path, 0, size=100)
    assert ensure_sound(path) is not None
    assert problems(path) == []
    assert list(path.parent.glob("s.db.corrupt.*"))


def test_a_writer_opens_a_smashed_file_as_a_new_one(path: Path) -> None:
    smash(path, 0, size=100)
    with Writer(path, "eth0") as writer:
        writer.write(Batch(flows=[samples.flow()]))
    assert one(path, "SELECT count(*) FROM flows") == 1


def test_an_index_that_disagrees_is_found_by_the_thorough_check(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("PRAGMA writable_schema = ON")
    db.execute(
        "UPDATE sqlite_master SET sql = replace(sql, 'last_seen', 'first_seen') WHERE name = 'flows_time'"
    )
    db.commit()
    db.close()
    assert problems(path) == [] and problems(path, thorough=True) != []
    assert upkeep.check_integrity(path) is not None
    assert problems(path, thorough=True) == [] and one(path, "SELECT count(*) FROM flows") == ROWS


@pytest.mark.parametrize("content", [b"Dear Sir or Madam,\n" * 1_000, b"\x89PNG" + bytes(5_000), b"x" * 600])
def test_a_file_that_is_not_ours_is_never_set_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(content)
    with pytest.raises(StoreForeign):
        ensure_sound(path)
    with pytest.raises(StoreForeign):
        Writer(path, "eth0")
    assert path.read_bytes() == content and len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
def test_the_new_file_has_the_owner_of_the_old(path: Path) -> None:
    share_with(path, 65534, 65534)
    smash(path, 0, size=100)
    assert ensure_sound(path) is not None
    assert (path.stat().st_uid, path.stat().st_gid, path.stat().st_mode & 0o777) == (65534, 65534, 0o600)


def test_a_sensor_that_has_the_old_file_open_goes_on_in_the_new_one(path: Path) -> None:
    with Writer(path, "wlan0") as writer:
        writer.write(Batch(flows=[samples.flow(1)]))
        upkeep.checkpoint(path)
        smash(path, 0, size=100)
        assert ensure_sound(path) is not None
        writer.write(Batch(flows=[samples.flow(2)]))
    assert one(path, "SELECT count(*) FROM flows WHERE sensor = 'wlan0' AND flow = 2") == 1
