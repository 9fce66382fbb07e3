"""Port scans: thresholds, near misses, and one incident however large."""

from collections.abc import Iterable

import pytest

from analysis.alerts import Finding
from analysis.detectors.port_scan import PortScan
from analysis.events import Flow
from tests.analysis.home import LAPTOP, LAPTOP_IP, OUTSIDE, ROUTER, T0, TELEVISION, TELEVISION_IP, Home


@pytest.fixture
def home() -> Home:
    return Home(PortScan())


def tried(home: Home, flows: Iterable[Flow], syn: bool = True) -> list[Finding]:
    """What is found when nobody answers."""
    found, last = [], T0
    for flow in flows:
        found += home.start(flow, syn=syn)
        last = max(last, flow.first_seen)
    return found + home.pipeline.tick(last + 1)


def test_fifteen_ports_of_one_host_are_a_scan_and_fourteen_are_not(home: Home) -> None:
    assert tried(home, [home.flow(OUTSIDE, 1000 + n, ts=T0 + n) for n in range(14)]) == []
    (finding,) = tried(home, [home.flow(OUTSIDE, 2000, ts=T0 + 20)])
    assert finding.subject.device_mac == LAPTOP and finding.subject.peer_ip == OUTSIDE
    assert finding.subject.port is None and finding.evidence["probes"] == 15


def test_twenty_five_hosts_on_one_port_are_a_scan_and_twenty_four_are_not(home: Home) -> None:
    assert tried(home, [home.flow(f"203.0.113.{n}", 445) for n in range(24)]) == []
    (finding,) = tried(home, [home.flow("203.0.113.99", 445)])
    assert finding.subject.port == 445 and finding.subject.peer_ip is None


def test_a_thousand_ports_are_one_incident_that_tells_its_size(home: Home) -> None:
    found = []
    for part in range(10):
        found += tried(home, [home.flow(OUTSIDE, 1 + part * 100 + n, ts=T0 + part) for n in range(100)])
    found += home.pipeline.finish(T0 + 10)
    assert len({f.key for f in found}) == 1 and sum(f.times for f in found) == 1
    assert found[-1].evidence["probes"] == 1000 and "1000 ports" in found[-1].title


def test_a_fast_scan_does_not_wait_for_the_tick(home: Home) -> None:
    flows = [home.flow(OUTSIDE, 1 + n) for n in range(3000)]
    assert [f for flow in flows for f in home.start(flow)]


def test_an_answer_after_the_wait_still_counts(home: Home) -> None:
    """A slow satellite link: each answer comes after a second."""
    for n in range(100):
        flow = home.flow(OUTSIDE, 1000 + n, ts=T0 + n * 2)
        assert tried(home, [flow]) == [] == home.answer(flow, ts=T0 + n * 2 + 1.5)


def test_answered_connections_are_no_scan(home: Home) -> None:
    for n in range(300):
        assert home.open(home.flow(f"203.0.113.{n % 250}", 443, ts=T0 + n / 10)) == []
        assert home.open(home.flow(OUTSIDE, 1000 + n)) == []
    assert home.pipeline.finish(T0 + 99) == []


def test_quic_to_many_servers_that_answer_is_no_scan(home: Home) -> None:
    assert [f for n in range(100) for f in home.open(home.flow(f"203.0.113.{n}", 443, "udp"))] == []
    assert home.pipeline.finish(T0 + 99) == []


def test_probes_too_far_apart_are_no_scan(home: Home) -> None:
    assert tried(home, [home.flow(OUTSIDE, 1000 + n, ts=T0 + n * 120) for n in range(29)]) == []


def test_a_slow_scan_is_found_within_the_hour(home: Home) -> None:
    assert len(tried(home, [home.flow(OUTSIDE, 1000 + n, ts=T0 + n * 100) for n in range(30)])) == 1


def test_the_same_port_again_and_again_is_no_scan(home: Home) -> None:
    assert tried(home, [home.flow(OUTSIDE, 443, ts=T0 + n / 10) for n in range(500)]) == []


def test_servers_known_by_name_are_no_guesses(home: Home) -> None:
    """The internet is down: every program tries its servers in vain."""
    for n in range(80):
        home.learn(f"server{n}.example.com", f"203.0.113.{n}")
    assert tried(home, [home.flow(f"203.0.113.{n}", 443) for n in range(80)]) == []


def test_multicast_and_traceroute_are_no_probes(home: Home) -> None:
    flows = [home.flow(f"239.0.0.{n}", 1900 + n, "udp", group=True) for n in range(60)]
    flows += [home.flow(OUTSIDE, 33434 + n, "udp") for n in range(90)]
    assert tried(home, flows) == []


def question(home: Home, n: int) -> Flow:
    """The television asks all others, each time from another port."""
    return home.flow(
        "239.255.255.250", 1900, "udp", ts=T0 + n * 100, client=TELEVISION_IP, client_mac=TELEVISION,
        client_port=50_000 + n, group=True,
    )  # fmt: skip


def answer(home: Home, n: int, late: float = 0.4) -> Flow:
    """The laptop speaks to such a port from a port of its own."""
    return home.flow(
        TELEVISION_IP, 50_000 + n, "udp", ts=T0 + n * 100 + late, client_port=40_000 + n
    )  # fmt: skip


