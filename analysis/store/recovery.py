"""A damaged database is set aside, what can be read of it goes into a new one, and it is told."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from analysis.store.database import (
    StoreForeign,
    companions,
    connect,
    is_foreign,
    named_errors,
    refuse_folder,
    refuse_foreign,
    repair_lock,
    share_with,
    transaction,
)
from analysis.store.rows import HealthRow
from analysis.store.status import write_health

STEP = 1_000
"""Rowids read at once; a step that fails is halved until single rows are left out."""
CHUNK = 20
"""Rows read at once where they have no number; those of the chunk with the damage are lost."""
LONGEST, UNKNOWN = 1_000_000_000, 1_000_000
"""Rowids looked through at most, and where the highest cannot be read."""
SCHEMA_WITHIN, SCHEMA_TEXT = 1 << 20, b"CREATE TABLE device_addresses"
"""Bytes at the beginning of our files in which this text is stored."""
GIVE_UP = 20_000
"""Unreadable rowids after which the rest of a table is given up."""
PROBLEMS = 5
"""Problems of a file that are told."""

NOT_COPIED = frozenset({"sqlite_sequence", "health"})


def problems(path: str | Path, thorough: bool = False) -> list[str]:
    """What is wrong with the file, empty when nothing. Reads only.

    `quick_check` finds a damaged page (118 of 120 overwritten sectors in an experiment);
    `thorough` compares indexes with tables as well (105 of 120 changes of 16 bytes) and is slower.
    """
    check = "integrity_check" if thorough else "quick_check"
    try:
        with closing(_open_read(Path(path))) as db:
            told = [row[0] for row in db.execute(f"PRAGMA {check}({PROBLEMS})")]
    except sqlite3.DatabaseError as error:
        if _damaged(error):
            return [str(error)]
        with named_errors(Path(path)):
            raise
    lines = [line for text in told for line in text.splitlines() if not line.startswith("***")]
    return [] if told == ["ok"] else lines or told


def refuse_unfit(path: Path) -> None:
    """Raise StoreForeign for a file of another program or of a newer Sentinel. Reads only."""
    with named_errors(path), closing(_open_read(path)) as db:
        refuse_foreign(db, path)


def ensure_sound(path: str | Path, thorough: bool = False) -> str | None:
    """Check the database, and replace it if it is damaged. None when it is sound or missing, else what
    was done, in one sentence that also stands in `health`.

    Other sensors that find the damage at the same time wait and find it mended. Processes that have
    the old file open find out at their next batch and change to the new one.
    Raises StoreForeign for a file that is not ours (which is never replaced) and StoreError when no
    new file can be made.
    """
    path = Path(path)
    refuse_folder(path)
    with repair_lock(path, alone=True):
        if not path.exists() or path.stat().st_size == 0:
            return None
        found = problems(path, thorough)
        return _replace(path, found[0]) if found else None


def _replace(path: Path, problem: str) -> str:
    _refuse_other_programs(path)
    fresh = path.with_name(path.name + ".recovering")
    for name in companions(fresh):
        name.unlink(missing_ok=True)
    kept, lost = _salvage(path, fresh)
    aside = path.with_name(f"{path.name}.corrupt.{time.strftime('%Y%m%dT%H%M%S')}")
    for old, new in zip(companions(path), companions(aside), strict=True):
        with suppress(FileNotFoundError):
            old.replace(new)
    owner = aside.stat()
    share_with(fresh, owner.st_uid, owner.st_gid)
    fresh.replace(path)
    message = (
        f"The database was damaged ({problem}). It was set aside as {aside.name}; {kept} rows were "
        f"carried over into a new one"
    ) + (f", {lost} could not be read." if lost else ".")
    with closing(connect(path)) as db, transaction(db):
        write_health(db, [HealthRow("database", "file", "alarm", message, "Check the disk for errors.")])
    return message


def _refuse_other_programs(path: Path) -> None:
    """Only what bears our mark in its header, or, if the header is what is damaged, the text of our
    schema near its beginning, may be set aside: --db may have named anything."""
    if is_foreign(path) and SCHEMA_TEXT not in _beginning(path):
        raise StoreForeign(f"{path} is no database of Sentinel; choose another file")


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(SCHEMA_WITHIN)


def _salvage(path: Path, fresh: Path) -> tuple[int, int]:
    """Rows carried over and rows lost, as far as can be told."""
    kept = lost = 0
    with closing(connect(fresh)) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        with closing(_open_read(path)) as old:
            if not _is_readable(old):
                return 0, 0
            for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                if table not in NOT_COPIED:
                    good, bad = _copy(old, db, table)
                    kept, lost = kept + good, lost + bad
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return kept, lost


def _is_readable(old: sqlite3.Connection) -> bool:
    try:
        old.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError:
        return False
    return True


def _copy(old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> tuple[int, int]:
    """One table. Names of tables and columns are those of our own schema."""
    info = new.execute(f"PRAGMA table_info({table})").fetchall()
    columns = ", ".join(row[1] for row in info)
    key = ", ".join(f"{name} DESC" for _, name in sorted((row[5], row[1]) for row in info if row[5]))
    sql = new.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    insert = f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({', '.join('?' * len(info))})"  # noqa: S608
    select = f"SELECT {columns} FROM {table}"  # noqa: S608
    with transaction(new):
        if "WITHOUT ROWID" in sql:
            return _copy_from_both_ends(old, new, select, key, insert)
        return _copy_by_rowid(old, new, select, insert, _steps(old, table))


def _copy_from_both_ends(
    old: sqlite3.Connection, new: sqlite3.Connection, select: str, key: str, insert: str
) -> tuple[int, int]:
    """Without row numbers there is no way past a bad page but from the other end."""
    kept = 0
    for query in (select, f"{select} ORDER BY {key}"):
        with suppress(_Unreadable):
            for rows in _chunks(old, query):
                kept += new.executemany(insert, rows).rowcount
            return kept, 0
    return kept, 1


class _Unreadable(Exception):
    """A page of the old file cannot be read. Errors of the new file must not be taken for it."""


def _chunks(old: sqlite3.Connection, query: str) -> Iterator[list[Any]]:
    try:
        cursor = old.execute(query)
        while rows := cursor.fetchmany(CHUNK):
            yield rows
    except sqlite3.DatabaseError as error:
        raise _Unreadable from error


def _copy_by_rowid(
    old: sqlite3.Connection, new: sqlite3.Connection, select: str, insert: str, steps: range
) -> tuple[int, int]:
    kept = lost = 0
    for start in steps:
        todo = [(start, start + STEP - 1)]
        while todo:
            low, high = todo.pop()
            try:
                rows = old.execute(f"{select} WHERE rowid BETWEEN ? AND ?", (low, high)).fetchall()
            except sqlite3.DatabaseError:
                if lost >= GIVE_UP:
                    return kept, lost
                if low == high:
                    lost += 1
                else:
                    middle = (low + high) // 2
                    todo += [(middle + 1, high), (low, middle)]
                continue
            if rows:
                kept += new.executemany(insert, rows).rowcount
    return kept, lost


def _steps(old: sqlite3.Connection, table: str) -> range:
    """Where the steps through a table begin. A damaged highest number must not make it endless."""
    try:
        low, high = old.execute(f"SELECT min(rowid), max(rowid) FROM {table}").fetchone()  # noqa: S608
    except sqlite3.DatabaseError:
        low, high = 1, UNKNOWN
    return range(0) if low is None else range(low, min(high, low + LONGEST) + 1, STEP)


def _open_read(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=10.0, isolation_level=None)


def _damaged(error: sqlite3.Error) -> bool:
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
