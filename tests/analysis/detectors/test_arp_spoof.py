"""ARP spoofing: unasked claims of another's address, and all that only looks like them."""

import pytest

from analysis.alerts import Finding, Severity
from analysis.detectors.arp_spoof import ArpSpoof
from analysis.events import ArpSeen, DhcpMessage, FlowAnswered
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
)

NOBODY, EVIL, EVIL_IP = "00:00:00:00:00:00", "02:bb:00:00:00:66", "192.168.1.66"


@pytest.fixture
def home() -> Home:
    return Home(ArpSpoof())


def say(
    home: Home, ts: float, op: str, mac: str, ip: str, target_ip: str, target: str = NOBODY,
    source: str | None = None,
):  # fmt: skip
    event = ArpSeen(T0 + ts, op, source or mac, mac, ip, target, target_ip, None)
    home.inventory.handle(event)
    return home.pipeline.handle(event)


def lease(home: Home, mac: str, ip: str, router: str | None = ROUTER_IP, dns=(ROUTER_IP,), ts=0.0) -> None:
    event = DhcpMessage(
        T0 + ts, "ack", mac, ROUTER, ip, None, ROUTER_IP, None, None, None, (), None, router, dns, 3600
    )
    home.inventory.handle(event)
    home.pipeline.handle(event)


def through(home: Home, ts: float, mac: str = ROUTER) -> None:
    """A connection to the outside goes through this MAC."""
    home.inventory.handle(FlowAnswered(T0 + ts, home.flow(OUTSIDE)._replace(server_mac=mac)))


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


def deceive_both(home: Home, rounds: int) -> list[Finding]:
    """Router and laptop are told each other's address in turn."""
    return [
        finding
        for n in range(rounds)
        for ip, to in ((ROUTER_IP, LAPTOP_IP), (LAPTOP_IP, ROUTER_IP))
        for finding in say(home, 10 + n, "reply", EVIL, ip, to)
    ]


def test_who_deceives_both_sides_is_named_by_neither(home: Home) -> None:
    """Router and victim are told each other's address in turn, as arpspoof -r and bettercap do."""
    lease(home, LAPTOP, LAPTOP_IP)
    owners(home)
    say(home, 1, "request", LAPTOP, LAPTOP_IP, ROUTER_IP)
    found = deceive_both(home, 6)
    assert {f.subject.device_ip for f in found} == {EVIL_IP}
    router, laptop = sorted(found, key=lambda f: f.subject.peer_ip != ROUTER_IP)
    assert router.severity is Severity.CRITICAL and f"your router ({ROUTER_IP})" in router.title
    assert laptop.severity is Severity.HIGH and f"another device ({LAPTOP_IP})" in laptop.title


def test_an_attacker_without_an_address_is_named_by_his_mac(home: Home) -> None:
    lease(home, LAPTOP, LAPTOP_IP)
    say(home, 0, "request", ROUTER, ROUTER_IP, LAPTOP_IP)
    say(home, 1, "request", LAPTOP, LAPTOP_IP, ROUTER_IP)
    found = deceive_both(home, 4)
    assert found and all(EVIL in f.title and f.subject.device_ip is None for f in found)


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
        event = ArpSeen(T0 + 10 + n, "reply", EVIL, ROUTER, ROUTER_IP, LAPTOP, LAPTOP_IP, LAPTOP)
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


def test_a_lease_ends_with_its_time_or_when_another_gets_the_address(home: Home) -> None:
    owners(home)
    lease(home, EVIL, TELEVISION_IP)  # an hour
    say(home, 3700, "reply", TELEVISION, TELEVISION_IP, TELEVISION_IP)
    assert (
        len([f for n in range(9) for f in say(home, 3701 + n, "reply", EVIL, TELEVISION_IP, LAPTOP_IP)]) == 1
    )
    lease(home, EVIL, TELEVISION_IP, ts=4000)
    lease(home, TELEVISION, TELEVISION_IP, ts=4001)
    say(home, 4002, "reply", TELEVISION, TELEVISION_IP, TELEVISION_IP)
    assert (
        len([f for n in range(9) for f in say(home, 4003 + n, "reply", EVIL, TELEVISION_IP, LAPTOP_IP)]) == 1
    )


def test_no_lease_gives_away_the_routers_address(home: Home) -> None:
    lease(home, LAPTOP, LAPTOP_IP)
    owners(home)
    lease(home, EVIL, ROUTER_IP)
    (finding,) = [f for n in range(3) for f in say(home, 10 + n, "reply", EVIL, ROUTER_IP, LAPTOP_IP)]
    assert finding.severity == Severity.CRITICAL


def test_the_router_keeps_its_address_while_traffic_goes_through_it(home: Home) -> None:
    lease(home, LAPTOP, LAPTOP_IP)
    owners(home)
    through(home, 1500)
    (finding,) = [f for n in range(3) for f in say(home, 1510 + n, "reply", EVIL, ROUTER_IP, LAPTOP_IP)]
    assert finding.severity == Severity.CRITICAL and finding.evidence["also_claimed_by"] == [ROUTER]


