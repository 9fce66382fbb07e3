"""DNS messages: bytes in, events out. scapy builds and tshark's counts check."""

import csv
import json
import struct
from collections import Counter

import pytest
from scapy.layers import dns as scapy_dns

from analysis.events import DnsQuery, DnsResponse, Flow, MdnsQuery, NameSeen, SessionSeen
from sensors.packets import ParseError
from sensors.parsers import dns
from sensors.parsers.base import STREAM_LIMIT, Stream
from sensors.parsers.dns_records import MAX_RECORDS

from .feed import conversations
from .single import HOST, MAC, OTHER_MAC, SERVER, cuts, from_capture, mutations, survives, udp

HEADER = struct.Struct("!6H")
QUESTION = b"\x03www\x07example\x03org\0\0\1\0\1"


def query(name="www.example.org", qtype=1, txid=7) -> bytes:
    return bytes(scapy_dns.DNS(id=txid, rd=1, qd=[scapy_dns.DNSQR(qname=name, qtype=qtype)]))


def answer(*records: bytes, count: int | None = None, flags=0x8180, question=QUESTION, txid=7) -> bytes:
    number = len(records) if count is None else count
    return HEADER.pack(txid, flags, bool(question), number, 0, 0) + question + b"".join(records)


def record(rtype: int, data: bytes, ttl: int = 60, owner: bytes = b"\xc0\x0c") -> bytes:
    return owner + struct.pack("!HHIH", rtype, 1, ttl, len(data)) + data


def response_to(payload: bytes) -> DnsResponse:
    (event,) = dns.parse_dns(udp(payload, 53, 4000, SERVER, HOST))
    assert isinstance(event, DnsResponse)
    return event


def values(*records: bytes) -> list[tuple[str, str]]:
    return [(found.rtype, found.value) for found in response_to(answer(*records)).records]


def test_a_query_says_who_asked_whom_for_what():
    assert dns.parse_dns(udp(query("WWW.Example.org", 28), 4000, 53)) == [
        DnsQuery(1.0, "udp", MAC, HOST, SERVER, 4000, 7, "www.example.org", "AAAA")
    ]


def test_the_client_of_a_response_is_its_destination():
    event = response_to(answer(record(1, bytes([93, 184, 216, 34]))))
    assert event == DnsResponse(
        1.0, "udp", OTHER_MAC, HOST, SERVER, 4000, 7, "www.example.org", "A", "NOERROR",
        (("www.example.org", "A", "93.184.216.34"),), MAC,
    )  # fmt: skip


def test_a_query_with_edns_and_cookies_is_one_query():
    raw = bytes(
        scapy_dns.DNS(
            id=1,
            qd=[scapy_dns.DNSQR(qname="example.org")],
            ar=[scapy_dns.DNSRROPT(rdata=[scapy_dns.EDNS0TLV(optcode=10, optdata=b"12345678")])],
        )
    )
    assert [event.name for event in dns.parse_dns(udp(raw, 4000, 53))] == ["example.org"]


@pytest.mark.parametrize(
    ("number", "shown"), [(255, "ANY"), (10, "NULL"), (65, "HTTPS"), (48, "DNSKEY"), (65280, "TYPE65280")]
)
def test_question_types_by_name(number, shown):
    assert dns.parse_dns(udp(query(qtype=number), 4000, 53))[0].qtype == shown


@pytest.mark.parametrize(
    ("code", "shown"), [(0, "NOERROR"), (2, "SERVFAIL"), (3, "NXDOMAIN"), (5, "REFUSED"), (15, "RCODE15")]
)
def test_response_codes_by_name(code, shown):
    assert response_to(answer(flags=0x8180 | code)).rcode == shown


