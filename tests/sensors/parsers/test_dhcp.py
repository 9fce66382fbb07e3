"""DHCPv4: messages built byte by byte, and what clients of recorded networks told."""

import csv
import json
from collections import Counter
from random import Random

import pytest
from scapy.layers.dhcp import DHCP, DHCPTypes

from analysis.events import DhcpMessage, NameSeen
from analysis.text import clean
from sensors.packets import ParseError
from sensors.parsers import dhcp

from .single import cuts, from_capture, mutations, survives, udp

CLIENT = "90:b1:1c:99:49:29"


def option(code: int, data: bytes) -> bytes:
    return bytes([code, len(data)]) + data


def bootp(
    *options: bytes, op: int = 1, ciaddr: str = "0.0.0.0", yiaddr: str = "0.0.0.0", hlen: int = 6
) -> bytes:
    address = b"".join(bytes(map(int, text.split("."))) for text in (ciaddr, yiaddr))
    mac = bytes.fromhex(CLIENT.replace(":", ""))
    head = bytes([op, 1, hlen, 0]) + bytes(8) + address + bytes(8) + mac + bytes(10) + bytes(192)
    return head + b"c\x82Sc" + b"".join(options) + b"\xff"


def parse(payload: bytes, sport: int = 68, dport: int = 67) -> list:
    return list(dhcp.parse_dhcp(udp(payload, sport, dport, "0.0.0.0", "255.255.255.255")))


REQUEST = bootp(
    option(53, b"\3"), option(50, bytes([192, 168, 1, 50])), option(54, bytes([192, 168, 1, 1])),
    option(12, b"Annas-iPhone"), option(60, b"MSFT 5.0"), option(55, bytes([1, 121, 3, 6, 15, 119, 252])),
    option(61, b"\1\x90\xb1\x1c\x99\x49\x29"), option(81, b"\0\0\0Annas-iPhone.home"),
)  # fmt: skip
ACK = bootp(
    option(53, b"\5"), option(54, bytes([192, 168, 1, 1])), option(51, (86400).to_bytes(4)),
    option(3, bytes([192, 168, 1, 1])), option(6, bytes([192, 168, 1, 1, 9, 9, 9, 9])),
    op=2, yiaddr="192.168.1.50",
)  # fmt: skip


def test_a_request_tells_client_name_and_fingerprint():
    message, name = parse(REQUEST)
    assert message == DhcpMessage(
        1.0, "request", CLIENT, "02:00:00:00:00:01", None, "192.168.1.50", "192.168.1.1", "Annas-iPhone",
        "Annas-iPhone.home", "MSFT 5.0", (1, 121, 3, 6, 15, 119, 252), "0190b11c994929", None, (), None,
    )  # fmt: skip
    assert name == NameSeen(1.0, CLIENT, None, (("dhcp", "Annas-iPhone"),))


def test_an_ack_tells_the_lease():
    (message,) = parse(ACK, 67, 68)
    assert (message.kind, message.client_ip, message.server_id) == ("ack", "192.168.1.50", "192.168.1.1")
    assert (message.router, message.dns, message.lease) == ("192.168.1.1", ("192.168.1.1", "9.9.9.9"), 86400)


def test_the_address_given_to_an_inform_is_the_one_it_has():
    (message,) = parse(bootp(option(53, b"\5"), op=2, ciaddr="192.168.1.60"))
    assert message.client_ip == "192.168.1.60"
    (refused,) = parse(bootp(option(53, b"\6"), op=2, yiaddr="192.168.1.60"))
    assert (refused.kind, refused.client_ip) == ("nak", None)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"\0\0\0host.home", "host.home"),
        (b"\x04\0\0\4Host\4home\0", "Host.home"),
        (b"\x04\0\0\4Host\4home", "Host.home"),
        (b"\x04\0\0\x3fHost", None),
        (b"\0", None),
        (b"\0\0\0", None),
    ],
)
def test_the_full_name_in_both_encodings(raw, name):
    message = parse(bootp(option(53, b"\1"), option(81, raw)))[0]
    assert message.fqdn == name


def test_the_full_name_stands_in_for_a_missing_host_name():
    assert parse(bootp(option(53, b"\1"), option(81, b"\0\0\0pc.home")))[1].names == (("dhcp", "pc.home"),)


def test_names_are_harmless_and_end_where_they_end():
    assert parse(bootp(option(53, b"\1"), option(12, b"<b>\x1b\xff\0")))[0].hostname == r"<b>\x1b\xff"
    assert parse(bootp(option(53, b"\1"), option(12, b"\0")))[0].hostname is None


def test_an_option_of_a_wrong_length_hides_nothing_behind_it():
    message = parse(bootp(option(53, b"\1"), option(50, b"123"), option(3, b""), option(12, b"hidden")))[0]
    assert (message.hostname, message.requested_ip, message.router) == ("hidden", None, None)


def test_a_long_option_comes_in_parts():
    message = parse(
        bootp(
            option(53, b"\1"),
            option(12, b"first-"),
            option(55, b"\1\2"),
            option(12, b"last"),
            option(55, b"\3"),
        )
    )[0]
    assert (message.hostname, message.parameters) == ("first-last", (1, 2, 3))


def test_a_parameter_list_keeps_all_its_entries():
    assert parse(bootp(option(53, b"\1"), option(55, bytes(range(255)))))[0].parameters == tuple(range(255))


def test_options_are_limited():
    filler = option(200, b"x") * 63
    assert parse(bootp(filler, option(53, b"\1"), option(12, b"late")))[0].hostname is None
    assert parse(bootp(filler, option(12, b"late"), option(53, b"\1"))) == []