def test_answers_to_a_question_to_all_come_from_any_port(home: Home) -> None:
    assert tried(home, [flow for n in range(40) for flow in (question(home, n), answer(home, n))]) == []


def test_what_nobody_asked_or_long_ago_is_a_probe(home: Home) -> None:
    assert tried(home, [answer(home, n) for n in range(40)])
    home = Home(PortScan())
    assert tried(home, [flow for n in range(40) for flow in (question(home, n), answer(home, n, 400))])


@pytest.mark.parametrize("port", [53, 1900])
def test_probes_from_a_services_port_are_seen_when_they_end(home: Home, port: int) -> None:
    flows = from_service(home, 20, port)
    assert tried(home, flows, syn=False) == []
    (finding,) = [f for flow in flows for f in home.end(flow, "stateless", up=0, down=1)]
    assert finding.subject.device_mac == TELEVISION and finding.subject.peer_ip == LAPTOP_IP


def from_service(home: Home, count: int, port: int = 53) -> list[Flow]:
    """The television speaks from a service's port; the flow table takes it for the server."""
    return [home.flow(TELEVISION_IP, port, "udp", client_port=10_000 + n, ts=T0 + n) for n in range(count)]


def test_answers_whose_question_was_lost_and_streams_are_none(home: Home) -> None:
    asked, *lost = from_service(home, 60)
    assert home.end(asked, "stateless", down=1) == []
    assert [f for flow in lost for f in home.end(flow, "stateless", up=0, down=1)] == []
    streams = from_service(home, 60, 5000)
    assert [f for flow in streams for f in home.end(flow, "stateless", up=0, down=50)] == []


def test_answers_from_a_services_port_to_a_question_to_all_are_none(home: Home) -> None:
    flows = from_service(home, 60, 1900)
    for flow in flows:
        home.start(flow._replace(server_ip="239.255.255.250", server_mac=None, group=True))
    assert [f for flow in flows for f in home.end(flow, "stateless", up=0, down=1)] == []


def test_the_routers_answers_are_none(home: Home) -> None:
    flows = [flow._replace(server_mac=ROUTER) for flow in from_service(home, 60)]
    assert [f for flow in flows for f in home.end(flow, "stateless", up=0, down=1)] == []


def test_unanswered_udp_to_many_hosts_counts_at_home_only(home: Home) -> None:
    assert tried(home, [home.flow(f"203.0.113.{n}", 3478, "udp") for n in range(60)]) == []
    assert tried(home, [home.flow(f"192.168.1.{100 + n}", 161, "udp") for n in range(60)])


def test_udp_probes_of_many_ports_of_one_host_are_a_scan(home: Home) -> None:
    assert tried(home, [home.flow(TELEVISION_IP, 100 + n, "udp") for n in range(20)])


def test_probes_without_syn_are_seen_when_they_end(home: Home) -> None:
    flows = [home.flow(TELEVISION_IP, 100 + n) for n in range(20)]
    assert tried(home, flows, syn=False) == []
    assert [f for flow in flows for f in home.end(flow, "midstream", down=1)]


def test_doors_opened_and_shut_without_a_word_are_probes(home: Home) -> None:
    """A connect scan of hosts that all answer, and a worm in a network that pretends to be everybody."""
    found = []
    for n in range(60):
        flow = home.flow(f"203.0.113.{n}", 445)
        found += home.open(flow)
        found += home.end(flow, "established", up=4, down=2, ts=T0 + 5)
    assert [f.subject.port for f in found] == [445]
    talk = [home.flow(f"198.51.100.{n}", 445) for n in range(60)]
    assert [
        f for flow in talk for f in (*home.open(flow), *home.end(flow, "established", payload_up=1))
    ] == []


def test_an_intruder_from_outside_makes_the_victim_the_device(home: Home) -> None:
    flows = [
        home.flow(TELEVISION_IP, 100 + n, client="5.6.7.8", client_mac="44:d9:e7:aa:bb:cc") for n in range(15)
    ]
    (finding,) = tried(home, flows)
    assert finding.subject.device_ip == TELEVISION_IP and finding.subject.peer_ip == "5.6.7.8"


def test_the_source_is_remembered_as_scanning(home: Home) -> None:
    tried(home, [home.flow(OUTSIDE, 1000 + n) for n in range(15)])
    assert home.inventory.is_scanning("192.168.1.20", OUTSIDE, T0 + 299)
    assert not home.inventory.is_scanning("192.168.1.20", OUTSIDE, T0 + 301)
    assert not home.inventory.is_scanning("192.168.1.20", TELEVISION_IP, T0 + 299)


def test_memory_stays_bounded() -> None:
    rule = PortScan()
    home = Home(rule)
    for n in range(200_000):
        home.start(home.flow(f"203.{n >> 16}.{n >> 8 & 255}.{n & 255}", n % 60_000 + 1, ts=T0 + n / 1000))
    assert len(rule._ports_tried) <= 65_536 and len(rule._hosts_tried) <= 65_536
    assert len(rule._scans) <= 1024 and home.pipeline.evictions > 100_000
