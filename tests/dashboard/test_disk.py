"""A full disk: the sensors can write nothing of it, so the pages look for themselves."""

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from analysis.store.reader import Reader
from dashboard.app import create_app
from dashboard.disk import FULL, full_disk
from dashboard.verdict import present_verdict
from tests.dashboard.filldb import SCHEMA, small

WORDS = "The disk is full: nothing is recorded"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=8m", "none", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a small disk here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, left: int = 0) -> Path:
    """Take what room there is but `left` bytes."""
    path = folder / "filler"
    path.write_bytes(bytes(shutil.disk_usage(folder).free - left))
    return path


def client_of(database: Path) -> FlaskClient:
    return create_app(database).server.test_client()


def test_a_disk_is_full_only_while_there_is_no_room(disk: Path) -> None:
    database = disk / "sentinel.db"
    assert full_disk(database) is None
    filler = fill(disk, FULL + 8192)
    assert full_disk(database) is None
    (disk / "more").write_bytes(bytes(16_384))
    told = full_disk(database)
    assert told is not None and str(disk) in told
    filler.unlink()
    assert full_disk(database) is None
    assert full_disk(disk / "not" / "there" / "sentinel.db") is None


def test_a_full_disk_comes_before_what_the_sensors_wrote_last(disk: Path) -> None:
    home = small(disk / "sentinel.db")
    home.db.execute("UPDATE sensors SET state = 'stopped'")
    client = client_of(home.path)
    assert client.get("/api/v1/summary").json["watch"]["state"] == "stopped"
    filler = fill(disk)
    for path in ("/api/v1/live", "/api/v1/summary"):
        watch = client_of(home.path).get(path).json["watch"]
        assert (watch["state"], watch["text"], watch["since"]) == ("full", WORDS, None)
        assert "Make room" in watch["fix"] and "sentinel.py up" not in watch["fix"]
    said = present_verdict(Reader(home.path), home.now)
    assert (said.tone, said.line) == ("bad", f"{WORDS}.") and str(disk) in said.next
    assert WORDS.encode() in client.get("/").data
    filler.unlink()
    assert client_of(home.path).get("/api/v1/summary").json["watch"]["state"] == "stopped"


def test_a_database_that_could_not_be_begun_is_not_told_as_missing(disk: Path) -> None:
    fill(disk)
    database = disk / "sentinel.db"
    for make in (lambda: None, lambda: database.write_bytes(b"")):
        make()
        client = client_of(database)
        watch = client.get("/api/v1/live").json["watch"]
        assert (watch["state"], watch["text"]) == ("full", WORDS)
        for path in ("/api/v1/summary", "/api/v1/devices", "/api/v1/rows/dns"):
            answer = client.get(path)
            assert answer.status_code == 503 and answer.json["error"] == WORDS
            assert "Make room" in answer.json["fix"]
        assert WORDS.encode() in client.get("/").data


def test_a_new_database_that_no_sensor_could_write_to(disk: Path) -> None:
    database = disk / "sentinel.db"
    with sqlite3.connect(database) as db:
        db.executescript(SCHEMA.read_text(encoding="utf-8"))
    db.close()
    fill(disk)
    assert client_of(database).get("/api/v1/summary").json["watch"]["state"] == "full"