def test_bootp_and_lease_queries_say_nothing():
    assert parse(bootp()) == []
    assert parse(bootp(option(53, b"\x0a"))) == []
    assert parse(bootp(option(53, b"\1"))[:236] + b"no cookie here") == []


@pytest.mark.parametrize(
    "payload", [b"", b"\1" * 100, b"\3" + REQUEST[1:], bootp(option(53, b"\1"), hlen=16)]
)
def test_what_is_not_dhcp_over_ethernet_is_refused(payload):
    with pytest.raises(ParseError):
        parse(payload)


def test_only_parse_errors_escape():
    for seed in (REQUEST, ACK):
        packet = udp(seed, 68, 67)
        survives(dhcp.parse_dhcp, cuts(packet))
        assert survives(dhcp.parse_dhcp, mutations(packet, 4_000, start=230)) > 400


def by_scapy(raw: bytes) -> dict[str, tuple]:
    """What scapy makes of options of which each is dissected alone: it gives up at the first bad one."""
    found: dict[str, tuple] = {}
    pos = 0
    while pos + 1 < len(raw) and raw[pos] != 255:
        end = pos + 2 + raw[pos + 1] if raw[pos] else pos + 1
        for item in DHCP(raw[pos:end]).options if end <= len(raw) else ():
            if isinstance(item, tuple):
                found[item[0]] = found.get(item[0], ()) + item[1:]
        pos = end
    return found


def some_options(random: Random) -> bytes:
    """A message type, and up to twelve options of right and wrong lengths, some in parts, some cut."""
    wanted = (3, 6, 12, 50, 51, 53, 54, 60, 61, 81, 43, 0)
    lengths = (0, 1, 3, 4, 4, 4, 8, 12, 40)
    pieces = [option(53, bytes([random.randrange(1, 9)]))]
    for _ in range(random.randrange(12)):
        body = random.choice((bytes, random.randbytes))(random.choice(lengths))
        pieces.append(option(random.choice(wanted), body))
    raw = b"".join(pieces)
    return raw[: random.randrange(len(raw))] if random.random() < 0.2 else raw


def test_options_say_what_scapy_reads():
    random, told = Random(1), Counter()
    for _ in range(3_000):
        raw = some_options(random)
        found = dhcp._read(raw)
        expected = by_scapy(raw)
        if found is None:
            assert expected.get("message-type", (0,))[0] not in range(1, 9)
            continue
        kind, mine = found
        assert kind == DHCPTypes[expected["message-type"][0]]
        for name, value in (("requested_addr", mine.requested_ip), ("server_id", mine.server_id),
                            ("router", mine.router), ("lease_time", mine.lease)):  # fmt: skip
            first = expected.get(name, (None,))[0]
            assert value == (None if first == "0.0.0.0" else first), (name, raw)
            told[name] += value is not None
        assert mine.dns == tuple(ip for ip in expected.get("name_server", ()) if ip != "0.0.0.0")
        assert bytes.fromhex(mine.client_id or "") == b"".join(expected.get("client_id", ()))
        for name, text in (("hostname", mine.hostname), ("vendor_class_id", mine.vendor_class)):
            assert text == (clean(b"".join(expected.get(name, ())).rstrip(b"\0 ")) or None)
    assert min(told.values()) > 200


def test_the_memory_of_options_is_bounded_and_tells_the_same():
    first = parse(REQUEST)
    for number in range(2_000):
        parse(bootp(option(53, b"\1"), option(12, str(number).encode())))
    assert dhcp._read.cache_info().currsize <= 512
    assert parse(REQUEST) == first


def test_sixty_four_kilobytes_of_options_are_cheap():
    worst = [
        bootp(option(53, b"\1"), option(12, b"a") * 20_000),
        bootp(option(53, b"\1"), option(6, bytes(252)) * 250),
        bootp(option(53, b"\1"), b"\0" * 64_000),
        bootp(option(53, b"\1"), option(60, b"") * 30_000),
        bootp(option(53, b"\1"), option(81, b"\4\0\0" + b"\1a" * 120) * 260),
    ]
    survives(dhcp.parse_dhcp, (udp(payload[:65_000], 68, 67) for payload in worst))


@pytest.mark.captures
def test_messages_and_clients_equal_tsharks(captures):
    with (captures / "MANIFEST.tsv").open() as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE) if row["dhcp"]]
    facts = {fact["file"]: fact for fact in map(json.loads, (captures / "FACTS.jsonl").open())}
    for row in rows:
        events = [
            event
            for parser, found in from_capture(captures / row["file"])
            if parser == "dhcp" and isinstance(found, list)
            for event in found
            if isinstance(event, DhcpMessage)
        ]
        expected = Counter(json.loads(row["dhcp"]))
        if row["file"] == "iot-hue-bridge-sentinel.pcap":
            # tshark also counts the two messages that ICMP errors quote.
            expected.subtract(("offer", "ack"))
        assert Counter(event.kind for event in events) == expected, row["file"]
        assert {e.server_id for e in events if e.kind in ("offer", "ack")} - {None} <= set(
            facts[row["file"]].get("dhcp_server_ids", [])
        )
        for mac, said in facts[row["file"]]["dhcp_clients"].items():
            mine = [event for event in events if event.client_mac == mac]
            assert said.get("hostname") in {event.hostname for event in mine}, row["file"]
            assert said.get("opt60") in {event.vendor_class for event in mine}, row["file"]
            assert said.get("fqdn") in {event.fqdn for event in mine}, row["file"]
            lists = {",".join(map(str, event.parameters)) for event in mine}
            assert said.get("opt55", "") in lists, row["file"]
    assert len(rows) > 5
