"""A large database in the shape of a home's: 30 days of detail, a year of roll-ups. Made by SQL alone.

Numbers are drawn from a multiplicative hash of the row's number, so that the same sizes give the same
file. Secondary indexes are made after the rows, which is five times as fast.
"""

import sqlite3
import time
from pathlib import Path
from typing import NamedTuple

from analysis.store.writer import Writer
from benchmarks.measure import say

DEVICES, PEERS, DAYS, YEAR = 40, 3_000, 30, 365
PACKETS = 20_000
EDGES_AN_HOUR = 1_000
"""Different (device, peer, port) of an hour in a home of 40 devices."""
BYTES_A_FLOW, BYTES_A_DNS, MOST_BYTES = 260, 230, 6 << 30
SENSOR = "bench0"


def device_key(n: int) -> tuple[str, str]:
    """Network and MAC of one of the devices, as sensors name it; `n` goes around."""
    return SENSOR, f"02:11:22:33:00:{1 + n % DEVICES:02x}"


class Sizes(NamedTuple):
    """How many rows, by the name of the table."""

    flows: int
    dns: int
    alerts: int

    def bytes(self) -> int:
        """About how much disk they take, indexes included."""
        return self.flows * BYTES_A_FLOW + self.dns * BYTES_A_DNS + self.alerts * 1_200 + (600 << 20)


def _hash(number: str, modulus: int, salt: int) -> str:
    """SQL for a well mixed number below `modulus`."""
    return f"((({number} + {salt}) * 2654435761 >> 9) % {modulus})"


_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :count) "
# Few devices and few peers carry most of the traffic: the smaller of two draws.
_DEVICE = f"1 + min({_hash('i', DEVICES, 1)}, {_hash('i', DEVICES, 77)})"
_PEER = f"min({_hash('i', PEERS, 3)}, {_hash('i', PEERS, 99)})"
_TS = ":begin + i * :step"
_CLIENT = f"'192.168.1.' || (10 + {_DEVICE})"
_SERVER = f"'203.' || ({_PEER} / 250) || '.113.' || ({_PEER} % 250)"
_NAME = f"'host' || {_hash('i', 7, 5)} || '.site' || ({_PEER}) || '.example'"

_FILL = {
    "flows": f"""
INSERT INTO flows SELECT i + 1, '{SENSOR}', i + 1, {_DEVICE}, {_CLIENT}, {_SERVER},
    1024 + {_hash("i", 60000, 7)}, CASE {_hash("i", 8, 9)} WHEN 0 THEN 80 WHEN 1 THEN 53 ELSE 443 END,
    CASE {_hash("i", 3, 11)} WHEN 0 THEN 'udp' ELSE 'tcp' END, {_NAME},
    CASE {_hash("i", 3, 11)} WHEN 0 THEN NULL ELSE 'tls' END, 'established', {_TS},
    {_TS} + {_hash("i", 60, 13)}, {_hash("i", 40, 15)}, {_hash("i", 80, 17)},
    {_hash("i", 9000, 19)}, {_hash("i", 90000, 21)} FROM n""",
    "dns": f"""
INSERT INTO dns SELECT i + 1, {_TS}, '{SENSOR}', {_DEVICE}, 'udp', {_CLIENT},
    '02:11:22:33:00:' || printf('%02x', {_DEVICE}), '192.168.1.1', {_NAME},
    CASE {_hash("i", 4, 23)} WHEN 0 THEN 'AAAA' ELSE 'A' END,
    CASE {_hash("i", 20, 25)} WHEN 0 THEN 'NXDOMAIN' ELSE 'NOERROR' END,
    '["' || {_SERVER} || '"]', CASE {_hash("i", 500, 27)} WHEN 0 THEN 'made up' END, 0.02 FROM n""",
    "alerts": f"""
INSERT INTO alerts SELECT i + 1, printf('%016x', i), 'rule:' || i, CASE {_hash("i", 8, 29)}
    WHEN 0 THEN 'blocklisted-name' WHEN 1 THEN 'port-scan' WHEN 2 THEN 'insecure-protocol'
    WHEN 3 THEN 'suspicious-port' ELSE 'new-connection' END,
    CASE {_hash("i", 8, 29)} WHEN 0 THEN 2 WHEN 2 THEN 2 WHEN 1 THEN 1 WHEN 3 THEN 1 ELSE 0 END,
    '{SENSOR}', {_DEVICE}, '02:11:22:33:00:' || printf('%02x', {_DEVICE}), {_CLIENT}, 'device ' || {_DEVICE},
    {_SERVER}, {_NAME}, 443, 'tcp', 1 + {_hash("i", 30, 31)}, {_TS}, {_TS} + {_hash("i", 600, 33)},
    'A device reached ' || {_NAME}, 'Why this matters, in two sentences of ordinary length.',
    '{{"name": "host.example", "packets": 12}}', 'What to do about it.', i + 1 FROM n""",
    "packets": f"""
INSERT INTO packets SELECT i + 1, {_TS}, '{SENSOR}', {_CLIENT}, {_SERVER}, 1024 + {_hash("i", 60000, 7)}, 443,
    'tcp', 60 + {_hash("i", 1400, 53)}, 1 FROM n""",
    "traffic_minute": f"""
INSERT INTO traffic_minute SELECT 1 + i % {DEVICES}, :minute + i / {DEVICES}, {_hash("i", 90000, 35)},
    {_hash("i", 900000, 37)}, {_hash("i", 900, 39)} FROM n""",
    "traffic_hour": f"""
INSERT INTO traffic_hour SELECT 1 + i % {DEVICES}, :hour + i / {DEVICES}, {_hash("i", 5400000, 35)},
    {_hash("i", 54000000, 37)}, {_hash("i", 54000, 39)} FROM n""",
    "dns_hour": f"""
INSERT INTO dns_hour SELECT :hour + i / {DEVICES}, 1 + i % {DEVICES}, {_hash("i", 300, 41)},
    {_hash("i", 2, 43)}, {_hash("i", 9, 45)} FROM n""",
    "edge_hour": f"""
INSERT OR IGNORE INTO edge_hour SELECT :hour + i / {EDGES_AN_HOUR}, {_DEVICE},
    'site' || {_PEER} || '.example', CASE {_hash("i", 5, 9)} WHEN 0 THEN 80 ELSE 443 END, 'tcp',
    1 + {_hash("i", 20, 47)}, {_hash("i", 90000, 49)}, {_hash("i", 900000, 51)} FROM n""",
    "edge_day": f"""
INSERT OR IGNORE INTO edge_day SELECT :day + i / {4 * EDGES_AN_HOUR}, {_DEVICE},
    'site' || {_PEER} || '.example', CASE {_hash("i", 5, 9)} WHEN 0 THEN 80 ELSE 443 END, 'tcp',
    1 + {_hash("i", 200, 47)}, {_hash("i", 900000, 49)}, {_hash("i", 9000000, 51)} FROM n""",
    "alert_hour": """
INSERT OR IGNORE INTO alert_hour SELECT :hour + i / 3,
    CASE i % 3 WHEN 0 THEN 'new-connection' WHEN 1 THEN 'port-scan' ELSE 'blocklisted-name' END,
    i % 3, 1 + i % 5 FROM n""",
    "sensor_minute": f"INSERT INTO sensor_minute SELECT '{SENSOR}', :minute + i, 60000, 4e7, 0, 3 FROM n",
    "baseline": f"""
INSERT OR IGNORE INTO baseline SELECT {_DEVICE}, {_SERVER}, 443, 'tcp', 'site' || {_PEER} || '.example',
    1, {_TS}, {_TS} FROM n""",
}
_HOUSEHOLD = f"""
INSERT INTO devices (id, network, mac, vendor, name, kind, ip, first_seen, last_seen)
    SELECT i + 1, '{SENSOR}', '02:11:22:33:00:' || printf('%02x', i + 1), 'Vendor ' || (i % 9),
    'device ' || (i + 1), 'phone', '192.168.1.' || (11 + i), :begin, :end FROM n"""
