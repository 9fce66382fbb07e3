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


def claim(home: Home, ts: float, mac: str, kind: str = "advertisement"):
    return home.pipeline.handle(NeighborSeen(T0 + ts, kind, mac, ADDRESS, ADDRESS, mac, False))


def test_six_changes_of_hands_are_an_attack(home: Home) -> None:
    assert [f for n in range(6) for f in claim(home, n, (TELEVISION, EVIL)[n % 2])] == []
    (finding,) = claim(home, 6, TELEVISION)
    assert finding.severity == Severity.HIGH and finding.subject.device_mac == EVIL
    assert finding.evidence["owner"] == TELEVISION and finding.evidence["changes_of_hands"] == 6


def test_the_routers_address_is_critical(home: Home) -> None:
    home.inventory.handle(RouterAdvertised(T0, ROUTER, ADDRESS, 1800, (), ()))
    (finding,) = [f for n in range(8) for f in claim(home, n, (ROUTER, EVIL)[n % 2])]
    assert finding.severity == Severity.CRITICAL and finding.subject.device_mac == EVIL


def test_one_move_slow_changes_many_owners_and_questions_are_nothing(home: Home) -> None:
    assert [f for n in range(20) for f in claim(home, n, (LAPTOP, TELEVISION)[n >= 10])] == []
    assert [f for n in range(20) for f in claim(home, 100 + n * 90, (LAPTOP, EVIL)[n % 2])] == []
    assert [f for n in range(20) for f in claim(home, 5000 + n, (LAPTOP, TELEVISION, EVIL)[n % 3])] == []
    assert [f for n in range(20) for f in claim(home, 6000 + n, (LAPTOP, EVIL)[n % 2], "solicitation")] == []
