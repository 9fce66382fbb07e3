"""Whether Sentinel itself is watching, in words."""

from pathlib import Path
from typing import Any

import pytest

from analysis.store.reader import Reader
from dashboard.verdict import present_verdict
from dashboard.watch import DEAF_AFTER, watch_state
from tests.dashboard.filldb import small

NOW = 1_800_000_000.0
ROW: dict[str, Any] = {
    "name": "eth0", "state": "running", "message": None, "recording": False,
    "started": NOW - 7200, "heartbeat": NOW - 1, "last_packet": NOW - 5,
}  # fmt: skip


@pytest.mark.parametrize(
    "change, state, text",
    [
        ({}, "live", "Live"),
        ({"last_packet": NOW - DEAF_AFTER - 1}, "deaf", "Sensor eth0 hears nothing"),
        ({"last_packet": None}, "deaf", "Sensor eth0 hears nothing"),
        ({"last_packet": None, "started": NOW - 60}, "live", "Live"),
        ({"state": "starting"}, "live", "Live"),
        ({"state": "starting", "message": "Reading in"}, "starting", "Reading in"),
        ({"heartbeat": NOW - 30, "last_packet": NOW - 5000}, "silent", "Sensor eth0 silent"),
        ({"state": "link_down", "message": "no cable"}, "down", "eth0: link_down"),
    ],
)
def test_one_sensor(change: dict[str, Any], state: str, text: str) -> None:
    said = watch_state([ROW | change], NOW)
    assert (said.state, said.text) == (state, text)


def test_of_several_sensors_the_worst_is_told() -> None:
    deaf = ROW | {"name": "eth1", "last_packet": NOW - 5000}
    assert watch_state([ROW, deaf], NOW).text == "Sensor eth1 hears nothing"
    assert watch_state([deaf, ROW | {"heartbeat": 0}], NOW).state == "silent"


def test_a_network_that_is_not_heard_is_not_quiet(tmp_path: Path) -> None:
    home = small(tmp_path / "home.db")
    home.db.execute("DELETE FROM alerts")
    home.db.execute("UPDATE sensors SET heartbeat = heartbeat + 4000")
    said = present_verdict(Reader(home.path), home.now + 4000)
    assert said.line == "Sentinel is not seeing everything." and "hears nothing" in said.next
    home.db.execute("UPDATE sensors SET state = 'starting', message = 'The evening so far is being read in'")
    said = present_verdict(Reader(home.path), home.now + 4000)
    assert said.tone == "warn" and "being read in" in said.next


def test_a_demo_that_is_over_is_neither_live_nor_blind(tmp_path: Path) -> None:
    home = small(tmp_path / "home.db")
    home.db.execute("UPDATE sensors SET state = 'over', message = 'The evening is over'")
    said = watch_state(Reader(home.path).sensors(), home.now)
    assert (said.state, said.text) == ("over", "The evening is over")
    assert "not seeing" not in present_verdict(Reader(home.path), home.now).line
    assert watch_state(Reader(home.path).sensors(), home.now + 100).state == "silent"
