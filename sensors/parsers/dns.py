"""DNS over UDP and TCP (RFC 1035, port 53) and LLMNR (RFC 4795, port 5355)."""

import struct
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache

from analysis.events import DnsQuery, DnsRecord, DnsResponse, Event, NameSeen, SessionSeen, of_values
from analysis.text import clean
from sensors.packets import Packet, ParseError
from sensors.parsers.base import STREAM_LIMIT, PacketParser, Stream, StreamParser
from sensors.parsers.dns_names import MAX_NAME, Names, labels, text
from sensors.parsers.dns_records import read_records, type_name

MAX_QUESTIONS = 64
"""Questions read from one message: unicast DNS has one, a busy mDNS browser asks about thirty."""

RCODES = (
    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET",
    "NOTAUTH", "NOTZONE", "DSOTYPENI", "RCODE12", "RCODE13", "RCODE14", "RCODE15",
)  # fmt: skip
"""IANA's registry, the four bits of the header; the extension in EDNS is not read."""

HEADER = struct.Struct("!6H")
_QUESTION = struct.Struct("!HH")
_LENGTH = struct.Struct("!H")
_FRAMED = struct.Struct("!5H")
_RESPONSE = b"\x80"
"""The octet with the flag QR begins with it in every response."""
LONGEST = 512
"""Bytes of a query worth remembering: those of programs that pad theirs (RFC 8467) go over TLS."""
_OPCODES = frozenset({0, 1, 2, 4, 5, 6})
_CLASSES = frozenset({1, 3, 4, 254, 255})


def read_header(data: bytes) -> tuple[int, int, int, int, int, int]:
    """(id, flags, questions, answers, authority records, additional records) of a message.

    Raises ParseError when the message is too short or its opcode was never assigned.
    """
    if len(data) < 12:
        raise ParseError("shorter than a DNS header")
    header: tuple[int, int, int, int, int, int] = HEADER.unpack_from(data)
    if header[1] >> 11 & 15 not in _OPCODES:
        raise ParseError("unassigned opcode")
    return header


def read_questions(names: Names, count: int, pos: int = 12) -> tuple[list[tuple[str, str]], int]:
    """[(name, type)] from a position, after the header, and the position behind them.

    Raises ParseError unless the first is whole and of a known class. Questions after a broken one, and
    all records, are lost: the position is then the message's end.
    """
    found: list[tuple[str, str]] = []
    try:
        for _ in range(min(count, MAX_QUESTIONS)):
            wire, pos = names.read(pos)
            qtype, qclass = _QUESTION.unpack_from(names.data, pos)
            # The top bit asks for a unicast answer in mDNS (RFC 6762 5.4).
            if qclass & 0x7FFF not in _CLASSES:
                raise ParseError("unknown class")
            found.append((text(wire), type_name(qtype)))
            pos += 4
    except (ParseError, IndexError, struct.error) as error:
        if not found:
            raise ParseError(f"no whole question: {error}") from None
        pos = len(names.data)
    return found, pos if count <= MAX_QUESTIONS else len(names.data)


@lru_cache(maxsize=8192)
def _whole_question(raw: bytes) -> tuple[str, str, bytes] | None:
    """(name, type, name in wire form) of bytes that are exactly one question without compression, else None.

    Such bytes mean the same in every message, and a home asks for the same names again and again. At most
    260 bytes a question: 6 MB when full of the longest.
    """
    names = Names(raw)
    try:
        ((name, qtype),), end = read_questions(names, 1, 0)
    except ParseError:
        return None
    wire = raw[:-4]
    return (name, qtype, wire) if end == len(raw) and names.read(0)[0] == wire else None


def _lone_question(data: bytes) -> tuple[str, str, bytes] | None:
    """The question of a message that has one, which hardly ever is compressed, from memory; else None."""
    # The name ends at the first zero octet, if these bytes are a question; type and class follow.
    return _whole_question(data[12 : data.find(0, 12, 12 + MAX_NAME) + 5])


@lru_cache(maxsize=8192)
def _plain_query(rest: bytes) -> tuple[str, str] | None:
    """(name, type) of a query without its transaction id if that is one question without compression, else
    None. Raises ParseError on what is not DNS. The memory holds 5 MB at most."""
    data = b"\0\0" + rest
    questions = read_header(data)[2]
    known = _lone_question(data) if questions == 1 else None
    return None if known is None else known[:2]


def _read_answer(data: bytes, questions: int, answers: int) -> tuple[str, str, tuple[DnsRecord, ...]]:
    """(name, type, records of the answer section) of a response."""
    names = Names(data)
    known = _lone_question(data) if questions == 1 else None
    if known is not None:
        name, qtype, wire = known
        names.has_read(12, wire)
        return name, qtype, read_records(names, 16 + len(wire), answers, {12: name})
    asked, pos = read_questions(names, questions)
    name, qtype = asked[0] if asked else ("", "")
    return name, qtype, read_records(names, pos, answers, {})


