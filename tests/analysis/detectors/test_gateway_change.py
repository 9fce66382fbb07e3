"""A changed gateway: the new one stays and the old one is silent."""

import pytest

from analysis.detectors.gateway_change import GatewayChange
from analysis.events import ArpSeen, FlowAnswered
from tests.analysis.home import LAPTOP, LAPTOP_IP, OUTSIDE, ROUTER, T0, TELEVISION_IP, Home

OTHER = "f4:f2:6d:00:00:99"


@pytest.fixture
def home() -> Home:
    return Home(GatewayChange())


def through(home: Home, mac: str, ts: float):
    event = FlowAnswered(T0 + ts, home.flow(OUTSIDE)._replace(server_mac=mac))
    home.inventory.handle(event)
    return home.pipeline.handle(event)


def test_a_new_way_out_is_told_after_five_minutes_once(home: Home) -> None:
    for n in range(10):
        assert through(home, ROUTER, n) == []
    found = [f for n in range(20) for f in through(home, OTHER, 100 + n * 30)]
    (finding,) = found
    assert finding.evidence["old_router"] == ROUTER and finding.evidence["new_router"] == OTHER
    assert finding.evidence["seconds_as_router"] >= 300


def test_a_sign_of_life_that_was_noted_late_does_not_delay(home: Home) -> None:
    through(home, ROUTER, 0)
    home.inventory.seen(ROUTER, T0 + 8)
    found = [f for n in range(12) for f in through(home, OTHER, 1 + n * 30)]
    assert len(found) == 1 and found[0].evidence["seconds_as_router"] == 300


def test_a_little_less_than_five_minutes_is_nothing(home: Home) -> None:
    through(home, ROUTER, 0)
    assert [f for n in range(10) for f in through(home, OTHER, 100 + n * 33)] == []


def test_the_old_one_s_return_begins_the_wait_anew(home: Home) -> None:
    found = [f for n in range(60) for f in through(home, (ROUTER, OTHER, OTHER, OTHER)[n % 4], n * 60)]
    assert found == []


def test_two_that_share_the_work_while_one_s_devices_sleep_are_nothing(home: Home) -> None:
    """The silent one still answers look-ups, or sends anything else."""
    for n in range(20):
        through(home, (ROUTER, OTHER)[n % 2], n)
    for n in range(60):
        home.inventory.seen(ROUTER, T0 + 100 + 10 * n)
        assert through(home, OTHER, 101 + 10 * n) == []


def test_what_is_told_as_spoofing_is_not_told_again(home: Home) -> None:
    through(home, ROUTER, 0)
    home.inventory.gateway.suspect(OTHER, T0)
    assert [f for n in range(20) for f in through(home, OTHER, 100 + n * 30)] == []


def test_traffic_inside_the_home_and_claims_of_others_addresses_say_nothing(home: Home) -> None:
    through(home, ROUTER, 0)
    for n in range(20):
        inside = home.flow(TELEVISION_IP)._replace(server_mac=OTHER)
        assert home.pipeline.handle(FlowAnswered(T0 + 100 + n * 30, inside)) == []
        claim = ArpSeen(T0 + 100 + n * 30, "reply", OTHER, OTHER, TELEVISION_IP, LAPTOP, LAPTOP_IP, LAPTOP)
        assert home.pipeline.handle(claim) == []
