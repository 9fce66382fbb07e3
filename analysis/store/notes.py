"""What a person decided, written from the web: the only module on that side that writes."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from analysis.kinds import KINDS
from analysis.store.forget import forget
from analysis.store.scopes import Scope
from analysis.text import visible

TRUSTS = ("unknown", "trusted", "guest", "iot")
STATES = ("open", "acknowledged", "expected")
NAME_LIMIT = 60
NOTE_LIMIT = 1000


class NoteError(ValueError):
    """What was asked is not allowed or names nothing; the text says why."""


class NoteFailed(Exception):
    """The database could not be written."""


class Notes:
    """Decisions about devices and incidents. Each call is one short transaction on a connection of
    its own, so that sensors never wait on a person."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def name_device(self, device: int, name: str) -> None:
        """Give a device a name; an empty one returns it to the name from the wire."""
        with self._transaction() as connection:
            self._decide(connection, device, "name", _line(name, NAME_LIMIT) or None)

    def trust_device(self, device: int, trust: str) -> None:
        """Say what a device is to this home: one of `TRUSTS`."""
        _one_of("trust", trust, TRUSTS)
        with self._transaction() as connection:
            self._decide(connection, device, "trust", trust)

    def kind_device(self, device: int, kind: str | None) -> None:
        """Say what a device is: one of `kinds.KINDS`; None returns it to what the evidence says."""
        if kind is not None:
            _one_of("kind", kind, KINDS)
        with self._transaction() as connection:
            self._decide(connection, device, "kind", kind)

    def remark_device(self, device: int, note: str) -> None:
        """Keep a remark about a device."""
        with self._transaction() as connection:
            self._decide(connection, device, "note", _paragraph(note) or None)

    def decide_alert(self, alert: int, state: str, note: str | None = None) -> None:
        """Set an incident's state, one of `STATES`; `note` None keeps the note there is."""
        _one_of("state", state, STATES)
        text = None if note is None else _paragraph(note)
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO alert_notes (uid, state, note, changed) VALUES (?1, ?2, ?3, ?4)"
                " ON CONFLICT (uid) DO UPDATE SET state = ?2, note = COALESCE(?3, note), changed = ?4",
                (_alert_uid(connection, alert), state, text, time.time()),
            )

    def remark_alert(self, alert: int, note: str) -> None:
        """Keep a remark about an incident; its state stays."""
        text = _paragraph(note)
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO alert_notes (uid, note, changed) VALUES (?1, ?2, ?3)"
                " ON CONFLICT (uid) DO UPDATE SET note = ?2, changed = ?3",
                (_alert_uid(connection, alert), text, time.time()),
            )

    def expect(self, scope: Scope, days: float | None, note: str = "") -> int:
        """Expect what a scope covers from now on, for `days` or (None) for ever. Returns the row id."""
        if days is not None and not 0 < days < 10_000:
            raise NoteError("An expectation lasts for some days, or for ever.")
        now = time.time()
        values = (*scope, now, None if days is None else now + days * 86_400, _paragraph(note) or None)
        with self._transaction() as connection:
            made = connection.execute(
                "INSERT INTO expectations (rule, device, peer, port, made, expires, note)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            return int(made.lastrowid or 0)

    def undo_expectation(self, expectation: int) -> None:
        """Expect it no longer: incidents that only this one covered are open again."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM expectations WHERE id = ?", (expectation,))

    def forget_device(self, *addresses: int) -> None:
        """Delete all that is known of a device, given by its row or, where a person joined several, by
        all of them, in one transaction: half forgotten is not forgotten.
        Sensors wait meanwhile, with what they see in memory (2 s for 125,000 conversations)."""
        with self._transaction() as connection:
            for device in addresses:
                forget(connection, device, _device_key(connection, device), time.time())

    def reset_baseline(self, device: int) -> None:
        """Ask the sensors to learn anew what is usual for a device."""
        with self._transaction() as connection:
            _device_key(connection, device)
            connection.execute(
                "INSERT INTO baseline_resets (device, asked) VALUES (?, ?)", (device, time.time())
            )

    def link_devices(self, one: int, other: int, same: bool) -> None:
        """Say whether two addresses are one device. What is said replaces what was said before."""
        with self._transaction() as connection:
            first, second = sorted((_device_key(connection, one), _device_key(connection, other)))
            if first == second:
                raise NoteError("These are the same address.")
            connection.execute(
                "INSERT INTO device_links VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET same = excluded.same, changed = excluded.changed",
                (*first, *second, same, time.time()),
            )

    def _decide(self, connection: sqlite3.Connection, device: int, column: str, value: str | None) -> None:
        """`column` is one of ours, never from a request."""
        network, mac = _device_key(connection, device)
        connection.execute(
            f"INSERT INTO device_notes (network, mac, {column}, changed)"  # noqa: S608
            " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (network, mac)"
            f" DO UPDATE SET {column} = ?3, changed = ?4",
            (network, mac, value, time.time()),
        )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """BEGIN IMMEDIATE: a deferred one that writes later loses against other writers."""
        try:
            connection = sqlite3.connect(
                f"file:{quote(str(self.path))}?mode=rw", uri=True, timeout=5.0, isolation_level=None
            )
        except sqlite3.Error as error:
            raise NoteFailed(f"The database cannot be opened for writing ({error}).") from error
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise NoteFailed(f"The database did not take the change ({error}).") from error
        finally:
            connection.close()


def _device_key(connection: sqlite3.Connection, device: int) -> tuple[str, str]:
    found = connection.execute("SELECT network, mac FROM devices WHERE id = ?", (device,)).fetchone()
    if found is None:
        raise NoteError("This device is no longer in the database.")
    return found[0], found[1]


def _alert_uid(connection: sqlite3.Connection, alert: int) -> str:
    found = connection.execute("SELECT uid FROM alerts WHERE id = ?", (alert,)).fetchone()
    if found is None:
        raise NoteError("This incident is no longer in the database.")
    return str(found[0])


def _one_of(what: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise NoteError(f"{what}: expected one of {', '.join(allowed)}")


def _line(text: str, limit: int) -> str:
    """One line of plain text; hidden characters are made visible."""
    if len(text.strip()) > limit:
        raise NoteError(f"At most {limit} characters, please.")
    return "".join(map(visible, text.strip()))


def _paragraph(text: str) -> str:
    if len(text) > NOTE_LIMIT:
        raise NoteError(f"At most {NOTE_LIMIT} characters, please.")
    lines = text.strip().replace("\r\n", "\n").split("\n")
    return "\n".join("".join(map(visible, line)) for line in lines)
