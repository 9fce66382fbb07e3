"""From any older schema to the present one; each step whole or not at all."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

APPLICATION_ID = int.from_bytes(b"Sent", "big")
"""Written into the file's header by schema.sql (sqlite.org/pragma.html#pragma_application_id)."""

_IDENTITY = """
ALTER TABLE devices ADD COLUMN maker TEXT;
ALTER TABLE devices ADD COLUMN model TEXT;
ALTER TABLE devices ADD COLUMN confidence REAL;
ALTER TABLE devices ADD COLUMN os_confidence REAL;
CREATE TABLE device_evidence (
    device INTEGER NOT NULL REFERENCES devices(id) ON DELETE CASCADE,
    source TEXT NOT NULL, clue TEXT NOT NULL, says TEXT NOT NULL, weight REAL NOT NULL,
    first_seen REAL NOT NULL, last_seen REAL NOT NULL,
    PRIMARY KEY (device, source, clue, says)
) WITHOUT ROWID;
CREATE TABLE merge_proposals (
    a INTEGER NOT NULL REFERENCES devices(id) ON DELETE CASCADE,
    b INTEGER NOT NULL REFERENCES devices(id) ON DELETE CASCADE,
    score REAL NOT NULL, evidence TEXT NOT NULL, made REAL NOT NULL,
    PRIMARY KEY (a, b)
) WITHOUT ROWID;
CREATE TABLE device_links (
    network TEXT NOT NULL, mac TEXT NOT NULL, other_network TEXT NOT NULL, other_mac TEXT NOT NULL,
    same INTEGER NOT NULL, changed REAL NOT NULL,
    PRIMARY KEY (network, mac, other_network, other_mac)
) WITHOUT ROWID;
"""

_DECISIONS = """
CREATE INDEX alerts_rule ON alerts(rule, last_seen);
CREATE TABLE expectations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    rule TEXT NOT NULL,
    device INTEGER, peer TEXT, port INTEGER,
    made REAL NOT NULL, expires REAL,
    note TEXT
);
CREATE INDEX expectations_rule ON expectations(rule);
CREATE TABLE forgotten (
    id INTEGER PRIMARY KEY AUTOINCREMENT, device INTEGER NOT NULL, asked REAL NOT NULL
);
"""

_SPEED = """
CREATE INDEX alerts_serious ON alerts(
    severity, change, rule, device, device_mac, device_ip, peer_ip, peer_name, port, uid, count, first_seen,
    last_seen
) WHERE severity > 0;
CREATE INDEX traffic_hour_time ON traffic_hour(hour);
"""

_CONNECTIONS = """
CREATE INDEX alerts_connection ON alerts(peer_ip, port, last_seen) WHERE port IS NOT NULL;
CREATE TABLE told_within (
    uid TEXT PRIMARY KEY, head TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX told_within_head ON told_within(head);
CREATE TRIGGER alerts_gone AFTER DELETE ON alerts BEGIN
    DELETE FROM told_within WHERE uid = OLD.uid;
END;
"""

_KIND = "ALTER TABLE device_notes ADD COLUMN kind TEXT;\n"

# What earlier runs sent is not known exactly: edges do not say who asked whom, nor all that is at home.
_OUTSIDE = """
CREATE TABLE outside_hour (
    hour INTEGER NOT NULL, device INTEGER NOT NULL, bytes_up INTEGER NOT NULL, places INTEGER NOT NULL,
    PRIMARY KEY (hour, device)
) WITHOUT ROWID;
INSERT INTO outside_hour
SELECT hour, device, sum(bytes_up), count(DISTINCT CASE WHEN port NOT IN (53, 123, 853) THEN peer END)
FROM edge_hour
WHERE hour > (SELECT max(hour) FROM edge_hour) - 336 AND peer NOT LIKE 'device:%'
    AND peer NOT GLOB '10.*.*.*' AND peer NOT GLOB '192.168.*.*' AND peer NOT GLOB '169.254.*.*'
    AND peer NOT GLOB '172.1[6-9].*.*' AND peer NOT GLOB '172.2[0-9].*.*' AND peer NOT GLOB '172.3[01].*.*'
    AND peer NOT GLOB '22[4-9].*.*.*' AND peer NOT GLOB '23[0-9].*.*.*' AND peer != '255.255.255.255'
    AND peer NOT GLOB 'f[cdef]*:*'
GROUP BY hour, device;
"""

STEPS: tuple[str, ...] = (_IDENTITY, _DECISIONS, _SPEED, _CONNECTIONS, _KIND, _OUTSIDE)
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
