"""The way out: routers, resolvers, and MACs behind which the outside is."""

from analysis.events import ArpSeen, DnsLookup, FlowAnswered
from analysis.gateway import CERTAIN, RESOLVES, is_virtual_router
from tests.analysis.detectors.test_arp_spoof import lease
from tests.analysis.home import LAPTOP, LAPTOP_IP, OUTSIDE, ROUTER, ROUTER_IP, T0, TELEVISION_IP, Home, lookup


def arp(home: Home, mac: str, ip: str) -> None:
    home.inventory.handle(ArpSeen(T0, "reply", mac, mac, ip, LAPTOP, LAPTOP_IP, None))


def test_a_lease_names_router_and_resolvers() -> None:
    home = Home()
    lease(home, LAPTOP, LAPTOP_IP, dns=(ROUTER_IP, "9.9.9.9"))
    assert list(home.inventory.gateway.routers) == [ROUTER_IP]
    assert list(home.inventory.gateway.resolvers) == [ROUTER_IP, "9.9.9.9"]


def test_the_arp_address_of_what_forwards_much_is_a_router_s() -> None:
    home, gateway = Home(), None
    gateway = home.inventory.gateway
    for n in range(CERTAIN):
        arp(home, ROUTER, ROUTER_IP)
        assert not gateway.routers
        home.inventory.handle(FlowAnswered(T0 + n, home.flow(OUTSIDE)))
    home.inventory.handle(FlowAnswered(T0, home.flow(TELEVISION_IP)))
    arp(home, ROUTER, ROUTER_IP)
    assert list(gateway.routers) == [ROUTER_IP] and gateway.main_forwarder() == ROUTER
    assert list(gateway.forwarders) == [ROUTER]


def test_a_home_address_that_answers_lookups_is_a_resolver() -> None:
    home = Home()
    for server in (ROUTER_IP, "8.8.8.8"):
        for _ in range(RESOLVES):
            assert not home.inventory.gateway.resolvers or server != ROUTER_IP
            home.inventory.learn_name(lookup("a.example", [OUTSIDE])._replace(server_ip=server))
    assert list(home.inventory.gateway.resolvers) == [ROUTER_IP]


def test_multicast_names_and_failures_make_no_resolver() -> None:
    home = Home()
    answered = lookup("a.example", [OUTSIDE])
    for event in (answered._replace(transport="mdns"), answered._replace(rcode="SERVFAIL")):
        for _ in range(9):
            home.inventory.learn_name(DnsLookup(*event))
    assert not home.inventory.gateway.resolvers


def test_memory_stays_bounded() -> None:
    home = Home()
    gateway = home.inventory.gateway
    for n in range(500):
        ip, mac = f"192.168.{n >> 8}.{n & 255}", (0x020000000000 + n).to_bytes(6, "big").hex(":")
        lease(home, LAPTOP, LAPTOP_IP, router=ip, dns=(ip,))
        home.inventory.handle(FlowAnswered(T0, home.flow(OUTSIDE)._replace(server_mac=mac)))
        gateway.suspect(mac, T0)
    assert max(map(len, (gateway.routers, gateway.resolvers, gateway.forwarders, gateway.suspects))) <= 64
    assert gateway.evictions > 0 and home.inventory.evictions()["gateway"] == gateway.evictions


def test_virtual_routers_are_known_by_their_macs() -> None:
    assert is_virtual_router("00:00:5e:00:01:0a") and not is_virtual_router(ROUTER)
