"""DHCPv6: messages built byte by byte, relayed and hostile."""

import csv
import json
import random
from collections import Counter
from ipaddress import IPv6Address

import pytest
from scapy.layers import dhcp6

from analysis.events import Dhcpv6Message, NameSeen
from analysis.text import clean
from sensors.packets import ParseError
from sensors.parsers import dhcpv6

from .single import MAC, cuts, from_capture, mutations, survives, udp

CLIENT, GROUP = "fe80::1", "ff02::1:2"
ADDRESS = bytes.fromhex("20010db8000000000000000000000042")


def option(code: int, data: bytes) -> bytes:
    return code.to_bytes(2) + len(data).to_bytes(2) + data


def message(kind: int, *options: bytes) -> bytes:
    return bytes([kind]) + b"\1\2\3" + b"".join(options)


def relayed(inner: bytes, kind: int = 12) -> bytes:
    return bytes([kind, 0]) + bytes(32) + option(18, b"eth0") + option(9, inner)


def parse(payload: bytes, src: str = CLIENT) -> list:
    return list(dhcpv6.parse_dhcpv6(udp(payload, 546, 547, src, GROUP)))


DUID = b"\0\1\0\1\x25\xe5\x14\x8e\x4c\x6a\xf6\x9f\xf6\x27"
IA = option(3, bytes(12) + option(5, ADDRESS + bytes(8)))
SOLICIT = message(
    1, option(1, DUID), option(6, b"\0\x17\0\x18\0\x27"), IA, option(16, b"\0\0\1\x37\0\x08MSFT 5.0"),
    option(39, b"\0\x09Joanna-PC\4home"),
)  # fmt: skip
REPLY = message(7, option(1, DUID), option(2, DUID), IA, option(23, ADDRESS * 2))


def test_a_client_tells_who_it_is():
    said, name = parse(SOLICIT)
    assert said == Dhcpv6Message(
        1.0, "solicit", MAC, CLIENT, DUID.hex(), ("2001:db8::42",), "Joanna-PC.home", "MSFT 5.0", (23, 24, 39),
        (), False,
    )  # fmt: skip
    assert name == NameSeen(1.0, MAC, CLIENT, (("dhcpv6", "Joanna-PC.home"),))


def test_a_server_tells_addresses_and_resolvers_but_no_name_of_its_own():
    (said,) = parse(REPLY)
    assert (said.kind, said.server) == ("reply", True)
    assert (said.addresses, said.dns) == (("2001:db8::42",), ("2001:db8::42", "2001:db8::42"))
    assert len(parse(message(7, option(39, b"\0\2pc\0")))) == 1


def test_a_relayed_message_is_opened_and_its_sender_not_taken_for_the_client():
    said, name = parse(relayed(relayed(SOLICIT)))
    assert (said.kind, said.fqdn, said.duid, said.server) == (
        "relay-forward",
        "Joanna-PC.home",
        DUID.hex(),
        False,
    )
    assert (name.mac, name.ip) == (None, None)
    assert parse(relayed(REPLY, 13))[0].server


def test_relays_are_opened_eight_deep_and_no_deeper():
    payload = SOLICIT
    for _ in range(8):
        payload = relayed(payload)
    assert parse(payload)[0].fqdn == "Joanna-PC.home"
    with pytest.raises(ParseError, match="too often"):
        parse(relayed(payload))


def test_a_bad_option_hides_nothing_behind_it():
    said = parse(
        message(1, option(3, b"x"), option(39, b"\0\x3fa"), option(16, b"\0"), option(1, b"\0\3ab"))
    )[0]
    assert said.duid == b"\0\3ab".hex()


