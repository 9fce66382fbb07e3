"""Opening: modes, owners, what is refused, and what waits."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from analysis.store import migrations
from analysis.store.database import (
    StoreBusy,
    StoreCorrupt,
    StoreError,
    StoreForeign,
    StoreUnavailable,
    companions,
    is_foreign,
    open_writer,
    share_with,
    transaction,
)
from analysis.store.recovery import problems
from analysis.store.rows import Batch
from analysis.store.writer import Writer
from tests.analysis.store.samples import device, one

ROOT = Path(__file__).parents[3]
posix = pytest.mark.skipif(os.name != "posix", reason="file modes are of POSIX systems")
root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away"
)


def modes(path: Path) -> list[int]:
    return [name.stat().st_mode & 0o777 for name in companions(path)]


@posix
def test_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with Writer(tmp_path / "s.db", "eth0") as writer:
            writer.write(Batch(devices=[device()]))
            assert modes(tmp_path / "s.db") == [0o600] * 3
    finally:
        os.umask(before)


@posix
def test_a_file_that_all_may_read_is_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    open_writer(path).close()
    path.chmod(0o664)
    open_writer(path).close()
    assert path.stat().st_mode & 0o777 == 0o660


@root
def test_log_files_that_root_makes_belong_to_the_person(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    open_writer(path).close()
    share_with(path, 65534, 65534)
    with Writer(path, "eth0") as writer:
        writer.write(Batch(devices=[device()]))
        assert [(n.stat().st_uid, n.stat().st_gid) for n in companions(path)] == [(65534, 65534)] * 3
        assert modes(path) == [0o600] * 3


@root
def test_the_person_reads_and_writes_beside_root(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    os.chown(tmp_path, 65534, 65534)
    with Writer(path, "eth0") as writer:
        share_with(path, 65534, 65534)
        writer.write(Batch(devices=[device()]))
        code = (
            "import os, sqlite3, sys; os.setgid(65534); os.setuid(65534);"
            "db = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True);"
            "assert db.execute('SELECT count(*) FROM devices').fetchone() == (1,);"
            "db = sqlite3.connect(sys.argv[1]);"
            "db.execute('INSERT INTO alert_notes VALUES (1, 2, 3, 4)'); db.commit()"
        )
        subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    assert one(path, "SELECT count(*) FROM alert_notes") == 1


@root
def test_a_link_is_not_followed_when_files_are_given_away(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.touch()
    path = tmp_path / "s.db"
    path.symlink_to(target)
    share_with(path, 65534, 65534)
    assert target.stat().st_uid == 0


def test_a_new_file_has_the_present_schema_and_our_mark(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    open_writer(path).close()
    assert one(path, "PRAGMA user_version") == migrations.VERSION
    assert one(path, "PRAGMA application_id") == migrations.APPLICATION_ID
    assert one(path, "PRAGMA auto_vacuum") == 2
    assert one(path, "PRAGMA journal_mode") == "wal"


def test_a_new_file_is_known_as_ours_before_its_first_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with closing(open_writer(path)):
        assert path.read_bytes()[68:72] != migrations.APPLICATION_ID.to_bytes(4, "big")
        assert not is_foreign(path)
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        assert not is_foreign(other)  # nothing is in it yet
        db.execute("CREATE TABLE a (b)")
        assert is_foreign(other)


OPEN_AND_CLOSE = (
    "import sys; from contextlib import closing; from analysis.store.database import open_writer;"
    "db = open_writer(sys.argv[1]); db.execute('SELECT count(*) FROM sqlite_master').fetchone(); db.close()"
)


@pytest.mark.parametrize("again", [open_writer, is_foreign, problems])
def test_what_this_process_opens_besides_leaves_its_locks_alone(
    tmp_path: Path, again: Callable[[Path], Any]
) -> None:
    """Without its lock another process, when it ends, would delete the log that this one goes on writing."""
    path, log = tmp_path / "s.db", tmp_path / "s.db-wal"
    with closing(open_writer(path)) as db:
        db.execute("CREATE TABLE mine (a)")
        result = again(path)
        if isinstance(result, sqlite3.Connection):
            result.close()
        number = log.stat().st_ino
        subprocess.run([sys.executable, "-c", OPEN_AND_CLOSE, str(path)], cwd=ROOT, check=True, timeout=60)
        assert log.stat().st_ino == number
        db.execute("INSERT INTO mine VALUES (7)")
    assert one(path, "SELECT a FROM mine") == 7
    assert one(path, "PRAGMA quick_check") == "ok"


def test_what_cannot_be_asked_is_not_called_foreign(tmp_path: Path) -> None:
    text, folder, newer = tmp_path / "a.txt", tmp_path / "folder", tmp_path / "newer.db"
    text.write_text("Dear diary, this is longer than a hundred bytes. " * 4)
    folder.mkdir()
    open_writer(newer).close()
    with closing(sqlite3.connect(newer)) as db:
        db.execute("PRAGMA user_version = 9999")
    assert [is_foreign(path) for path in (text, folder, newer)] == [True, True, False]


def test_many_processes_may_make_it_together(tmp_path: Path) -> None:
    code = "import sys; from analysis.store.database import open_writer; open_writer(sys.argv[1]).close()"
    command = [sys.executable, "-c", code, str(tmp_path / "s.db")]
    children = [subprocess.Popen(command, cwd=ROOT) for _ in range(6)]
    assert [child.wait(60) for child in children] == [0] * 6
    assert one(tmp_path / "s.db", "PRAGMA quick_check") == "ok"


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    db = open_writer(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreForeign, match=r"newer Sentinel \(schema 99, this one knows \d+\)"):
        open_writer(path)
    assert one(path, "PRAGMA user_version") == 99


@pytest.mark.parametrize(
    "script", ["CREATE TABLE a (b)", "PRAGMA user_version = 3", "PRAGMA application_id = 7"]
)
def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path, script: str) -> None:
    path = tmp_path / "other.db"
    db = sqlite3.connect(path)
    db.executescript(script)
    db.close()
    before = path.read_bytes()
    with pytest.raises(StoreForeign, match="another program"):
        open_writer(path)
    assert path.read_bytes() == before


def test_a_text_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam,\n" * 100)
    with pytest.raises(StoreCorrupt):
        open_writer(path)
    assert path.read_text().startswith("Dear Sir")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="nowhere"):
        open_writer(tmp_path / "nowhere" / "s.db")


def test_a_locked_database_is_busy_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    holder = open_writer(path)
    with Writer(path, "eth0", timeout=0.05) as writer:
        batch = Batch(devices=[device()])
        with transaction(holder), pytest.raises(StoreBusy):
            writer.write(batch)
        assert one(path, "SELECT count(*) FROM devices") == 0
        writer.write(batch)
    assert one(path, "SELECT count(*) FROM devices") == 1
    holder.close()


def test_a_transaction_is_undone_when_its_block_fails(tmp_path: Path) -> None:
    db = open_writer(tmp_path / "s.db")
    with pytest.raises(ValueError), transaction(db):
        db.execute("INSERT INTO alert_notes VALUES ('a', 'open', NULL, 1)")
        raise ValueError
    assert db.execute("SELECT count(*) FROM alert_notes").fetchone() == (0,)
    db.close()


def test_a_folder_or_somebody_elses_file_is_refused_with_its_mode_as_it_was(tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("mine")
    other.chmod(0o644)
    tmp_path.chmod(0o755)
    for path in (tmp_path, other):
        with pytest.raises(StoreError):
            open_writer(path)
    assert other.stat().st_mode & 0o777 == 0o644 and tmp_path.stat().st_mode & 0o777 == 0o755
    assert other.read_text() == "mine"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="file modes are of POSIX systems")
def test_a_file_of_another_user_is_told_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "sentinel.db"
    open_writer(path).close()
    tmp_path.chmod(0o755)
    me = os.geteuid()
    try:
        if me == 0:
            os.seteuid(65_534)  # root may write everything
        else:
            path.chmod(0)
        with pytest.raises(StoreUnavailable) as caught:
            open_writer(path)
    finally:
        os.seteuid(me)
    assert str(caught.value).startswith(f"{path}: ") and "must be yours to write" in str(caught.value)
