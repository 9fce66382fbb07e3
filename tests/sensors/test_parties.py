"""An end of a conversation, remembered."""

from analysis.networks import HomeNetworks
from sensors import parties
from sensors.parties import Parties, Party

LAPTOP, GROUP = 0x021122334455, 0x01005E0000FB
MAPPED = 0xFFFF << 32


def numbers(mac: int, ip: int) -> parties.Numbers:
    return mac, 0, MAPPED | ip


def test_an_end_as_text_and_whether_it_is_at_home() -> None:
    known = Parties(HomeNetworks(["192.168.0.0/16"]))
    mac = "02:11:22:33:44:55"
    assert known.of(numbers(LAPTOP, 0xC0A80002)) == Party(mac, mac, "192.168.0.2", True, False)
    assert known.of(numbers(LAPTOP, 0x08080808)) == Party(mac, mac, "8.8.8.8", False, False)


def test_a_group_is_nobody_but_its_mac_is_known() -> None:
    for each in (numbers(GROUP, 0xC0A800FF), numbers(LAPTOP, 0xE00000FB), numbers(LAPTOP, 0xFFFFFFFF)):
        found = Parties(HomeNetworks([])).of(each)
        assert found.group and found.mac is None and found.link is not None


def test_a_link_without_macs_has_none() -> None:
    assert Parties(HomeNetworks([])).of(numbers(0, 1)) == Party(None, None, "0.0.0.1", False, False)


def test_a_network_that_is_learned_to_be_at_home_counts_at_once() -> None:
    networks = HomeNetworks([])
    known = Parties(networks)
    party = (LAPTOP, 0x20010DB8 << 32, 1)
    assert not known.of(party).home
    assert networks.learn_prefix("2001:db8::/64")
    assert known.of(party).home and known.of(party).ip == "2001:db8::1"


def test_what_is_remembered_is_bounded_and_never_wrong(monkeypatch) -> None:
    monkeypatch.setattr(parties, "REMEMBERED", 8)
    known = Parties(HomeNetworks(["10.0.0.0/8"]))
    for again in range(2):
        for i in range(50):
            found = known.of(numbers(LAPTOP, i << 24 | 1))
            assert found.ip == f"{i}.0.0.1" and found.home == (i == 10), again
            assert len(known._known) <= 8
