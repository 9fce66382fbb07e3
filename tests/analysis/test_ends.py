"""Whom an event without its flow is about."""

import pytest

from analysis.ends import shown, subject_of
from analysis.events import TlsAccepted
from tests.analysis.home import (
    LAPTOP,
    LAPTOP_IP,
    OUTSIDE,
    ROUTER,
    T0,
    TELEVISION,
    TELEVISION_IP,
    Home,
)


@pytest.mark.parametrize(
    ("client", "server", "mac", "device", "peer"),
    [
        (LAPTOP_IP, OUTSIDE, LAPTOP, (LAPTOP, LAPTOP_IP), OUTSIDE),
        (LAPTOP_IP, OUTSIDE, None, (LAPTOP, LAPTOP_IP), OUTSIDE),
        (LAPTOP_IP, OUTSIDE, ROUTER, (LAPTOP, LAPTOP_IP), OUTSIDE),
        (OUTSIDE, TELEVISION_IP, ROUTER, (TELEVISION, TELEVISION_IP), OUTSIDE),
        (LAPTOP_IP, TELEVISION_IP, LAPTOP, (LAPTOP, LAPTOP_IP), TELEVISION_IP),
    ],
    ids=["out", "without a MAC", "behind the router", "in", "inside"],
)
def test_the_same_as_of_its_flow(client, server, mac, device, peer) -> None:
    home = Home()
    event = TlsAccepted(T0, client, server, 443, "1.2", 1)
    subject = subject_of(home.inventory, event, 443, "tcp", mac)
    assert (subject.device_mac, subject.device_ip) == device and subject.peer_ip == peer
    assert (subject.port, subject.proto) == (443, "tcp")


def test_names_in_a_sentence() -> None:
    home = Home()
    home.learn("www.example", OUTSIDE)
    event = TlsAccepted(T0, LAPTOP_IP, OUTSIDE, 443, "1.2", 1)
    device, peer = shown(home.inventory, subject_of(home.inventory, event, 443, "tcp"))
    assert LAPTOP_IP in device and peer == "www.example"
