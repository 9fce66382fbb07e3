"""All that the database holds about one device, deleted."""

import sqlite3

from analysis.store.peers import device_peer

_ROWS = (
    "flows", "dns", "tls", "http", "alerts", "baseline", "baseline_resets", "traffic_minute", "traffic_hour",
    "edge_hour", "edge_day", "outside_hour", "dns_hour", "device_addresses", "device_names",
    "device_evidence", "expectations",
)  # fmt: skip
"""Tables with a column `device`."""


def forget(db: sqlite3.Connection, device: int, key: tuple[str, str], now: float) -> None:
    """Delete a device, inside the caller's transaction. Freed bytes are overwritten. What stays is its
    row number in `forgotten`, by which writers drop it from memory."""
    db.execute("PRAGMA secure_delete = 1")
    its_ips = "(SELECT ip FROM device_addresses WHERE device = ?1)"
    db.execute(f"DELETE FROM packets WHERE src IN {its_ips} OR dst IN {its_ips}", (device,))  # noqa: S608
    db.execute("DELETE FROM alert_notes WHERE uid IN (SELECT uid FROM alerts WHERE device = ?)", (device,))
    for table in ("edge_hour", "edge_day"):
        db.execute(f"DELETE FROM {table} WHERE peer = ?", (device_peer(device),))  # noqa: S608
    for table in _ROWS:
        db.execute(f"DELETE FROM {table} WHERE device = ?", (device,))  # noqa: S608
    db.execute("DELETE FROM merge_proposals WHERE ?1 IN (a, b)", (device,))
    db.execute("DELETE FROM device_notes WHERE (network, mac) = (?, ?)", key)
    db.execute(
        "DELETE FROM device_links WHERE (network, mac) = (?1, ?2) OR (other_network, other_mac) = (?1, ?2)",
        key,
    )
    db.execute("DELETE FROM devices WHERE id = ?", (device,))
    db.execute("INSERT INTO forgotten (device, asked) VALUES (?, ?)", (device, now))
