"""Insecure protocols: what counts as a session, what makes it one incident."""

import pytest

from analysis.alerts import Severity
from analysis.detectors.insecure_protocol import PROTOCOLS, InsecureProtocol
from analysis.events import NameSeen
from tests.analysis.home import LAPTOP, LAPTOP_IP, OUTSIDE, T0, TELEVISION, TELEVISION_IP, Home


@pytest.fixture
def home() -> Home:
    return Home(InsecureProtocol())


@pytest.mark.parametrize("service", PROTOCOLS)
def test_content_on_any_port_is_critical(home: Home, service: str) -> None:
    (finding,) = home.session(home.flow(port=40_123), service)
    assert (finding.severity, finding.times) == (Severity.CRITICAL, 1)
    assert finding.subject[:3] == (LAPTOP, LAPTOP_IP, OUTSIDE)
    assert (finding.subject.port, finding.subject.proto) == (40_123, "tcp")
    assert finding.evidence["recognised_by"] == "content"


@pytest.mark.parametrize("port", [protocol.port for protocol in PROTOCOLS.values()])
def test_unknown_content_on_a_port_of_theirs_counts_by_port(home: Home, port: int) -> None:
    (finding,) = home.session(home.flow(port=port), None)
    assert finding.evidence["recognised_by"] == "port"


@pytest.mark.parametrize("service", ["tls", "ssh", "http", "ftps", "smtp"])
@pytest.mark.parametrize("port", [21, 23, 1883])
def test_other_content_on_their_ports_fires_nothing(home: Home, service: str, port: int) -> None:
    flow = home.flow(port=port)
    assert home.session(flow, service) == []
    assert home.end(flow, "established", service, payload_up=9, payload_down=9) == []


@pytest.mark.parametrize("state", ["attempt", "rejected", "stateless"])
def test_an_attempt_is_no_session(home: Home, state: str) -> None:
    flow = home.flow(port=23)
    assert home.start(flow) == []
    assert home.end(flow, state) == []


def test_a_capture_that_begins_in_the_middle_counts_at_the_end_if_there_was_payload(home: Home) -> None:
    assert home.end(home.flow(port=1883), "midstream", payload_down=3)
    assert home.end(home.flow(port=1883), "midstream") == []
    assert home.end(home.flow(port=23), "established")


def test_udp_on_these_ports_is_something_else(home: Home) -> None:
    assert home.end(home.flow(port=514, proto="udp"), "stateless", payload_up=5) == []


def test_the_login_adds_evidence_and_no_count(home: Home) -> None:
    flow = home.flow(port=21)
    (first,) = home.session(flow, "ftp")
    (login,) = home.session(flow, "ftp", login=True)
    assert home.session(flow, "ftp", login=True) == []
    assert home.end(flow, "established", "ftp", payload_up=5) == []
    assert (first.times, login.times, first.key) == (1, 0, login.key)
    assert "login_seen" not in first.evidence and login.evidence["login_seen"] is True
    assert "change the password" in login.advice and "change the password" not in first.advice


def test_one_incident_a_device_server_and_protocol(home: Home) -> None:
    def keys(server: str, service: str) -> set[str]:
        return {f.key for _ in range(30) for f in home.session(home.flow(server, 2121), service)}

    assert len(keys(OUTSIDE, "ftp")) == 1
    assert len(keys(OUTSIDE, "ftp") | keys(OUTSIDE, "telnet") | keys(TELEVISION_IP, "ftp")) == 3


def test_it_works_without_macs_and_without_a_home(home: Home) -> None:
    flow = home.flow("::1", 1883, client="::1", client_mac=None)._replace(server_mac=None)
    (finding,) = home.session(flow, "mqtt", login=True)
    assert finding.subject[:3] == (None, "::1", "::1")
    outside = home.flow("1.2.3.4", 23, client="5.6.7.8", client_mac=None)
    (finding,) = home.session(outside, "telnet")
    assert finding.subject[:3] == (None, "5.6.7.8", "1.2.3.4")


def test_when_only_the_server_is_at_home_it_is_the_device(home: Home) -> None:
    flow = home.flow(TELEVISION_IP, 23, client="5.6.7.8", client_mac="44:d9:e7:aa:bb:cc")
    (finding,) = home.session(flow, "telnet")
    assert finding.subject.device_ip == TELEVISION_IP and finding.subject.peer_ip == "5.6.7.8"
    assert finding.subject.port == 23


def test_the_words_tell_home_from_outside(home: Home) -> None:
    (outside,) = home.session(home.flow(OUTSIDE, 21), "ftp")
    (inside,) = home.session(home.flow(TELEVISION_IP, 21), "ftp")
    assert "internet" in outside.why and "internet" not in inside.why
    assert outside.evidence["server_outside_home"] and not inside.evidence["server_outside_home"]


def test_only_the_chosen_protocols() -> None:
    home = Home(InsecureProtocol(protocols=("telnet",)))
    assert home.session(home.flow(port=21), "ftp") == [] == home.session(home.flow(port=21), None)
    assert home.session(home.flow(port=23), "telnet")
    assert set(InsecureProtocol().protocols) == set(PROTOCOLS)


def test_memory_stays_bounded() -> None:
    rule = InsecureProtocol()
    home = Home(rule)
    for _ in range(20_000):
        home.session(home.flow(port=23), "telnet")
    assert len(rule._told) <= rule._told.max_keys
    assert home.pipeline.evictions >= 20_000 - rule._told.max_keys


def test_a_neighbour_is_called_as_itself_and_not_as_dns_called_its_address_before(home: Home) -> None:
    home.learn("nas.home.arpa", TELEVISION_IP)
    home.inventory.handle(NameSeen(T0, TELEVISION, TELEVISION_IP, (("dhcp", "Door-Camera"),)))
    (finding,) = home.session(home.flow(TELEVISION_IP, 23), "telnet")
    assert "talks to Door-Camera with Telnet" in finding.title and "off on Door-Camera" in finding.advice
    assert finding.subject.peer_name == "Door-Camera"
