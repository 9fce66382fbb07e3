"""Long connections: told once, to strangers only."""

import pytest

from analysis.alerts import Severity
from analysis.detectors.long_connection import LongConnection
from analysis.events import Flow, FlowActive
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
