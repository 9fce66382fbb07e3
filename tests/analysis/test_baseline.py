"""What is usual: learning, news told once, services, reset, bounds and the way to the store and back."""

import random

import pytest

from analysis.baseline import IN_ALL, PER_DEVICE, REFRESH, Baseline
from analysis.store.rows import BaselineRow

A, B = ("eth0", "a4:83:e7:11:22:33"), ("eth0", "cc:b8:a8:01:02:03")
LEARN = 3600.0


@pytest.fixture
def baseline() -> Baseline:
    return Baseline(LEARN)


def ask(
    baseline: Baseline, ts: float, ip: str = "1.1.1.1", port: int = 443, service: str | None = None, device=A
) -> str:
    return baseline.check(device, 0.0, ip, port, "tcp", service, ts)


def test_learned_then_known_then_news_once(baseline: Baseline) -> None:
    assert ask(baseline, 10) == "learned"
    assert ask(baseline, LEARN + 10) == "known"
    assert [ask(baseline, LEARN + n, "2.2.2.2") for n in (1, 2, 3)] == ["new", "known", "known"]


def test_port_protocol_and_device_are_part_of_it(baseline: Baseline) -> None:
    ask(baseline, 10)
    assert ask(baseline, LEARN + 1, port=8443) == "new"
    assert baseline.check(A, 0, "1.1.1.1", 443, "udp", None, LEARN + 1) == "new"
    assert ask(baseline, LEARN + 1, device=B) == "new"


def test_another_address_of_a_known_service_is_recorded_and_no_news(baseline: Baseline) -> None:
    ask(baseline, 10, "1.1.1.1", service="example.com")
    assert ask(baseline, LEARN + 1, "1.1.1.2", service="example.com") == "known"
    assert baseline.seen(A, "1.1.1.2", 443, "tcp", LEARN + 2)
    assert ask(baseline, LEARN + 1, "1.1.1.3", port=22, service="example.com") == "new"
    assert ask(baseline, LEARN + 1, "1.1.1.4", service="other.com") == "new"


def test_a_service_told_as_news_is_known_afterwards(baseline: Baseline) -> None:
    assert ask(baseline, LEARN + 1, "1.1.1.1", service="example.com") == "new"
    assert ask(baseline, LEARN + 1, "1.1.1.2", service="example.com") == "known"


def test_without_learning_everything_is_news() -> None:
    assert ask(Baseline(0), 0.0) == "new"


def test_what_raised_an_alert_makes_nothing_familiar(baseline: Baseline) -> None:
    ask(baseline, 10, "6.6.6.6", service="evil.com")
    baseline.refuse(A, "6.6.6.6", 443, "tcp", 11)
    assert ask(baseline, LEARN + 1, "6.6.6.7", service="evil.com") == "new"
    assert [row.learned for row in baseline.drain() if row.peer == "6.6.6.6"] == [False]
    baseline.refuse(B, "7.7.7.7", 443, "tcp", 12)
    assert baseline.seen(B, "7.7.7.7", 443, "tcp", 13)


def test_reset_learns_anew_from_when_it_was_asked(baseline: Baseline) -> None:
    ask(baseline, 10)
    ask(baseline, 10, device=B)
    baseline.reset(A, 10_000.0)
    assert baseline.learning_until(A, 0) == 10_000 + LEARN and baseline.learning_until(B, 0) == LEARN
    assert ask(baseline, 10_001) == "learned"
    assert ask(baseline, 10_001, device=B) == "known"
    assert len(baseline) == 2


def test_rows_come_back_after_a_restart(baseline: Baseline) -> None:
    ask(baseline, 10, service="example.com")
    ask(baseline, LEARN + 1, "2.2.2.2")
    ask(baseline, 11, "6.6.6.6", service="evil.com")
    baseline.refuse(A, "6.6.6.6", 443, "tcp", 12)
    again = Baseline(LEARN, baseline.drain())
    assert baseline.drain() == [] == again.drain()
    assert ask(again, LEARN + 5, "1.1.1.9", service="example.com") == "known"
    assert ask(again, LEARN + 5, "2.2.2.2") == "known"
    assert ask(again, LEARN + 5, "6.6.6.9", service="evil.com") == "new"


def test_a_refreshed_time_is_written_now_and_then(baseline: Baseline) -> None:
    ask(baseline, 10)
    baseline.drain()
    baseline.seen(A, "1.1.1.1", 443, "tcp", 20)
    assert baseline.drain() == []
    baseline.seen(A, "1.1.1.1", 443, "tcp", 20 + REFRESH)
    assert [row.last_seen for row in baseline.drain()] == [20 + REFRESH]


def test_one_device_and_all_devices_are_bounded(baseline: Baseline) -> None:
    for n in range(3 * PER_DEVICE):
        ask(baseline, 1.0 + n, f"1.1.{n}", service=f"s{n}.com")
    assert len(baseline) == PER_DEVICE and baseline.evictions == 2 * PER_DEVICE
    assert not baseline.seen(A, "1.1.0", 443, "tcp", 1e6) and baseline.seen(
        A, f"1.1.{3 * PER_DEVICE - 1}", 443, "tcp", 1e6
    )
    for n in range(200_000):
        ask(baseline, 1.0, f"9.{n}", device=("eth0", f"device {n % 3000}"))
    assert len(baseline) <= IN_ALL + 1
    assert len(baseline.drain()) <= IN_ALL + 1


def test_a_reset_of_an_earlier_run_begins_learning_anew_and_keeps_what_was_learned_since():
    row = BaselineRow(A, "192.0.2.1", 443, "tcp", None, True, 500.0, 500.0)
    baseline = Baseline(100.0, [row])
    baseline.learn_from(A, 450.0)
    assert baseline.learning_until(A, 0.0) == 550.0
    assert baseline.check(A, 0.0, "192.0.2.1", 443, "tcp", None, 600.0) == "known"
    assert baseline.check(A, 0.0, "192.0.2.2", 443, "tcp", None, 540.0) == "learned"
    assert baseline.check(A, 0.0, "192.0.2.3", 443, "tcp", None, 560.0) == "new"


def test_a_device_with_a_serious_alert_is_remembered_and_the_oldest_goes_first():
    baseline = Baseline(0.0)
    assert baseline.distrusted(("eth0", "a")) is None
    baseline.distrust(("eth0", "a"), 5.0)
    assert baseline.distrusted(("eth0", "a")) == 5.0
    for n in range(2000):
        baseline.distrust(("eth0", f"{n}"), 6.0)
    assert baseline.distrusted(("eth0", "a")) is None and baseline.evictions == 2001 - 1024


def test_the_nameless_of_a_port_are_those_on_record_whatever_was_learned_refused_or_pushed_out():
    rng = random.Random(1)
    baseline = Baseline(100.0)
    for n in range(6000):
        ip, port, proto = f"9.{rng.randrange(1500)}", rng.choice([443, 3478]), rng.choice(["tcp", "udp"])
        service = rng.choice([None, None, "", "a.com"])
        baseline.check(A, 0.0, ip, port, proto, service, rng.uniform(0, 200))
        if rng.random() < 0.2:
            baseline.refuse(A, f"9.{rng.randrange(1500)}", port, proto, 5.0)
        if n % 50 == 0:
            on_record = [
                target[0] for target, entry in reversed(baseline._devices[A].entries.items())
                if target[1:] == (port, proto) and entry.learned and entry.service is None
            ]  # fmt: skip
            assert list(baseline.nameless(A, port, proto)) == on_record
            assert baseline._devices[A].nameless[port, proto] == len(on_record)
    assert baseline.evictions
