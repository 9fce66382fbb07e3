"""Both ends of a conversation, remembered."""

from analysis.networks import HomeNetworks
from sensors import parties
from sensors.parties import Pair, Parties

LAPTOP, ROUTER, GROUP = 0x021122334455, 0x02AABBCCDDEE, 0x01005E0000FB
MAPPED = 0xFFFF << 32


def numbers(client: int, server: int, client_ip: int, server_ip: int) -> parties.Numbers:
    return client, server, 0, MAPPED | client_ip, 0, MAPPED | server_ip


def test_both_ends_as_text_and_whether_they_are_at_home() -> None:
    found = Parties(HomeNetworks(["192.168.0.0/16"])).of(numbers(LAPTOP, ROUTER, 0xC0A80002, 0x08080808))
    assert found == Pair(
        "02:11:22:33:44:55", "192.168.0.2", "02:aa:bb:cc:dd:ee", "8.8.8.8",
        "02:11:22:33:44:55", "02:aa:bb:cc:dd:ee", True, False, False,
    )  # fmt: skip


def test_a_group_is_nobody_but_its_mac_is_known() -> None:
    by_mac = numbers(LAPTOP, GROUP, 0xC0A80002, 0xC0A800FF)
    by_address = numbers(LAPTOP, ROUTER, 0xC0A80002, 0xE00000FB)
    for each in (by_mac, by_address):
        found = Parties(HomeNetworks([])).of(each)
        assert found.group and found.server_mac is None and found.server_link is not None


def test_a_link_without_macs_has_none() -> None:
    found = Parties(HomeNetworks([])).of(numbers(0, 0, 1, 2))
    assert found[:4] == (None, "0.0.0.1", None, "0.0.0.2") and found[4:6] == (None, None)


def test_a_network_that_is_learned_to_be_at_home_counts_at_once() -> None:
    networks = HomeNetworks([])
    known = Parties(networks)
    pair = (LAPTOP, ROUTER, 0x20010DB8 << 32, 1, 0x20010DB8 << 32, 2)
    assert known.of(pair)[6:8] == (False, False)
    assert networks.learn_prefix("2001:db8::/64")
    assert known.of(pair)[6:8] == (True, True)


def test_what_is_remembered_is_bounded_and_never_wrong(monkeypatch) -> None:
    monkeypatch.setattr(parties, "PAIRS", 8)
    known = Parties(HomeNetworks(["10.0.0.0/8"]))
    for again in range(2):
        for i in range(50):
            found = known.of(numbers(LAPTOP, ROUTER, 0x0A000000 + i, i << 24 | 1))
            assert (found.client_ip, found.server_ip) == (f"10.0.0.{i}", f"{i}.0.0.1"), again
            assert found.server_home == (i == 10) and len(known._pairs) <= 8
