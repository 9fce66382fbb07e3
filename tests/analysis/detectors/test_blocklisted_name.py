"""Names on lists: by look-up, server name and host; one incident a device and entry."""

from itertools import pairwise

import pytest

from analysis.alerts import Severity
from analysis.detectors.blocklisted_name import BlocklistedName
from analysis.events import DnsLookup, DnsRecord, HttpRequest
from tests.analysis.home import LAPTOP, LAPTOP_IP, OUTSIDE, T0, Home, Lists, hello, lookup, query

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


def answered(name: str, *aliases: str, **more: object) -> DnsLookup:
    """The answer to a look-up: each name an alias of the next."""
    chain = [name, *aliases]
    records = [DnsRecord(a, "CNAME", b) for a, b in pairwise(chain)]
    return lookup(name, [])._replace(records=(*records, DnsRecord(chain[-1], "A", OUTSIDE)), **more)


def test_an_alias_of_a_listed_name_is_told_with_both_names(home: Home) -> None:
    event = answered("www.innocent.example", "edge.cdn.example", "payload.evil.example")
    (finding,) = home.pipeline.handle(event)
    assert "looked up www.innocent.example, an alias of payload.evil.example, which is on" in finding.title
    assert finding.severity == Severity.CRITICAL and finding.subject.peer_name == "payload.evil.example"
    assert finding.evidence["asked"] == "www.innocent.example"
    assert home.pipeline.handle(query("evil.example"))[0].key == finding.key


def test_aliases_below_one_entry_are_told_once_and_not_beside_the_name_that_was_asked(home: Home) -> None:
    assert len(home.pipeline.handle(answered("a.example", "b.evil.example", "c.evil.example"))) == 1
    assert home.pipeline.handle(answered("a.evil.example", "b.evil.example")) == []
    (other,) = home.pipeline.handle(answered("a.evil.example", "b.phish.example"))
    assert other.severity == Severity.HIGH


def test_aliases_of_the_local_network_and_of_strangers_are_not_compared(home: Home) -> None:
    assert home.pipeline.handle(answered("a.example", "b.evil.example", transport="llmnr")) == []
    stray = answered("x.example", "b.evil.example")._replace(name="a.example")
    assert home.pipeline.handle(stray) == []


def test_a_host_header_may_end_with_a_dot(home: Home) -> None:
    request = HttpRequest(T0, LAPTOP, LAPTOP_IP, OUTSIDE, 80, "GET", "x.evil.example.", "/", None, False)
    (finding,) = home.pipeline.handle(request)
    assert finding.subject.peer_name == "x.evil.example"
