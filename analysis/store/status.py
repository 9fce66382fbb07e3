"""What Sentinel says about itself: the state of a sensor, its minutes, standing health findings."""

import json
import os
import sqlite3
import time
from collections.abc import Iterable

from analysis.store.rows import HealthRow, SensorStatus

REPLAY = "replay"
"""The sensor name of replayed captures: it has no minutes of its own without packets, and its present is the
latest of all, in whatever order they are replayed."""

_SENSOR = """
INSERT INTO sensors (name, label, pid, linktype, state, message, started, heartbeat, last_packet, packets,
                     bytes, dropped, shed, evicted, counters)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (name) DO UPDATE SET label = excluded.label, pid = excluded.pid, linktype = excluded.linktype,
    state = excluded.state, message = excluded.message, started = excluded.started,
    heartbeat = excluded.heartbeat, last_packet = CASE name WHEN 'replay' THEN
        coalesce(max(excluded.last_packet, last_packet), excluded.last_packet, last_packet)
        ELSE coalesce(excluded.last_packet, last_packet) END,
    packets = excluded.packets, bytes = excluded.bytes, dropped = excluded.dropped,
    shed = excluded.shed, evicted = excluded.evicted, counters = excluded.counters"""

_MINUTE = """
INSERT INTO sensor_minute (sensor, minute, packets, bytes, dropped, undecoded) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET packets = packets + excluded.packets, bytes = bytes + excluded.bytes,
    dropped = dropped + excluded.dropped, undecoded = undecoded + excluded.undecoded"""

_HEALTH = """
INSERT INTO health (component, subject, level, message, fix, since, updated) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET since = CASE WHEN level = excluded.level THEN since ELSE excluded.since END,
    level = excluded.level, message = excluded.message, fix = excluded.fix, updated = excluded.updated"""


def write_health(db: sqlite3.Connection, rows: Iterable[HealthRow], now: float | None = None) -> None:
    """Insert or renew standing findings; `since` stays while the level does. Inside a transaction."""
    now = time.time() if now is None else now
    db.executemany(_HEALTH, [(*row, now, now) for row in rows])


class Status:
    """Writes one sensor's state, and the growth of its counters into `sensor_minute`.

    Call `commit` when the transaction has ended well: only then does growth count from there.
    """

    def __init__(self, sensor: str) -> None:
        self._sensor = sensor
        self._started = time.time()
        self._last: SensorStatus | None = None

    def write(self, db: sqlite3.Connection, status: SensorStatus) -> None:
        """The present state, with the wall time as heartbeat."""
        now = time.time()
        db.execute(
            _SENSOR,
            (
                self._sensor, status.label, os.getpid(), status.linktype, status.state, status.message,
                self._started, now, status.last_packet, status.packets, status.bytes, status.dropped,
                status.shed, status.evicted, json.dumps(status.counters, default=str),
            ),
        )  # fmt: skip
        growth = self._growth(status)
        at = status.last_packet if growth[0] and status.last_packet is not None else now
        if any(growth) or self._sensor != REPLAY:
            db.execute(_MINUTE, (self._sensor, int(at) // 60, *growth))

    def commit(self, status: SensorStatus) -> None:
        """The state was stored."""
        self._last = status

    def _growth(self, status: SensorStatus) -> tuple[int, int, int, int]:
        now = (status.packets, status.bytes, status.dropped, status.undecoded)
        last = self._last
        if last is None or status.packets < last.packets:
            return now
        then = (last.packets, last.bytes, last.dropped, last.undecoded)
        packets, size, dropped, undecoded = (max(0, a - b) for a, b in zip(now, then, strict=True))
        return packets, size, dropped, undecoded
