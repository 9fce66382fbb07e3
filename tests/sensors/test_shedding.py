"""What is given up under load, in which order, and what never is."""

from collections import Counter

import pytest

from analysis.events import MdnsQuery
from sensors.demo import frames as make
from sensors.demo.evening import batch_of, evening
from sensors.honesty import status
from sensors.shedding import BUSY, CALM, FULL_READS, REPEATED, Detail, Shedding
from tests.sensors.frames import A, B, conversation, tcp, udp
from tests.sensors.test_engine import AWAY, HOME, engine, new_engine, run

__all__ = ["engine"]


def full_reads(shedding: Shedding, count: int, now: float = 100.0, load: float = 0.0) -> None:
    for _ in range(count):
        shedding.note_read(True, now, load)


def test_detail_goes_one_by_one_while_reads_are_full_and_comes_back_in_turn():
    shedding = Shedding()
    levels = []
    for _ in range(len(Detail)):
        full_reads(shedding, FULL_READS)
        levels.append(shedding.level)
    assert levels == [*list(Detail)[1:], Detail.HASTE]
    now, back = 100.0, []
    while shedding.level:
        now += CALM / 4
        shedding.note_read(False, now)
        back.append(shedding.level)
    assert list(dict.fromkeys(back)) == list(reversed(Detail))
    assert now - 100.0 >= (len(Detail) - 1) * CALM


def test_who_falls_behind_gives_all_of_it_up_at_once_and_takes_nothing_back_while_busy():
    shedding = Shedding()
    full_reads(shedding, FULL_READS, load=1.5)
    assert shedding.level == Detail.HASTE
    for second in range(1, 60):
        shedding.note_read(False, 100.0 + second, load=BUSY)
    assert shedding.level == Detail.HASTE
    shedding.note_read(False, 200.0, load=BUSY / 2)
    assert shedding.level == Detail.REPEATS


def test_a_burst_of_one_read_gives_nothing_up():
    shedding = Shedding()
    full_reads(shedding, FULL_READS - 1)
    shedding.note_read(False, 100.0)
    full_reads(shedding, FULL_READS - 1)
    assert shedding.level == Detail.NONE


def test_of_the_questions_to_all_only_repetitions_are_given_up():
    shedding = Shedding()
    both = MdnsQuery(1.0, "m", "10.0.0.1", "224.0.0.251", (("tv.local", "A"), ("tv.local", "AAAA")))
    assert shedding.kept_questions(both) == both.asked == shedding.kept_questions(both)
    shedding.level = Detail.REPEATED_NAMES
    assert list(shedding.kept_questions(both._replace(asked=both.asked[:1]))) == [("tv.local", "A")]
    assert list(shedding.kept_questions(both)) == [("tv.local", "AAAA")]
    assert list(shedding.kept_questions(both._replace(ts=2.0 + REPEATED))) == list(both.asked)
    assert shedding.given_up == {"repeated_names": 1}


def lookup(ts: float, txid: int, name: str, address: str) -> list[tuple[float, bytes]]:
    ask = udp(HOME, "192.168.1.1", 4000 + txid, 53, make.dns_query(txid, name))
    reply = udp("192.168.1.1", HOME, 53, 4000 + txid, make.dns_answer(txid, name, [address]), src=B, dst=A)
    return [(ts, ask), (ts + 0.01, reply)]


def test_only_repeated_lookups_and_rows_that_say_the_same_are_given_up(engine):
    engine.shedding.level = Detail.REPEATED_NAMES
    frames = [
        *lookup(1.0, 1, "www.example.org", AWAY), *lookup(2.0, 2, "www.example.org", AWAY),
        *lookup(3.0, 3, "www.example.org", "203.0.113.6"), *lookup(4.0, 4, "other.example.org", AWAY),
        *lookup(5.0 + REPEATED, 5, "www.example.org", AWAY),
    ]  # fmt: skip
    rows = run(engine, frames)
    assert [(row.ts, row.name) for row in rows.dns] == [
        (1.0, "www.example.org"), (3.0, "www.example.org"), (4.0, "other.example.org"),
        (5.0 + REPEATED, "www.example.org"),
    ]  # fmt: skip
    assert rows.flows == [] and rows.packets == []
    given_up = engine.shedding.given_up
    assert (given_up["repeated_names"], given_up["flow_rows"], given_up["packet_log"]) == (1, 5, 10)
    told = status(engine, "running")
    assert told.shed == 16 and told.counters["shedding"] == "repeated_names"


def test_rows_of_running_flows_are_given_up_their_ends_are_not(engine):
    engine.shedding.level = Detail.FLOW_ROWS
    frames = conversation(1000.0, HOME, AWAY, 40000, 443, [b"a"], [b"b"], close=False)
    frames += [(float(t), tcp(HOME, AWAY, 40000, 443, 0x18, b"z")) for t in range(1005, 1100, 5)]
    rows = run(engine, frames)
    assert [row.state for row in rows.flows if row.port == 443] == ["established"]
    assert engine.shedding.given_up["flow_rows"] >= 1


@pytest.mark.parametrize("level", list(Detail))
def test_findings_devices_and_counters_are_the_same_at_every_level(tmp_path, level):
    packets = list(evening(1_700_000_000.0, hours=0.5, seed=3))
    whole, less = new_engine(tmp_path / "whole"), new_engine(tmp_path / "less")
    less.shedding.level = level
    found = []
    for each in (whole, less):
        each.feed(batch_of(packets))
        each.finish()
        rows = each.take()
        severe = Counter((f.rule, str(f.subject)) for f, _, _ in rows.findings if f.severity)
        traffic = sum(row.bytes_up + row.bytes_down for row in rows.traffic)
        found.append((severe, {row.key for row in rows.devices}, each.packets, traffic))
    assert found[0] == found[1]
    assert bool(less.shedding.given_up.total()) == (level > Detail.NONE)
