"""Passwords in clear: which, where, and how serious."""

import pytest

from analysis.alerts import Severity
from analysis.detectors.clear_credentials import ClearCredentials
from analysis.events import HttpRequest, SnmpSeen
from tests.analysis.home import LAPTOP, LAPTOP_IP, OUTSIDE, T0, TELEVISION_IP, Home


@pytest.fixture
def home() -> Home:
    return Home(ClearCredentials())


def request(server: str, basic: bool = True) -> HttpRequest:
    return HttpRequest(T0, LAPTOP, LAPTOP_IP, server, 80, "GET", "a.example", "/", None, basic)


def snmp(server: str, default: bool = True, writes: bool = False) -> SnmpSeen:
    return SnmpSeen(T0, LAPTOP, LAPTOP_IP, server, 161, "2c", default, writes)


@pytest.mark.parametrize("service", ["pop3", "imap", "smtp", "ldap"])
@pytest.mark.parametrize(("server", "severity"), [(OUTSIDE, Severity.HIGH), (TELEVISION_IP, Severity.NORMAL)])
def test_a_login_outside_is_high_and_inside_normal(home: Home, service, server, severity) -> None:
    flow = home.flow(server, 4000)
    assert home.session(flow, service) == []
    (finding,) = home.session(flow, service, login=True)
    assert finding.severity == severity and finding.subject.device_mac == LAPTOP
    assert finding.evidence["service"] == service


@pytest.mark.parametrize("service", ["ftp", "telnet", "mqtt", "tls", None])
def test_what_another_rule_tells_or_is_none(home: Home, service) -> None:
    assert home.session(home.flow(OUTSIDE, 21), service, login=True) == []


def test_http_basic(home: Home) -> None:
    (finding,) = home.pipeline.handle(request(OUTSIDE))
    assert finding.severity == Severity.HIGH and finding.subject.port == 80
    assert home.pipeline.handle(request(OUTSIDE, basic=False)) == []
    assert home.pipeline.handle(request(TELEVISION_IP))[0].severity == Severity.NORMAL


def test_inside_the_home_one_incident_a_device_and_service_and_outside_one_a_server(home: Home) -> None:
    inside = {home.pipeline.handle(request(f"192.168.1.{n}"))[0].key for n in range(60, 64)}
    outside = {home.pipeline.handle(request(f"203.0.113.{n}"))[0].key for n in range(4)}
    assert (len(inside), len(outside)) == (1, 4)


def test_inside_can_be_switched_off() -> None:
    home = Home(ClearCredentials(inside=False))
    assert home.pipeline.handle(request(TELEVISION_IP)) == []
    assert len(home.pipeline.handle(request(OUTSIDE))) == 1


@pytest.mark.parametrize(
    ("event", "severity"),
    [
        (snmp(OUTSIDE), Severity.HIGH),
        (snmp(TELEVISION_IP), None),
        (snmp(TELEVISION_IP, default=False), Severity.NORMAL),
        (snmp(TELEVISION_IP, writes=True), Severity.NORMAL),
    ],
)
def test_snmp(home: Home, event, severity) -> None:
    found = home.pipeline.handle(event)
    assert [f.severity for f in found] == ([] if severity is None else [severity])