def test_values_as_text():
    name = b"\x04mail\xc0\x10"
    assert values(
        record(1, bytes([1, 2, 3, 4])),
        record(28, bytes.fromhex("20010db8000000000000000000000001")),
        record(5, name),
        record(2, b"\xc0\x10"),
        record(12, name),
        record(15, b"\0\x0a" + name),
        record(33, struct.pack("!HHH", 1, 2, 5060) + name),
        record(16, b"\x0bv=spf1 -all\x03a=b"),
        record(6, b"\xc0\x10" + name + struct.pack("!5I", 2024, 1, 2, 3, 4)),
        record(257, b"\0\x05issueletsencrypt.org"),
        record(46, bytes(40)),
        record(65280, b"secret"),
    ) == [
        ("A", "1.2.3.4"),
        ("AAAA", "2001:db8::1"),
        ("CNAME", "mail.example.org"),
        ("NS", "example.org"),
        ("PTR", "mail.example.org"),
        ("MX", "10 mail.example.org"),
        ("SRV", "1 2 5060 mail.example.org"),
        ("TXT", "v=spf1 -all a=b"),
        ("SOA", "example.org mail.example.org 2024"),
        ("CAA", "0 issue letsencrypt.org"),
        ("RRSIG", "type 46"),
        ("TYPE65280", "type 65280"),
    ]


def test_service_binding_tells_where_and_how_to_connect():
    data = (
        b"\0\1\0" + b"\0\1\0\6\2h2\2h3" + b"\0\3\0\2\x20\xfb" + b"\0\4\0\4\1\2\3\4"
        + b"\0\5\0\3ech" + b"\0\6\0\x10" + bytes.fromhex("20010db8000000000000000000000002")
    )  # fmt: skip
    assert values(record(65, data)) == [
        ("HTTPS", "1 . alpn=h2,h3 port=8443 ipv4hint=1.2.3.4 ech ipv6hint=2001:db8::2")
    ]


def test_text_in_answers_is_harmless():
    ((_, value),) = values(record(16, b"\x11<b>\x1b[31m\0\xff\xe2\x80\xae red"))
    assert value == r"<b>\x1b[31m\x00\xff\u202e red"


def test_only_the_answer_section_is_told():
    raw = HEADER.pack(7, 0x8180, 1, 1, 1, 1) + QUESTION + record(1, bytes(4)) + record(2, b"\xc0\x10") * 2
    assert [found.rtype for found in response_to(raw).records] == ["A"]


def test_a_response_without_a_question_is_told_without_name():
    event = response_to(answer(question=b"", flags=0x8181))
    assert (event.name, event.qtype, event.rcode, event.records) == ("", "", "FORMERR", ())


def test_a_cut_answer_gives_its_whole_records():
    whole = answer(*(record(1, bytes([10, 0, 0, i])) for i in range(30)))
    question_end = 12 + len(QUESTION)
    for size in range(question_end, len(whole)):
        expected = (size - question_end) // 16
        assert len(response_to(whole[:size]).records) == expected
    for size in range(question_end):
        with pytest.raises(ParseError):
            response_to(whole[:size])


def test_a_broken_record_ends_the_answer_but_not_what_came_before():
    good, bad = record(1, bytes([1, 2, 3, 4])), record(1, b"12345")
    assert values(good, bad, good) == [("A", "1.2.3.4")]
    assert values(good, record(5, b"\xc0\xff"), good) == [("A", "1.2.3.4")]


def test_answers_longer_than_a_hundred_records_are_read_up_to_the_limit():
    records = [record(1, struct.pack("!I", i)) for i in range(MAX_RECORDS + 50)]
    assert len(response_to(answer(*records[:200])).records) == 200
    assert len(response_to(answer(*records)).records) == MAX_RECORDS
    assert len(response_to(answer(*records[:3], count=65535)).records) == 3


