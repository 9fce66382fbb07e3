"""Is Sentinel itself watching? One state from all sensors, in words."""

from typing import NamedTuple

from analysis.store.reader import Row

SILENT_AFTER = 10.0
"""Seconds without a heartbeat; a sensor writes one about every second."""
DEAF_AFTER = 900.0
"""Seconds without a packet. Source: own choice; the devices of a home announce themselves (ARP, mDNS, leases)
every few minutes, so that a network which says nothing for so long is not heard."""


class Watch(NamedTuple):
    """The worst state of any sensor: live, starting, deaf, silent, stopped, down, recording or missing."""

    state: str
    text: str
    fix: str | None
    since: float | None
    """When it began, for states that are not live."""


def watch_state(sensors: list[Row], now: float) -> Watch:
    """What the header says; `now` is the wall clock, as heartbeats are."""
    if not sensors:
        return Watch("missing", "No sensor has run yet", "sudo python3 sentinel.py up", None)
    live = [row for row in sensors if not row["recording"]]
    if not live:
        return _recording(sensors, now)
    states = [sensor_state(row, now) for row in live]
    return max(states, key=lambda state: _ORDER.index(state.state))


_ORDER = ("recording", "live", "starting", "stopped", "deaf", "down", "silent")


def sensor_state(row: Row, now: float) -> Watch:
    """The state of one sensor."""
    heartbeat = row["heartbeat"] or row["started"] or 0.0
    if row["state"] == "stopped":
        return Watch("stopped", f"Sensor {row['name']} was stopped", "sudo python3 sentinel.py up", heartbeat)
    if now - heartbeat > SILENT_AFTER:
        fix = "Is it still running? sudo python3 sentinel.py up"
        return Watch("silent", f"Sensor {row['name']} silent", fix, heartbeat)
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
