"""What a flood may cost, whom it may not silence, and that nothing of it goes uncounted."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.blocklist import Blocklist
from analysis.config import Config
from analysis.store.writer import Writer
from sensors.assemble import engine_for
from sensors.demo.frames import dns_query
from sensors.engine import Engine
from sensors.floods import FLOWS, FLOWS_EACH, FLOWS_MORE, MESSAGES, MESSAGES_EACH, Budget
from sensors.honesty import status
from tests.sensors.frames import batch, conversation, tcp, udp

HOME, AWAY, ROUTER = "192.168.1.10", "203.0.113.5", "192.168.1.1"
CAMERA = "02:00:00:00:00:0c"


@pytest.fixture
def engine(tmp_path) -> Engine:
    settings = Config(base=str(tmp_path), learning_hours=0)
    with Writer(tmp_path / "sentinel.db", "test") as writer:
        return engine_for(settings, writer, Blocklist.open(settings), network="test", run=1, bounded=True)


def array(senders) -> np.ndarray:
    return np.array(senders, np.uint64)


def decisions(budget: Budget, senders: list[int], size: int) -> list[bool]:
    told = []
    for lo in range(0, len(senders), size):
        part = senders[lo : lo + size]
        admitted = budget.admit(array(part))
        told += [True] * len(part) if admitted is None else admitted.tolist()
    return told


@given(st.lists(st.integers(1, 6), max_size=80), st.integers(1, 80), st.integers(0, 9), st.integers(0, 5))
def test_a_budget_is_what_a_loop_would_say(senders, size, free, more):
    each, known = 3, {1, 2}
    expected, used, strangers = [], {}, 0
    for place, sender in enumerate(senders):
        ok = place < free
        if not ok and used.get(sender, 0) < each and (sender in known or strangers < more):
            ok = True
            used[sender] = used.get(sender, 0) + 1
            strangers += sender not in known
        expected.append(ok)
    budget = Budget(free, each, more, known.__contains__)
    if size == 1:
        assert decisions(budget, senders, 1) == expected
    told = decisions(Budget(free, each, more, known.__contains__), senders, size)
    assert sum(told) == sum(expected) and told[:free] == expected[:free]
    for sender in known:
        mine = [place for place, one in enumerate(senders) if one == sender]
        assert [told[place] for place in mine] == [expected[place] for place in mine]


def test_the_next_step_has_the_whole_budget_again():
    budget = Budget(2, 0, 0, lambda sender: False)
    assert decisions(budget, [1, 1, 1], 3) == [True, True, False]
    budget.renew()
    assert decisions(budget, [1, 1, 1], 2) == [True, True, False] and budget.refused == 2


def syns(begin: float, count: int, each: float = 1e-4) -> list[tuple[float, bytes]]:
    """One device tries ever another address."""
    return [
        (
            begin + n * each,
            tcp(HOME, f"11.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}", 1024 + n % 60_000, 443, 2),
        )
        for n in range(count)
    ]


def test_a_flood_is_counted_whole_and_looked_at_in_part(engine):
    count = FLOWS + FLOWS_EACH + 3_000
    frames = syns(1000.0, count)
    for lo in range(0, count, 1_000):
        engine.feed(batch(frames[lo : lo + 1_000]))
    engine.finish()
    rows = engine.take()
    assert len(rows.flows) == FLOWS + FLOWS_EACH and engine.packets == count
    assert sum(row.packets for row in rows.traffic) == count
    assert status(engine, "running").counters["flooded"] == {"conversations": 3_000}


def test_the_conversation_of_another_device_is_looked_at_in_a_flood(engine):
    before = [(900.0 + n, udp("192.168.1.12", ROUTER, 5000, 9, src=CAMERA)) for n in range(0, 90, 5)]
    talk = conversation(
        1001.0, "192.168.1.12", "192.168.1.20", 40000, 23, [b"\xff\xfb\x18", b"user\r\n"],
        [b"\xff\xfd\x18login: ", b"Password: "], client_mac=CAMERA,
    )  # fmt: skip
    frames = sorted([*before, *syns(1000.0, 3 * FLOWS, 5e-4), *talk], key=lambda one: one[0])
    engine.feed(batch(frames))
    engine.finish()
    rules = {finding.rule for finding, _, _ in engine.take().findings}
    assert "insecure-protocol" in rules


def test_a_conversation_held_back_is_told_when_it_is_answered(engine):
    engine.floods.flows.free = engine.floods.flows.each = 0
    frames = conversation(1000.0, HOME, AWAY, 40000, 4444, [b"hello"], [b"there"])
    engine.feed(batch(frames[:1]))
    engine.floods.flows.each = 5
    engine.feed(batch(frames[1:]))
    engine.finish()
    rows = engine.take()
    (flow,) = rows.flows
    assert (flow.state, flow.packets_up + flow.packets_down) == ("established", len(frames))
    assert any(finding.rule == "suspicious-port" for finding, _, _ in rows.findings)


def test_messages_are_bounded_by_sender_too(engine):
    count = MESSAGES + 4 * MESSAGES_EACH
    rng = random.Random(1)
    frames = [
        (1000.0 + n * 1e-4, udp(HOME, ROUTER, 4000, 53, dns_query(n % 65_536, f"n{rng.random()}.example")))
        for n in range(count)
    ]
    engine.feed(batch(frames))
    engine.finish()
    assert len(engine.take().dns) == MESSAGES + MESSAGES_EACH
    assert engine.floods.messages.refused == 3 * MESSAGES_EACH
    assert FLOWS_MORE >= FLOWS_EACH  # a stranger's share fits into that of all