def test_scapy_reads_the_same_of_what_it_makes():
    rng = random.Random(4)
    texts = (b"MSFT 5.0", b"", b"dhcpcd-9.4.1:Linux", bytes(range(1, 40)))
    for _ in range(300):
        addresses = [str(IPv6Address(rng.getrandbits(128))) for _ in range(rng.randrange(6))]
        servers = [str(IPv6Address(rng.getrandbits(128))) for _ in range(rng.randrange(4))]
        vendor = rng.choices(texts, k=rng.randrange(1, 4))
        inside = [dhcp6.DHCP6OptIAAddress(addr=ip) for ip in addresses]
        inside.insert(rng.randrange(len(inside) + 1), dhcp6.DHCP6OptStatusCode(statuscode=rng.randrange(6)))
        association = rng.choice((dhcp6.DHCP6OptIA_NA(ianaopts=inside), dhcp6.DHCP6OptIA_TA(iataopts=inside)))
        options = [
            association, dhcp6.DHCP6OptDNSServers(dnsservers=servers),
            dhcp6.DHCP6OptVendorClass(vcdata=[dhcp6.VENDOR_CLASS_DATA(data=text) for text in vendor]),
        ]  # fmt: skip
        made = dhcp6.DHCP6_Reply(trid=1)
        for option_made in rng.sample(options, len(options)):
            made /= option_made
        said = parse(bytes(made))[0]
        assert (list(said.addresses), list(said.dns)) == (addresses, servers)
        assert said.vendor_class == (clean(b" ".join(vendor)) or None)


def test_a_cut_vendor_class_gives_what_is_there_and_a_cut_address_nothing():
    said = parse(
        message(1, option(16, b"\0\0\1\x37\0\x08MSFT"), option(3, bytes(12) + option(5, ADDRESS[:15])))
    )[0]
    assert (said.vendor_class, said.addresses) == ("MSFT", ())


def test_other_types_say_nothing_and_short_messages_are_refused():
    assert parse(message(36)) == []
    assert parse(relayed(message(200))) == []
    for payload in (b"", b"\1\2\3", b"\x0c" + bytes(33), relayed(b"")):
        with pytest.raises(ParseError):
            parse(payload)


def test_only_parse_errors_escape():
    for seed in (SOLICIT, REPLY, relayed(SOLICIT)):
        packet = udp(seed, 546, 547, CLIENT, GROUP)
        survives(dhcpv6.parse_dhcpv6, cuts(packet))
        assert survives(dhcpv6.parse_dhcpv6, mutations(packet, 4_000)) > 400


def test_the_dearest_messages_are_cheap():
    inner = b"".join(option(5, ADDRESS + bytes(8)) for _ in range(2000))
    nested = b""
    for _ in range(60):
        nested = option(3, bytes(12) + nested)
    worst = [
        message(1, option(3, bytes(12) + inner)),
        message(1, option(3, bytes(12) + bytes(40_000))),
        message(1, option(3, bytes(12) + bytes(240)) * 200),
        message(1, nested),
        message(1, option(6, bytes(60_000))),
        message(1, option(16, bytes(60_000))),
        message(1, option(16, bytes(200)) * 300),
        message(7, option(23, ADDRESS * 4000)),
        message(7, option(23, ADDRESS * 20) * 100),
        message(1, *(option(39, b"\0" + b"\1a" * 120),) * 200),
        message(1, option(1, b"") * 10_000),
    ]
    survives(dhcpv6.parse_dhcpv6, (udp(payload[:65_000], 546, 547, CLIENT, GROUP) for payload in worst))


@pytest.mark.captures
def test_messages_equal_tsharks(captures):
    short = {"information-request": "inforeq"}
    with (captures / "MANIFEST.tsv").open() as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE) if row["dhcpv6"]]
    for row in rows:
        kinds = Counter(
            short.get(event.kind, event.kind)
            for parser, found in from_capture(captures / row["file"])
            if parser == "dhcpv6" and isinstance(found, list)
            for event in found
            if isinstance(event, Dhcpv6Message)
        )
        assert kinds == json.loads(row["dhcpv6"]), row["file"]
    assert rows
