"""Pings that carry data."""

import pytest

from analysis.detectors.icmp_tunnel import IcmpTunnel
from analysis.events import EchoSeen
from tests.analysis.home import LAPTOP, LAPTOP_IP, OUTSIDE, ROUTER, T0, Home


@pytest.fixture
def home() -> Home:
    return Home(IcmpTunnel())


def ping(home: Home, n: float, digest: int, ts: float = 0.0, reply: bool = False, size: int = 100):
    ends = (OUTSIDE, LAPTOP_IP) if reply else (LAPTOP_IP, OUTSIDE)
    mac = ROUTER if reply else LAPTOP
    return home.pipeline.handle(EchoSeen(T0 + ts + n, reply, mac, *ends, int(n), size, digest))


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


def small(home: Home, count: int, every: float, answer: int | None):
    """Pings of 56 bytes, different each time; answered by what was sent plus `answer`, or not at all."""
    found = []
    for n in range(count):
        found += ping(home, n * every, n, size=56)
        if answer is not None:
            found += ping(home, n * every, n + answer, reply=True, size=56)
    return found


@pytest.mark.parametrize("answer", [0, None], ids=["as sent", "never"])
def test_small_pings_of_any_content_that_come_back_as_sent_or_never_are_ordinary(home: Home, answer) -> None:
    """As icmplib fills them, which Home Assistant uses: here one each second for an hour."""
    assert small(home, 3600, 1.0, answer) == []


def test_small_pings_with_another_answer_are_a_tunnel(home: Home) -> None:
    (finding,) = small(home, 100, 1.0, 1_000_000)
    assert finding.evidence["different_contents"] == 40


def test_small_different_pings_in_a_hurry_carry_data_after_all(home: Home) -> None:
    """As `ping -p` in a loop, which gives each its own 16 bytes."""
    (finding,) = small(home, 60, 0.1, 0)
    assert finding.evidence["different_contents"] == 40


def test_an_answer_whose_question_was_not_seen_is_judged_by_its_size(home: Home) -> None:
    assert [f for n in range(100) for f in ping(home, n, n, reply=True, size=56)] == []
    assert [f for n in range(100) for f in ping(home, n, n, reply=True, ts=1000)]


def test_memory_stays_bounded(home: Home) -> None:
    for n in range(5000):
        event = EchoSeen(T0, False, LAPTOP, LAPTOP_IP, f"10.0.{n >> 8}.{n & 255}", n, 100, n)
        home.pipeline.handle(event)
    (rule,) = home.pipeline.detectors
    assert len(rule._pairs) <= 512
    small(home, 500, 1.0, None)
    pair = rule._pairs[LAPTOP_IP, OUTSIDE]
    assert len(pair._asked) == 64 and len(pair._contents) <= 1024 and len(pair.small) == 40
