"""Opening sentinel.db for writing: file modes, pragmas, short immediate transactions, named errors."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from analysis.store import migrations

BUSY_TIMEOUT = 10.0
"""Seconds to wait for another writer. SQLite's lock is not fair: 2.3 s were seen under four writers."""

WAL_LIMIT = 16 << 20
"""Bytes that the write-ahead log is cut back to after a checkpoint."""

CACHE_KIB = 4096
"""Page cache of a writer. A commit of another process empties it, so that it has to serve one transaction:
more than this brought no speed, and only filled over the first minutes."""

COMPANIONS = ("", "-wal", "-shm")
"""The files that together are one database in WAL mode."""

_OPEN_ATTEMPTS = 20

# Most rows have a NULL. Unless told what stands for it, the module looks for None's and a bool's adapter in
# three places each time, two of them by an AttributeError: four times what a number costs. The `get` of an
# empty dict gives None for None without a step of Python.
_NOTHING: dict[None, None] = {}
sqlite3.register_adapter(type(None), _NOTHING.get)
sqlite3.register_adapter(bool, int)


class StoreError(Exception):
    """The database could not do what was asked; nothing of it was done."""


class StoreBusy(StoreError):
    """Another process held the database for longer than the time limit. Try again."""


class StoreFull(StoreError):
    """No space is left on the disk. Try again when there is some."""


class StoreUnavailable(StoreError):
    """The file cannot be read or written at present: rights, a missing folder, a failing disk."""


class StoreCorrupt(StoreError):
    """The file is damaged; `recovery.ensure_sound` makes a new one of what can be read."""


class StoreForeign(StoreError):
    """The file is not Sentinel's, or is of a newer Sentinel; it was left as it is."""


_NAMED: dict[int, type[StoreError]] = {
    sqlite3.SQLITE_BUSY: StoreBusy,
    sqlite3.SQLITE_LOCKED: StoreBusy,
    sqlite3.SQLITE_PROTOCOL: StoreBusy,
    sqlite3.SQLITE_FULL: StoreFull,
    sqlite3.SQLITE_IOERR: StoreUnavailable,
    sqlite3.SQLITE_READONLY: StoreUnavailable,
    sqlite3.SQLITE_CANTOPEN: StoreUnavailable,
    sqlite3.SQLITE_PERM: StoreUnavailable,
    sqlite3.SQLITE_CORRUPT: StoreCorrupt,
    sqlite3.SQLITE_NOTADB: StoreCorrupt,
}


def is_read_only(folder: Path) -> bool:
    """Whether nobody can write there, because it is mounted so."""
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except (AttributeError, OSError):  # Windows; no such folder
        return False


def _likely(path: Path, code: int) -> str:
    """What SQLite's words leave out of the usual reason."""
    if code not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
        return ""
    if is_read_only(path.absolute().parent):
        return "; its folder is mounted read-only: mount it for writing, or name another file"
    return "; it and its folder must be yours to write: ask as their owner, or name another file"


@contextmanager
def named_errors(path: Path | None = None) -> Iterator[None]:
    """Turn SQLite's errors about the file into ours, which name it where `path` is told. Errors about a row
    stay `sqlite3.Error`."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None) or 0
        # The low byte of an extended result code is the primary one (sqlite.org/rescode.html).
        kind = _NAMED.get(code & 0xFF)
        if kind is None:
            raise
        if path is None:
            raise kind(str(error)) from error
        raise kind(f"{path}: {error}{_likely(path, code & 0xFF)}") from error


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All of the block or none of it.

    IMMEDIATE, because a deferred transaction that turns into a writer fails at once, whatever
    the timeout, when another one wrote in between.
    """
    with named_errors():
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                with suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
            raise


def open_writer(path: str | Path, timeout: float = BUSY_TIMEOUT) -> sqlite3.Connection:
    """A connection that may write, to a database of the present schema.

    The file is made if missing, readable by its owner only. The connection is in autocommit
    mode: write inside `transaction`. It may be handed to another thread, but not shared.
    Raises StoreForeign for a file that is not ours or of a newer version, else the StoreError
    that says what is wrong with the file. Waits while another process repairs the file.
    """
    with repair_lock(Path(path)):
        return connect(Path(path), timeout)


