"""Suspicious ports: who counts, which way, and what is only noise."""

import pytest

from analysis.alerts import Severity
from analysis.detectors.port_scan import PortScan
from analysis.detectors.suspicious_port import SuspiciousPort
from analysis.port_table import DEFAULT_PORTS, PortEntry
from tests.analysis.home import LAPTOP, OUTSIDE, T0, TELEVISION_IP, Home


@pytest.fixture
def home() -> Home:
    return Home(SuspiciousPort())


def entries(category: str) -> list[tuple[int, str]]:
    return [(e.ports[0], proto) for e in DEFAULT_PORTS for proto in e.protos if e.category == category]


@pytest.mark.parametrize(("port", "proto"), entries("remote-access") + entries("lateral-movement"))
def test_leaving_the_home_is_high_and_inside_it_is_nothing(home: Home, port: int, proto: str) -> None:
    (finding,) = home.open(home.flow(OUTSIDE, port, proto))
    assert finding.severity == Severity.HIGH and finding.subject.port == port
    assert finding.subject.device_mac == LAPTOP and finding.subject.peer_ip == OUTSIDE
    assert home.open(home.flow(TELEVISION_IP, port, proto)) == []


@pytest.mark.parametrize(("port", "proto"), entries("malware"))
def test_malware_ports_count_wherever_they_go(home: Home, port: int, proto: str) -> None:
    assert len(home.open(home.flow(OUTSIDE, port, proto))) == 1
    assert len(home.open(home.flow(TELEVISION_IP, port, proto))) == 1


def test_a_visitor_from_outside_does_not_leave_the_home(home: Home) -> None:
    assert home.open(home.flow(TELEVISION_IP, 22, client="5.6.7.8")) == []


def test_an_unanswered_attempt_or_two_is_nothing(home: Home) -> None:
    for _ in range(2):
        flow = home.flow(OUTSIDE, 22)
        assert home.start(flow) == []
        assert home.end(flow, "rejected") == []


def test_three_unanswered_attempts_count_as_one_finding(home: Home) -> None:
    found = []
    for n in range(3):
        flow = home.flow(OUTSIDE, 4444, ts=T0 + n * 20)
        found += home.start(flow)
        found += home.end(flow, "attempt", ts=T0 + n * 20 + 5)
        found += home.pipeline.tick(T0 + n * 20 + 6)
    (finding,) = found
    assert finding.times == 3 and finding.evidence["unanswered_attempts"] == 3


def test_attempts_far_apart_do_not_add_up(home: Home) -> None:
    for n in range(10):
        flow = home.flow(OUTSIDE, 4444, ts=T0 + n * 200)
        assert home.start(flow) == [] == home.end(flow, "attempt", ts=T0 + n * 200 + 30)
        assert home.pipeline.tick(T0 + n * 200 + 31) == []


def test_answered_attempts_count_once_each(home: Home) -> None:
    found = [f for n in range(5) for f in home.open(home.flow(OUTSIDE, 22, ts=T0 + n))]
    assert [f.times for f in found] == [1] * 5 and len({f.key for f in found}) == 1


def test_a_scan_counts_as_a_scan_only() -> None:
    home = Home(PortScan(), SuspiciousPort())
    found = []
    for attempt in range(4):
        for host in range(100):
            found += home.start(home.flow(f"203.0.113.{host}", 445, ts=T0 + attempt * 10 + host / 100))
        found += home.pipeline.tick(T0 + attempt * 10 + 2)
    assert {f.rule for f in found} == {"port-scan"} and sum(f.times for f in found) == 1


def test_a_scanner_that_gets_an_answer_is_told(home: Home) -> None:
    home = Home(PortScan(), SuspiciousPort())
    for host in range(50):
        home.start(home.flow(f"203.0.113.{host}", 445))
    assert [f.rule for f in home.open(home.flow(OUTSIDE, 6667))] == ["suspicious-port"]


def test_a_guessed_direction_does_not_count_above_the_system_ports(home: Home) -> None:
    joined = home.flow(OUTSIDE, 4444, client_port=51_000)
    assert home.start(joined, syn=False) == [] == home.answer(joined)
    ssh = home.flow(OUTSIDE, 22)
    assert [*home.start(ssh, syn=False), *home.answer(ssh)]


def test_ftp_data_is_no_backdoor(home: Home) -> None:
    assert home.open(home.flow("203.0.113.5", 4444, client_port=20)) == []


def test_udp_only_where_the_table_says(home: Home) -> None:
    assert home.open(home.flow(OUTSIDE, 3389, "udp"))
    assert home.open(home.flow(OUTSIDE, 54321, "udp")) == []


def test_multicast_is_nothing(home: Home) -> None:
    assert home.open(home.flow("239.1.1.1", 3389, "udp", group=True)) == []


def test_a_worm_that_is_answered_everywhere_makes_few_incidents(home: Home) -> None:
    found = [f for n in range(100) for f in home.open(home.flow(f"203.0.113.{n}", 445))]
    assert len(found) == 100 and len({f.key for f in found}) == 3
    assert " and others on port" in found[-1].title


def test_malware_that_repeats_one_attempt_is_told_and_a_person_who_does_is_not(home: Home) -> None:
    def ended(server: str, port: int, packets: int):
        return [*home.end(home.flow(server, port), "attempt", up=packets), *home.pipeline.tick(T0 + 60)]

    (finding,) = ended(OUTSIDE, 6667, 3)
    assert finding.times == 1 and not finding.evidence["answered"]
    assert ended(OUTSIDE, 6667, 2) == [] == ended(OUTSIDE, 22, 6)
    home.inventory.note_scan("192.168.1.20", OUTSIDE, T0)
    home.inventory.note_scan("192.168.1.20", 1337, T0)
    assert ended(OUTSIDE, 31337, 3) == [] == ended("203.0.113.1", 1337, 3)
    assert ended("203.0.113.1", 31337, 3)


def test_a_table_of_ones_own() -> None:
    home = Home(SuspiciousPort(ports=[PortEntry((9999,), "shop", "malware", "Ours.")]))
    assert home.open(home.flow(OUTSIDE, 22)) == []
    (finding,) = home.open(home.flow(OUTSIDE, 9999))
    assert "shop" in finding.title and finding.why.startswith("Ours.")


@pytest.mark.parametrize("port", [0, -1, 65_536])
def test_impossible_ports_are_refused(port: int) -> None:
    with pytest.raises(ValueError, match=str(port)):
        PortEntry((port,), "x", "malware", "y")


def test_memory_stays_bounded() -> None:
    rule = SuspiciousPort()
    home = Home(rule)
    for n in range(200_000):
        home.start(home.flow(f"203.{n >> 16}.{n >> 8 & 255}.{n & 255}", 22))
    assert len(rule._tries) <= rule._tries.max_total and home.pipeline.evictions > 100_000
