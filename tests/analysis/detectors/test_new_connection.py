"""New connections: learned, told once, and what is no news at all."""

import pytest

from analysis.alerts import Finding, Severity
from analysis.detectors.foreign_port import ForeignPort
from analysis.detectors.new_connection import NewConnection
from analysis.detectors.suspicious_port import SuspiciousPort
from analysis.events import Flow
from analysis.names import CONFIRMED
from tests.analysis.home import LAPTOP, OUTSIDE, ROUTER, ROUTER_IP, T0, TELEVISION_IP, Home, Lists, hello

HOUR = 3600.0


@pytest.fixture
def home() -> Home:
    """Learning ended an hour after T0."""
    return Home(NewConnection(), learning_seconds=HOUR)


def opened(home: Home, flow: Flow) -> list[Finding]:
    """What is told of a connection, a second after it was opened."""
    return [*home.open(flow), *home.pipeline.tick(flow.first_seen + 1)]


def later(home: Home, *args: object, **more: object) -> list[Finding]:
    return opened(home, home.flow(*args, ts=T0 + 2 * HOUR, **more))


def test_nothing_while_learning_and_nothing_for_what_was_learned(home: Home) -> None:
    assert opened(home, home.flow()) == []
    assert later(home) == []


def test_a_new_destination_is_told_once(home: Home) -> None:
    (finding,) = later(home)
    assert finding.severity == Severity.NORMAL and finding.subject[:3] == (LAPTOP, "192.168.1.20", OUTSIDE)
    assert later(home) == []
    assert [f.subject.port for f in later(home, OUTSIDE, 8443)] == [8443]


def test_without_learning_everything_is_told() -> None:
    home = Home(NewConnection(), learning_seconds=0)
    assert len(opened(home, home.flow())) == 1


def test_another_address_of_a_known_service_is_no_news(home: Home) -> None:
    home.learn("www.example.com", "203.0.113.1")
    home.learn("img.example.com", "203.0.113.2")
    home.learn("www.other.com", "203.0.113.3")
    home.open(home.flow("203.0.113.1"))
    assert later(home, "203.0.113.2") == []
    (finding,) = later(home, "203.0.113.3")
    assert finding.subject.peer_name == "www.other.com" and finding.evidence["service"] == "other.com"
    assert later(home, "203.0.113.2", 8443), "the same service on another port is news"


def test_attempts_multicast_pings_and_dns_at_home_are_none(home: Home) -> None:
    ts = T0 + 2 * HOUR
    assert home.start(home.flow(ts=ts)) == []
    assert home.end(home.flow(ts=ts), "attempt") == []
    assert later(home, "239.255.255.250", 1900, "udp", group=True) == []
    assert later(home, OUTSIDE, 0, "icmp") == []
    assert later(home, ROUTER_IP, 53, "udp") == []
    assert later(home, "8.8.4.4", 53, "udp"), "DNS past the router is news"


def test_only_what_the_device_opened_itself(home: Home) -> None:
    assert later(home, TELEVISION_IP, 80, client="5.6.7.8", client_mac=ROUTER) == []
    assert later(home, TELEVISION_IP, 80, client_mac=None) == []


def test_unanswered_udp_counts_when_repeated(home: Home) -> None:
    flow = home.flow(OUTSIDE, 9999, "udp", ts=T0 + 2 * HOUR)
    assert home.end(flow, "stateless", up=2) == []
    assert home.end(flow, "stateless", up=3) == [] and len(home.pipeline.tick(T0 + 3 * HOUR)) == 1
    home.end(home.flow("1.2.3.4", 9999, "udp", ts=T0 + 2 * HOUR), "stateless", up=9, down=1)
    assert home.pipeline.tick(T0 + 4 * HOUR) == []


def test_a_listed_destination_never_becomes_usual() -> None:
    home = Home(NewConnection(), lists=Lists({"evil.example": Severity.CRITICAL}), learning_seconds=HOUR)
    home.learn("c2.evil.example", "203.0.113.1")
    home.learn("c3.evil.example", "203.0.113.2")
    assert opened(home, home.flow("203.0.113.1")) == []
    assert len(later(home, "203.0.113.2")) == 1


def test_thousands_of_new_destinations_become_one_incident() -> None:
    home = Home(NewConnection(per_day=50, changing=0))
    found = [
        f for n in range(900) for f in opened(home, home.flow(f"203.0.{n >> 8}.{n & 255}", 6881, ts=T0 + n))
    ]
    keys = [f.key for f in found]
    assert len(found) == 900 and len(set(keys)) == 51
    assert "more than 50" in found[-1].title and sum(f.key == found[-1].key for f in found) == 850