def test_a_second_question_that_is_broken_does_not_hide_the_first():
    raw = HEADER.pack(7, 0x0100, 2, 0, 0, 0) + QUESTION + b"\x3fbroken"
    assert [event.name for event in dns.parse_dns(udp(raw, 4000, 53))] == ["www.example.org"]
    raw = HEADER.pack(7, 0x8100, 2, 2, 0, 0) + QUESTION + b"\x3fbroken"
    assert (response_to(raw).name, response_to(raw).records) == ("www.example.org", ())


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\0" * 11,
        b"\0" * 12,
        b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(64)),
        HEADER.pack(1, 0x1800, 1, 0, 0, 0) + QUESTION,
        HEADER.pack(1, 0x0100, 0, 0, 0, 0),
        HEADER.pack(1, 0x0100, 1, 0, 0, 0) + b"\x03www\0\0\1\x77\x77",
        HEADER.pack(1, 0x0100, 1, 0, 0, 0) + b"\xc0\x0c\0\1\0\1",
    ],
    ids=["empty", "short", "zeros", "http", "tls", "opcode 3", "no question", "class", "loop"],
)
def test_what_is_not_dns_is_refused(payload):
    with pytest.raises(ParseError):
        dns.parse_dns(udp(payload, 4000, 53))


def test_a_remembered_message_differs_by_transaction_sender_and_time_only():
    raw = answer(record(1, bytes([93, 184, 216, 34])))
    first = response_to(raw)
    (again,) = dns.parse_dns(
        udp(HEADER.pack(99, *HEADER.unpack_from(raw)[1:]) + raw[12:], 53, 4001, "10.0.0.9", HOST)
    )
    assert again == first._replace(txid=99, server_ip="10.0.0.9", client_port=4001)
    asked = dns.parse_dns(udp(query(txid=8), 4000, 53, ts=2.0))
    assert asked == [dns.parse_dns(udp(query(), 4000, 53))[0]._replace(txid=8, ts=2.0)]


@pytest.mark.parametrize(
    "raw",
    [
        QUESTION[:-1],
        QUESTION[:-4] + b"\0\1\x77\x77",
        b"\x03www\xc0\x0c\0\1\0\1",
        b"\x03w\0w\0\0\1\0\1",
        b"",
    ],
    ids=["cut", "class", "compressed", "zero inside", "empty"],
)
def test_only_a_whole_question_without_compression_is_remembered_as_one(raw):
    head = bytes(12)
    assert dns._lone_question(head + raw) is None
    assert dns._lone_question(head + QUESTION + raw) == ("www.example.org", "A", QUESTION[:-4])


def test_records_behind_an_alias_are_of_the_name_that_it_gives():
    alias = record(5, b"\x03cdn\xc0\x10")
    target = (0xC000 | 12 + len(QUESTION) + len(alias) - 6).to_bytes(2)
    six = record(28, bytes(15) + b"\1", owner=target)
    event = response_to(answer(alias, record(1, bytes([10, 0, 0, 1]), owner=target), six, record(1, b"\1")))
    assert event.records == (
        ("www.example.org", "CNAME", "cdn.example.org"),
        ("cdn.example.org", "A", "10.0.0.1"),
        ("cdn.example.org", "AAAA", "::1"),
    )


def test_the_same_question_under_another_number_is_told_with_it():
    first, again = (dns.parse_dns(udp(query(txid=n), 4000, 53))[0] for n in (7, 65_535))
    assert first._replace(txid=65_535) == again and first.txid == 7


def test_llmnr_tells_the_name_of_the_host_that_answers_for_itself():
    question = b"\x09Joanna-PC\0\0\1\0\1"
    raw = answer(record(1, bytes([192, 168, 1, 10]), owner=b"\xc0\x0c"), question=question, flags=0x8000)
    first, name = dns.parse_llmnr(udp(raw, 5355, 4000, HOST, SERVER))
    assert (first.transport, first.name) == ("llmnr", "joanna-pc")
    assert name == NameSeen(1.0, MAC, HOST, (("llmnr", "Joanna-PC"),))
    assert len(dns.parse_llmnr(udp(raw, 5355, 4000, "192.168.1.77", SERVER))) == 1
    (asked,) = dns.parse_llmnr(udp(query("wpad"), 4000, 5355))
    assert (asked.transport, asked.name) == ("llmnr", "wpad")


# -- TCP ------------------------------------------------------------------------------------------


def stream(port: int = 53) -> Stream:
    flow = Flow(1, 0.0, MAC, OTHER_MAC, HOST, SERVER, 4000, port, "tcp", True, True, False)
    return Stream(flow, midstream=False)


