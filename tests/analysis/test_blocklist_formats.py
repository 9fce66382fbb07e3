"""Each list format as lists really write it, and what is refused."""

from collections import Counter
from ipaddress import ip_network

import pytest

from analysis.blocklist_formats import MAX_LINE, detect, parse
from analysis.blocklist_refusals import MAPPED, Network, read_network

HOSTS = b"""\
# a comment
127.0.0.1\tlocalhost
::1 ip6-localhost
0.0.0.0 0.0.0.0
0.0.0.0 Evil.Example   # why
127.0.0.1 a.example b.example
:: c.example
192.168.1.4 nas.example
"""
ADBLOCK = b"""\
[Adblock Plus 2.0]
! Title: a list
||evil.example^
||star.example^$important
@@||good.evil.example^
||ads.example^$third-party
||cdn.example/ads/
example.com##.banner
/banner/*
||*.wild.example^
|https://x.example|
||93.184.216.34^
plain.example
"""
DNSMASQ = b"""\
# Title: a list
address=/evil.example/0.0.0.0
address=/a.example/b.example/#
server=/c.example/
local=/d.example/
address=/six.example/::
server=/split.example/10.0.0.53
address=/real.example/93.184.216.34
cache-size=1000
"""
ADDRESSES = b"""\
; Spamhaus DROP List
1.10.16.0/20 ; SBL256894
2a06:e480::/29 ; SBL1
93.184.216.34\t5
10.1.2.3
127.0.0.1
fe80::1
224.0.0.5
0.0.0.0/0
8.0.0.0/7
192.0.0.0/8
::/0
2000::/3
1.2.3.400
"""


def shown(networks: set[Network]) -> set[str]:
    v4 = {n for n in networks if n.start >> 32 == MAPPED >> 32}
    return {str(ip_network((n.start & 0xFFFFFFFF, n.prefix - 96))) for n in v4} | {
        str(ip_network((n.start, n.prefix))) for n in networks - v4
    }


def test_hosts() -> None:
    parsed = parse(HOSTS)
    assert parsed.format == "hosts"
    assert parsed.names == {"evil.example", "a.example", "b.example", "c.example"}
    assert parsed.refused == Counter({"points to a real address": 1})
    assert parsed.lines == [8]


def test_what_every_hosts_file_has_is_no_entry_and_nothing_refused() -> None:
    ordinary = (
        b"127.0.0.1 localhost localhost.localdomain\n255.255.255.255\tbroadcasthost\n::1 ip6-localhost\n"
    )
    parsed = parse(ordinary + b"ff02::1 ip6-allnodes\n0.0.0.0 0.0.0.0\n127.0.0.1 LOCALHOST evil.example\n")
    assert (parsed.format, parsed.names, parsed.refused) == ("hosts", {"evil.example"}, Counter())
    parsed = parse(
        b"0.0.0.0 a.example\n0.0.0.0 printer.lan com\n# x\n127.0.1.1 mypc\n0.0.0.0 nas.lan\n0.0.0.0 x.lan\n"
    )
    assert sum(parsed.refused.values()) == 5 and parsed.lines == [2, 4, 5]


def test_adblock() -> None:
    parsed = parse(ADBLOCK)
    assert parsed.format == "adblock"
    assert parsed.names == {"evil.example", "star.example", "wild.example", "plain.example"}
    assert parsed.exceptions == {"good.evil.example"}
    assert shown(parsed.networks) == {"93.184.216.34/32"}
    assert parsed.refused == Counter({"not a rule about a whole name": 5})


def test_dnsmasq() -> None:
    parsed = parse(DNSMASQ)
    assert parsed.format == "dnsmasq"
    assert parsed.names == {"evil.example", "a.example", "b.example", "c.example", "d.example", "six.example"}
    assert parsed.refused == Counter(
        {"points to a real address": 2, "not an address, server or local line": 1}
    )


def test_addresses() -> None:
    parsed = parse(ADDRESSES)
    assert parsed.format == "addresses"
    assert shown(parsed.networks) == {"1.10.16.0/20", "2a06:e480::/29", "93.184.216.34/32"}
    assert parsed.refused == Counter(
        {
            "private addresses": 2, "loopback addresses": 1, "link-local addresses": 1, "multicast addresses": 1,
            "wider than /8": 2, "wider than /16": 2, "not an address": 1,
        }
    )  # fmt: skip


