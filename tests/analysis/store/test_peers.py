"""The other side in roll-ups: a device, or what only looks like one."""

import pytest

from analysis.store.peers import device_of, device_peer


def test_a_device_is_found_by_what_it_is_called() -> None:
    assert device_of(device_peer(7)) == 7


@pytest.mark.parametrize(
    "peer", ["example.org", "192.0.2.7", "2001:db8::1", "7", "device:", "device:x", "device:-1", "device:٣"]
)
def test_what_only_looks_like_a_device_is_none(peer: str) -> None:
    assert device_of(peer) is None