def framed(*messages: bytes) -> bytes:
    return b"".join(len(message).to_bytes(2) + message for message in messages)


def test_messages_over_tcp_are_told_once_each_however_they_arrive():
    conversation = stream()
    up = framed(query("a.example", txid=1), query("b.example", txid=2))
    down = framed(answer(record(1, bytes([1, 2, 3, 4])), txid=1))
    events = []
    recognised = None
    for side, data in ((conversation.up, up), (conversation.down, down)):
        for byte in data:
            side.append(byte)
            recognised = recognised or dns.recognise_tcp(conversation)
            if recognised:
                events += dns.parse_tcp(conversation, 2.0)
    session, *messages = events
    assert session == SessionSeen(2.0, conversation.flow, "dns", False)
    assert [(type(e), e.txid, e.transport) for e in messages] == [
        (DnsQuery, 1, "tcp"), (DnsQuery, 2, "tcp"), (DnsResponse, 1, "tcp"),
    ]  # fmt: skip
    assert (messages[0].client_ip, messages[0].server_ip, messages[0].client_port) == (HOST, SERVER, 4000)
    assert (messages[2].client_ip, messages[2].server_mac) == (HOST, OTHER_MAC)


def test_a_broken_message_over_tcp_does_not_hide_the_next():
    conversation = stream()
    conversation.up += framed(query("first.example"), b"\0" * 20, query("last.example"))
    names = [event.name for event in dns.parse_tcp(conversation, 1.0) if isinstance(event, DnsQuery)]
    assert names == ["first.example", "last.example"]


def test_a_message_longer_than_the_buffer_gives_what_is_whole():
    conversation = stream()
    long = answer(*(record(16, b"\xfa" + b"x" * 250) for _ in range(100)))
    conversation.down += framed(long)[:STREAM_LIMIT]
    response = list(dns.parse_tcp(conversation, 1.0))[-1]
    assert 50 < len(response.records) < 100
    assert conversation.done


@pytest.mark.parametrize(
    ("data", "port", "expected"),
    [
        (framed(query()), 53, True),
        (framed(query()), 5300, False),
        (framed(query())[:13], 53, None),
        (b"SSH-2.0-OpenSSH_9.2\r\n", 53, False),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(20), 53, False),
    ],
)
def test_dns_over_tcp_is_recognised_by_port_and_header(data, port, expected):
    conversation = stream(port)
    conversation.up += data
    assert dns.recognise_tcp(conversation) is expected


# -- hostile input --------------------------------------------------------------------------------

SEEDS = [
    query(),
    query("_http._tcp.local", 255),
    answer(
        record(5, b"\x03cdn\xc0\x10"), record(1, bytes(4), owner=b"\x03cdn\xc0\x10"), record(28, bytes(16)),
        record(15, b"\0\1\x04mail\xc0\x10"), record(16, b"\x05hello"), record(6, b"\xc0\x0c\xc0\x10" + bytes(20)),
        record(33, bytes(6) + b"\xc0\x0c"), record(65, b"\0\1\0\0\1\0\3\2h2\0\4\0\4\1\2\3\4"),
    ),
]  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS, ids=["query", "any", "answer"])
@pytest.mark.parametrize("parse", [dns.parse_dns, dns.parse_llmnr], ids=["dns", "llmnr"])
def test_only_parse_errors_escape(parse, seed):
    packet = udp(seed, 53, 4000)
    survives(parse, cuts(packet))
    assert survives(parse, mutations(packet, 20_000)) > 1000


@pytest.mark.parametrize("seed", [*range(3)], ids=["query", "any", "answer"])
def test_what_is_remembered_never_changes_what_is_read(seed, monkeypatch):
    def told(packet) -> list | str:
        try:
            return dns.parse_dns(packet)
        except ParseError as error:
            return str(error)

    packets = list(mutations(udp(SEEDS[seed], 53, 4000), 5_000, start=2))
    remembered = [(told(packet), told(packet)) for packet in packets]
    memory = dns._whole_question.cache_info()
    assert 0 < memory.currsize <= (memory.maxsize or 0)
    monkeypatch.setattr(dns, "_lone_question", lambda data: None)
    monkeypatch.setattr(dns, "_plain_query", lambda rest: None)
    for packet, (first, again) in zip(packets, remembered, strict=True):
        assert first == again == told(packet), packet.payload.hex()


