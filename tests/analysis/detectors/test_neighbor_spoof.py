"""Two devices that answer for one IPv6 address."""

import pytest

from analysis.alerts import Severity
from analysis.detectors.neighbor_spoof import NeighborSpoof
from analysis.events import NeighborSeen, RouterAdvertised
from tests.analysis.home import LAPTOP, ROUTER, T0, TELEVISION, Home

EVIL, ADDRESS = "02:bb:00:00:00:66", "2001:db8::1"


@pytest.fixture
def home() -> Home:
    return Home(NeighborSpoof())


def claim(home: Home, ts: float, mac: str, kind: str = "advertisement", override: bool = True):
    return home.pipeline.handle(NeighborSeen(T0 + ts, kind, mac, ADDRESS, ADDRESS, mac, False, override))


def advertise(home: Home, ts: float, mac: str = ROUTER):
    event = RouterAdvertised(T0 + ts, mac, ADDRESS, 1800, (), (), mac)
    home.inventory.handle(event)
    return home.pipeline.handle(event)


def test_six_changes_of_hands_are_an_attack(home: Home) -> None:
    assert [f for n in range(6) for f in claim(home, n, (TELEVISION, EVIL)[n % 2])] == []
    (finding,) = claim(home, 6, TELEVISION)
    assert finding.severity == Severity.HIGH and finding.subject.device_mac == EVIL
    assert finding.evidence["owner"] == TELEVISION and finding.evidence["changes_of_hands"] == 6


def test_the_routers_address_is_critical(home: Home) -> None:
    home.inventory.handle(RouterAdvertised(T0, ROUTER, ADDRESS, 1800, (), (), None))
    (finding,) = [f for n in range(8) for f in claim(home, n, (ROUTER, EVIL)[n % 2])]
    assert finding.severity == Severity.CRITICAL and finding.subject.device_mac == EVIL


def test_a_router_that_only_advertises_itself_is_an_owner_too(home: Home) -> None:
    """bettercap takes the router's address each second; the router answers nothing."""
    found = []
    for n in range(40):
        found += advertise(home, n) if n % 10 == 0 else claim(home, n, EVIL)
    (finding,) = found
    assert finding.severity == Severity.CRITICAL and finding.subject.device_mac == EVIL
    assert finding.evidence["owner"] == ROUTER


def test_questions_by_the_owner_count_for_him(home: Home) -> None:
    found = []
    for n in range(8):
        found += claim(home, n, LAPTOP, "solicitation") if n % 2 == 0 else claim(home, n, EVIL)
    (finding,) = found
    assert finding.evidence["owner"] == LAPTOP and finding.subject.device_mac == EVIL


def test_another_mac_each_time_is_one_attacker(home: Home) -> None:
    found = []
    for n in range(60):
        found += claim(home, 2 * n, ROUTER)
        found += claim(home, 2 * n + 1, f"02:66:00:00:00:{n:02x}")
    assert len(found) > 5 and len({f.key for f in found}) == 1
    assert all(f.evidence["owner"] == ROUTER for f in found)


def test_one_move_slow_changes_and_questions_are_nothing(home: Home) -> None:
    assert [f for n in range(20) for f in claim(home, n, (LAPTOP, TELEVISION)[n >= 10])] == []
    assert [f for n in range(20) for f in claim(home, 100 + n * 90, (LAPTOP, EVIL)[n % 2])] == []
    assert [f for n in range(20) for f in claim(home, 6000 + n, (LAPTOP, EVIL)[n % 2], "solicitation")] == []


def test_hosts_that_share_an_address_and_proxies_are_nothing(home: Home) -> None:
    for n in range(60):
        assert claim(home, n, (LAPTOP, TELEVISION, EVIL)[n % 3], override=False) == []
        assert advertise(home, n, (ROUTER, EVIL)[n % 2]) == []


def test_moves_one_after_the_other_are_nothing(home: Home) -> None:
    """An address is handed on from device to device, as with new MACs of one phone."""
    for n in range(60):
        assert claim(home, n, f"02:66:00:00:00:{n // 3:02x}") == []


def test_a_sleep_proxy_that_takes_over_each_half_hour_is_nothing(home: Home) -> None:
    for n in range(40):
        assert claim(home, 900 * n, (LAPTOP, EVIL)[n % 2]) == []
        assert claim(home, 900 * n + 1, (LAPTOP, EVIL)[n % 2]) == []


def test_memory_stays_bounded(home: Home) -> None:
    for n in range(6000):
        home.pipeline.handle(
            NeighborSeen(T0 + n, "advertisement", EVIL, "::", f"fe80::{n:x}", EVIL, False, True)
        )
    for n in range(1000):
        claim(home, 6000 + n / 100, f"02:66:00:00:{n >> 8:02x}:{n & 255:02x}")
    (rule,) = home.pipeline.detectors
    assert len(rule._owners) <= 2048 and all(len(d.changes) <= 6 for d in rule._owners.values())
