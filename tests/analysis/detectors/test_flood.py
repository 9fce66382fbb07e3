"""Floods: openings by the thousand and one-sided streams."""

import pytest

from analysis.alerts import Severity
from analysis.detectors.flood import Flood
from analysis.events import FlowActive, FlowEnd
from tests.analysis.home import LAPTOP_IP, T0, TELEVISION_IP, Home


@pytest.fixture
def home() -> Home:
    return Home(Flood(connections=100))


def openings(home: Home, count: int, port: int = 80, **more):
    return [
        f for n in range(count) for f in home.start(home.flow("198.51.100.9", port, ts=T0 + n / 1000, **more))
    ]


def test_openings_within_ten_seconds_are_told_once(home: Home) -> None:
    home.pipeline.tick(T0)
    assert openings(home, 99) == []
    found = openings(home, 900)
    assert len(found) == 1 and found[0].severity == Severity.CRITICAL
    assert found[0].evidence["connections"] == found[0].evidence["threshold"] == 100


def test_the_same_over_minutes_is_not(home: Home) -> None:
    for n in range(20):
        home.pipeline.tick(T0 + n * 11)
        assert openings(home, 60) == []


def test_scans_home_targets_and_look_ups_are_not(home: Home) -> None:
    home.inventory.note_scan(LAPTOP_IP, "198.51.100.9", T0)
    assert openings(home, 500) == []
    assert [f for n in range(500) for f in home.start(home.flow(TELEVISION_IP, 80))] == []
    assert openings(home, 500, 53, proto="udp") == []


def active(home: Home, up: int, down: int, seconds: float):
    return home.pipeline.handle(
        FlowActive(T0 + seconds, home.flow(proto="udp"), up, down, up * 500, down * 60)
    )


def test_a_stream_that_nobody_answers_is_told_once(home: Home) -> None:
    (finding,) = active(home, 40_000, 10, 40.0)
    assert finding.evidence["packets_per_second"] == 1000 > finding.evidence["threshold"]
    flow = home.flow(proto="udp")
    assert home.pipeline.handle(FlowActive(T0 + 30, flow, 40_000, 0, 1, 0))
    assert home.pipeline.handle(FlowEnd(T0 + 60, flow, 90_000, 0, 1, 0, 1, 0, "stateless", None)) == []


def test_an_attack_at_the_end_of_a_quiet_hour_is_told(home: Home) -> None:
    flow = home.flow(proto="udp")
    for n in range(30):
        event = FlowActive(T0 + 30 + n * 120, flow, 5 + n * 5, 40, 900, 900)
        assert home.pipeline.handle(event) == []
    end = FlowEnd(T0 + 3630, flow, 120_000, 50, 1, 0, 1, 0, "stateless", None)
    (finding,) = home.pipeline.handle(end)
    assert finding.evidence["packets_per_second"] == 999 and finding.evidence["packets"] == 119_850
    assert not home.pipeline.detectors[0]._before


def test_a_part_that_is_slow_or_confirmed_is_not(home: Home) -> None:
    for rate, answered in ((400, 0.0), (5000, 0.2)):
        flow = home.flow(proto="udp")
        for n in range(30):
            sent = n * 120 * rate
            event = FlowActive(T0 + 30 + n * 120, flow, sent, int(sent * answered), 900, 900)
            assert home.pipeline.handle(event) == []


def test_slow_confirmed_and_small_streams_are_not(home: Home) -> None:
    assert active(home, 40_000, 0, 200.0) == []
    assert active(home, 40_000, 4_000, 40.0) == []
    assert active(home, 19_000, 0, 10.0) == []


def test_memory_stays_bounded(home: Home) -> None:
    for n in range(70_000):
        home.start(home.flow(f"198.{n // 62500 + 1}.{n // 250 % 250}.{n % 250}"))
        if n % 10_000 == 0:
            home.pipeline.tick(T0)
            assert len(home.pipeline.detectors[0]._starts) <= 65_536
    assert home.pipeline.evictions == 65_536
    assert len(home.pipeline.detectors[0]._starts) == 70_000 - 1 - 65_536  # the first went with its tick
