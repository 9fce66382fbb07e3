"""Long connections: told once, to strangers only."""

import pytest

from analysis.alerts import Severity
from analysis.detectors.long_connection import LongConnection
from analysis.events import Flow, FlowActive, FlowEnd
from tests.analysis.home import LAPTOP, OUTSIDE, T0, TELEVISION_IP, Home

HOUR = 3600.0


@pytest.fixture
def home() -> Home:
    return Home(LongConnection())


def lasts(home: Home, flow: Flow, hours: float, down: int = 9):
    return home.pipeline.handle(FlowActive(T0 + hours * HOUR, flow, 9, down, 900, 900))


def test_four_hours_are_told_once(home: Home) -> None:
    flow = home.flow()
    assert lasts(home, flow, 3.9) == []
    (finding,) = lasts(home, flow, 4.1)
    assert finding.severity == Severity.NORMAL
    assert finding.evidence["hours"] >= finding.evidence["threshold_hours"]
    assert lasts(home, flow, 8) == []


def pieces(home: Home, hours: float, silence: float, state: str = "midstream", down: int = 60):
    """A sign of life after each silence of so many seconds, which is told as an end after five minutes."""
    found = []
    for n in range(int(hours * HOUR / silence) + 1):
        flow = home.flow(ts=T0 + n * silence)
        state_now = state if n else "established"
        end = FlowEnd(flow.first_seen + 305, flow, 1, 1, 40, down, 1, 1, state_now, None)
        found += home.pipeline.handle(end)
    return found


def test_a_connection_cut_by_its_own_silence_is_put_together(home: Home) -> None:
    (finding,) = pieces(home, 8, 360.0)
    assert finding.evidence["hours"] == 4.0 and finding.evidence["bytes_up"] == 41 * 40


def test_pieces_too_far_apart_begun_anew_or_unanswered_are_not_one(home: Home) -> None:
    assert pieces(home, 20, 900.0) == []  # as a phone's message service
    assert pieces(home, 20, 360.0, state="established") == []
    assert pieces(home, 20, 360.0, down=0) == []


def test_what_was_told_while_it_went_on_is_not_told_again_in_pieces(home: Home) -> None:
    flow = home.flow()
    assert lasts(home, flow, 5)
    for n in range(20):
        piece = flow._replace(id=flow.id + n, first_seen=T0 + (n and 5 * HOUR + n * 360))
        state = "midstream" if n else "established"
        end = FlowEnd(T0 + 5 * HOUR + n * 360 + 305, piece, 9, 9, 900, 900, 9, 9, state, None)
        assert home.pipeline.handle(end) == []


def test_pieces_that_cannot_go_on_are_forgotten(home: Home) -> None:
    (rule,) = home.pipeline.detectors
    for n in range(500):
        flow = home.flow(ts=T0 + n * 60, client_port=40_000 + n)
        home.pipeline.handle(FlowEnd(flow.first_seen + 305, flow, 1, 1, 40, 60, 1, 1, "established", None))
        home.end(home.flow(ts=T0 + n * 60, client_port=50_000 + n), "established", down=1)
    assert len(rule._held) <= 61 and home.pipeline.evictions == 0


def test_at_home_unanswered_and_group_traffic_is_not(home: Home) -> None:
    assert lasts(home, home.flow(TELEVISION_IP), 9) == []
    assert lasts(home, home.flow(), 9, down=0) == []
    assert lasts(home, home.flow("239.255.255.250", proto="udp", group=True), 9) == []


def test_what_is_learned_and_the_makers_own_is_not() -> None:
    home = Home(LongConnection(), learning_seconds=HOUR)
    home.inventory.baseline.check(("eth0", LAPTOP), T0, OUTSIDE, 443, "tcp", None, T0 + 1)
    assert lasts(home, home.flow(), 9) == []
    home.learn("push.apple.com", "198.51.100.7")
    assert lasts(home, home.flow("198.51.100.7"), 9) == []
    home.learn("relay.example", "198.51.100.8")
    assert lasts(home, home.flow("198.51.100.8"), 9)
