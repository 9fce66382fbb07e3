"""Is Sentinel itself watching? One state from all sensors, in words."""

from pathlib import Path
from typing import NamedTuple

from analysis.store.reader import Reader, Row, StoreError
from dashboard.disk import full_disk

SILENT_AFTER = 10.0
"""Seconds without a heartbeat; a sensor writes one about every second."""
DEAF_AFTER = 900.0
"""Seconds without a packet. Source: own choice; the devices of a home announce themselves (ARP, mDNS, leases)
every few minutes, so that a network which says nothing for so long is not heard."""


class Watch(NamedTuple):
    """The worst state of any sensor: live, starting, deaf, silent, stopped, down, over, recording or missing;
    before all of them full: of the disk."""

    state: str
    text: str
    fix: str | None
    since: float | None
    """When it began, for states that are not live."""


def present_watch(store: Reader, now: float) -> Watch:
    """What the header says. A full disk comes before what the database holds: that was written before it was
    full. Raises `StoreError`."""
    return _full(store.path) or watch_state(store.sensors(), now)


def failed_watch(error: StoreError, database: Path) -> Watch:
    """The same where the database does not answer, which a full disk may be the reason of."""
    return _full(database) or Watch(error.state, str(error), error.fix, None)


def _full(database: Path) -> Watch | None:
    fix = full_disk(database)
    return None if fix is None else Watch("full", "The disk is full: nothing is recorded", fix, None)


def watch_state(sensors: list[Row], now: float) -> Watch:
    """The worst of what the sensors said; `now` is the wall clock, as heartbeats are."""
    if not sensors:
        return Watch("missing", "No sensor has run yet", "sudo python3 sentinel.py up", None)
    live = [row for row in sensors if not row["recording"]]
    if not live:
        return _recording(sensors, now)
    states = [sensor_state(row, now) for row in live]
    return max(states, key=lambda state: _ORDER.index(state.state))


_ORDER = ("recording", "over", "live", "starting", "stopped", "deaf", "down", "silent")


def sensor_state(row: Row, now: float) -> Watch:
    """The state of one sensor."""
    heartbeat = row["heartbeat"] or row["started"] or 0.0
    if row["state"] == "stopped":
        return Watch("stopped", f"Sensor {row['name']} was stopped", "sudo python3 sentinel.py up", heartbeat)
    if now - heartbeat > SILENT_AFTER:
        fix = "Is it still running? sudo python3 sentinel.py up"
        return Watch("silent", f"Sensor {row['name']} silent", fix, heartbeat)
    if row["state"] == "over":
        return Watch("over", row["message"] or "It is over", "python3 sentinel.py demo", row["last_packet"])
    if row["state"] == "starting" and row["message"]:
        return Watch("starting", row["message"], None, None)
    if row["state"] in ("running", "starting"):
        return _hearing(row, now)
    said = row["message"] or "python3 sentinel.py doctor tells how to mend it"
    return Watch("down", f"{row['name']}: {row['state']}", said, heartbeat)


def _hearing(row: Row, now: float) -> Watch:
    """A sensor that runs: whether packets come."""
    last = row["last_packet"] or row["started"] or now
    if now - last <= DEAF_AFTER:
        return Watch("live", "Live", None, None)
    fix = "Is the cable, the mirror port or the access point still there? python3 sentinel.py doctor"
    return Watch("deaf", f"Sensor {row['name']} hears nothing", fix, last)


def _recording(sensors: list[Row], now: float) -> Watch:
    """A database that holds only files played through: its last packet is its present."""
    playing = any(
        now - (row["heartbeat"] or 0.0) <= SILENT_AFTER and row["state"] == "running" for row in sensors
    )
    return Watch("recording", "Playing a recording" if playing else "A recording", None, None)
