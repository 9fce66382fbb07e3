"""Home networks: the configured ones, and IPv6 prefixes learned with care."""

from collections.abc import Iterator
from ipaddress import IPv6Address, ip_address, ip_network
from random import Random

import pytest

from analysis.config import Config
from analysis.networks import LEARNED, HomeNetworks, interface_id, is_group, is_loopback


@pytest.fixture
def home() -> HomeNetworks:
    return HomeNetworks(Config().home)


@pytest.mark.parametrize(
    "ip",
    [
        "10.1.2.3",
        "172.31.255.255",
        "192.168.0.1",
        "100.64.1.1",
        "169.254.9.9",
        "127.0.0.1",
        "::1",
        "fe80::1",
        "fd00::1",
    ],
)
def test_private_addresses_are_at_home(home: HomeNetworks, ip: str) -> None:
    assert home.is_home(ip)


@pytest.mark.parametrize(
    "ip",
    ["8.8.8.8", "172.32.0.1", "2001:db8::1", "192.169.0.1", "224.0.0.251", "", "no address", "1.2.3.4.5"],
)
def test_others_are_not(home: HomeNetworks, ip: str) -> None:
    assert not home.is_home(ip)


def texts(random: Random) -> Iterator[str]:
    """Addresses, what is almost one, and what some C libraries take for one."""
    yield from (
        "010.1.2.3",
        "10.1",
        "10.1.2.3 x",
        "0x0a.1.2.3",
        "10.1.2.3\0",
        "fe80::1%eth0",
        "FE80::1",
        "::",
    )
    yield from (
        "::ffff:10.1.2.3",
        "1:2:3:4::5:6:7:8",
        "1::2::3",
        "10.1.2.\u0663",
        "fd00::\ud800",
        "10.1.2.3/8",
    )
    for _ in range(5_000):
        parts = [
            random.choice(("", "0", "00a", "ffff", "1.2.3.4", "12345"))
            for _ in range(random.randrange(2, 10))
        ]
        yield ":".join(parts)
        yield ".".join(str(random.randrange(300)) for _ in range(random.choice((3, 4, 4, 4, 5))))
        yield str(IPv6Address(random.getrandbits(128) >> random.choice((0, 0, 64, 80, 96))))


def test_any_text_is_an_address_or_none_as_ipaddress_says(home: HomeNetworks) -> None:
    nets = [ip_network(cidr) for cidr in Config().home]
    for text in texts(Random(1)):
        try:
            address = ip_address(text)
            expected = any(address in net for net in nets)
        except ValueError:
            expected = False
        assert home.is_home(text) is expected, text


def test_given_networks_replace_the_static_ones() -> None:
    home = HomeNetworks(["192.150.186.0/24", " 2001:db8:1::/48"])
    assert home.is_home("192.150.186.169") and home.is_home("2001:db8:1:2::3")
    assert not home.is_home("192.168.1.1")
    with pytest.raises(ValueError, match="not an address"):
        HomeNetworks(["not an address"])


def test_an_announced_prefix_becomes_home(home: HomeNetworks) -> None:
    assert not home.is_home("2a02:1:2:3::5")
    assert home.learn_prefix("2a02:1:2:3::/64")
    assert home.is_home("2a02:1:2:3::5") and home.learned == ("2a02:1:2:3::/64",) and home.version == 1
    assert not home.learn_prefix("2a02:1:2:3::/64")


@pytest.mark.parametrize(
    "prefix", ["2000::/3", "::/0", "2a02::/32", "ff00::/64", "64:ff9b::/96", "nonsense", "10.0.0.0/64"]
)
def test_too_wide_or_foreign_prefixes_are_refused(home: HomeNetworks, prefix: str) -> None:
    assert not home.learn_prefix(prefix)
    assert not home.is_home("2a02:1:2:3::5") and home.version == 0


def test_a_flood_of_prefixes_is_bounded(home: HomeNetworks) -> None:
    for n in range(5000):
        home.learn_prefix(f"2a02:1:{n:x}::/64")
    assert len(home.learned) == LEARNED and home.refused == 5000 - LEARNED


def test_the_interface_identifier_made_of_a_mac() -> None:
    assert interface_id("00:00:86:05:80:da") == 0x020086FFFE0580DA


def test_a_sender_whose_address_holds_its_mac_is_on_the_link(home: HomeNetworks) -> None:
    ip = "3ffe:507:0:1:200:86ff:fe05:80da"
    assert not home.learn_sender(ip, "00:60:97:07:69:ea"), "a router forwards it"
    assert not home.learn_sender(ip, "00:00:86:05:80:da"), "one voice"
    assert home.learn_sender("3ffe:507:0:1:260:97ff:fe07:69ea", "00:60:97:07:69:ea")
    assert home.is_home("3ffe:507:0:1:260:97ff:fe07:69ea")
    assert not home.learn_sender("192.168.1.1", "00:00:86:05:80:da")


def test_groups_and_loopback() -> None:
    assert is_group("224.0.0.251") and is_group("ff02::fb") and is_group("255.255.255.255")
    assert not is_group("192.168.1.255") and not is_group("nonsense")
    assert is_loopback("127.0.0.53") and is_loopback("::1") and not is_loopback("192.168.1.1")


def test_an_address_teaches_its_prefix_only_where_the_whole_of_it_is_not_at_home() -> None:
    home = HomeNetworks(["fd00::/8", "2001:db8:0:1::/80", "::1/128"])
    assert not home.learn_address("fd00::5") and home.refused == 0
    assert not home.learn_address("::1") and home.refused == 1, "its /64 is not at home, and never may be"
    assert not home.learn_address("2001:db8:0:1::7") and home.version == 0
    assert home.learn_address("2001:db8:0:2::7") and home.learned == ("2001:db8:0:2::/64",)
    assert not home.learn_address("2001:db8:0:2::8") and not home.learn_address("no:address")


def test_one_host_alone_declares_no_network(home: HomeNetworks) -> None:
    for n in range(10):
        assert not home.learn_member(f"2a00:1450:4001:80b::{n}", "02:00:00:00:00:01")
    assert not home.is_home("2a00:1450:4001:80b::1") and home.version == 0
    assert home.learn_member("2a00:1450:4001:80b::77", "02:00:00:00:00:02")
    assert home.is_home("2a00:1450:4001:80b::1") and home.version == 1
    assert not home.learn_member("2a00:1450:4001:80b::78", "02:00:00:00:00:03"), "it is known"
    assert not home.learn_member("192.168.1.7", "02:00:00:00:00:03")


def test_a_flood_of_networks_that_one_host_declares_is_bounded(home: HomeNetworks) -> None:
    for n in range(5000):
        home.learn_member(f"2a02:1:{n:x}::1", "02:00:00:00:00:01")
    assert len(home._members) == LEARNED and home.refused == 5000 - LEARNED and home.learned == ()
    assert home.learn_member(f"2a02:1:{4999:x}::1", "02:00:00:00:00:02")