def test_a_new_router_in_the_place_of_one_that_is_gone_is_no_attack(home: Home) -> None:
    lease(home, LAPTOP, LAPTOP_IP)
    owners(home)
    through(home, 100)
    assert [f for n in range(9) for f in say(home, 1510 + n, "reply", EVIL, ROUTER_IP, LAPTOP_IP)] == []


def test_a_claim_in_a_frame_with_a_made_up_sender_counts(home: Home) -> None:
    lease(home, LAPTOP, LAPTOP_IP)
    say(home, 0, "reply", ROUTER, ROUTER_IP, LAPTOP_IP)
    false = "02:11:22:33:44:55"
    found = [f for n in range(3) for f in say(home, n, "reply", EVIL, ROUTER_IP, LAPTOP_IP, source=false)]
    (finding,) = found
    assert finding.subject.device_mac == EVIL and finding.evidence["sent_by"] == false


def announce(home: Home, first: int, count: int, pause: float, mac: str = EVIL, op: str = "reply"):
    return [f for n in range(count) for f in say(home, first + n * pause, op, mac, ROUTER_IP, ROUTER_IP)]


def at_work(home: Home, until: int) -> None:
    """The router is there: a lease names it, it has told its address, and traffic goes through it."""
    lease(home, LAPTOP, LAPTOP_IP)
    owners(home)
    for n in range(until):
        through(home, n)


@pytest.mark.parametrize("op", ["request", "reply"])
def test_announcing_the_routers_address_without_end_is_an_attack(home: Home, op: str) -> None:
    at_work(home, 10)
    found = []
    for n in range(120):
        through(home, 10 + n)
        found += announce(home, 10 + n, 1, 1, op=op)
    assert found and len({f.key for f in found}) == 1
    assert found[0].severity == Severity.CRITICAL and found[0].subject.device_mac == EVIL
    assert found[0].evidence["claims"] == found[0].evidence["threshold"] == 5
    assert found[0].evidence["within_seconds"] == 300


def test_the_routers_own_arp_is_a_sign_of_work_too(home: Home) -> None:
    at_work(home, 10)
    found = []
    for n in range(6):
        found += announce(home, 10 + 30 * n, 29, 1)
        say(home, 39.5 + 30 * n, "request", ROUTER, ROUTER_IP, LAPTOP_IP)
    assert found and found[0].subject.device_mac == EVIL


def test_a_take_over_that_is_announced_for_hours_is_none(home: Home) -> None:
    """keepalived without a shared MAC: a burst, then garp_master_refresh; the old master is silent."""
    at_work(home, 10)
    assert [*announce(home, 10, 5, 0.01), *announce(home, 15, 5, 0.01)] == []
    through(home, 15)
    for n in range(100):
        through(home, 20 + 10 * n, EVIL)
        assert announce(home, 20 + 10 * n, 1, 1) == []


def test_a_device_that_starts_with_the_routers_address_is_no_attacker(home: Home) -> None:
    """A new access point on its maker's default address announces it for some seconds."""
    at_work(home, 10)
    for n in range(20):
        through(home, 10 + n)
        assert announce(home, 10 + n, 1, 1) == []


def test_the_router_may_announce_its_own_address_also_by_a_second_port(home: Home) -> None:
    at_work(home, 20)
    second = ROUTER[:-2] + "f7"
    for n in range(100):
        through(home, 20 + 10 * n)
        say(home, 20 + 10 * n, "request", EVIL, ROUTER_IP, LAPTOP_IP)
        assert announce(home, 25 + 10 * n, 1, 1, ROUTER) == []
        assert announce(home, 26 + 10 * n, 1, 1, second) == []


def test_a_sleep_proxy_may_announce_a_sleeping_host(home: Home) -> None:
    at_work(home, 10)
    for n in range(200):
        through(home, 10 + n)
        mac = (TELEVISION, EVIL)[n // 20 % 2]
        assert say(home, 10 + n, "request", mac, TELEVISION_IP, TELEVISION_IP) == []


def test_a_virtual_mac_counts_only_while_the_owner_contradicts(home: Home) -> None:
    at_work(home, 10)
    virtual, found = "00:00:5e:00:01:07", []
    for n in range(60):
        found += say(home, 10 + n, "reply", virtual, ROUTER_IP, LAPTOP_IP)
        if n == 30:
            assert found == []
            say(home, 40.5, "request", ROUTER, ROUTER_IP, LAPTOP_IP)
    assert len(found) == 1 and found[0].severity == Severity.CRITICAL


def test_nobody_elses_address_may_be_claimed_often(home: Home) -> None:
    assert [f for n in range(9) for f in say(home, n, "reply", EVIL, "192.168.1.200", LAPTOP_IP)] == []


def test_memory_stays_bounded(home: Home) -> None:
    for n in range(30_000):
        mac = (0x020000000000 + n).to_bytes(6, "big").hex(":")
        say(home, n / 1000, "reply", mac, f"10.0.{n >> 8 & 255}.{n & 255}", LAPTOP_IP)
    (rule,) = home.pipeline.detectors
    assert len(rule._claims) <= 1024 and len(rule._owners) <= 8192 and len(rule._told) <= 4096