def parse_message(
    data: bytes,
    ts: float,
    transport: str,
    src_mac: str | None,
    src: str,
    sport: int,
    dst_mac: str | None,
    dst: str,
    dport: int,
) -> list[Event]:
    """A DNS message (without the length that TCP puts before it) as one `DnsQuery` a question, or
    one `DnsResponse` with the answer section.

    An answer that is cut or broken gives its whole records. Raises ParseError when header or
    questions are not DNS.
    """
    if data[2:3] >= _RESPONSE:
        txid, flags, questions, answers, _, _ = read_header(data)
        name, qtype, records = _read_answer(data, questions, answers)
        rcode = RCODES[flags & 15]
        about = (ts, transport, dst_mac, dst, src, dport, txid, name, qtype, rcode, records, src_mac)
        return [of_values(DnsResponse, about)]
    asked = _plain_query(data[2:]) if len(data) <= LONGEST else None
    if asked is None:
        return _queries(data, (ts, transport, src_mac, src, dst, sport))
    name, qtype = asked
    txid = data[0] << 8 | data[1]
    return [of_values(DnsQuery, (ts, transport, src_mac, src, dst, sport, txid, name, qtype))]


def _queries(data: bytes, head: tuple[float, str, str | None, str, str, int]) -> list[Event]:
    """A `DnsQuery` for each question of a message, of which the first values are known."""
    txid, _, questions, *_ = read_header(data)
    asked, _ = read_questions(Names(data), questions)
    if not asked:
        raise ParseError("query without a question")
    return [DnsQuery(*head, txid, *question) for question in asked]


def parse_dns(packet: Packet) -> list[Event]:
    """A UDP packet of port 53: `DnsQuery` or `DnsResponse`. Raises ParseError on what is not DNS."""
    ts, src_mac, dst_mac, src, dst, sport, dport, _, payload, _, _ = packet
    return parse_message(payload, ts, "udp", src_mac, src, sport, dst_mac, dst, dport)


def parse_llmnr(packet: Packet) -> list[Event]:
    """A UDP packet of port 5355. A host answers for its own name: that is also a `NameSeen`."""
    ts, src_mac, dst_mac, src, dst, sport, dport, _, payload, _, _ = packet
    events = parse_message(payload, ts, "llmnr", src_mac, src, sport, dst_mac, dst, dport)
    first = events[0]
    if isinstance(first, DnsResponse) and any(record.value == src for record in first.records):
        own = labels(Names(payload).read(12)[0])
        if len(own) == 1:
            events.append(NameSeen(ts, src_mac, src, (("llmnr", clean(own[0])),)))
    return events


def _begins(buffer: bytearray, response: bool) -> bool | None:
    """Whether a direction begins with a DNS message and its length; None: too little to say."""
    if len(buffer) < 14:
        return None
    length, _, flags, questions, answers = _FRAMED.unpack_from(buffer)
    opcode = flags >> 11 & 15
    # A ClientHello on port 53 passes but for its "answers": a plain query has none.
    return (
        length >= 12
        and bool(flags & 0x8000) == response
        and opcode in _OPCODES
        and questions <= 1
        and (response or opcode != 0 or answers == 0)
    )


def recognise_tcp(stream: Stream) -> bool | None:
    """Port 53 and a length-prefixed DNS header from the side that speaks first."""
    if stream.flow.port != 53:
        return False
    if stream.up:
        return _begins(stream.up, response=False)
    return _begins(stream.down, response=True)


def parse_tcp(stream: Stream, ts: float) -> Iterator[Event]:
    """SessionSeen, then each message of both directions once it is whole (RFC 7766).

    A message that is not DNS is passed over, never raised: an error would end the watch over the
    questions that follow it. A message cut by the limit gives what is whole.
    """
    flow = stream.flow
    if stream.state is None:
        stream.state = [0, 0]
        yield SessionSeen(ts, flow, "dns", False)
    client = (flow.client_mac, flow.client_ip, flow.client_port)
    server = (flow.server_mac, flow.server_ip, flow.port)
    for side, buffer, ends in ((0, stream.up, client + server), (1, stream.down, server + client)):
        for message in _messages(buffer, stream.state, side):
            with suppress(ParseError):
                yield from parse_message(message, ts, "tcp", *ends)
    stream.done = len(stream.up) >= STREAM_LIMIT or len(stream.down) >= STREAM_LIMIT


def _messages(buffer: bytearray, state: list[int], side: int) -> list[bytes]:
    """The messages that became whole since the last call; `state[side]` moves behind them."""
    found = []
    pos = state[side]
    while len(buffer) - pos > 2:
        end = pos + 2 + _LENGTH.unpack_from(buffer, pos)[0]
        if end > len(buffer) < STREAM_LIMIT:
            break
        found.append(bytes(buffer[pos + 2 : end]))
        pos = end
    state[side] = pos
    return found


PARSER = PacketParser("dns", parse_dns, udp_ports=frozenset({53}))
LLMNR = PacketParser("llmnr", parse_llmnr, udp_ports=frozenset({5355}))
TCP = StreamParser("dns", recognise_tcp, parse_tcp, client=b"", server=b"", ports=frozenset({53}))
