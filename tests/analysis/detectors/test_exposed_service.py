"""Devices that answer strangers."""

import pytest

from analysis.alerts import Severity
from analysis.detectors.exposed_service import ExposedService
from analysis.events import Flow
from tests.analysis.home import OUTSIDE, TELEVISION, TELEVISION_IP, Home


@pytest.fixture
def home() -> Home:
    return Home(ExposedService())


def visit(
    home: Home, port: int, proto: str = "tcp", client_port: int = 50_000, client: str = OUTSIDE
) -> Flow:
    return home.flow(TELEVISION_IP, port, proto, client=client, client_mac=None, client_port=client_port)


@pytest.mark.parametrize(
    ("port", "severity"), [(22, Severity.HIGH), (554, Severity.HIGH), (32_400, Severity.NORMAL)]
)
def test_an_answered_visit(home: Home, port: int, severity: Severity) -> None:
    (finding,) = home.open(visit(home, port))
    assert finding.severity == severity and finding.subject.device_mac == TELEVISION
    assert finding.subject.peer_ip == OUTSIDE and finding.evidence["visitor"] == OUTSIDE


def test_many_visitors_are_one_incident_with_their_number(home: Home) -> None:
    found = [home.open(visit(home, 22, client=f"203.0.113.{n}"))[0] for n in range(5)]
    assert len({f.key for f in found}) == 1 and found[-1].evidence["visitors_today"] == 5


def test_unanswered_or_joined_in_the_middle_is_no_visit(home: Home) -> None:
    assert home.start(visit(home, 22)) == []
    joined = visit(home, 22)
    assert [*home.start(joined, syn=False), *home.answer(joined)] == []


def test_udp_counts_for_known_services_only(home: Home) -> None:
    assert len(home.open(visit(home, 161, "udp"))) == 1
    assert home.open(visit(home, 161, "udp", client_port=53)) == [] == home.open(visit(home, 50_001, "udp"))


def test_from_inside_and_to_the_outside_is_no_visit(home: Home) -> None:
    assert home.open(home.flow(TELEVISION_IP, 22)) == [] == home.open(home.flow(OUTSIDE, 22))


def test_ports_opened_on_purpose() -> None:
    home = Home(ExposedService(allowed=(443,)))
    assert home.open(visit(home, 443)) == []
