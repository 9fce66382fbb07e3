import pytest

from analysis.events import NameSeen
from sensors.packets import ParseError
from sensors.parsers import nbns

from .single import HOST, MAC, cuts, from_capture, mutations, survives, udp

OWN = bytes([192, 168, 1, 10])
BROADCAST = "192.168.1.255"


def encoded(name: bytes, suffix: int = 0, pad: bytes = b" ") -> bytes:
    raw = name.ljust(15, pad) + bytes([suffix])
    return b"\x20" + bytes(nibble + 0x41 for octet in raw for nibble in (octet >> 4, octet & 15)) + b"\0"


def head(flags: int, questions: int, answers: int, additional: int) -> bytes:
    return b"".join(value.to_bytes(2) for value in (9, flags, questions, answers, 0, additional))


def registration(
    name: bytes, suffix: int = 0, flags: int = 0, address: bytes = OWN, opcode: int = 5
) -> bytes:
    record = b"\xc0\x0c\0\x20\0\1" + (300000).to_bytes(4) + b"\0\6" + flags.to_bytes(2) + address
    return head(opcode << 11 | 0x0110, 1, 0, 1) + encoded(name, suffix) + b"\0\x20\0\1" + record


def response(name: bytes, suffix: int = 0, flags: int = 0, address: bytes = OWN) -> bytes:
    record = b"\0\x20\0\1" + (300000).to_bytes(4) + b"\0\6" + flags.to_bytes(2) + address
    return head(0x8500, 0, 1, 0) + encoded(name, suffix) + record


def status(*names: tuple[bytes, int, int]) -> bytes:
    body = bytes([len(names)]) + b"".join(
        name.ljust(15) + bytes([suffix]) + flags.to_bytes(2) for name, suffix, flags in names
    )
    return (
        head(0x8400, 0, 1, 0)
        + encoded(b"*", 0, b"\0")
        + b"\0\x21\0\1"
        + bytes(4)
        + len(body).to_bytes(2)
        + body
    )


def datagram(name: bytes, suffix: int = 0, address: bytes = OWN) -> bytes:
    return (
        b"\x11\x0a\0\1"
        + address
        + b"\0\x8a\0\xc0\0\0"
        + encoded(name, suffix)
        + encoded(b"WORKGROUP", 0x1D)
        + b"\xffSMB"
    )


def told(payload: bytes, port: int = 137, src: str = HOST) -> list[str]:
    events = nbns.parse_nbns(udp(payload, port, port, src, BROADCAST))
    assert all(event[:3] == (1.0, MAC, src) and isinstance(event, NameSeen) for event in events)
    told = [pair for event in events for pair in event.names]
    assert all(source == "nbns" for source, _ in told)
    return [name for _, name in told]


@pytest.mark.parametrize(
    "payload",
    [
        registration(b"JOANNA-PC"),
        registration(b"JOANNA-PC", 0x20),
        registration(b"JOANNA-PC", opcode=8),
        registration(b"JOANNA-PC", opcode=15),
        response(b"JOANNA-PC"),
        status((b"WORKGROUP", 0, 0x8400), (b"JOANNA-PC", 0, 0x0400), (b"JOANNA-PC", 0x20, 0x0400)),
    ],
    ids=["registration", "file server", "refresh", "multihomed", "response", "status"],
)
def test_a_host_tells_its_own_name(payload):
    assert told(payload) == ["JOANNA-PC"]


def test_the_source_of_a_datagram_is_its_name():
    assert told(datagram(b"NAS"), 138) == ["NAS"]
    assert told(datagram(b"NAS", address=bytes([10, 0, 0, 1])), 138) == []


@pytest.mark.parametrize(
    "payload",
    [
        registration(b"WORKGROUP", flags=0x8000),
        registration(b"WORKGROUP", 0x1E),
        registration(b"ANNA", 0x03),
        registration(b"\1\2__MSBROWSE__\2", 0x01),
        registration(b"\1\2__MSBROWSE__\2", 0x00),
        response(b"WORKGROUP", 0x1B),
        status((b"WORKGROUP", 0, 0x8400)),
        head(0x0110, 1, 0, 0) + encoded(b"PRINTER", 0x20) + b"\0\x20\0\1",
        response(b"PRINTER", address=bytes([192, 168, 1, 77])),
        registration(b"PRINTER", address=bytes([192, 168, 1, 77])),
    ],
    ids=[
        "group",
        "elections",
        "user",
        "browse",
        "browse 0",
        "domain",
        "groups",
        "query",
        "other",
        "for another",
    ],
)
def test_names_of_groups_users_and_others_are_not_the_hosts(payload):
    assert told(payload) == []


def test_hostile_names_are_made_visible():
    assert told(registration(b"<b>\x1b[2J\xff")) == [r"<b>\x1b[2J\xff"]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\0" * 11,
        head(0x2910, 1, 0, 1) + b"\x03www\0",
        registration(b"A").replace(b"CA", b"zz"),
        registration(b"A")[:60],
    ],
    ids=["empty", "short", "dns", "letters", "cut"],
)
def test_what_is_not_netbios_is_refused(payload):
    with pytest.raises(ParseError):
        told(payload)


@pytest.mark.parametrize(
    ("payload", "port"),
    [
        (registration(b"PC"), 137),
        (response(b"PC"), 137),
        (status((b"PC", 0, 0)), 137),
        (datagram(b"PC"), 138),
    ],
    ids=["registration", "response", "status", "datagram"],
)
def test_only_parse_errors_escape(payload, port):
    packet = udp(payload, port, port)
    survives(nbns.parse_nbns, cuts(packet))
    assert survives(nbns.parse_nbns, mutations(packet, 20_000)) > 1000


@pytest.mark.captures
@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("dhcp-winxp-nbns-ssdp-tcpdump.pcap", {"DJP95S0J"}),
        ("smb-worm-irc-mercury.pcap", {"PC"}),
        ("home-lan-mix-ndpi.pcap", {"MACBOOKAIR-E1D0", "SANJI-LIFEBOOK-"}),
    ],
)
def test_machines_tell_their_names(captures, file, names):
    seen = {
        name
        for parser, found in from_capture(captures / file)
        if parser == "nbns" and isinstance(found, list)
        for event in found
        for _, name in event.names
    }
    assert seen == names
