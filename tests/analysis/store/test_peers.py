"""The other side in roll-ups: a device, or what only looks like one."""

import pytest

from analysis.store.peers import device_of, device_peer, is_everyone


def test_a_device_is_found_by_what_it_is_called() -> None:
    assert device_of(device_peer(7)) == 7


@pytest.mark.parametrize(
    "peer", ["example.org", "192.0.2.7", "2001:db8::1", "7", "device:", "device:x", "device:-1", "device:٣"]
)
def test_what_only_looks_like_a_device_is_none(peer: str) -> None:
    assert device_of(peer) is None


@pytest.mark.parametrize(
    "peer", ["224.0.0.251", "239.255.255.250", "255.255.255.255", "192.168.1.255", "ff02::fb", "ff05::c"]
)
def test_addresses_that_call_all_devices(peer: str) -> None:
    assert is_everyone(peer)


@pytest.mark.parametrize(
    "peer",
    ["192.168.1.25", "8.8.8.255", "224.com", "example.255", "2001:db8::ff02", "device:7", "", "fe80::1"],
)
def test_addresses_that_call_one(peer: str) -> None:
    assert not is_everyone(peer)