def test_ever_new_addresses_without_a_name_share_an_incident() -> None:
    home = Home(NewConnection())
    found = [f for n in range(9) for f in opened(home, home.flow(f"203.0.113.{n}", 3478, ts=T0 + 60 * n))]
    assert len(found) == 9 and len({f.key for f in found}) == 4
    assert "new addresses without a name on port 3478" in found[-1].title
    (named,) = opened(home, home.flow("198.51.100.1", 123, "udp", ts=T0 + 600))
    assert "for the first time" in named.title, "another port"


def test_where_a_device_learned_to_change_addresses_one_more_is_no_news(home: Home) -> None:
    for n in range(3):
        assert opened(home, home.flow(f"203.0.113.{n}", 3478, ts=T0 + 60 * n)) == []
    assert later(home, "203.0.113.50", 3478) == []
    assert len(later(home, "203.0.113.50", 3479)) == 1, "another port"
    home.learn("relay.example.com", "203.0.113.60")
    assert len(later(home, "203.0.113.60", 3478)) == 1, "what has a name is not one of them"
    assert len(later(home, "192.168.1.77", 3478)) == 1, "nor is a device of the home"
    key = home.inventory.device_key(LAPTOP)
    assert key and home.inventory.baseline.entry(key, "203.0.113.50", 3478, "tcp") == (
        T0 + 2 * HOUR + 0.01,
        False,
    )


def test_a_device_that_raised_a_serious_alert_has_no_such_habits() -> None:
    home = Home(SuspiciousPort(), NewConnection(), learning_seconds=HOUR)
    for n in range(3):
        opened(home, home.flow(f"203.0.113.{n}", 3478, ts=T0 + 60 * n))
    home.open(home.flow(OUTSIDE, 4444, ts=T0 + 300))
    assert [f.rule for f in later(home, "203.0.113.50", 3478)] == ["new-connection"]


def test_a_name_that_only_the_hello_tells_counts() -> None:
    home = Home(NewConnection())
    flow = home.flow()
    assert home.open(flow) == []
    home.inventory.handle(hello("www.example.com", ts=flow.first_seen + 0.02))
    (finding,) = home.pipeline.tick(flow.first_seen + 1)
    assert "www.example.com" in finding.title and finding.evidence["service"] == "example.com"


def test_a_graver_alert_about_the_connection_takes_its_place() -> None:
    home = Home(ForeignPort(), SuspiciousPort(), NewConnection())
    for port, rule in ((22, "suspicious-port"), (902, "foreign-port")):
        flow = home.flow(OUTSIDE, port, ts=T0 + port)
        found = [*home.open(flow), *home.session(flow, "ssh"), *home.pipeline.tick(flow.first_seen + 1)]
        assert [f.rule for f in found] == [rule]
        assert found[0].evidence["usual"].startswith("first contact")
        key = home.inventory.device_key(LAPTOP)
        entry = key and home.inventory.baseline.entry(key, OUTSIDE, port, "tcp")
        assert entry and entry[1] is False


def test_a_graver_alert_about_another_connection_or_of_long_ago_does_not() -> None:
    home = Home(SuspiciousPort(), NewConnection())
    home.open(home.flow(OUTSIDE, 22))
    found = opened(home, home.flow("203.0.113.8", 443))
    assert [f.rule for f in found] == ["new-connection"]
    assert home.open(home.flow(OUTSIDE, 22, ts=T0 + 60)) != []
    home.inventory.baseline.reset(("eth0", LAPTOP))
    assert [f.rule for f in later(home, OUTSIDE, 443)] == ["new-connection"]


def test_an_alert_of_the_same_weight_is_told_beside_it() -> None:
    home = Home(ForeignPort(), NewConnection())
    flow = home.flow(OUTSIDE, 23)
    found = [*home.open(flow), *home.session(flow, "http"), *home.pipeline.tick(T0 + 1)]
    assert [(f.rule, f.severity) for f in found] == [("foreign-port", 0), ("new-connection", 0)]


def test_a_borrowed_name_makes_a_strange_address_not_usual(home: Home) -> None:
    """Of a device that looks its names up in the clear. The title shows where it really went."""
    for n in range(CONFIRMED):
        home.learn("www.shop.example", OUTSIDE)
        home.inventory.names.hello(hello("www.shop.example", ts=T0 + n))
    assert opened(home, home.flow()) == []
    flow = home.flow("203.0.113.7", ts=T0 + 2 * HOUR)
    assert home.open(flow) == []
    home.inventory.names.hello(hello("www.shop.example", "203.0.113.7", flow.first_seen))
    (finding,) = home.pipeline.tick(flow.first_seen + 1)
    assert "connected to www.shop.example (203.0.113.7) on port 443" in finding.title


def test_where_look_ups_are_hidden_the_server_name_is_the_service(home: Home) -> None:
    home.inventory.names.hello(hello("www.shop.example"))
    assert opened(home, home.flow()) == []
    home.inventory.names.hello(hello("www.shop.example", "203.0.113.7", T0 + 2 * HOUR))
    assert later(home, "203.0.113.7") == []
