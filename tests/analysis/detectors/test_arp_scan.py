"""ARP searches: many addresses in little time, by one device."""

import pytest

from analysis.alerts import Severity
from analysis.detectors.arp_scan import ArpScan
from analysis.events import ArpSeen
from tests.analysis.home import LAPTOP, LAPTOP_IP, ROUTER, T0, TELEVISION, Home

NOBODY, ALL = "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"


@pytest.fixture
def home() -> Home:
    return Home(ArpScan())


def ask(home: Home, n: int, ts: float, op: str = "request", mac: str = LAPTOP, frame_target: str = ALL):
    target = f"192.168.{n >> 8}.{n & 255}"
    return home.pipeline.handle(ArpSeen(ts, op, mac, mac, LAPTOP_IP, NOBODY, target, frame_target))


def test_twenty_addresses_in_half_a_minute_are_a_search_and_nineteen_are_not(home: Home) -> None:
    assert [f for n in range(19) for f in ask(home, n, T0 + n)] == []
    (finding,) = ask(home, 19, T0 + 20)
    assert finding.severity == Severity.NORMAL and finding.subject[:2] == (LAPTOP, LAPTOP_IP)
    assert finding.evidence["addresses_asked"] == 20


def test_slow_questions_answers_and_repeats_are_none(home: Home) -> None:
    assert [f for n in range(200) for f in ask(home, n, T0 + n * 2)] == []
    assert [f for n in range(200) for f in ask(home, n, T0 + 1000, "reply")] == []
    assert [f for n in range(200) for f in ask(home, 7, T0 + 2000 + n / 100)] == []
    own = ArpSeen(T0, "request", LAPTOP, LAPTOP, LAPTOP_IP, NOBODY, LAPTOP_IP, ALL)
    assert [f for n in range(200) for f in home.pipeline.handle(own)] == []


def test_asking_each_known_host_whether_it_is_still_there_is_none(home: Home) -> None:
    for n in range(1000):
        host = f"aa:bb:cc:00:00:{n % 25:02x}"
        assert ask(home, n % 25, T0 + n, mac=ROUTER, frame_target=host) == []


def test_a_search_that_an_access_point_sends_on_to_each_station_alone_is_one(home: Home) -> None:
    found = [f for n in range(30) for f in ask(home, n, T0 + n / 10, frame_target=TELEVISION)]
    assert sum(f.times for f in found) == 1


def test_many_devices_asking_a_little_are_none(home: Home) -> None:
    assert [
        f for m in range(50) for n in range(10) for f in ask(home, n, T0, mac=f"02:00:00:00:00:{m:02x}")
    ] == []


def test_a_search_is_one_incident_that_tells_its_size(home: Home) -> None:
    found = [f for n in range(255) for f in ask(home, n, T0 + n / 250)]
    found += home.pipeline.tick(T0 + 2)
    assert home.pipeline.tick(T0 + 3) == []
    assert sum(f.times for f in found) == 1 and len({f.key for f in found}) == 1
    assert found[-1].evidence["addresses_asked"] == 255


def test_a_second_search_later_counts_again(home: Home) -> None:
    for start in (T0, T0 + 600):
        assert sum(f.times for n in range(30) for f in ask(home, n, start + n / 100)) == 1


def test_memory_stays_bounded(home: Home) -> None:
    for n in range(200_000):
        ask(home, n % 250, T0 + n / 1000, mac=(0x020000000000 + n // 250).to_bytes(6, "big").hex(":"))
    (rule,) = home.pipeline.detectors
    assert len(rule._asked) <= 65_536 and len(rule._told) <= 1024
