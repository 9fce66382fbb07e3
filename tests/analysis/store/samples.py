"""Rows to write in tests: one maker a kind, every field with a plain default."""

import sqlite3
from pathlib import Path
from typing import Any

from analysis.alerts import Finding, Severity, Subject
from analysis.store import rows

T0 = 1_700_000_000.0
KEY = ("eth0", "02:00:00:00:00:01")
OTHER = ("eth0", "02:00:00:00:00:02")


def device(key: rows.DeviceKey = KEY, **changes: Any) -> rows.DeviceRow:
    row = rows.DeviceRow(
        key,
        "Maker",
        True,
        "phone",
        "dhcp",
        "android-dhcp-14",
        "1,3,6",
        "phone",
        "Android",
        False,
        "192.168.1.7",
        T0,
        T0,
    )
    return row._replace(**changes)


def flow(number: int = 1, **changes: Any) -> rows.FlowRow:
    row = rows.FlowRow(
        number, KEY, "192.168.1.7", "203.0.113.9", 50_000, 443, "tcp", "www.example.com", "tls", "established",
        T0, T0 + 2, 10, 12, 1_500, 9_000, "example.com", True, 1_500, 9_000,
    )  # fmt: skip
    return row._replace(**changes)


def lookup(**changes: Any) -> rows.DnsRow:
    row = rows.DnsRow(
        T0,
        KEY,
        "udp",
        "192.168.1.7",
        KEY[1],
        "192.168.1.1",
        "www.example.com",
        "A",
        "NOERROR",
        ("203.0.113.9",),
        None,
        0.012,
    )
    return row._replace(**changes)


def tls(**changes: Any) -> rows.TlsRow:
    return rows.TlsRow(
        T0, KEY, "192.168.1.7", "203.0.113.9", 443, "www.example.com", "1.3", "h2", "t13d", False, True
    )._replace(**changes)


def http(**changes: Any) -> rows.HttpRow:
    return rows.HttpRow(
        T0, KEY, "192.168.1.7", "203.0.113.9", 80, "GET", "example.com", "/", "curl/8"
    )._replace(**changes)


def packet(**changes: Any) -> rows.PacketRow:
    return rows.PacketRow(T0, "192.168.1.7", "203.0.113.9", 50_000, 443, "tcp", 583, 1)._replace(**changes)


def status(**changes: Any) -> rows.SensorStatus:
    return rows.SensorStatus(
        "Home", 1, "running", None, T0, 100, 50_000, 3, 2, 0, 1, {"undecoded": {"truncated": 2}}
    )._replace(**changes)


def finding(ts: float = T0, key: str = "telnet|a|b", **changes: Any) -> Finding:
    row = Finding(
        ts, "telnet", Severity.CRITICAL, key, Subject(KEY[1], "192.168.1.7", "203.0.113.9", None, 23, "tcp"),
        "Telnet", "Anybody can read it.", {"packets": 3}, "Use SSH.",
    )  # fmt: skip
    return row._replace(**changes)


def ask(path: Path, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Rows of a query, through a connection of its own."""
    db = sqlite3.connect(path)
    try:
        return db.execute(sql, values).fetchall()
    finally:
        db.close()


def one(path: Path, sql: str, *values: Any) -> Any:
    """The only value of the only row."""
    ((value,),) = ask(path, sql, *values)
    return value
