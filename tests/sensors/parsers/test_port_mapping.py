"""Requests for open ports: NAT-PMP, PCP and UPnP."""

import struct

import pytest

from analysis.events import HttpRequest, PortMapping
from sensors.packets import Packet, ParseError
from sensors.parsers.http import REQUESTS
from sensors.parsers.port_mapping import BODIES, parse, read_mapping
from tests.sensors.parsers.single import HOST, MAC, OTHER_MAC, SERVER, cuts, mutations, survives, udp

PCP = (
    struct.pack("!BBHI", 2, 1, 0, 600)
    + bytes(16)
    + bytes(12)
    + struct.pack("!B3xHH", 6, 8123, 443)
    + bytes(16)
)
BODY = (
    b'<?xml version="1.0"?><s:Envelope xmlns:s="x"><s:Body><u:AddPortMapping xmlns:u="urn:x">'
    b"<NewRemoteHost></NewRemoteHost><NewExternalPort>8080</NewExternalPort><NewProtocol>UDP</NewProtocol>"
    b"<NewInternalPort> 80 </NewInternalPort><NewInternalClient>192.168.1.40</NewInternalClient>"
    b"<NewEnabled>1</NewEnabled><NewPortMappingDescription>cam\x1b[31m</NewPortMappingDescription>"
    b"<NewLeaseDuration>3600</NewLeaseDuration></u:AddPortMapping></s:Body></s:Envelope>"
)
HEAD = b'POST /ctl HTTP/1.1\r\nHost: 192.168.1.1\r\nSOAPAction: "urn:x#AddPortMapping"\r\n\r\n'


def tcp(payload: bytes) -> Packet:
    return Packet(1.0, MAC, OTHER_MAC, HOST, SERVER, 50_000, 5000, 6, payload, 7)


@pytest.mark.parametrize(("number", "proto"), [(1, "udp"), (2, "tcp")])
def test_nat_pmp(number: int, proto: str) -> None:
    (event,) = parse(udp(struct.pack("!BBHHHI", 0, number, 0, 3074, 3075, 7200), 50_000, 5351))
    assert event == PortMapping(1.0, MAC, HOST, SERVER, "nat-pmp", proto, 3075, HOST, 3074, 7200, None)


def test_pcp() -> None:
    (event,) = parse(udp(PCP, 50_000, 5351))
    assert event == PortMapping(1.0, MAC, HOST, SERVER, "pcp", "tcp", 443, HOST, 8123, 600, None)


@pytest.mark.parametrize(
    "data",
    [b"\0\0", struct.pack("!BBHHHI", 0, 1, 0, 1, 1, 0), struct.pack("!BBHIHHI", 0, 129, 0, 9, 1, 1, 60), b"\x02\x00" + bytes(22)],
    ids=["the outside address", "given back", "an answer", "announce"],
)  # fmt: skip
def test_what_opens_nothing(data: bytes) -> None:
    assert parse(udp(data, 50_000, 5351)) == []


def test_a_request_cut_short() -> None:
    with pytest.raises(ParseError):
        parse(udp(b"\0\1\0\0\1", 50_000, 5351))


EXPECTED = PortMapping(1.0, MAC, HOST, SERVER, "upnp", "udp", 8080, "192.168.1.40", 80, 3600, "cam\\x1b[31m")


def test_upnp_with_head_and_body_in_one_segment() -> None:
    request, mapping = REQUESTS.fresh()(tcp(HEAD + BODY))
    assert isinstance(request, HttpRequest) and mapping == EXPECTED


def test_upnp_with_its_body_apart() -> None:
    assert [type(e) for e in REQUESTS.fresh()(tcp(HEAD))] == [HttpRequest]
    assert BODIES.parse(tcp(BODY)) == [EXPECTED] and BODY[:4] in BODIES.tcp_prefixes


@pytest.mark.parametrize(
    "data",
    [
        BODY.replace(b"AddPortMapping", b"DeletePortMapping"),
        BODY.replace(b"AddPortMapping", b"AddPortMappingResponse"),
        b"<?xml version='1.0'?><scpd><action><name>AddPortMapping</name></action></scpd>",
    ],
)
def test_other_actions_and_descriptions_of_services(data: bytes) -> None:
    assert read_mapping(tcp(data)) == []


def test_senseless_numbers_are_nothing() -> None:
    (event,) = read_mapping(
        tcp(BODY.replace(b"8080", b"99999").replace(b"3600", b"-1").replace(b" 80 ", b"9" * 40))
    )
    assert (event.outside_port, event.inside_port, event.lifetime) == (0, 0, 0)


def test_hostile_bytes() -> None:
    seed = udp(PCP, 50_000, 5351)
    survives(parse, cuts(seed))
    survives(parse, mutations(seed, 2000))
    survives(read_mapping, mutations(tcp(BODY), 500))
    survives(read_mapping, iter([tcp(b"<u:AddPortMapping>" + b"<NewProtocol " * 4000)]))
