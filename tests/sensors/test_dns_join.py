"""Queries and their answers."""

import pytest

from analysis.events import DnsQuery, DnsRecord, DnsResponse
from sensors.dns_join import ANSWER_SECONDS, MAX_PENDING, MAX_REPEATS, DnsJoin
from sensors.parsers.dns import parse_message

SERVER = "10.0.0.53"


def query(ts=1.0, txid=7, transport="udp", port=4000, server=SERVER, name="example.org", qtype="A"):
    return DnsQuery(ts, transport, "m", "10.0.0.1", server, port, txid, name, qtype)


def response(ts=1.2, txid=7, transport="udp", port=4000, server=SERVER, name="example.org", qtype="A"):
    records = (DnsRecord(name, "A", "192.0.2.1"),)
    about = (ts, transport, "m", "10.0.0.1", server, port, txid, name, qtype, "NOERROR", records, None)
    return DnsResponse(*about)


def test_an_answer_completes_its_question():
    join = DnsJoin()
    assert list(join.query(query())) == []
    (lookup,) = join.response(response())
    assert (lookup.ts, lookup.rcode, lookup.records[0].value) == (1.0, "NOERROR", "192.0.2.1")
    assert abs(lookup.elapsed - 0.2) < 1e-9
    assert list(join.response(response())) == [] and join.orphans == 1


def test_a_retransmitted_question_is_a_question_of_its_own():
    join = DnsJoin()
    list(join.query(query(1.0)))
    list(join.query(query(1.1)))
    assert [x.ts for x in join.response(response())] == [1.0, 1.1]


def test_silence_is_told_after_five_seconds():
    join = DnsJoin()
    list(join.query(query(1.0)))
    assert list(join.expire(1.0 + ANSWER_SECONDS - 0.1)) == []
    (lookup,) = join.expire(1.0 + ANSWER_SECONDS)
    assert lookup.rcode is None and lookup.elapsed is None


def test_pending_questions_are_bounded_and_none_is_lost():
    join = DnsJoin()
    told = [x for n in range(MAX_PENDING + 50) for x in join.query(query(txid=n))]
    assert (len(told), join.evicted) == (50, 50)
    assert len(list(join.expire(float("inf")))) == MAX_PENDING


def test_one_question_repeated_for_ever_is_told_and_keeps_no_other_waiting():
    join, told = DnsJoin(), []
    for n in range(0, 3600, 4):
        told += join.query(query(float(n)))
        if n < 100:
            told += join.query(query(float(n), txid=1000 + n))
        told += join.expire(float(n))
        waiting = [x.ts for queries in join._pending.values() for x in queries]
        assert min(waiting) > n - 2 * ANSWER_SECONDS
    assert len(told) + len(waiting) == 925 and join.evicted == 0


def test_repeats_of_one_question_are_bounded_and_none_is_lost():
    join = DnsJoin()
    told = [x for n in range(1000) for x in join.query(query(n / 1000))]
    assert (len(told), join.evicted) == (1000 - MAX_REPEATS, 1000 - MAX_REPEATS)
    assert [x.ts for x in told] == [n / 1000 for n in range(1000 - MAX_REPEATS)]
    assert len(join.response(response())) == MAX_REPEATS


def test_an_answer_belongs_to_the_question_it_repeats():
    join = DnsJoin()
    for name, qtype in (("one.example.org", "A"), ("two.example.org", "A"), ("two.example.org", "AAAA")):
        join.query(query(name=name, qtype=qtype))
    for name, qtype in (("two.example.org", "AAAA"), ("two.example.org", "A"), ("one.example.org", "A")):
        (lookup,) = join.response(response(name=name, qtype=qtype))
        assert (lookup.name, lookup.qtype, lookup.records[0].name) == (name, qtype, name)
    assert not join._pending and join.orphans == 0


@pytest.mark.parametrize("other", [{"name": "example.com"}, {"qtype": "AAAA"}, {"server": "10.0.0.66"}])
def test_an_answer_that_no_resolver_would_take_answers_nothing(other):
    join = DnsJoin()
    join.query(query())
    assert join.response(response(**other)) == [] and join.orphans == 1
    assert len(join.response(response())) == 1


def test_any_member_of_a_group_that_was_asked_may_answer():
    join = DnsJoin()
    join.query(query(transport="llmnr", server="224.0.0.252"))
    assert len(join.response(response(transport="llmnr", server="10.0.0.9"))) == 1


def test_an_answer_without_a_question_is_for_who_waits():
    join = DnsJoin()
    join.query(query())
    assert len(join.response(response(name="", qtype=""))) == 1


def test_an_answer_in_other_letters_is_for_the_same_question():
    """Case that is mixed against forgers (draft-vixie-dnsext-dns0x20) and that a server did not keep."""
    join = DnsJoin()
    ends = ("m", "10.0.0.1", 4000), ("n", SERVER, 53)
    question = b"\0\7\1\0\0\1\0\0\0\0\0\0\7ExaMPle\3oRG\0\0\1\0\1"
    answer = b"\0\7\x81" + question[3:].lower()
    (asked,) = parse_message(question, 1.0, "udp", *ends[0], *ends[1])
    (answered,) = parse_message(answer, 1.1, "udp", *ends[1], *ends[0])
    join.query(asked)
    assert [x.name for x in join.response(answered)] == ["example.org"]
