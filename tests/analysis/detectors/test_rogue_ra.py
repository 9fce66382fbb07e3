"""Router advertisements by others."""

import pytest

from analysis.detectors.rogue_ra import RogueRa
from analysis.events import DhcpMessage, FlowAnswered, RouterAdvertised
from tests.analysis.home import LAPTOP, OUTSIDE, ROUTER, T0, Home

EVIL = "02:bb:00:00:00:66"


@pytest.fixture
def home() -> Home:
    return Home(RogueRa())


def advertise(
    home: Home, ts: float, mac: str, *prefixes: str, lifetime: int = 1800, link: str | None = None,
    dns: tuple[str, ...] = (),
):  # fmt: skip
    event = RouterAdvertised(T0 + ts, mac, "fe80::1", lifetime, prefixes, dns, link)
    home.inventory.handle(event)
    return [*home.pipeline.handle(event), *home.pipeline.tick(T0 + ts + 1)]


def test_a_second_router_within_the_hour_is_told(home: Home) -> None:
    assert advertise(home, 0, ROUTER, "2001:db8:1::/64") == []
    (finding,) = advertise(home, 600, EVIL, "2001:db8:bad::/64")
    assert finding.subject.device_mac == EVIL and finding.evidence["usual_router"] == ROUTER
    assert advertise(home, 700, ROUTER, "2001:db8:1::/64") == []


def test_a_new_router_after_an_hour_of_silence_is_the_new_router(home: Home) -> None:
    advertise(home, 0, ROUTER)
    assert advertise(home, 3700, EVIL) == []


def test_a_host_that_was_the_first_to_advertise_is_told(home: Home) -> None:
    home.pipeline.handle(DhcpMessage(T0, "request", LAPTOP, LAPTOP, *[None] * 6, (), None, None, (), None))
    (finding,) = advertise(home, 5, LAPTOP)
    assert finding.evidence["also_takes_an_address"]


def test_who_forwards_the_traffic_is_the_router_whoever_came_first(home: Home) -> None:
    home.inventory.handle(FlowAnswered(T0, home.flow(OUTSIDE)))
    advertise(home, 0, EVIL)
    (finding,) = advertise(home, 10, ROUTER)
    assert finding.subject.device_mac == EVIL
    assert advertise(home, 20, ROUTER) == []


def test_another_mac_in_the_routers_name_is_told(home: Home) -> None:
    advertise(home, 0, ROUTER, link=ROUTER)
    (finding,) = advertise(home, 10, ROUTER, link=EVIL)
    assert finding.subject.device_mac == EVIL and finding.evidence["usual_router"] == ROUTER
    assert finding.evidence["sent_by"] == ROUTER and finding.evidence["leads_to"] == EVIL
    (finding,) = advertise(home, 20, EVIL, link=ROUTER)
    assert finding.subject.device_mac == EVIL
    assert advertise(home, 30, ROUTER, link=ROUTER) == []


def test_a_stranger_is_told_by_the_mac_of_its_frames(home: Home) -> None:
    advertise(home, 0, ROUTER)
    (with_option,) = advertise(home, 10, EVIL, link="02:cc:00:00:00:01")
    (without,) = advertise(home, 20, EVIL)
    assert with_option.key == without.key and with_option.subject.device_mac == EVIL


def test_a_repeater_that_puts_its_own_mac_in_front_is_nothing(home: Home) -> None:
    repeater = "02:aa:00:00:00:44"
    for n in range(5):
        assert advertise(home, n * 60, repeater, link=ROUTER) == []
    assert advertise(home, 400, ROUTER, link=ROUTER) == []
    assert advertise(home, 500, ROUTER) == []


def test_a_router_that_names_a_shared_mac_is_nothing(home: Home) -> None:
    advertise(home, 0, ROUTER)
    assert advertise(home, 10, ROUTER, link="00:00:5e:00:02:01") == []


def test_hubs_without_a_way_out_and_virtual_routers_are_nothing(home: Home) -> None:
    advertise(home, 0, ROUTER)
    assert advertise(home, 10, EVIL, lifetime=0) == []
    assert advertise(home, 20, "00:00:5e:00:02:01") == []


def test_who_offers_no_way_out_but_a_server_for_names_is_told(home: Home) -> None:
    advertise(home, 0, ROUTER, dns=("fe80::1",))
    (finding,) = advertise(home, 9, EVIL, lifetime=0, dns=("fe80::66",))
    assert "look up names" in finding.title and finding.evidence["resolvers"] == ["fe80::66"]


def test_a_flood_is_one_incident_and_its_senders_none(home: Home) -> None:
    advertise(home, 0, ROUTER)
    found = []
    for n in range(500):
        mac = (0x020000000000 + n).to_bytes(6, "big").hex(":")
        found += home.pipeline.handle(
            RouterAdvertised(T0 + 10 + n / 100, mac, "fe80::1", 1800, (f"2001:db8:{n:x}::/64",), (), None)
        )
    found += home.pipeline.tick(T0 + 16)
    (finding,) = found
    assert finding.key == "rogue-ra|flood" and finding.evidence["networks_in_a_minute"] == 20
