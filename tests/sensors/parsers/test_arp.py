import json
from collections import Counter

import pytest
from scapy.layers.l2 import ARP

from analysis.events import ArpSeen
from sensors.packets import Packet, ParseError
from sensors.parsers import arp

from .single import MAC, OTHER_MAC, cuts, from_capture, mutations, survives


def packet(payload: bytes) -> Packet:
    return Packet(1.0, MAC, "ff:ff:ff:ff:ff:ff", "", "", 0, 0, 0, payload)


def built(**fields) -> Packet:
    return packet(bytes(ARP(**fields)))


REQUEST = built(op=1, hwsrc=OTHER_MAC, psrc="192.168.1.10", hwdst="00:00:00:00:00:00", pdst="192.168.1.1")


def test_a_request_tells_sender_and_claim():
    assert arp.parse_arp(REQUEST) == (
        ArpSeen(
            1.0,
            "request",
            MAC,
            OTHER_MAC,
            "192.168.1.10",
            "00:00:00:00:00:00",
            "192.168.1.1",
            "ff:ff:ff:ff:ff:ff",
        ),
    )


def test_a_reply_with_padding_and_a_probe():
    reply = built(op=2, hwsrc=MAC, psrc="10.0.0.1", hwdst=OTHER_MAC, pdst="10.0.0.2")
    (event,) = arp.parse_arp(reply._replace(payload=reply.payload + bytes(18)))
    assert (event.op, event.target_mac, event.target_ip) == ("reply", OTHER_MAC, "10.0.0.2")
    assert arp.parse_arp(built(op=1, psrc="0.0.0.0", hwsrc=MAC))[0].sender_ip == "0.0.0.0"


def test_the_same_question_again_is_dated_and_named_by_its_own_frame():
    first = arp.parse_arp(REQUEST)[0]
    again = arp.parse_arp(REQUEST._replace(ts=2.0, src_mac=OTHER_MAC))[0]
    assert again == first._replace(ts=2.0, source_mac=OTHER_MAC)
    for number in range(3_000):
        arp.parse_arp(built(op=1, psrc="10.0.0.1", pdst=f"10.1.{number >> 8}.{number & 255}"))
    assert arp._told.cache_info().currsize <= 1024


def test_a_question_to_one_host_tells_whom():
    (event,) = arp.parse_arp(REQUEST._replace(dst_mac=MAC))
    assert event.frame_target == MAC


def test_reverse_arp_says_nothing():
    assert arp.parse_arp(built(op=3, hwsrc=MAC, psrc="0.0.0.0")) == ()


def test_without_a_link_address_the_claim_is_the_sender():
    assert arp.parse_arp(REQUEST._replace(src_mac=None))[0].source_mac == OTHER_MAC


@pytest.mark.parametrize("change", [(0, 0x20), (2, 0x86), (4, 8), (5, 16)])
def test_other_hardware_and_protocols_are_refused(change):
    at, value = change
    raw = bytearray(REQUEST.payload)
    raw[at] = value
    with pytest.raises(ParseError):
        arp.parse_arp(packet(bytes(raw)))


def test_only_parse_errors_escape():
    for cut in cuts(REQUEST):
        with pytest.raises(ParseError):
            arp.parse_arp(cut)
    assert survives(arp.parse_arp, mutations(REQUEST, 20_000)) > 1000


@pytest.mark.captures
def test_claims_equal_tsharks(captures):
    checked = 0
    for fact in map(json.loads, (captures / "FACTS.jsonl").open()):
        many = fact.get("arp_mac_claims_many_ips")
        if "arp" not in fact:
            continue
        events = [
            event
            for parser, found in from_capture(captures / fact["file"])
            if parser == "arp" and isinstance(found, list)
            for event in found
        ]
        expected = {op: fact["arp"].get(op, 0) for op in ("request", "reply")}
        got = Counter(event.op for event in events)
        assert {op: got[op] for op in expected} == expected or "gratuitous" in fact["arp"], fact["file"]
        for mac, addresses in (many or {}).items():
            claims = {event.sender_ip for event in events if event.sender_mac == mac} - {"0.0.0.0"}
            assert claims == set(addresses), fact["file"]
        checked += 1
    assert checked > 5
