"""Who is told of what: rules refuse only kinds of conversation that they would have done nothing about."""

import pickle
import random
from dataclasses import dataclass
from typing import Any

import pytest

from analysis.alerts import Finding, Severity, Subject
from analysis.detector import KIND, SAID, Detector, FlowKind, SessionKind
from analysis.detectors import ALL
from analysis.detectors.exposed_service import RISKY
from analysis.detectors.insecure_protocol import PROTOCOLS
from analysis.events import Flow, FlowActive, FlowAnswered, FlowEnd, FlowStart, SessionSeen
from analysis.pipeline import FAILURES
from analysis.port_table import DEFAULT_PORTS
from analysis.routes import KINDS, Routes
from tests.analysis.home import (
    LAPTOP,
    LAPTOP_IP,
    OUTSIDE,
    ROUTER,
    T0,
    TELEVISION,
    TELEVISION_IP,
    Home,
    Lists,
    lookup,
    query,
)

PORTS = sorted(
    {0, 53, 67, 123, 443, 853, 1024, 5353, 33_434, 50_000, *RISKY}
    | {p.port for p in PROTOCOLS.values()}
    | {port for entry in DEFAULT_PORTS for port in entry.ports}
)
USUAL_PORTS = [22, 23, 53, 443, 445, 853]
ADDRESSES = [LAPTOP_IP, TELEVISION_IP, OUTSIDE, "8.8.8.8", "224.0.0.251"]
SELECTIVE = [
    rule
    for rule in ALL
    if rule.concerns is not Detector.concerns or rule.concerns_session is not Detector.concerns_session
]
SERVICES = [None, "tls", "http", "ssh", "telnet", "ftp", "ftps", "smtp", "pop3", "mqtt", "rdp", "dns"]
OTHER_OPTIONS: dict[str, dict[str, Any]] = {
    "beacon": {"left_out": (443,)}, "blocklisted-address": {"inward": False}, "computer-like": {"left_out": ()},
    "exposed-service": {"allowed": (22, 443)}, "fan-out": {"left_out": ()}, "insecure-protocol": {"protocols": ("telnet",)},
    "lateral-movement": {"services": (22, 443)},
}  # fmt: skip
NAMES = {FlowStart: "on_flow_start", FlowAnswered: "on_flow_answered", FlowEnd: "on_flow_end",
         FlowActive: "on_flow_active", SessionSeen: "on_session_seen"}  # fmt: skip


def concerns(rule: Detector, event: Any) -> bool:
    """What the routes ask a rule before they lead an event to it."""
    if isinstance(event, SessionSeen):
        return rule.concerns_session(SessionKind.of(event))
    return rule.concerns(type(event), FlowKind.of(event.flow))


def some_flow(rng: random.Random, number: int) -> Flow:
    """Any combination, also those that a network hardly shows."""
    return Flow(
        number, T0 + number, rng.choice([LAPTOP, TELEVISION, None]), rng.choice([ROUTER, TELEVISION, None]),
        rng.choice(ADDRESSES), rng.choice(ADDRESSES), rng.choice([20, 443, 5353, 50_000]),
        rng.choice(PORTS if rng.random() < 0.4 else USUAL_PORTS),
        rng.choice(["tcp", "tcp", "udp", "icmp", "igmp", "ip-47"]),
        rng.random() < 0.6, rng.random() < 0.4, rng.random() < 0.2,
    )  # fmt: skip


def its_events(rng: random.Random, flow: Flow) -> list[Any]:
    """From its start to its end, with numbers on both sides of every threshold."""
    ts = flow.first_seen
    up, down = rng.choice([(1, 0), (5, 0), (3, 3), (30_000, 10)]), rng.choice([0, 60, 200_000_000])
    state = rng.choice(["attempt", "rejected", "established", "midstream"])
    state = state if flow.proto == "tcp" else "stateless"
    return [
        FlowStart(ts, flow, rng.random() < 0.7), FlowAnswered(ts + 0.1, flow),
        SessionSeen(ts + 1, flow, rng.choice(SERVICES), rng.random() < 0.3, rng.random() < 0.3),
        FlowActive(ts + 20_000 * rng.random(), flow, *up, up[0] * 9_000, down),
        FlowEnd(ts + 30, flow, *up, up[0] * 9_000, down, rng.choice([0, 9]), rng.choice([0, 9]), state,
                rng.choice([None, "ssh", "http"])),
    ]  # fmt: skip


