"""Old schemas: brought up whole or not at all."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis.store import migrations
from analysis.store.database import open_writer, transaction

FIRST = Path(__file__).with_name("schema_1.sql")
STEPS = (
    "ALTER TABLE devices ADD COLUMN colour TEXT;\nUPDATE devices SET colour = 'blue';\n",
    "CREATE TABLE rooms (id INTEGER PRIMARY KEY, name TEXT);\n-- a remark; with a semicolon\nINSERT INTO rooms (name) VALUES ('kitchen');\n",
)


def old_database(path: Path) -> sqlite3.Connection:
    db = open_writer(path)
    db.execute("PRAGMA user_version = 1")
    db.execute("INSERT INTO devices (network, mac, first_seen, last_seen) VALUES ('eth0', 'a', 1, 2)")
    return db


def test_the_schema_says_the_version_that_the_steps_lead_to() -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    for statement in migrations.statements(migrations.SCHEMA.read_text()):
        db.execute(statement)
    assert db.execute("PRAGMA user_version").fetchone() == (migrations.VERSION,)
    assert db.execute("PRAGMA application_id").fetchone() == (migrations.APPLICATION_ID,)


def test_every_step_is_taken_from_where_the_file_stands(tmp_path: Path) -> None:
    db = old_database(tmp_path / "s.db")
    with transaction(db):
        migrations.migrate(db, STEPS[:1])
    assert db.execute("PRAGMA user_version").fetchone() == (2,)
    with transaction(db):
        migrations.migrate(db, STEPS)
    assert db.execute("PRAGMA user_version").fetchone() == (3,)
    assert db.execute("SELECT mac, colour FROM devices").fetchall() == [("a", "blue")]
    assert db.execute("SELECT name FROM rooms").fetchall() == [("kitchen",)]
    db.close()


def test_a_step_that_fails_leaves_the_old_schema(tmp_path: Path) -> None:
    db = old_database(tmp_path / "s.db")
    with pytest.raises(sqlite3.OperationalError), transaction(db):
        migrations.migrate(db, (STEPS[0], "CREATE TABLE rooms (id);\nINSERT INTO nothing VALUES (1);\n"))
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    columns = [row[1] for row in db.execute("PRAGMA table_info(devices)")]
    assert "colour" not in columns
    db.close()


SLOW = """
import sys
from analysis.store import database, migrations
taken = [""] * (migrations.VERSION - 1)
steps = taken + ["CREATE TABLE t%d (a);\\nINSERT INTO t%d SELECT value FROM generate;\\n" % (n, n) for n in range(40)]
db = database.open_writer(sys.argv[1])
db.execute("CREATE TEMP VIEW generate AS WITH RECURSIVE g(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM g LIMIT 3000) SELECT value FROM g")
print("ready", flush=True)
with database.transaction(db):
    migrations.migrate(db, steps)
print("done", flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_killed_in_the_middle_it_is_old_or_new(tmp_path: Path) -> None:
    seen = set()
    for turn in range(12):
        path = tmp_path / f"{turn}.db"
        open_writer(path).close()
        child = subprocess.Popen(
            [sys.executable, "-c", SLOW, str(path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
        )
        assert child.stdout is not None and child.stdout.readline() == b"ready\n"
        time.sleep(turn * 0.008)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        db = sqlite3.connect(path)
        version = db.execute("PRAGMA user_version").fetchone()[0]
        tables = db.execute("SELECT count(*) FROM sqlite_master WHERE name GLOB 't[0-9]*'").fetchone()[0]
        old, new = migrations.VERSION, migrations.VERSION + 40
        assert (version, tables) in {(old, 0), (new, 40)}
        assert db.execute("PRAGMA quick_check").fetchone() == ("ok",)
        db.close()
        seen.add(version)
    assert migrations.VERSION in seen


def columns(db: sqlite3.Connection) -> dict[str, set[tuple[object, ...]]]:
    """Every table's columns: name, type, whether it may be NULL, default, place in the key."""
    tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {table: {row[1:] for row in db.execute(f"PRAGMA table_info({table})")} for table in tables}


def indexes(db: sqlite3.Connection) -> dict[str, tuple[object, ...]]:
    """Every index with its table, columns and whether it holds only some rows."""
    made = {}
    for table in columns(db):
        for _, name, unique, _, partial in db.execute(f"PRAGMA index_list({table})"):
            made[name] = (table, unique, partial, *(r[2] for r in db.execute(f"PRAGMA index_info({name})")))
    return made


def test_the_steps_lead_from_the_first_schema_to_the_present_one(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "first.db", isolation_level=None)
    for statement in migrations.statements(FIRST.read_text()):
        db.execute(statement)
    db.execute("INSERT INTO devices (network, mac, first_seen, last_seen) VALUES ('eth0', 'a', 1, 2)")
    with transaction(db):
        migrations.migrate(db)
    fresh = open_writer(tmp_path / "fresh.db")
    assert columns(db) == columns(fresh)
    assert indexes(db) == indexes(fresh)
    assert db.execute("SELECT mac FROM devices").fetchall() == [("a",)]
    db.close()
    fresh.close()


def test_what_earlier_runs_sent_out_is_taken_from_the_edges(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "first.db", isolation_level=None)
    for statement in migrations.statements(FIRST.read_text()):
        db.execute(statement)
    at_home = (
        "device:3", "10.0.0.2", "192.168.1.1", "172.16.0.1", "172.31.9.9", "169.254.1.1", "224.0.0.251",
        "239.255.255.250", "255.255.255.255", "fe80::1", "fd00::1", "ff02::fb",
    )  # fmt: skip
    outside = ("a.example", "fd.example", "172.15.0.1", "223.1.1.1", "2001:db8::1", "other")
    edges = [(500, 1, peer, 443, "tcp", 1, 100, 7) for peer in (*at_home, *outside)]
    edges += [(500, 1, "a.example", 80, "tcp", 1, 10, 7), (500, 1, "9.9.9.9", 53, "udp", 1, 1, 7)]
    edges += [(501, 2, "b.example", 443, "tcp", 1, 5, 7), (100, 1, "old.example", 443, "tcp", 1, 5, 7)]
    db.executemany("INSERT INTO edge_hour VALUES (?, ?, ?, ?, ?, ?, ?, ?)", edges)
    with transaction(db):
        migrations.migrate(db)
    rows = db.execute("SELECT * FROM outside_hour ORDER BY hour").fetchall()
    assert rows == [(500, 1, 611, 6), (501, 2, 5, 1)]
    db.close()
