"""Names on lists: by look-up, server name and host; one incident a device and entry."""

import pytest

from analysis.alerts import Severity
from analysis.detectors.blocklisted_name import BlocklistedName
from analysis.events import HttpRequest
from tests.analysis.home import LAPTOP, LAPTOP_IP, OUTSIDE, T0, Home, Lists, hello, query

LISTS = Lists(
    {"evil.example": Severity.CRITICAL, "ads.example": Severity.NORMAL, "phish.example": Severity.HIGH}
)


@pytest.fixture
def home() -> Home:
    return Home(BlocklistedName(), lists=LISTS)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_look_up_below_an_entry_is_found(home: Home, transport: str) -> None:
    (finding,) = home.pipeline.handle(query("c2.evil.example", transport))
    assert finding.severity == Severity.CRITICAL and finding.times == 1
    assert finding.subject[:4] == (LAPTOP, LAPTOP_IP, None, "c2.evil.example")
    assert finding.evidence["entry"] == "evil.example" and finding.evidence["list"] == "test list"


def test_the_list_decides_the_severity_and_the_words(home: Home) -> None:
    (ads,) = home.pipeline.handle(query("ads.example"))
    (phish,) = home.pipeline.handle(query("phish.example"))
    assert (ads.severity, phish.severity) == (Severity.NORMAL, Severity.HIGH)
    assert "privacy" in ads.why and "malware" in phish.advice


@pytest.mark.parametrize("name", ["notevil.example", "example", "evil.example.com", ""])
def test_near_misses(home: Home, name: str) -> None:
    assert home.pipeline.handle(query(name)) == [] == home.pipeline.handle(hello(name))


def test_local_questions_are_not_compared(home: Home) -> None:
    assert home.pipeline.handle(query("evil.example", "llmnr")) == []


def test_one_incident_for_all_names_below_an_entry(home: Home) -> None:
    found = [f for n in range(20) for f in home.pipeline.handle(query(f"n{n}.evil.example"))]
    assert len({f.key for f in found}) == 1 and sum(f.times for f in found) == 20


def test_the_connection_after_a_look_up_adds_evidence_only(home: Home) -> None:
    (asked,) = home.pipeline.handle(query("evil.example"))
    (met,) = home.pipeline.handle(hello("evil.example"))
    assert (met.times, met.key) == (0, asked.key)
    assert met.subject.peer_ip == OUTSIDE and met.subject.port == 443 and met.evidence["connected"]


def test_a_connection_without_a_look_up_counts(home: Home) -> None:
    (finding,) = home.pipeline.handle(hello("evil.example"))
    assert finding.times == 1
    request = HttpRequest(T0, LAPTOP, LAPTOP_IP, OUTSIDE, 80, "GET", "Evil.Example:80", "/", None, False)
    assert home.pipeline.handle(request) and not home.pipeline.handle(request._replace(host=None))


def test_connections_can_be_left_out() -> None:
    home = Home(BlocklistedName(connections=False), lists=LISTS)
    assert home.pipeline.handle(hello("evil.example")) == []


def test_without_lists_nothing_is_found_and_nothing_fails() -> None:
    home = Home(BlocklistedName())
    assert home.pipeline.handle(query("evil.example")) == [] and not home.pipeline.failures


def test_without_a_mac_the_address_is_the_device(home: Home) -> None:
    (finding,) = home.pipeline.handle(query("evil.example")._replace(client_mac=None, client_ip="10.0.0.9"))
    assert finding.subject.device_mac is None and finding.subject.device_ip == "10.0.0.9"


def test_a_harmless_name_leaves_the_list_that_holds_it(home: Home) -> None:
    (fetched,) = home.pipeline.handle(query("c2.evil.example"))
    assert "add it to blocklists.allow in config.yaml" in fetched.advice and "“test list”" in fetched.advice
    own = Home(BlocklistedName(), lists=Lists({"evil.example": Severity.CRITICAL}, own=True))
    (finding,) = own.pipeline.handle(query("c2.evil.example"))
    assert "take evil.example off your own list “test list” (page Health)." in finding.advice
    assert "config.yaml" not in finding.advice
