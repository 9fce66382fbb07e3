"""Multicast DNS: announcements in, host names and models out."""

import struct

import pytest

from analysis.events import MdnsQuery, NameSeen
from sensors.packets import ParseError
from sensors.parsers import mdns

from .single import MAC, cuts, from_capture, mutations, survives, udp

GROUP, TV = "224.0.0.251", "192.168.1.30"


def name(*labels: bytes) -> bytes:
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def record(owner: bytes, rtype: int, data: bytes) -> bytes:
    return owner + struct.pack("!HHIH", rtype, 0x8001, 120, len(data)) + data


def message(*records: bytes, questions: tuple[bytes, ...] = (), flags: int = 0x8400, answers=1) -> bytes:
    head = struct.pack("!6H", 0, flags, len(questions), answers, 0, len(records) - answers)
    return head + b"".join(questions) + b"".join(records)


ADDRESS = record(name(b"Living-Room-TV", b"local"), 1, bytes([192, 168, 1, 30]))
SERVICE = record(
    name(b"_googlecast", b"_tcp", b"local"), 12, name(b"Living Room v1.0", b"_googlecast", b"_tcp", b"local")
)
TXT = record(
    name(b"Living Room v1.0", b"_googlecast", b"_tcp", b"local"), 16, b"\x05id=77\x0dmd=Chromecast\x06fn=Eve"
)
ANNOUNCEMENT = message(SERVICE, TXT, ADDRESS)


def told(payload: bytes, src: str = TV, ts: float = 1.0) -> list:
    return list(mdns.parse_mdns(udp(payload, 5353, 5353, src, GROUP, ts)))


def names(events: list) -> list[tuple[str, str]]:
    return [pair for event in events if isinstance(event, NameSeen) for pair in event.names]


def test_an_announcement_tells_host_name_service_and_model():
    events = told(ANNOUNCEMENT)
    assert names(events) == [
        ("mdns", "Living-Room-TV"),
        ("mdns-model", "Living Room v1.0"),
        ("mdns-model", "Chromecast"),
        ("mdns-model", "Eve"),
        ("mdns-service", "_googlecast._tcp"),
    ]
    assert [event[:3] for event in events] == [(1.0, MAC, TV)]


def test_the_questions_of_a_message_are_told_together():
    asked = message(
        questions=(name(b"_hap", b"_tcp", b"local") + b"\0\x0c\x80\1", name(b"TV", b"local") + b"\0\xff\0\1"),
        flags=0,
        answers=0,
    )
    questions = ("_hap._tcp.local", "PTR"), ("tv.local", "ANY")
    assert told(asked) == [MdnsQuery(1.0, MAC, TV, GROUP, questions)]


def test_a_repeated_announcement_is_the_same_but_for_its_time():
    first, again = told(ANNOUNCEMENT, ts=5.0), told(ANNOUNCEMENT, ts=6.0)
    assert [type(event) for event in first] == [type(event) for event in again]
    assert {event.ts for event in first} == {5.0}
    assert {event.ts for event in again} == {6.0}
    assert [event[1:] for event in first] == [event[1:] for event in again]
    assert mdns._remembered.cache_info().hits > 0


def test_another_host_under_the_same_words_is_not_mistaken_for_the_first():
    told(ANNOUNCEMENT)
    assert {event.mac for event in told(ANNOUNCEMENT) if isinstance(event, NameSeen)} == {MAC}
    assert names(told(ANNOUNCEMENT, src="192.168.1.31")) == []


def test_a_reflector_does_not_get_the_names_it_repeats():
    """Its own address is not among the addresses of the records."""
    assert names(told(ANNOUNCEMENT, src="192.168.1.1")) == []
    six = record(name(b"TV", b"local"), 28, bytes.fromhex("fe80" + "0" * 27 + "5"))
    assert names(told(message(six))) == [("mdns", "TV")]
    assert names(told(message(six), src="fe80::5")) == [("mdns", "TV")]
    assert names(told(message(six), src="fe80::6")) == []


def test_reverse_pointers_and_service_lists_are_no_models():
    listing = record(name(b"_services", b"_dns-sd", b"_udp", b"local"), 12, name(b"_hap", b"_tcp", b"local"))
    reverse = record(name(b"30", b"1", b"168", b"192", b"in-addr", b"arpa"), 12, name(b"TV", b"local"))
    assert names(told(message(listing, reverse))) == []


def test_an_instance_without_visible_name_is_no_model():
    blank = record(name(b"_http", b"_tcp", b"local"), 12, name(b"  ", b"_http", b"_tcp", b"local"))
    assert names(told(message(blank))) == []


def test_a_name_that_is_too_long_is_none_for_a_pointer_to_it_either():
    long = b"".join(bytes([60]) + b"x" * 60 for _ in range(5)) + b"\0"
    service = record(name(b"_x", b"_tcp", b"local"), 12, long)
    target = (0xC000 | 12 + len(service) - len(long)).to_bytes(2)
    own = bytes([192, 168, 1, 30])
    host = record(name(b"secret-host", b"local"), 1, own)
    assert names(told(message(service, record(target, 1, own), host))) == []
    assert ("mdns", "secret-host") in names(told(message(service, host)))


def test_pointers_into_the_transaction_id_lead_where_it_is():
    """Messages that differ there only do not say the same."""
    first = message(record(name(b"_x", b"_tcp"), 12, b"\2tv\1a\xc0\1"))
    other = b"\0\1" + first[2:]
    assert names(told(first)) == [] and ("mdns-model", "tv") in names(told(other))


def test_names_of_one_message_are_limited():
    many = [record(name(b"host%d" % i, b"local"), 1, bytes([192, 168, 1, 30])) for i in range(60)]
    assert len(names(told(message(*many)))) == 16


def test_markup_in_a_name_is_kept_as_text_and_controls_are_shown():
    hostile = record(name(b"<img src=x>\x1b[2J", b"local"), 1, bytes([192, 168, 1, 30]))
    assert names(told(message(hostile))) == [("mdns", r"<img src=x>\x1b[2J")]


@pytest.mark.parametrize("payload", [b"", b"hello", b"\0" * 12, b"\xff" * 40])
def test_what_is_not_dns_is_refused(payload):
    with pytest.raises(ParseError):
        told(payload)


def test_only_parse_errors_escape():
    packet = udp(ANNOUNCEMENT, 5353, 5353, TV, GROUP)
    survives(mdns.parse_mdns, cuts(packet))
    assert survives(mdns.parse_mdns, mutations(packet, 20_000)) > 1000
    assert mdns._remembered.cache_info().currsize <= mdns._remembered.cache_info().maxsize


@pytest.mark.captures
def test_devices_tell_their_names(captures):
    def seen(file: str) -> set[tuple[str, str]]:
        return {
            pair
            for parser, events in from_capture(captures / file)
            if parser == "mdns" and isinstance(events, list)
            for event in events
            if isinstance(event, NameSeen)
            for pair in event.names
        }

    assert seen("iot-hue-bridge-sentinel.pcap") == {
        ("mdns", "Philips-hue"), ("mdns-model", "BSB002"), ("mdns-model", "Philips hue - 2476FF"),
            ("mdns-service", "_hap._tcp"), ("hap-category", "2"),
    }  # fmt: skip
    assert seen("dns-mdns-llmnr-pcapplusplus.pcap") == {("mdns", "Yaels-iPhone")}
    assert ("mdns-model", "BRAVIA VH1") in seen("home-browse-quic-2025-lucaderi.pcap")
    assert ("mdns", "DCS-935L-B0C554255B0E") in seen("iot-dlink-camera-sentinel.pcap")