_ADDRESSES = """
INSERT INTO device_addresses SELECT 1 + i % 40, '192.168.1.' || (11 + i % 40) || CASE i / 40 WHEN 0 THEN ''
    ELSE ':' || (i / 40) END, :begin, :end FROM n"""
_SENSOR = f"""
INSERT INTO sensors (name, label, state, started, heartbeat, last_packet, packets, bytes)
    VALUES ('{SENSOR}', 'Bench', 'running', :begin, :end, :end, 1000000000, 700000000000)"""


def fill(path: Path, sizes: Sizes, days: int = DAYS, year: int = YEAR) -> float:
    """Make the database: detail of so many days, roll-ups of a year of so many; returns the time of its
    newest row (now)."""
    if sizes.bytes() > MOST_BYTES:
        raise ValueError(f"that would take {sizes.bytes() >> 20:,} MiB; the cap is {MOST_BYTES >> 20:,}")
    Writer(path, SENSOR).close()
    end = time.time()
    counts = {
        **sizes._asdict(), "packets": PACKETS, "traffic_minute": DEVICES * days * 1440,
        "traffic_hour": DEVICES * year * 24, "dns_hour": DEVICES * year * 24,
        "edge_hour": EDGES_AN_HOUR * days * 24,
        "edge_day": 4 * EDGES_AN_HOUR * year, "alert_hour": 3 * year * 24, "sensor_minute": days * 1440,
        "baseline": 20_000,
    }  # fmt: skip
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in (
        "synchronous = OFF",
        "cache_size = -262144",
        "temp_store = MEMORY",
        "wal_autocheckpoint = 0",
    ):
        db.execute(f"PRAGMA {pragma}")
    indexes = [
        row for row in db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql NOT NULL")
    ]
    for name, _ in indexes:
        db.execute(f"DROP INDEX {name}")
    for table, count in counts.items():
        begun = time.monotonic()
        span = {"alerts": year, "packets": 0.01}.get(table, days)
        begin = end - span * 86400 - 60
        values = {
            "count": count, "begin": begin, "step": span * 86400 / max(1, count), "end": end,
            "minute": int(end // 60) - days * 1440 + 1, "day": int(end // 86400) - year + 1,
            "hour": int(end // 3600) - (days if table == "edge_hour" else year) * 24 + 1,
        }  # fmt: skip
        _write(db, _FILL[table], values)
        say(f"{table}: {count:,} rows in {time.monotonic() - begun:.0f} s")
    start = {"begin": end - year * 86400, "end": end}
    _write(db, _HOUSEHOLD, {**start, "count": DEVICES})
    _write(db, _ADDRESSES, {**start, "count": DEVICES * 4})
    db.execute(_SENSOR, start)
    begun = time.monotonic()
    for _, sql in indexes:
        db.execute(sql)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    db.execute("PRAGMA analysis_limit = 1000")
    db.execute("ANALYZE")
    say(f"indexes in {time.monotonic() - begun:.0f} s")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    db.close()
    return end


def _write(db: sqlite3.Connection, sql: str, values: dict[str, float]) -> None:
    """Run a filling statement; the numbers stand right before its SELECT."""
    head, select, rest = sql.partition("SELECT")
    db.execute(head + _NUMBERS + select + rest, values)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
