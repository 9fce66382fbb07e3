"""What is counted only while a sensor cannot keep up, and that an attack within is found."""

import random
import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.blocklist import Blocklist
from analysis.config import Blocklists, BlocklistSource, Config
from analysis.store.writer import Writer
from sensors.assemble import engine_for
from sensors.demo import frames as make
from sensors.demo.evening import evening
from sensors.engine import Engine
from sensors.honesty import status
from sensors.repeats import AGAIN, HEAVY, MORE, Heard
from sensors.shedding import Detail
from tests.sensors.frames import A, B, batch, conversation, tcp, udp

HOME, ROUTER, AWAY, CAMERA = "192.168.1.10", "192.168.1.1", "203.0.113.5", "192.168.1.20"
BEGIN = 1_700_000_000.0
BAD = "bad.example.org"


@pytest.fixture
def engine(tmp_path) -> Engine:
    (tmp_path / "list.txt").write_text(BAD + "\n")
    lists = Blocklists(lists=(BlocklistSource(name="Bad", file="list.txt"),))
    settings = Config(base=str(tmp_path), learning_hours=0, blocklists=lists)
    with Writer(tmp_path / "sentinel.db", "test") as writer:
        made = engine_for(settings, writer, Blocklist.open(settings), network="test", bounded=True)
    made.feed(batch([(BEGIN - 5, udp(HOME, ROUTER, 4000, 9))]))  # the device is known before
    made.shedding.level = Detail.REPEATS
    return made


def finished(engine: Engine):
    engine.finish()
    return engine.take()


@given(st.lists(st.tuples(st.integers(1, 2**64 - 1), st.integers(0, 2)), max_size=60), st.integers(1, 60))
def test_a_key_counts_within_its_minute_as_a_dictionary_would(said, size):
    heard, minute = Heard(places=1 << 16), 0
    expected: Counter[tuple[int, int]] = Counter()
    looks: Counter[tuple[int, int]] = Counter()
    for lo in range(0, len(said), size):
        part = said[lo : lo + size]
        minute = max(minute, part[-1][1])
        keys = [key % 7 + 2 for key, _ in part]
        came, looked = heard.before(np.array(keys, np.uint64), minute)
        seen = Counter(keys[:0])
        for key, number, read in zip(keys, came.tolist(), looked.tolist(), strict=True):
            assert number == expected[minute, key]
            assert read == looks[minute, key] + seen[key]
            expected[minute, key] += 1
            seen[key] += 1
        heard.looked_at(np.array([key for key in keys if key % 2], np.uint64))
        looks.update((minute, key) for key in keys if key % 2)


def test_of_two_things_in_one_place_the_older_counts_as_new():
    heard = Heard(places=4)
    assert heard.before(np.array([5, 5, 9, 5], np.uint64), 1)[0].tolist() == [0, 1, 0, 2]
    assert heard.before(np.array([5, 9], np.uint64), 1)[0].tolist() == [3, 0]
    assert heard.before(np.array([5], np.uint64), 1)[0].tolist() == [0]


def calls(port: int, count: int, begin: float = BEGIN, each: float = 0.1) -> list[tuple[float, bytes]]:
    """One device calls the same server again and again, each time from another port."""
    return [
        frame
        for n in range(count)
        for frame in conversation(begin + n * each, HOME, AWAY, 20_000 + n, port, [b"a" * 9], [b"b" * 9])
    ]


@pytest.mark.parametrize(("port", "told"), [(443, AGAIN), (22, 20), (2323, 20)])
def test_the_same_conversation_on_an_ordinary_port_is_counted_only(engine, port, told):
    frames = calls(port, 20)
    engine.feed(batch(frames))
    rows = finished(engine)
    assert sum(row.port == port for row in rows.flows) == told
    assert sum(row.packets for row in rows.traffic if row.device[1] == A) == len(frames) + 1
    assert engine.shedding.given_up["repeats"] == 20 - told
    assert status(engine, "running").counters["shed"].get("repeats", 0) == 20 - told


def test_the_next_minute_is_looked_at_again_and_without_need_everything(engine):
    engine.feed(batch(calls(443, 20)))
    engine.feed(batch(calls(443, 20, BEGIN + 60)))
    engine.shedding.level = Detail.NONE
    engine.feed(batch(calls(443, 20, BEGIN + 120)))
    assert sum(row.port == 443 for row in finished(engine).flows) == 2 * AGAIN + 20


def question(ts: float, number: int, name: str) -> tuple[float, bytes]:
    return ts, udp(HOME, ROUTER, 5000, 53, make.dns_query(number, name))


def test_the_same_question_is_counted_only_whatever_its_number_and_another_is_not(engine):
    frames = [question(BEGIN + n / 10, n, "www.example.org") for n in range(20)]
    frames += [question(BEGIN + 3 + n / 10, n, f"n{n}.example.org") for n in range(20)]
    engine.feed(batch(frames))
    names = Counter(row.name for row in finished(engine).dns)
    assert names.pop("www.example.org") == AGAIN
    assert names == {f"n{n}.example.org": 1 for n in range(20)}