def test_plain_takes_names_and_addresses_in_any_spelling() -> None:
    text = "EVIL.Example.\n*.wild.example\n.dot.example\n_srv.under.example # why\n93.184.216.0/24\nbücher.example\nгоогле.рф\n"
    parsed = parse(text.encode())
    assert parsed.names == {
        "evil.example", "wild.example", "dot.example", "_srv.under.example", "xn--bcher-kva.example", "xn--c1aagxna.xn--p1ai",
    }  # fmt: skip
    assert shown(parsed.networks) == {"93.184.216.0/24"}
    assert not parsed.refused


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("com", "public suffix"),
        ("co.uk", "public suffix"),
        ("foo.ck", "public suffix"),  # *.ck
        ("github.io", "public suffix"),
        ("xn--p1ai", "public suffix"),
        ("localhost", "local name"),
        ("lan", "local name"),
        ("nas.local", "local name"),
        ("home.arpa", "local name"),
        ("1.168.192.in-addr.arpa", "local name"),
        ("fritz.box", "the router's own name"),
        ("asus.com", "the router's own name"),  # it would cover router.asus.com
        ("word", "a single word"),
        ("a..b.example", "not a name"),
        ("-a.example", "not a name"),
        ("a b.example", "not a name"),
        ("a" * 64 + ".example", "not a name"),
        ("a." * 130 + "example", "not a name"),
        ("ü" * 300 + ".example", "not a name"),
        ("<b>x</b>.example", "an address of a page, not a name"),
        ("https://evil.example/x", "an address of a page, not a name"),
        ("a" * (MAX_LINE + 1), "line too long"),
        ("evil.example\ufffd", "not a name"),
    ],
)
def test_refused(line: str, reason: str) -> None:
    parsed = parse(("ok.example\n" + line + "\nfine.example\n").encode())
    assert parsed.names == {"ok.example", "fine.example"}
    assert parsed.refused == Counter({reason: 1})


def test_an_own_list_may_name_a_private_registry_but_no_public_one() -> None:
    parsed = parse(b"github.io\nco.uk\n", own=True)
    assert parsed.names == {"github.io"}
    assert parsed.refused == Counter({"public suffix": 1})


def test_networks_of_the_home_are_refused() -> None:
    home = read_network("93.184.216.0/24")
    assert home is not None
    parsed = parse(b"93.184.216.34\n93.184.0.0/16\n93.185.0.1\n", home=[home])
    assert shown(parsed.networks) == {"93.185.0.1/32"}
    assert parsed.refused == Counter({"home addresses": 2})


def test_other_encodings() -> None:
    assert parse("evil.example\r\n".encode("utf-16")).names == {"evil.example"}
    assert parse(b"\xef\xbb\xbfevil.example\r\n").names == {"evil.example"}
    assert parse(b"\x00\x01\x02").refused == Counter({"not a text file": 1})
    assert parse(b"").entries == 0


def test_a_stray_line_does_not_change_the_format() -> None:
    assert detect(["||x.example^"] + ["0.0.0.0 a.example"] * 9) == "hosts"
    assert detect(["# 0.0.0.0 x"] * 9 + ["a.example"]) == "plain"


@pytest.mark.parametrize(
    "noise",
    [
        b"\xff\xfe\x00",
        b"[" * 5000,
        b"||" * 50,
        b"address=/" + b"/" * 5000,
        b"@@||^\n||^\n||.^",
        b"0.0.0.0",
        b"::/::",
        b"/" * 5000 + b"\n*.\n.\n*",
    ],
)
def test_noise_is_counted_and_never_raises(noise: bytes) -> None:
    assert parse(noise).entries == 0
    assert parse(noise * 3).entries == 0


def test_what_takes_long_is_limited(monkeypatch) -> None:
    monkeypatch.setattr("analysis.blocklist_formats.MAX_FOREIGN", 2)
    monkeypatch.setattr("analysis.blocklist_formats.MAX_LINES", 5)
    parsed = parse(
        "bü1.example\nbü2.example\nbü3.example\nplain.example\na.example\nb.example\nc.example".encode()
    )
    assert parsed.entries == 4
    assert parsed.refused == Counter({"beyond 2 internationalised names": 1, "beyond line 5": 2})
