"""Beacons: regular, long enough, to somebody who is not usual; and parcels by the clock."""

import random

import pytest

from analysis.alerts import Finding, Severity
from analysis.detectors import beacon
from analysis.detectors.beacon import Beacon
from analysis.events import FlowEnd
from tests.analysis.home import OUTSIDE, T0, TELEVISION, TELEVISION_IP, Home

HOUR = 3600.0


@pytest.fixture
def home() -> Home:
    return Home(Beacon())


def call(
    home: Home, ts: float, server: str = OUTSIDE, up: int = 500, down: int = 400, **more
) -> list[Finding]:
    state = more.pop("state", "established")
    flow = home.flow(server, more.pop("port", 443), ts=ts, **more)
    return home.pipeline.handle(FlowEnd(ts + 5, flow, 5, 5, up, down, 2, 2, state, None))


def series(home: Home, count: int, every: float, **more) -> list[Finding]:
    return [f for n in range(count) for f in call(home, T0 + n * every, **more)]


def test_a_call_a_minute_to_a_bare_address_is_told_as_serious(home: Home) -> None:
    found = series(home, 220, 60.0)
    assert found and found[0].severity == Severity.HIGH and found[0].subject.peer_ip == OUTSIDE
    evidence = found[0].evidence
    assert evidence["score"] >= evidence["threshold"] and evidence["interval_seconds"] == 60.0
    assert len({f.key for f in found}) == 1


def test_to_a_name_it_is_a_notice(home: Home) -> None:
    home.learn("panel.example", OUTSIDE)
    assert {f.severity for f in series(home, 220, 60.0)} == {Severity.NORMAL}


def test_the_count_is_that_of_the_connections(home: Home) -> None:
    found = series(home, 400, 60.0)
    assert len(found) > 1 and sum(f.times for f in found) == found[-1].evidence["connections"]


def test_minutes_of_it_are_too_short_and_few_calls_too_few(home: Home) -> None:
    assert series(home, 250, 2.0) == []
    assert series(home, 29, 1800.0, port=8443) == []


def test_a_confirmation_more_or_less_does_not_make_messages_unequal(home: Home) -> None:
    """As curl's calls of a server in a lab: 344 bytes, and 396 when a bare acknowledgement was sent."""
    rng = random.Random(2)
    calls = [call(home, T0 + 60.0 * n, up=rng.choice((344, 344, 396))) for n in range(220)]
    found = [finding for told in calls for finding in told]
    assert found and found[0].evidence["equal_sizes"] > 0.9


def test_messages_of_other_content_are_unequal(home: Home) -> None:
    rng = random.Random(2)
    assert [
        f for n in range(220) for f in call(home, T0 + 60.0 * n, up=rng.choice((344, 344, 900, 2400)))
    ] == []


def test_people_are_not_clocks(home: Home) -> None:
    rng, ts, found = random.Random(3), T0, []
    for _ in range(500):
        ts += rng.expovariate(1 / 60)
        found += call(home, ts, up=int(rng.lognormvariate(6, 1)))
    assert found == []


def test_calls_that_nobody_answers_and_clocks_do_not_count(home: Home) -> None:
    for n in range(300):
        flow = home.flow(ts=T0 + n * 60)
        assert home.end(flow, "attempt") == []
    assert series(home, 300, 60.0, port=123, proto="udp") == []
    assert series(home, 300, 60.0, server=TELEVISION_IP) == []


def test_pieces_of_a_connection_that_goes_on_after_silence_are_no_calls(home: Home) -> None:
    assert series(home, 300, 360.0, state="midstream") == []


def test_what_is_learned_as_usual_is_not_told() -> None:
    home = Home(Beacon(), learning_seconds=HOUR)
    home.learn("weather.example", OUTSIDE)
    key = home.inventory.device_key(home.flow().client_mac)
    home.inventory.baseline.check(key, T0, OUTSIDE, 443, "tcp", "weather.example", T0 + 1)
    assert series(home, 300, 60.0) == []


def test_what_came_while_learning_without_a_name_is_told() -> None:
    home = Home(Beacon(), learning_seconds=1000 * HOUR)
    key = home.inventory.device_key(home.flow().client_mac)
    home.inventory.baseline.check(key, T0, OUTSIDE, 443, "tcp", None, T0 + 1)
    assert series(home, 300, 60.0)


def test_what_another_device_calls_too_is_not_told(home: Home) -> None:
    call(home, T0, client=TELEVISION_IP, client_mac=TELEVISION)
    assert series(home, 300, 60.0) == []


def test_parcels_by_the_clock_are_told_also_inside_the_home(home: Home) -> None:
    found = series(home, 8, 10.0, server=TELEVISION_IP, port=4433, up=90_000, down=1_300)
    assert len(found) == 1 and found[0].severity == Severity.NORMAL
    assert found[0].evidence["connections"] == 6


def test_parcels_at_uneven_times_or_with_answers_are_not(home: Home) -> None:
    rng = random.Random(2)
    assert [
        f for n in range(40) for f in call(home, T0 + n * 10 + rng.uniform(0, 8), up=90_000, down=500)
    ] == []
    assert series(home, 40, 10.0, port=8443, up=90_000, down=50_000) == []


def test_memory_stays_bounded(monkeypatch) -> None:
    monkeypatch.setattr(beacon, "PAIRS", 50)
    home = Home(Beacon())
    for n in range(500):
        call(home, T0 + n, server=f"198.51.{n // 250}.{n % 250}")
    (rule,) = home.pipeline.detectors
    assert len(rule._pairs) == 50 and home.pipeline.evictions == 450
    series(home, 2000, 60.0, port=9999)
    assert max(len(pair.starts) for pair in rule._pairs.values()) <= beacon.CONTACTS


@pytest.mark.parametrize("seed", range(100))
def test_the_score_is_all_parts_or_out_of_reach(seed: int) -> None:
    rng = random.Random(seed)
    rule = Beacon()
    pair = beacon.Contacts(T0)
    every, noise = rng.choice([5.0, 60.0, 300.0]), rng.choice([0.0, 0.1, 2.0])
    for n in range(rng.choice([30, 150, 256])):
        pair.add(T0 + every * (n + rng.uniform(0, noise)), rng.choice([500, 500, 560, 3000]))
    lasted = max(pair.starts) - T0
    told = rule._parts(pair, lasted)
    rule.score = -1.0
    parts = rule._parts(pair, lasted)
    assert list(told) == list(parts) == list(beacon.PARTS)
    assert all(told[name] in (parts[name], 1.0) for name in parts)
    reached = sum(parts.values()) / 4 >= Beacon.score
    assert (sum(told.values()) / 4 >= Beacon.score) == reached and (told == parts or not reached)


def test_what_is_too_short_costs_no_arithmetic(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(beacon.regularity, "steadiness")
    assert series(home, 96, 10.0) == [] and home.pipeline.failures == {}
    assert series(home, 160, 10.0) == [] and home.pipeline.failures["beacon"]