def test_the_answer_of_a_question_that_is_counted_only_is_too_whatever_it_says(engine):
    frames = []
    for n in range(20):
        answer = make.dns_answer(n, "www.example.org", [f"203.0.113.{n}"], ttl=300 - n)
        reply = udp(ROUTER, HOME, 53, 5000, answer, src=B, dst=A)
        frames += [question(BEGIN + n / 10, n, "www.example.org"), (BEGIN + n / 10 + 0.01, reply)]
    engine.feed(batch(frames))
    rows = finished(engine)
    assert [row.answers for row in rows.dns] == [(f"203.0.113.{n}",) for n in range(AGAIN)]
    assert engine.dns.orphans == 0


def test_questions_of_several_names_are_told_by_all_of_them(engine):
    def asks(n: int) -> bytes:
        second = make.dns_query(n, f"n{n}.example.org")
        return second[:5] + b"\2" + make.dns_query(n, "www.example.org")[6:] + second[12:]

    frames = [(BEGIN + n / 10, udp(HOME, ROUTER, 5000, 53, asks(n))) for n in range(20)]
    engine.feed(batch(frames))
    assert engine.shedding.given_up["repeats"] == 0


def test_what_a_full_budget_refuses_is_new_the_next_time(engine):
    engine.floods.messages.free = engine.floods.messages.each = 0
    engine.floods.flows.free = engine.floods.flows.each = 0
    engine.feed(batch([question(BEGIN + n / 10, n, "www.example.org") for n in range(20)]))
    engine.feed(batch(calls(443, 20)))
    engine.floods.messages.free = engine.floods.flows.free = 100
    engine.feed(batch([question(BEGIN + 3 + n / 10, n, "www.example.org") for n in range(20)]))
    engine.feed(batch(calls(443, 20, BEGIN + 6)))
    rows = finished(engine)
    assert len(rows.dns) == AGAIN and sum(row.port == 443 for row in rows.flows) == AGAIN


def test_guesses_of_passwords_on_web_pages_are_no_repetition(engine):
    ask = b"GET /admin HTTP/1.1\r\nHost: cam\r\nAuthorization: Basic YTpi\r\n\r\n"
    no = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
    frames = [
        frame
        for n in range(40)
        for frame in conversation(BEGIN + n / 5, HOME, CAMERA, 20_000 + n, 80, [ask], [no])
    ]
    engine.feed(batch(frames))
    assert "password-guessing" in {finding.rule for finding, _, _ in finished(engine).findings}


def test_a_flood_of_the_same_conversation_is_found(engine):
    count = HEAVY + MORE + 100
    frames = [(BEGIN + n / 1000, tcp(HOME, AWAY, 1024 + n, 443, 2)) for n in range(count)]
    engine.feed(batch(frames))
    rows = finished(engine)
    assert "flood" in {finding.rule for finding, _, _ in rows.findings}
    assert sum(row.port == 443 for row in rows.flows) == AGAIN + MORE


def attack(begin: float) -> list[tuple[float, bytes]]:
    """A Telnet session, a question for a listed name, a scan of 60 ports; all of it within a second."""
    turns = [b"\xff\xfb\x18", b"user\r\n"], [b"\xff\xfd\x18login: ", b"Password: "]
    frames = conversation(begin, HOME, CAMERA, 40_000, 23, *turns)
    frames.append(question(begin + 0.31, 7, BAD))
    for port in range(60):
        at = begin + 0.4 + port / 200
        frames.append((at, tcp(HOME, CAMERA, 41_000, 7_000 + port, 2)))
        frames.append((at + 1e-4, tcp(CAMERA, HOME, 7_000 + port, 41_000, 0x14, src=B, dst=A)))
    return frames


def overload(begin: float, seconds: float, rate: int) -> list[tuple[float, bytes]]:
    """An evening's packets over and over, as fast as that."""
    usual = [frame for _, frame in evening(begin, hours=0.2, seed=5)]
    return [(begin + n / rate, usual[n % len(usual)]) for n in range(int(seconds * rate))]


def test_an_attack_within_300000_packets_a_second_of_repetitions_is_found(engine):
    rate, take = 300_000, 16_384
    frames = sorted([*overload(BEGIN, 2.5, rate), *attack(BEGIN + 1.2)], key=lambda one: one[0])
    engine.shedding.level = Detail.NONE
    for lo in range(0, len(frames), take):
        engine.shedding.note_read(True, time.monotonic(), load=2.0)
        engine.feed(batch(frames[lo : lo + take]))
    engine.tick(BEGIN + 60)
    assert engine.shedding.level == Detail.HASTE
    rows = finished(engine)
    mine = {f.rule for f, _, _ in rows.findings if f.subject.device_ip == HOME}
    assert {"insecure-protocol", "blocklisted-name", "port-scan"} <= mine
    assert engine.packets == len(frames) + 1
    assert engine.shedding.given_up["repeats"] > len(frames) / 100


def test_when_the_time_of_a_batch_is_over_the_rest_is_counted(engine):
    engine.shedding.level = Detail.NONE
    engine.shedding.until = time.monotonic() - 1
    rng = random.Random(3)
    frames = calls(443, 20) + [question(BEGIN + 9, n, f"n{rng.random()}.example.org") for n in range(10)]
    engine.feed(batch(frames))
    engine.shedding.until = float("inf")
    engine.feed(batch(calls(22, 3, BEGIN + 20)))
    rows = finished(engine)
    assert sorted(row.port for row in rows.flows) == [9, 22, 22, 22] and not rows.dns
    assert engine.packets == 1 + len(frames) + len(calls(22, 3))
    assert sum(row.packets for row in rows.traffic if row.device[1] == A) == engine.packets
    assert engine.shedding.given_up["late"] >= 30
