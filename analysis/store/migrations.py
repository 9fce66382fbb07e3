"""From any older schema to the present one; each step whole or not at all."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

APPLICATION_ID = int.from_bytes(b"Sent", "big")
"""Written into the file's header by schema.sql (sqlite.org/pragma.html#pragma_application_id)."""

STEPS: tuple[str, ...] = ()
"""`STEPS[n]` is the SQL from version n + 1 to n + 2. A change of schema.sql adds a step here and
raises its `user_version`; released steps never change."""

VERSION = 1 + len(STEPS)

SCHEMA = Path(__file__).with_name("schema.sql")


def statements(script: str) -> Iterator[str]:
    """The statements of a script, each ending at a line's end. (`executescript` would commit first.)"""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
    if pending.strip():
        yield pending


def migrate(db: sqlite3.Connection, steps: Sequence[str] = STEPS) -> None:
    """Bring an open database to version `1 + len(steps)`. The caller holds a write transaction, so
    that two processes that open a new file together do it once, and a kill undoes it whole."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        for statement in statements(SCHEMA.read_text(encoding="utf-8")):
            db.execute(statement)
        return
    for number in range(version, 1 + len(steps)):
        for statement in statements(steps[number - 1]):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {number + 1}")
