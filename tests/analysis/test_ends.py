"""Whom an event without its flow is about."""

import pytest

from analysis.detectors.new_connection import NewConnection
from analysis.ends import shown, subject_of
from analysis.events import NameSeen, TlsAccepted
from tests.analysis.home import (
    LAPTOP,
    LAPTOP_IP,
    OUTSIDE,
    ROUTER,
    ROUTER_IP,
    T0,
    TELEVISION,
    TELEVISION_IP,
    Home,
    hello,
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


def test_a_name_that_only_the_device_said_stands_with_its_address() -> None:
    home = Home()
    home.inventory.names.hello(hello("www.shop.example"))
    event = TlsAccepted(T0, LAPTOP_IP, OUTSIDE, 443, "1.2", 1)
    subject = subject_of(home.inventory, event, 443, "tcp")
    assert shown(home.inventory, subject)[1] == f"www.shop.example ({OUTSIDE})"
    assert subject.peer_name == "www.shop.example" and subject.unsure
    detector = NewConnection()
    vars(detector)["known"] = home.inventory
    assert detector.subject(home.flow()) == subject
    assert detector.subject(home.flow(client=TELEVISION_IP, client_mac=TELEVISION)).peer == OUTSIDE


def test_a_peer_at_home_is_the_device_that_has_the_address_now() -> None:
    home = Home()
    home.learn("nas.home.arpa", TELEVISION_IP)
    event = TlsAccepted(T0, LAPTOP_IP, TELEVISION_IP, 443, "1.2", 1)
    assert shown(home.inventory, subject_of(home.inventory, event, 443, "tcp"))[1] == (
        f"nas.home.arpa ({TELEVISION_IP})"
    )
    home.inventory.handle(NameSeen(T0, TELEVISION, TELEVISION_IP, (("dhcp", "Lounge-TV"),)))
    assert shown(home.inventory, subject_of(home.inventory, event, 443, "tcp"))[1] == "Lounge-TV"
    home.inventory.name_given(TELEVISION, "Our television")
    assert subject_of(home.inventory, event, 443, "tcp").peer_name == "Our television"


def test_a_peer_at_home_behind_a_router_is_not_the_router() -> None:
    home = Home()
    home.inventory.handle(NameSeen(T0, ROUTER, ROUTER_IP, (("dhcp", "Fritzbox"),)))
    home.learn("server.home.arpa", "192.168.9.9")
    detector = NewConnection()
    vars(detector)["known"] = home.inventory
    assert home.inventory.is_router(ROUTER)
    assert detector.subject(home.flow("192.168.9.9")).peer == "server.home.arpa (192.168.9.9)"