def home_with(rule: Detector) -> Home:
    """A home where the addresses outside are listed, and are what names that may be a tunnel's lead to."""
    home = Home(rule, lists=Lists(addresses={OUTSIDE: Severity.HIGH, "8.8.8.8": Severity.HIGH}))
    name = "k3j4h5k3j4h5k3j4h5k3j4h5.example.com"
    home.pipeline.handle(query(name))
    home.pipeline.handle(lookup(name, [OUTSIDE, "8.8.8.8"]))
    return home


def remembered(rule: Detector, home: Home) -> bytes:
    """All that a rule could have changed."""
    own = {name: value for name, value in vars(rule).items() if name != "known"}
    known = home.inventory
    return pickle.dumps((own, known.baseline, known.volumes, known.places, known.gateway, known._scans))


@pytest.mark.parametrize("other", [False, True], ids=["defaults", "other options"])
@pytest.mark.parametrize("rule", SELECTIVE, ids=lambda rule: rule.id)
def test_what_a_rule_refuses_would_have_changed_nothing(rule: type[Detector], other: bool) -> None:
    rng = random.Random(rule.id)
    judge = rule(**OTHER_OPTIONS.get(rule.id, {}) if other else {})
    home = home_with(judge)
    refused = accepted = 0
    for number in range(1, 400):
        flow = some_flow(rng, number)
        for event in its_events(rng, flow):
            if (name := NAMES[type(event)]) not in rule.handlers.values():
                continue
            handler = getattr(judge, name)
            if concerns(judge, event):
                accepted += 1
                list(handler(event))
                continue
            refused += 1
            before = remembered(judge, home)
            assert list(handler(event)) == [] and remembered(judge, home) == before, event
    assert refused and accepted


@pytest.mark.parametrize("rule", SELECTIVE, ids=lambda rule: rule.id)
def test_what_a_rule_refuses_does_not_change_with_what_it_sees(rule: type[Detector]) -> None:
    rng = random.Random(1)
    kinds = [event for n in range(200) for event in its_events(rng, some_flow(rng, n))]
    judge = rule()
    before = [concerns(judge, event) for event in kinds]
    home = Home(judge)
    for number in range(200):
        for event in its_events(rng, some_flow(rng, number)):
            home.pipeline.handle(event)
    assert [concerns(judge, event) for event in kinds] == before


def test_a_kind_is_the_end_of_a_flow() -> None:
    flow = some_flow(random.Random(1), 1)
    assert Flow._fields[KIND] == FlowKind._fields and flow[KIND] == FlowKind.of(flow)
    session = SessionSeen(T0, flow, "http", True, False)
    assert SessionSeen._fields[SAID] + Flow._fields[KIND] == SessionKind._fields
    assert session[SAID] + flow[KIND] == SessionKind.of(session)


@dataclass
class Web(Detector):
    """Says each start of a connection to port 443, and may be unable to say what it wants."""

    id, title, severity = "web", "Web", Severity.NORMAL
    asked: int = 0
    broken: bool = False

    def concerns(self, event: type, flow: FlowKind) -> bool:
        self.asked += 1
        if self.broken:
            raise RuntimeError("no")
        return flow.port == 443

    def on_flow_start(self, event: FlowStart) -> list[Finding]:
        return [self.finding(event.ts, Subject(), event.flow.port, title="t", why="w", advice="a")]


def test_a_rule_is_asked_once_a_kind_and_called_for_what_concerns_it() -> None:
    rule = Web()
    home = Home(rule)
    found = [f for port in (443, 80, 443, 80) for f in home.start(home.flow(OUTSIDE, port))]
    assert [f.key for f in found] == ["web|443", "web|443"] and rule.asked == 2


def test_remembered_kinds_are_bounded() -> None:
    rule = Web()
    home = Home(rule)
    routes = Routes([rule], lambda *failure: None)
    for port in (*range(3 * KINDS), 443):
        told = routes.of(FlowStart(T0, home.flow(OUTSIDE, port), True))
        assert bool(told) == (port == 443)
        assert len(routes._by_flow[FlowStart]) <= KINDS


def test_a_rule_that_cannot_say_is_told_of_everything_until_it_is_switched_off() -> None:
    rule = Web(broken=True)
    home = Home(rule)
    assert len(home.start(home.flow(OUTSIDE, 80))) == 1
    assert home.pipeline.failures == {"web": 1}
    for port in range(FAILURES):
        home.start(home.flow(OUTSIDE, 1000 + port))
    assert "RuntimeError" in home.pipeline.disabled["web"]
    assert home.start(home.flow(OUTSIDE, 443)) == []