def test_the_dearest_messages_are_cheap():
    chain = b"".join((0xC000 | max(12, 10 + 2 * i)).to_bytes(2) for i in range(2, 8000))
    pointers = [
        HEADER.pack(1, 0x8000, 0, 65535, 0, 0) + chain,
        HEADER.pack(1, 0x8000, 0, 65535, 0, 0)
        + b"\x00\x00\x05\x00\x01\x00\x00\x00\x00\x00\x02\xc0\x0c" * 4000,
        HEADER.pack(1, 0x0000, 65535, 0, 0, 0) + b"\x00\x00\x01\x00\x01" * 12000,
    ]
    suffix = b"".join(b"\x3f" + bytes([i]) * 63 for i in (0xFF, 0x1B, 0x00)) + b"\0"
    many = b"".join(
        b"\x04"
        + struct.pack("!I", i)
        + b"\xc0\x0c"
        + struct.pack("!HHIH", 16, 1, 0, 251)
        + b"\xfa"
        + b"\x1b" * 250
        for i in range(230)
    )
    pointers.append(HEADER.pack(1, 0x8000, 0, 230, 0, 0) + suffix + many)
    pointers.append(HEADER.pack(1, 0x8000, 1, 230, 0, 0) + suffix + b"\0\1\0\1" + many)
    survives(dns.parse_dns, (udp(payload, 53, 4000) for payload in pointers))


# -- recorded traffic -----------------------------------------------------------------------------


@pytest.mark.captures
def test_counts_and_names_equal_tsharks(captures):
    with (captures / "MANIFEST.tsv").open() as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    facts = {fact["file"]: fact for fact in map(json.loads, (captures / "FACTS.jsonl").open())}
    checked = 0
    for row in rows:
        if not row["dns"]:
            continue
        expected = json.loads(row["dns"])
        over_tcp = expected.get("over_tcp", 0) // 2
        seen = Counter()
        asked = []
        for parser, events in from_capture(captures / row["file"]):
            if parser not in ("dns", "mdns", "llmnr") or isinstance(events, ParseError):
                continue
            kinds = {type(event) for event in events}
            seen[parser, "query"] += DnsQuery in kinds or MdnsQuery in kinds
            seen[parser, "response"] += DnsResponse in kinds
            asked += [event.name for event in events if parser == "dns" and isinstance(event, DnsQuery)]
        # tshark also counts the answer that an ICMPv6 error quotes.
        quoted = row["file"] == "ipv6-ssh-dns-ja4.pcap"
        got = (seen["dns", "query"], seen["dns", "response"], seen["mdns", "query"], seen["llmnr", "query"])
        assert got == (
            expected.get("query", 0) - over_tcp,
            expected.get("response", 0) - over_tcp - quoted,
            expected.get("mdns_query", 0),
            expected.get("llmnr_query", 0),
        ), row["file"]
        names = facts[row["file"]].get("dns_qnames_all", [])
        if names:
            assert set(asked) == {name.lower() for name in names}, row["file"]
        checked += 1
    assert checked > 10


@pytest.mark.captures
def test_questions_over_tcp_are_counted_too(captures):
    """With those over UDP they make tshark's 22 questions and 21 answers of this capture."""
    events = [event for one in conversations(captures / "dns-fragmented-ndpi.pcap") for event in one.events]
    told = [
        (type(event), event.name, event.qtype)
        for event in events
        if isinstance(event, DnsQuery | DnsResponse)
    ]
    assert told == [(DnsQuery, "weberlab.de", "DNSKEY"), (DnsResponse, "weberlab.de", "DNSKEY")] * 2
    assert [event.service for event in events if isinstance(event, SessionSeen)] == ["dns", "dns"]
