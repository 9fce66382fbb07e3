"""The pipeline: routing, isolation of failures, severity, and what must not become usual."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from analysis.alerts import Finding, Severity, Subject
from analysis.detector import Detector
from analysis.detectors import ALL
from analysis.detectors.insecure_protocol import InsecureProtocol
from analysis.detectors.new_connection import NewConnection
from analysis.detectors.suspicious_port import SuspiciousPort
from analysis.events import ArpSeen, FlowStart, SessionSeen
from analysis.pipeline import FAILURES, WAITING, Pipeline
from analysis.window import RecentSet
from tests.analysis.home import OUTSIDE, T0, Home


@dataclass
class Says(Detector):
    """Says each start."""

    id = "says"
    title = "Says"
    severity = Severity.NORMAL

    def on_flow_start(self, event: FlowStart) -> Iterator[Finding]:
        yield self.finding(event.ts, Subject(), event.flow.id, title="t", why="w", advice="a")


@dataclass
class Breaks(Detector):
    """Fails after its first finding."""

    id = "breaks"
    title = "Breaks"
    severity = Severity.NORMAL

    def on_flow_start(self, event: FlowStart) -> Iterator[Finding]:
        yield self.finding(event.ts, Subject(), 1, title="t", why="w", advice="a")
        raise RuntimeError("no")

    def on_tick(self, now: float) -> list[Finding]:
        raise KeyError(now)


def test_only_handled_events_reach_anybody() -> None:
    home = Home(Says())
    assert home.pipeline.handled_events == frozenset({FlowStart})
    assert len(home.start(home.flow())) == 1
    assert home.session(home.flow(), "telnet") == []
    assert Pipeline([], home.inventory).handled_events == frozenset()


def test_the_rules_handle_what_they_should() -> None:
    handled = Home(*(rule() for rule in ALL)).pipeline.handled_events
    assert {FlowStart, SessionSeen, ArpSeen} <= handled


def test_a_failing_rule_stops_no_other_and_is_counted_and_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    home = Home(Breaks(), Says())
    for n in range(5):
        assert {f.rule for f in home.start(home.flow(), ts=T0 + n)} == {"breaks", "says"}
    assert home.pipeline.failures == {"breaks": 5} and home.pipeline.disabled == {}
    assert len(caplog.records) == 1 and "breaks" in caplog.text


def test_a_rule_that_fails_all_the_time_is_switched_off_and_shown() -> None:
    home = Home(Breaks(), Says())
    for n in range(FAILURES + 20):
        found = home.start(home.flow(), ts=T0 + n / 10)
    assert {f.rule for f in found} == {"says"}
    assert home.pipeline.failures["breaks"] == FAILURES
    assert "RuntimeError" in home.pipeline.disabled["breaks"]
    assert home.pipeline.tick(T0 + 99) == [] and home.pipeline.failures["breaks"] == FAILURES


def test_failures_spread_over_hours_switch_nothing_off() -> None:
    home = Home(Breaks())
    for n in range(2 * FAILURES):
        home.start(home.flow(), ts=T0 + n * 10)
    assert home.pipeline.disabled == {} and home.pipeline.failures["breaks"] == 2 * FAILURES


def test_evictions_are_those_of_tables_and_those_that_rules_count_themselves() -> None:
    rule = Says()
    rule.table, rule.evictions = RecentSet(1), 3  # type: ignore[attr-defined]
    for key in range(3):
        rule.table.add(key, T0)  # type: ignore[attr-defined]
    assert Home(rule, Says()).pipeline.evictions == 3 + 2


def test_a_failing_tick_is_isolated_too() -> None:
    home = Home(Breaks())
    assert home.pipeline.tick(T0) == [] and home.pipeline.failures == {"breaks": 1}


def test_a_severity_and_cooldown_set_on_an_instance_count() -> None:
    rule = Says()
    vars(rule).update(severity=Severity.CRITICAL, cooldown_minutes=5)
    home = Home(rule)
    assert home.start(home.flow())[0].severity == Severity.CRITICAL
    assert home.pipeline.cooldown("says") == 300


def test_what_raised_a_serious_alert_is_not_learned() -> None:
    home = Home(InsecureProtocol(), SuspiciousPort(), NewConnection(), learning_seconds=86_400)
    home.open(home.flow(OUTSIDE, 443))
    home.open(home.flow(OUTSIDE, 22))
    telnet = home.flow(OUTSIDE, 2300)
    home.open(telnet)
    home.session(telnet, "telnet")
    home.pipeline.tick(T0 + 10)
    learned = {row.port: row.learned for row in home.inventory.baseline.drain()}
    assert learned == {443: True, 22: False, 2300: False}


@dataclass
class Asks(Says):
    """Says each start, unless something graver does."""

    id = "asks"
    title = "Asks"
    severity = Severity.NORMAL
    yields = True

    def on_flow_start(self, event: FlowStart) -> Iterator[Finding]:
        yield self.finding(event.ts, self.subject(event.flow), event.flow.id, title="t", why="w", advice="a")


@dataclass
class Warns(Detector):
    """Warns later, when the content is known."""

    id = "warns"
    title = "Warns"
    severity = Severity.HIGH
    yields = False

    def on_session_seen(self, event: SessionSeen) -> Iterator[Finding]:
        yield self.finding(event.ts, self.subject(event.flow), event.flow.id, title="t", why="w", advice="a")


def test_what_yields_is_told_late_and_only_where_nothing_graver_is() -> None:
    home = Home(Asks(), Warns())
    quiet, loud = home.flow(OUTSIDE, 443), home.flow(OUTSIDE, 444)
    assert home.start(quiet) == [] and home.start(loud) == []
    assert [f.rule for f in home.session(loud, "ssh")] == ["warns"]
    assert home.pipeline.tick(T0 + 0.2) == []
    assert [(f.rule, f.subject.port) for f in home.pipeline.tick(T0 + 1)] == [("asks", 443)]
    assert home.pipeline.tick(T0 + 2) == []


def test_what_waits_is_told_at_the_end() -> None:
    home = Home(Asks())
    home.start(home.flow(OUTSIDE, 443))
    assert [f.rule for f in home.pipeline.finish(T0)] == ["asks"]


def test_when_very_many_wait_no_more_do() -> None:
    home = Home(Asks())
    told = [f for n in range(WAITING + 50) for f in home.start(home.flow(OUTSIDE, 1 + n))]
    assert len(told) == 50 and len(home.pipeline.tick(T0 + 1)) == WAITING