@contextmanager
def repair_lock(path: Path, alone: bool = False) -> Iterator[None]:
    """Keep a file's name from being given to another file while it is opened; `alone`: to do just that.

    The lock is the folder's, so that it leaves nothing behind. Windows does not need it: there an
    open file cannot be renamed.
    """
    try:
        import fcntl

        folder = os.open(path.absolute().parent, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(folder, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        os.close(folder)


def connect(path: Path, timeout: float = BUSY_TIMEOUT) -> sqlite3.Connection:
    """`open_writer` for one who holds the `repair_lock`."""
    refuse_folder(path)
    _make(path)
    with named_errors(path):
        db = sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=False)
        try:
            refuse_foreign(db, path)
            _make_private(path)
            _prepare(db)
        except BaseException:
            db.close()
            raise
    return db


def refuse_folder(path: Path) -> None:
    """Raise StoreUnavailable for a folder, of which SQLite says only that it cannot be read."""
    if path.is_dir():
        raise StoreUnavailable(f"{path} is a folder; name a file in it")


def _make(path: Path) -> None:
    """An empty file where there is none. SQLite gives -wal and -shm its mode (and, for root, its owner)."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise StoreUnavailable(f"{path}: {error.strerror}") from error


def _make_private(path: Path) -> None:
    """Take the rights of others away from files that are ours."""
    for name in companions(path):
        with suppress(OSError):
            mode = name.stat().st_mode
            if mode & 0o007:
                name.chmod(mode & 0o770)


def is_foreign(path: Path) -> bool:
    """Whether a file can be read and is not Sentinel's: it is neither empty nor has our mark.

    SQLite is asked for the mark. Whoever opens the file past it gives up, when it is closed, all locks that
    SQLite holds on it in this process (POSIX, fcntl(2)); another process would then take itself for the
    last one and delete the write-ahead log.
    """
    if not path.is_file():
        return True
    try:
        with closing(sqlite3.connect(path.resolve().as_uri() + "?mode=ro", uri=True)) as db:
            return not _is_ours(db)
    except sqlite3.Error as error:
        return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_NOTADB


def _is_ours(db: sqlite3.Connection) -> bool:
    application, version = (
        db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    if application == migrations.APPLICATION_ID:
        return True
    empty = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    return bool(empty and application == 0 and version == 0)


def _prepare(db: sqlite3.Connection) -> None:
    # Before the first table, or it has no effect: lets retention give pages back to the disk.
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    _enter_wal(db)
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT}")
    db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    db.execute("PRAGMA temp_store = MEMORY")
    db.execute("PRAGMA foreign_keys = ON")
    with transaction(db):
        migrations.migrate(db)


def _enter_wal(db: sqlite3.Connection) -> None:
    """The change of mode does not wait for other openers as transactions do, so we wait here."""
    for attempt in range(_OPEN_ATTEMPTS):
        try:
            db.execute("PRAGMA journal_mode = WAL").fetchone()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or attempt == _OPEN_ATTEMPTS - 1:
                raise
        time.sleep(0.1)


def refuse_foreign(db: sqlite3.Connection, path: Path) -> None:
    """Raise StoreForeign unless the file is empty or ours and not newer than this program."""
    if not _is_ours(db):
        raise StoreForeign(f"{path} is a database of another program; choose another file for Sentinel")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > migrations.VERSION:
        raise StoreForeign(
            f"{path} was written by a newer Sentinel (schema {version}, this one knows "
            f"{migrations.VERSION}); update Sentinel or choose another file"
        )


def companions(path: str | Path) -> list[Path]:
    """The files of a database: itself, its write-ahead log and the log's index."""
    return [Path(f"{path}{suffix}") for suffix in COMPANIONS]


def share_with(path: str | Path, uid: int, gid: int) -> None:
    """Give the database to the person who started Sentinel with administrator rights, so that their
    dashboard may open it beside sensors that run as root. Root only; a no-op where files
    have no owner. Links are not followed: the folder may be writable by others."""
    if not hasattr(os, "chown"):
        return
    for name in companions(path):
        with suppress(FileNotFoundError):
            os.chown(name, uid, gid, follow_symlinks=False)
