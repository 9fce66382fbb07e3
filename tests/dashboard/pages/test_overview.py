"""The overview's traffic: every step of the time is there, and an hour of use is not six points."""

import json
from pathlib import Path

from analysis.store.reader import Reader
from dashboard.pages.overview import _steps, _traffic
from tests.dashboard.filldb import Home

NOON = 1_764_072_000 // 60
"""A full hour, in minutes since the epoch."""


def at(path: Path, minutes: list[int]) -> Reader:
    home = Home(path, now=NOON * 60)
    home.sensor()
    home.db.executemany(
        "INSERT INTO traffic_minute (device, minute, bytes_up, bytes_down, packets) VALUES (1, ?, 60, 600, 1)",
        [(minute,) for minute in minutes],
    )
    return Reader(path)


def test_a_pause_is_shown_as_one(tmp_path: Path) -> None:
    reader = at(tmp_path / "a.db", [NOON - 300, NOON - 299, NOON - 31, NOON - 1])
    step, sizes = _steps(reader, NOON)
    assert step == 10 and sizes is not None
    assert list(sizes) == list(range(NOON - 300, NOON, 10))
    assert sizes[NOON - 300] == (120, 1200)
    assert [minute for minute, seen in sizes.items() if seen != (0, 0)] == [NOON - 300, NOON - 40, NOON - 10]


def test_the_first_two_hours_are_shown_by_minute(tmp_path: Path) -> None:
    reader = at(tmp_path / "a.db", [NOON - 7, NOON - 5, NOON])
    step, sizes = _steps(reader, NOON)
    assert step == 1
    assert sizes == {NOON - 7: (60, 600), NOON - 6: (0, 0), NOON - 5: (60, 600)} | {
        NOON - n: (0, 0) for n in (4, 3, 2, 1)
    }


def said(reader: Reader) -> str:
    return json.dumps(
        _traffic(reader, NOON * 60).to_plotly_json(), default=lambda part: part.to_plotly_json()
    )


def test_the_first_minute_is_not_called_nothing(tmp_path: Path) -> None:
    assert "The first minutes are being counted" in said(at(tmp_path / "a.db", [NOON]))
    assert "No traffic yet" in said(at(tmp_path / "b.db", []))
    assert "AreaChart" in said(at(tmp_path / "c.db", [NOON - 2, NOON - 1, NOON]))
