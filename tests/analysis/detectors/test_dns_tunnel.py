"""DNS tunnels, and names that only look like them."""

import random

import pytest

from analysis.detectors.dns_tunnel import DnsTunnel, entropy
from analysis.events import DnsQuery
from tests.analysis.home import LAPTOP, LAPTOP_IP, OUTSIDE, ROUTER_IP, T0, Home, lookup

rng = random.Random(1)


@pytest.fixture
def home() -> Home:
    return Home(DnsTunnel())


def hexes(count: int, length: int = 60, domain: str = "panel.example") -> list[str]:
    return [f"{rng.getrandbits(4 * length):0{length}x}.{domain}" for _ in range(count)]


def ask(home: Home, names: list[str], qtype: str = "A", pause: float = 1.0, answer: str | None = None):
    for n, name in enumerate(names):
        ts = T0 + n * pause
        home.pipeline.handle(DnsQuery(ts, "udp", LAPTOP, LAPTOP_IP, ROUTER_IP, 40_000, n, name, qtype))
        if answer:
            home.pipeline.handle(lookup(name, [answer], ts=ts))
    return home.pipeline.tick(T0 + len(names) * pause)


def test_a_hundred_long_names_without_a_connection_are_a_tunnel(home: Home) -> None:
    assert ask(home, hexes(99), answer="192.0.2.7") == []
    (finding,) = ask(home, hexes(1), answer="192.0.2.7")
    assert finding.subject.device_mac == LAPTOP and finding.subject.peer_name == "panel.example"
    assert finding.evidence["distinct_names"] == 100 and finding.evidence["mean_length"] == 60.0


def test_names_whose_answers_are_connected_to_are_none(home: Home) -> None:
    for _ in range(10):
        assert ask(home, hexes(15), answer=OUTSIDE) == []
        home.start(home.flow(OUTSIDE))


def test_one_connection_does_not_excuse_a_hundred_names(home: Home) -> None:
    assert ask(home, hexes(50), answer=OUTSIDE) == []
    home.start(home.flow(OUTSIDE))
    (finding,) = ask(home, hexes(50), answer=OUTSIDE)
    assert finding.evidence["connections_to_the_answers"] == 1


def test_fifty_questions_for_data_records_are_a_tunnel_even_when_short(home: Home) -> None:
    assert ask(home, hexes(49, 8), "NULL") == []
    assert len(ask(home, hexes(1, 8), "NULL")) == 1


@pytest.mark.parametrize("domain", ["sophosxl.net", "2.0.192.in-addr.arpa", "house.local"])
def test_lookup_services_and_the_own_network_are_none(home: Home, domain: str) -> None:
    assert ask(home, hexes(300, 40, domain)) == []
    assert ask(home, hexes(300, 40, domain), "TXT") == []


def test_codes_as_answers_are_a_reputation_service(home: Home) -> None:
    assert ask(home, hexes(300, 40), answer="127.0.0.2") == []
    assert ask(home, hexes(300, 40, "other.example"), answer="127.0.0.1")


def test_few_letters_short_names_repeats_and_slow_names_are_none(home: Home) -> None:
    assert ask(home, [f"{'ab' * 12}{n}.shop.example" for n in range(300)]) == []
    assert ask(home, [f"image-{n}.shop.example" for n in range(300)]) == []
    assert ask(home, hexes(1) * 300) == []
    assert ask(home, hexes(150), pause=60.0) == []


def test_a_tunnel_that_goes_on_is_one_incident_and_tells_when_it_has_grown_tenfold(home: Home) -> None:
    found = [f for _ in range(30) for f in ask(home, hexes(100))]
    assert [f.times for f in found] == [1, 0] and len({f.key for f in found}) == 1


def test_entropy_is_shannons() -> None:
    assert entropy("aaaa") == 0 and entropy("abab") == 1 and entropy("abcdefgh") == 3 and entropy("") == 0


def test_entropies_are_those_of_all_names_whenever_they_are_measured(home: Home) -> None:
    (rule,) = home.pipeline.detectors
    asked, measured = hexes(90), 0.0
    for n, name in enumerate(asked, 1):
        ask(home, [name])
        measured += entropy(name.removesuffix(".panel.example"))
        if n in (1, 7, 90):
            (talk,) = rule._talks.values()
            assert talk.bits == measured == talk.bits


def test_memory_stays_bounded(home: Home) -> None:
    for n in range(5000):
        ask(home, hexes(2, 30, f"d{n}.example"), answer=f"10.{n >> 8}.{n & 255}.1")
    (rule,) = home.pipeline.detectors
    assert len(rule._talks) <= 2048 and len(rule._watch) <= 8192


def test_a_tunnel_over_tcp_is_told_as_tcp(home: Home) -> None:
    for n, name in enumerate(hexes(100)):
        home.pipeline.handle(DnsQuery(T0 + n, "tcp", LAPTOP, LAPTOP_IP, ROUTER_IP, 40_000, n, name, "TXT"))
    (finding,) = home.pipeline.tick(T0 + 100)
    assert (finding.subject.port, finding.subject.proto) == (53, "tcp")
