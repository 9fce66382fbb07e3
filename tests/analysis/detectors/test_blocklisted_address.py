"""Addresses on lists: outward at the first packet, inward only when answered."""

import pytest

from analysis.alerts import Severity
from analysis.detectors.blocklisted_address import BlocklistedAddress
from analysis.store.incidents import coalesce
from tests.analysis.home import LAPTOP, OUTSIDE, ROUTER, TELEVISION, TELEVISION_IP, Home, Lists

BAD = "6.6.6.6"


@pytest.fixture
def home() -> Home:
    return Home(BlocklistedAddress(), lists=Lists(addresses={BAD: Severity.CRITICAL}))


def test_an_attempt_outward_counts_and_the_answer_adds_evidence(home: Home) -> None:
    flow = home.flow(BAD)
    (tried,) = home.start(flow)
    (answered,) = home.answer(flow)
    assert tried.severity == Severity.CRITICAL and (tried.times, answered.times) == (1, 0)
    assert tried.key == answered.key and answered.evidence["answered"] and not tried.evidence["answered"]
    assert f" tried to reach {BAD}, " in tried.title and f" contacted {BAD}, " in answered.title
    again = home.flow(BAD, client_port=40_009)
    (unanswered,) = home.start(again)  # what was once answered stays in the incident's words
    (incident,) = coalesce((found, None, 3_600.0) for found in (tried, answered, unanswered))
    assert incident.finding == answered and incident.times == 2
    assert tried.subject.device_mac == LAPTOP and tried.subject.peer_ip == BAD


def test_a_knock_from_outside_counts_only_when_answered(home: Home) -> None:
    flow = home.flow(TELEVISION_IP, 80, client=BAD, client_mac=ROUTER)
    assert home.start(flow) == []
    (finding,) = home.answer(flow)
    assert finding.subject[:3] == (TELEVISION, TELEVISION_IP, BAD)
    assert finding.evidence["direction"] == "inward" and "port forwarding" in finding.advice


def test_inward_can_be_left_out() -> None:
    home = Home(BlocklistedAddress(inward=False), lists=Lists(addresses={BAD: Severity.CRITICAL}))
    assert home.open(home.flow(TELEVISION_IP, 80, client=BAD, client_mac=ROUTER)) == []


def test_other_addresses_are_nothing(home: Home) -> None:
    assert home.open(home.flow(OUTSIDE)) == [] == home.open(home.flow(TELEVISION_IP))
    assert home.open(home.flow("239.1.1.1", 1900, "udp", group=True)) == []


def test_connections_to_one_entry_are_one_incident(home: Home) -> None:
    found = [f for n in range(9) for f in home.open(home.flow(BAD, 1000 + n))]
    assert len({f.key for f in found}) == 1 and sum(f.times for f in found) == 9


def test_it_becomes_usual_for_nobody(home: Home) -> None:
    home.open(home.flow(BAD))
    assert [row.learned for row in home.inventory.baseline.drain()] == [False]


def test_a_harmless_address_leaves_ones_own_list_or_is_expected(home: Home) -> None:
    (fetched,) = home.start(home.flow(BAD))
    assert "mark this as expected" in fetched.advice and "own list" not in fetched.advice
    own = Home(BlocklistedAddress(), lists=Lists(addresses={BAD: Severity.CRITICAL}, own=True))
    (finding,) = own.start(own.flow(BAD))
    assert f"take {BAD} off your own list “test list” (page Health)." in finding.advice
