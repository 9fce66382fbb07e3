"""ARP spoofing: unasked claims of another's address, and all that only looks like them."""

import pytest

from analysis.alerts import Severity
from analysis.detectors.arp_spoof import ArpSpoof
from analysis.events import ArpSeen, DhcpMessage
from tests.analysis.home import LAPTOP, LAPTOP_IP, ROUTER, ROUTER_IP, T0, TELEVISION, TELEVISION_IP, Home

NOBODY, EVIL, EVIL_IP = "00:00:00:00:00:00", "02:bb:00:00:00:66", "192.168.1.66"


@pytest.fixture
def home() -> Home:
    return Home(ArpSpoof())


def say(home: Home, ts: float, op: str, mac: str, ip: str, target_ip: str, target: str = NOBODY):
    event = ArpSeen(T0 + ts, op, mac, mac, ip, target, target_ip)
    home.inventory.handle(event)
    return home.pipeline.handle(event)


def lease(home: Home, mac: str, ip: str, router: str | None = ROUTER_IP, dns=(ROUTER_IP,)) -> None:
    event = DhcpMessage(
        T0, "ack", mac, ROUTER, ip, None, ROUTER_IP, None, None, None, (), None, router, dns, 3600
    )
    home.inventory.handle(event)
    home.pipeline.handle(event)


def owners(home: Home) -> None:
    say(home, 0, "request", EVIL, EVIL_IP, ROUTER_IP)
    say(home, 0.1, "reply", ROUTER, ROUTER_IP, EVIL_IP)
    say(home, 0.2, "request", EVIL, EVIL_IP, TELEVISION_IP)
    say(home, 0.3, "reply", TELEVISION, TELEVISION_IP, EVIL_IP)


def test_the_third_unasked_claim_of_the_routers_address_is_critical(home: Home) -> None:
    lease(home, LAPTOP, LAPTOP_IP)
    owners(home)
    assert [f for n in range(2) for f in say(home, 10 + n, "reply", EVIL, ROUTER_IP, LAPTOP_IP)] == []
    (finding,) = say(home, 12, "reply", EVIL, ROUTER_IP, LAPTOP_IP)
    assert finding.severity == Severity.CRITICAL and finding.subject.device_mac == EVIL
    assert finding.subject.device_ip == EVIL_IP and finding.subject.peer_ip == ROUTER_IP
    assert finding.evidence["also_claimed_by"] == [ROUTER] and finding.evidence["claims"] == 3
    assert EVIL in home.inventory.gateway.suspects


def test_another_device_s_address_is_high(home: Home) -> None:
    owners(home)
    (finding,) = [f for n in range(3) for f in say(home, 10 + n, "reply", EVIL, TELEVISION_IP, LAPTOP_IP)]
    assert finding.severity == Severity.HIGH and not finding.evidence["router"]


def test_an_attack_that_goes_on_counts_once_a_minute(home: Home) -> None:
    owners(home)
    found = [f for n in range(300) for f in say(home, 10 + n, "reply", EVIL, TELEVISION_IP, LAPTOP_IP)]
    assert len(found) == 5 and len({f.key for f in found}) == 1


def test_asking_for_the_address_that_one_claims_is_enough(home: Home) -> None:
    say(home, 0, "reply", EVIL, ROUTER_IP, LAPTOP_IP)
    say(home, 1, "request", EVIL, EVIL_IP, TELEVISION_IP)
    say(home, 2, "reply", ROUTER, ROUTER_IP, TELEVISION_IP)
    (finding,) = say(home, 3, "request", EVIL, EVIL_IP, ROUTER_IP)
    assert finding.evidence["how"].startswith("asks")


def test_the_owner_who_defends_his_address_is_not_accused(home: Home) -> None:
    owners(home)
    for n in range(3):
        say(home, 10 + n, "reply", EVIL, ROUTER_IP, LAPTOP_IP)
    assert [f for n in range(20) for f in say(home, 14 + n, "reply", ROUTER, ROUTER_IP, LAPTOP_IP)] == []


def test_a_claim_in_anothers_name_counts_against_nobody(home: Home) -> None:
    owners(home)
    say(home, 1, "reply", EVIL, ROUTER_IP, EVIL_IP)
    for n in range(9):
        event = ArpSeen(T0 + 10 + n, "reply", EVIL, ROUTER, ROUTER_IP, LAPTOP, LAPTOP_IP)
        assert home.pipeline.handle(event) == []


def test_answers_to_questions_are_no_attack(home: Home) -> None:
    owners(home)
    for n in range(20):
        assert say(home, 10 + n, "request", LAPTOP, LAPTOP_IP, TELEVISION_IP) == []
        assert say(home, 10.5 + n, "reply", EVIL, TELEVISION_IP, LAPTOP_IP) == []


def test_announcements_probes_and_virtual_routers_are_no_attack(home: Home) -> None:
    owners(home)
    for n in range(10):
        assert say(home, 10 + n, "reply", EVIL, ROUTER_IP, ROUTER_IP) == []
        assert say(home, 10 + n, "request", EVIL, "0.0.0.0", ROUTER_IP) == []
        assert say(home, 10 + n, "reply", "00:00:5e:00:01:07", ROUTER_IP, LAPTOP_IP) == []


def test_an_address_that_dhcp_gave_is_ones_own(home: Home) -> None:
    owners(home)
    lease(home, EVIL, TELEVISION_IP)
    assert [f for n in range(9) for f in say(home, 10 + n, "reply", EVIL, TELEVISION_IP, LAPTOP_IP)] == []


def test_nobody_elses_address_may_be_claimed_often(home: Home) -> None:
    assert [f for n in range(9) for f in say(home, n, "reply", EVIL, "192.168.1.200", LAPTOP_IP)] == []


def test_memory_stays_bounded(home: Home) -> None:
    for n in range(30_000):
        mac = (0x020000000000 + n).to_bytes(6, "big").hex(":")
        say(home, n / 1000, "reply", mac, f"10.0.{n >> 8 & 255}.{n & 255}", LAPTOP_IP)
    (rule,) = home.pipeline.detectors
    assert len(rule._claims) <= 1024 and len(rule._owners) <= 8192 and len(rule._told) <= 4096
