"""Resolvers outside the home."""

import pytest

from analysis.alerts import Severity
from analysis.detectors.dns_bypass import DnsBypass
from analysis.resolvers import operator_of
from tests.analysis.detectors.test_arp_spoof import lease
from tests.analysis.home import LAPTOP, LAPTOP_IP, ROUTER_IP, T0, TELEVISION_IP, Home, hello

CAMERA, CAMERA_IP = "b0:c5:54:01:02:03", "192.168.1.40"


@pytest.fixture
def home() -> Home:
    home = Home(DnsBypass())
    lease(home, LAPTOP, LAPTOP_IP)
    return home


def camera(home: Home) -> None:
    home.inventory.sighting(T0, CAMERA, CAMERA_IP)
    home.inventory.touch(CAMERA, T0).named("mdns", "DCS-935L", T0)


@pytest.mark.parametrize(("port", "proto", "how"), [(53, "udp", False), (853, "tcp", True), (853, "udp", True),
                                                    (443, "tcp", True)])  # fmt: skip
def test_a_known_resolver_outside_is_a_notice(home: Home, port: int, proto: str, how: bool) -> None:
    (finding,) = home.open(home.flow("8.8.8.8", port, proto))
    assert finding.severity == Severity.NORMAL and finding.evidence["operator"] == "Google"
    assert finding.evidence["encrypted"] is how
    assert home.open(home.flow("8.8.4.4", port, proto)) == []


def test_an_encrypted_resolver_is_known_by_its_name(home: Home) -> None:
    (finding,) = home.pipeline.handle(hello("abc123.dns.nextdns.io"))
    assert finding.evidence["operator"] == "NextDNS"
    assert home.pipeline.handle(hello("www.google.com")) == []


def test_in_an_appliance_it_is_high_but_for_plain_questions_to_known_resolvers(home: Home) -> None:
    camera(home)
    (plain,) = home.open(home.flow("8.8.8.8", 53, "udp", client=CAMERA_IP, client_mac=CAMERA))
    (strange,) = home.open(home.flow("203.0.113.53", 53, "udp", client=CAMERA_IP, client_mac=CAMERA))
    (hidden,) = home.open(home.flow("9.9.9.9", 853, client=CAMERA_IP, client_mac=CAMERA))
    assert [f.severity for f in (plain, strange, hidden)] == [Severity.NORMAL, Severity.HIGH, Severity.HIGH]


def test_the_homes_resolvers_and_unanswered_questions_are_nothing(home: Home) -> None:
    lease(home, LAPTOP, LAPTOP_IP, dns=(ROUTER_IP, "1.1.1.1"))
    assert home.open(home.flow("1.1.1.1", 53, "udp")) == []
    assert home.open(home.flow("1.1.1.1", 853)) == []
    assert home.open(home.flow(TELEVISION_IP, 53, "udp")) == []
    assert home.start(home.flow("8.8.8.8", 53, "udp")) == []
    assert home.open(home.flow("93.184.216.34", 443)) == []


def test_a_resolver_at_home_may_ask_outside(home: Home) -> None:
    lease(home, LAPTOP, LAPTOP_IP, dns=(LAPTOP_IP,))
    assert home.open(home.flow("9.9.9.9", 853)) == []


def test_plain_questions_are_nothing_in_a_home_without_a_resolver() -> None:
    home = Home(DnsBypass())
    assert home.open(home.flow("8.8.8.8", 53, "udp")) == []


def test_names_below_an_operators_are_its() -> None:
    assert operator_of("x.y.dns.google") == "Google" and operator_of("google") is None
