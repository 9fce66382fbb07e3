"""Whether the disk of the database is full: while it is, nobody can write that down."""

import shutil
from pathlib import Path

from dashboard.words import size

FULL = 1 << 20
"""Free bytes below which nothing can be counted on to be written. Source: own choice; a sensor's second and
the search index of SQLite's write-ahead log take some hundred kB."""


def full_disk(database: Path) -> str | None:
    """What to do when the disk of the database has no room; None while it has, or where nobody can tell."""
    folder = database.absolute().parent
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return None
    if free >= FULL:
        return None
    return (
        f"Make room on the disk that holds {folder} ({size(free)} are free): delete or move files there. "
        "Sentinel goes on by itself as soon as there is room."
    )
