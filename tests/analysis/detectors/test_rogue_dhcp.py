"""Second DHCP servers."""

import pytest

from analysis.detectors.rogue_dhcp import RogueDhcp
from analysis.events import DhcpMessage, Dhcpv6Message, FlowAnswered
from tests.analysis.home import LAPTOP, LAPTOP_IP, OUTSIDE, ROUTER, ROUTER_IP, T0, Home

EVIL, EVIL_IP = "02:bb:00:00:00:66", "192.168.1.66"


@pytest.fixture
def home() -> Home:
    return Home(RogueDhcp())


def answer(home: Home, ts: float, server: str, mac: str, router: str, kind: str = "ack", dns=(ROUTER_IP,)):
    return home.pipeline.handle(
        DhcpMessage(T0 + ts, kind, LAPTOP, mac, LAPTOP_IP, None, server, None, None, None, (), None, router,
                    dns, 3600)
    )  # fmt: skip


def test_a_second_server_with_other_answers_is_told(home: Home) -> None:
    assert answer(home, 0, ROUTER_IP, ROUTER, ROUTER_IP) == []
    (finding,) = answer(home, 60, EVIL_IP, EVIL, EVIL_IP)
    assert finding.subject.device_mac == EVIL and finding.evidence["gives_router"] == EVIL_IP
    assert finding.evidence["usual_server"] == ROUTER_IP
    assert answer(home, 90, ROUTER_IP, ROUTER, ROUTER_IP) == []


def test_another_resolver_alone_is_enough(home: Home) -> None:
    answer(home, 0, ROUTER_IP, ROUTER, ROUTER_IP)
    assert len(answer(home, 60, EVIL_IP, EVIL, ROUTER_IP, dns=(EVIL_IP,))) == 1


def test_another_router_in_the_servers_name_is_told(home: Home) -> None:
    answer(home, 0, ROUTER_IP, ROUTER, ROUTER_IP)
    (finding,) = answer(home, 60, ROUTER_IP, EVIL, EVIL_IP)
    assert finding.subject.device_mac == EVIL and finding.evidence["usual_mac"] == ROUTER
    assert finding.evidence["gives_router"] == EVIL_IP
    assert answer(home, 90, ROUTER_IP, ROUTER, ROUTER_IP) == []
    assert len(answer(home, 120, ROUTER_IP, EVIL, EVIL_IP)) == 1


def test_a_new_server_in_the_place_of_the_old_and_who_passes_on_its_answers_are_nothing(home: Home) -> None:
    answer(home, 0, ROUTER_IP, ROUTER, ROUTER_IP)
    node = "02:aa:00:00:00:44"
    assert answer(home, 10, ROUTER_IP, node, ROUTER_IP) == []
    assert answer(home, 20, ROUTER_IP, LAPTOP, ROUTER_IP, dns=("9.9.9.9",)) == []
    assert answer(home, 30, ROUTER_IP, node, ROUTER_IP, dns=("192.168.1.53",)) == []


def test_one_server_may_give_some_devices_another_router(home: Home) -> None:
    answer(home, 0, ROUTER_IP, ROUTER, ROUTER_IP)
    assert answer(home, 10, ROUTER_IP, ROUTER, "192.168.1.2") == []
    assert answer(home, 20, ROUTER_IP, LAPTOP, "192.168.1.2") == []  # the client's own MAC in front


def test_a_server_that_only_starts_computers_is_nothing(home: Home) -> None:
    def proxy(ts: float, ip: str | None, router: str | None = None, pxe: str | None = "PXEClient"):
        asked = DhcpMessage(T0 + ts, "discover", LAPTOP, LAPTOP, *[None] * 6, (), None, None, (), None)
        home.pipeline.handle(asked)
        return home.pipeline.handle(
            DhcpMessage(T0 + ts, "offer", LAPTOP, EVIL, ip, None, EVIL_IP, None, None, pxe, (), None, router,
                        (), None)
        )  # fmt: skip

    answer(home, 0, ROUTER_IP, ROUTER, ROUTER_IP)
    assert proxy(1, None) == proxy(2, None, pxe=None) == proxy(3, LAPTOP_IP) == []
    assert len(proxy(4, LAPTOP_IP, EVIL_IP)) == 1
    assert len(proxy(5, None, EVIL_IP)) == 1


def test_who_forwards_the_traffic_is_the_router_whoever_came_first(home: Home) -> None:
    home.inventory.handle(FlowAnswered(T0, home.flow(OUTSIDE)))
    answer(home, 0, EVIL_IP, EVIL, EVIL_IP)
    (finding,) = answer(home, 60, ROUTER_IP, ROUTER, ROUTER_IP)
    assert finding.subject.device_mac == EVIL


def test_the_same_answers_the_same_mac_and_a_server_of_yesterday_are_nothing(home: Home) -> None:
    answer(home, 0, ROUTER_IP, ROUTER, ROUTER_IP)
    assert answer(home, 10, "192.168.1.2", "02:aa:00:00:00:02", ROUTER_IP) == []
    assert answer(home, 20, "192.168.1.254", ROUTER, "192.168.1.254") == []
    assert answer(home, 3 * 86_400, EVIL_IP, EVIL, EVIL_IP) == []


def test_an_offer_to_somebody_who_did_not_ask_is_nothing(home: Home) -> None:
    answer(home, 0, ROUTER_IP, ROUTER, ROUTER_IP)
    assert answer(home, 10, EVIL_IP, EVIL, EVIL_IP, kind="offer") == []
    asked = DhcpMessage(T0 + 11, "discover", LAPTOP, LAPTOP, *[None] * 6, (), None, None, (), None)
    home.pipeline.handle(asked)
    assert len(answer(home, 12, EVIL_IP, EVIL, EVIL_IP, kind="offer")) == 1


def test_a_second_dhcpv6_server_is_told(home: Home) -> None:
    def reply(ts: float, mac: str, dns: tuple[str, ...]):
        message = Dhcpv6Message(T0 + ts, "reply", mac, "fe80::1", None, (), None, None, (), dns, True)
        return home.pipeline.handle(message)

    assert reply(0, ROUTER, ("2001:db8::53",)) == []
    (finding,) = reply(10, EVIL, ("2001:db8::bad",))
    assert finding.evidence["family"] == "DHCPv6" and finding.evidence["gives_resolvers"] == ["2001:db8::bad"]


def test_memory_stays_bounded(home: Home) -> None:
    for n in range(1000):
        answer(home, n, f"10.0.{n >> 8}.{n & 255}", EVIL, EVIL_IP)
    (rule,) = home.pipeline.detectors
    assert len(rule._servers) <= 65
