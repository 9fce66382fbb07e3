"""Pings that carry data."""

import pytest

from analysis.detectors.icmp_tunnel import IcmpTunnel
from analysis.events import EchoSeen
from tests.analysis.home import LAPTOP, LAPTOP_IP, OUTSIDE, ROUTER, T0, Home


@pytest.fixture
def home() -> Home:
    return Home(IcmpTunnel())


def ping(home: Home, n: int, digest: int, ts: float = 0.0, reply: bool = False):
    ends = (OUTSIDE, LAPTOP_IP) if reply else (LAPTOP_IP, OUTSIDE)
    return home.pipeline.handle(EchoSeen(T0 + ts + n, reply, ROUTER if reply else LAPTOP, *ends, 100, digest))


def test_forty_contents_are_a_tunnel_told_once(home: Home) -> None:
    (finding,) = [f for n in range(200) for f in ping(home, n, n)]
    assert finding.subject.device_mac == LAPTOP and finding.subject.peer_ip == OUTSIDE
    assert finding.evidence["different_contents"] == 40 and finding.evidence["bytes_carried"] == 4000


def test_questions_and_answers_count_together_and_the_device_is_the_one_at_home(home: Home) -> None:
    found = [
        f for n in range(20) for reply in (False, True) for f in ping(home, n, 2 * n + reply, reply=reply)
    ]
    (finding,) = found
    assert finding.subject.device_ip == LAPTOP_IP


def test_many_equal_few_different_and_slow_ones_are_nothing(home: Home) -> None:
    assert [f for n in range(500) for f in ping(home, n, 7)] == []
    assert [f for n in range(39) for f in ping(home, n, n, ts=1000)] == []
    assert [f for n in range(39) for f in ping(home, n * 60, n, ts=10_000)] == []


def test_memory_stays_bounded(home: Home) -> None:
    for n in range(5000):
        event = EchoSeen(T0, False, LAPTOP, LAPTOP_IP, f"10.0.{n >> 8}.{n & 255}", 100, n)
        home.pipeline.handle(event)
    (rule,) = home.pipeline.detectors
    assert len(rule._pairs) <= 512
