"""One sensor for an interface and a database: a second one would count every packet twice."""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from analysis.store.database import StoreError, StoreUnavailable

WAIT = 6.0
"""Seconds to wait for a sensor that is ending: one whose supervisor was killed ends within four
(`sensors.lifeline.PATIENCE`), and the next supervisor may start sooner."""
LOOK = 0.1
"""Seconds between two looks while waiting."""
_FAR = 1 << 20
"""The byte that is locked on Windows, where locked bytes cannot be read: far behind the holder's number."""


class StoreTaken(StoreError):
    """Another process watches the interface for the same database."""


@contextmanager
def claim(database: Path, interface: str, wait: float = WAIT) -> Iterator[None]:
    """Watch an interface for a database alone, as long as the block lasts.

    The system's lock on a file beside the database: it goes with the process, however that ends; the file
    stays, and means nothing by itself. Replays and other interfaces are not hindered. Raises StoreTaken
    after `wait` seconds, StoreUnavailable where the file cannot be made.
    """
    path = claim_file(database, interface)
    descriptor = _open(path)
    try:
        until = time.monotonic() + wait
        while not _lock(descriptor):
            if time.monotonic() >= until:
                raise StoreTaken(_told(descriptor, database, interface))
            time.sleep(LOOK)
        with suppress(OSError):  # a full disk: the lock holds all the same
            os.ftruncate(descriptor, 0)
            os.write(descriptor, b"%d\n" % os.getpid())
        yield
    finally:
        os.close(descriptor)


def claim_file(database: Path, interface: str) -> Path:
    """The file whose lock is the claim. Interfaces of Windows have signs in their names that no file may."""
    name = "".join(sign if sign.isalnum() else "_" for sign in interface)[:40]
    if name != interface:
        name += "-" + hashlib.sha256(interface.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return Path(f"{database.resolve()}.{name}.lock")


def _open(path: Path) -> int:
    """Not through a link, which in a folder of others might lead anywhere. Belongs to the folder's owner, so
    that a person's sensor can follow one that ran as root."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(path, flags, 0o600)
        if hasattr(os, "fchown") and os.geteuid() == 0:
            owner = path.parent.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
    except OSError as error:
        raise StoreUnavailable(f"{path}: {error.strerror}") from error
    return descriptor


def _lock(descriptor: int) -> bool:
    """Whether the lock is ours now; true as well where the file system has no locks."""
    try:
        import fcntl
    except ImportError:
        return _lock_on_windows(descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _lock_on_windows(descriptor: int) -> bool:
    import msvcrt

    os.lseek(descriptor, _FAR, os.SEEK_SET)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except OSError:
        return False
    finally:
        os.lseek(descriptor, 0, os.SEEK_SET)
    return True


def _told(descriptor: int, database: Path, interface: str) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    number = os.read(descriptor, 20).decode("ascii", "replace").strip()
    holder = f"process {number}" if number.isdecimal() else "another process"
    return (
        f"{interface}: {holder} watches this interface for {database} already; two sensors would count "
        "every packet twice.\n"
        "Stop that Sentinel first (in its terminal, or its service), or name another database: --db"
    )
