"""Queries and their answers."""

from analysis.events import DnsQuery, DnsRecord, DnsResponse
from sensors.dns_join import ANSWER_SECONDS, MAX_PENDING, DnsJoin


def query(ts=1.0, txid=7, transport="udp", port=4000):
    return DnsQuery(ts, transport, "m", "10.0.0.1", "10.0.0.53", port, txid, "example.org", "A")


def response(ts=1.2, txid=7, transport="udp", port=4000):
    record = DnsRecord("example.org", "A", "192.0.2.1")
    return DnsResponse(
        ts,
        transport,
        "m",
        "10.0.0.1",
        "10.0.0.53",
        port,
        txid,
        "example.org",
        "A",
        "NOERROR",
        (record,),
        None,
    )


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
