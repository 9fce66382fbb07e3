"""Who is who: devices and routers from what the wire shows, names by rank, floods and bounds."""

import pytest

from analysis.config import Config, Interface
from analysis.devices import DEVICES, Inventory, individual
from analysis.events import (
    ArpSeen,
    DhcpMessage,
    Dhcpv6Message,
    NameSeen,
    NeighborSeen,
    RouterAdvertised,
)  # fmt: skip
from analysis.store.rows import KnownDevice

T0 = 1_700_000_000.0
MAC, OTHER, ROUTER = "a4:83:e7:11:22:33", "cc:b8:a8:01:02:03", "44:d9:e7:aa:bb:cc"
ZERO = "00:00:00:00:00:00"


def make(*known: KnownDevice, subnets: tuple[str, ...] = ()) -> Inventory:
    return Inventory(Config(interfaces=(Interface(name="eth0", subnets=subnets),)), "eth0", known)


@pytest.fixture
def inventory() -> Inventory:
    return make()


def arp(mac: str, ip: str, ts: float = T0, target: str = "192.168.1.99") -> ArpSeen:
    return ArpSeen(ts, "request", mac, mac, ip, ZERO, target, None)


def dhcp(kind: str, mac: str = MAC, **more: object) -> DhcpMessage:
    empty = DhcpMessage(T0, kind, mac, mac, None, None, None, None, None, None, (), None, None, (), None)
    return empty._replace(**more)


def row(inventory: Inventory, mac: str = MAC):
    return {r.key[1]: r for r in inventory.drain()[0]}[mac]


# -- who becomes a device ----------------------------------------------------------------------------


def test_a_home_address_makes_a_device(inventory: Inventory) -> None:
    inventory.sighting(T0, MAC, "192.168.1.20")
    inventory.sighting(T0 + 5, MAC, "fe80::1")
    devices, addresses, _ = inventory.drain()
    assert [(d.key, d.ip, d.first_seen, d.last_seen, d.router) for d in devices] == [
        (("eth0", MAC), "192.168.1.20", T0, T0 + 5, False)
    ]
    assert [a.ip for a in addresses] == ["192.168.1.20", "fe80::1"]
    assert inventory.device_key(MAC) == ("eth0", MAC) and inventory.device_of("192.168.1.20") == MAC
    assert inventory.drain() == ([], [], [])


@pytest.mark.parametrize(
    ("mac", "ip"),
    [
        (None, "192.168.1.20"), (ZERO, "192.168.1.20"), ("01:00:5e:00:00:fb", "192.168.1.20"),
        ("ff:ff:ff:ff:ff:ff", "192.168.1.20"), (MAC, "127.0.0.1"), (MAC, "::1"), (MAC, "0.0.0.0"), (MAC, "::"),
        (MAC, "224.0.0.251"), (MAC, "255.255.255.255"),
    ],
)  # fmt: skip
def test_loopback_groups_and_nobody_make_none(inventory: Inventory, mac: str | None, ip: str) -> None:
    inventory.sighting(T0, mac, ip)
    inventory.seen(mac, T0)
    assert inventory.drain() == ([], [], [])
    assert inventory.device_key(mac) is None


def test_individual_macs() -> None:
    assert individual(MAC) and individual("02:00:00:00:00:01")
    assert not individual(None) and not individual(ZERO) and not individual("33:33:00:00:00:01")


def test_everything_works_without_macs(inventory: Inventory) -> None:
    assert inventory.device_key(None) is None and inventory.device_of("10.0.0.1") is None
    assert inventory.display_name(None, "10.0.0.1") == "10.0.0.1"
    assert inventory.display_name(None, None) == "an unknown device"
    inventory.handle(NameSeen(T0, None, None, (("mdns", "x"),)))
    inventory.handle(NeighborSeen(T0, "advertisement", None, "fe80::1", "fe80::1", None, False, True))
    inventory.handle(RouterAdvertised(T0, None, "fe80::1", 1800, (), (), None))
    inventory.handle(Dhcpv6Message(T0, "solicit", None, "fe80::1", None, (), None, None, (), (), False))
    assert inventory.drain() == ([], [], [])


def test_arp_and_dhcp_make_devices_too(inventory: Inventory) -> None:
    inventory.handle(arp(MAC, "0.0.0.0"))
    inventory.handle(dhcp("discover", OTHER, hostname="DCS-935L"))
    assert inventory.device_key(MAC) and inventory.device_key(OTHER)


# -- routers -----------------------------------------------------------------------------------------


def test_who_sends_from_outside_is_a_router_and_remote_hosts_are_nobody(inventory: Inventory) -> None:
    inventory.handle(arp(ROUTER, "192.168.1.1"))
    for n in range(50):
        inventory.sighting(T0 + n, ROUTER, f"93.184.{n}.216", inward=True)
    assert inventory.is_router(ROUTER) and inventory.device_key(ROUTER) is None
    found = row(inventory, ROUTER)
    assert found.router and found.ip == "192.168.1.1"
    assert inventory.device_of("93.184.3.216") is None and inventory.device_of("192.168.1.1") == ROUTER


def test_who_leaks_the_addresses_of_other_networks_is_a_device(inventory: Inventory) -> None:
    """A phone on Wi-Fi closes connections of its mobile network, a tunnel's client or server sends from it."""
    inventory.handle(arp(MAC, "192.168.1.20"))
    for n in range(40):
        inventory.sighting(T0 + n, MAC, f"33.12.{n}.5")
        inventory.sighting(T0 + n, MAC, f"2607:f8b0:{n + 1:x}::1")
        inventory.sighting(T0 + n, MAC, f"198.51.100.{n}", inward=True)
    assert not inventory.is_router(MAC) and inventory.device_key(MAC) and row(inventory).ip == "192.168.1.20"


def test_the_router_is_known_by_the_third_network(inventory: Inventory) -> None:
    inventory.handle(arp(ROUTER, "192.168.1.1"))
    for n, ip in enumerate(("93.184.216.34", "93.184.216.35", "1.1.1.1", "9.9.9.9")):
        assert inventory.is_router(ROUTER) == (n > 3)
        inventory.sighting(T0 + n, ROUTER, ip, inward=True)
    assert inventory.is_router(ROUTER)


def test_many_home_addresses_behind_one_mac_are_a_router(inventory: Inventory) -> None:
    inventory.handle(arp(ROUTER, "192.168.1.1"))
    for n in range(9):
        inventory.sighting(T0, ROUTER, f"10.9.8.{n + 1}")
    assert inventory.is_router(ROUTER) and inventory.device_of("10.9.8.1") is None
    assert [a.ip for a in inventory.drain()[1]] == ["192.168.1.1"]
    inventory.sighting(T0, ROUTER, "10.9.8.1")
    assert inventory.is_router(ROUTER) and inventory.device_of("10.9.8.1") is None


def test_a_host_that_owns_its_many_addresses_is_a_device(inventory: Inventory) -> None:
    for n in range(20):
        inventory.handle(arp(MAC, f"192.168.1.{n + 1}"))
        inventory.sighting(T0, MAC, f"192.168.1.{n + 1}")
    assert not inventory.is_router(MAC)


def test_addresses_outside_the_known_subnet_are_behind_a_router() -> None:
    inventory = make(subnets=("192.168.1.0/24",))
    for n in range(3):
        inventory.sighting(T0, ROUTER, f"10.0.{n}.7", inward=True)
    inventory.sighting(T0, MAC, "192.168.1.20")
    inventory.sighting(T0, OTHER, "169.254.3.4")
    assert inventory.is_router(ROUTER) and inventory.device_of("10.0.1.7") is None
    assert inventory.device_key(MAC) and inventory.device_key(OTHER)


def test_a_camera_with_a_factory_address_is_no_router() -> None:
    inventory = make(subnets=("10.10.10.0/24",))
    inventory.handle(arp(MAC, "192.168.0.20"))
    inventory.sighting(T0, MAC, "192.168.0.20")
    inventory.handle(dhcp("request"))
    inventory.sighting(T0 + 9, MAC, "10.10.10.37")
    assert inventory.device_key(MAC) and row(inventory).ip == "10.10.10.37"


def test_router_advertisements_and_dhcp_tell_the_router(inventory: Inventory) -> None:
    inventory.sighting(T0, ROUTER, "fe80::1")
    inventory.handle(RouterAdvertised(T0, ROUTER, "fe80::1", 1800, ("2a02:1:2:3::/64",), (), None))
    assert inventory.is_router(ROUTER) and inventory.is_home("2a02:1:2:3::77")
    inventory.sighting(T0, OTHER, "192.168.1.1")
    inventory.handle(dhcp("offer", MAC, source_mac=OTHER, server_id="192.168.1.1", router="192.168.1.1"))
    assert inventory.is_router(OTHER)


def test_the_gateway_that_dhcp_names_is_a_router_once_arp_tells_who(inventory: Inventory) -> None:
    inventory.handle(
        dhcp(
            "ack",
            MAC,
            source_mac=OTHER,
            client_ip="192.168.1.5",
            server_id="192.168.1.2",
            router="192.168.1.1",
        )
    )
    inventory.handle(arp(ROUTER, "192.168.1.1"))
    inventory.sighting(T0, OTHER, "192.168.1.2")
    assert inventory.is_router(ROUTER) and not inventory.is_router(OTHER)


def test_a_hub_that_announces_lifetime_zero_is_a_device(inventory: Inventory) -> None:
    inventory.sighting(T0, MAC, "192.168.1.20")
    inventory.handle(RouterAdvertised(T0, MAC, "fe80::1", 0, ("fd12:3456::/64",), (), None))
    assert not inventory.is_router(MAC)


def test_a_spoofer_that_claims_the_gateway_stays_a_device(inventory: Inventory) -> None:
    inventory.handle(
        dhcp(
            "ack",
            OTHER,
            source_mac=ROUTER,
            client_ip="172.16.0.107",
            server_id="172.16.0.1",
            router="172.16.0.1",
        )
    )
    inventory.handle(arp(MAC, "172.16.0.105"))
    inventory.handle(arp(MAC, "172.16.0.1"))
    inventory.sighting(T0, MAC, "172.16.0.107")
    inventory.sighting(T0, MAC, "74.125.95.147")
    assert inventory.device_key(MAC) is not None


def test_one_forged_address_does_not_hide_a_dhcp_client(inventory: Inventory) -> None:
    inventory.handle(dhcp("request", hostname="laptop"))
    for n in range(100):
        inventory.sighting(T0, MAC, f"8.8.{n}.8")
    assert inventory.device_key(MAC) and inventory.device_of("8.8.8.8") is None


def test_a_dhcp_client_with_a_public_lease_is_a_device(inventory: Inventory) -> None:
    inventory.sighting(T0, MAC, "128.2.6.189")
    assert inventory.device_key(MAC) is None
    inventory.handle(
        dhcp("ack", source_mac=OTHER, client_ip="128.2.6.189", server_id="128.2.6.152", router="128.2.6.1")
    )
    inventory.sighting(T0 + 1, MAC, "128.2.6.189")
    assert inventory.device_key(MAC) and inventory.device_of("128.2.6.189") == MAC


def test_an_ipv6_address_before_its_prefix_is_known_makes_no_router(inventory: Inventory) -> None:
    inventory.sighting(T0, MAC, "2a02:1:2:3:a:b:c:d")
    inventory.sighting(T0, MAC, "192.168.1.20")
    assert inventory.device_key(MAC) and inventory.device_of("2a02:1:2:3:a:b:c:d") is None
    inventory.handle(RouterAdvertised(T0 + 9, ROUTER, "fe80::1", 1800, ("2a02:1:2:3::/64",), (), None))
    assert inventory.device_of("2a02:1:2:3:a:b:c:d") == MAC


def test_many_foreign_ipv6_prefixes_are_a_router(inventory: Inventory) -> None:
    for n in range(5):
        inventory.sighting(T0, MAC, f"2a02:1:2:3::{n + 1:x}", inward=True)
    assert not inventory.is_router(MAC)
    for n in range(3):
        inventory.sighting(T0, ROUTER, f"2607:f8b0:{n + 1:x}::1", inward=True)
    assert inventory.is_router(ROUTER)


def test_an_address_made_of_the_senders_mac_makes_its_prefix_home(inventory: Inventory) -> None:
    inventory.sighting(T0, "00:00:86:05:80:da", "3ffe:507:0:1:200:86ff:fe05:80da")
    assert not inventory.is_home("3ffe:507:0:1:200:86ff:fe05:80da"), "one host may say what it likes"
    inventory.sighting(T0, "00:60:97:07:69:ea", "3ffe:507:0:1:260:97ff:fe07:69ea")
    assert inventory.is_home("3ffe:507:0:1::1")
    assert inventory.device_key("00:00:86:05:80:da") and inventory.device_key("00:60:97:07:69:ea")


def test_a_tentative_address_is_on_the_link(inventory: Inventory) -> None:
    inventory.handle(NeighborSeen(T0, "solicitation", MAC, "::", "2a02:1:2:3::5", None, False, False))
    assert not inventory.is_home("2a02:1:2:3::5")
    inventory.handle(NeighborSeen(T0, "advertisement", OTHER, "fe80::2", "2a02:1:2:3::6", OTHER, False, True))
    assert inventory.device_of("2a02:1:2:3::6") == OTHER
    assert inventory.device_of("2a02:1:2:3::5") == MAC and inventory.is_home("2a02:1:2:3::7")
    inventory.handle(NeighborSeen(T0, "solicitation", MAC, "fe80::1", "2a02:9:9:9::5", MAC, False, False))
    assert not inventory.is_home("2a02:9:9:9::5"), "asking for an address proves nothing"


def test_a_network_that_a_hub_announces_without_a_way_out_is_not_learned(inventory: Inventory) -> None:
    forged = RouterAdvertised(T0, MAC, "fe80::1", 0, ("2a00:1450:4001:80b::/64",), (), None)
    inventory.handle(forged)
    assert not inventory.is_home("2a00:1450:4001:80b::200e") and not inventory.is_router(MAC)
    inventory.handle(RouterAdvertised(T0, ROUTER, "fe80::9", 1800, (), (), None))
    inventory.handle(forged._replace(source_mac=ROUTER, prefixes=("2a02:1:2:3::/64",)))
    assert inventory.is_home("2a02:1:2:3::5"), "a router's last words"


# -- names and kinds -----------------------------------------------------------------------------------


def test_names_by_rank_and_generic_ones_never(inventory: Inventory) -> None:
    inventory.sighting(T0, MAC, "192.168.1.20")
    seen = []
    for source, name in [("ssdp", "tv-ssdp"), ("llmnr", "tv-llmnr"), ("dhcpv6", "tv6"), ("nbns", "TV"), ("mdns", "tv.local"),
                         ("dhcp", "localhost"), ("dhcp", "Living Room")]:  # fmt: skip
        inventory.handle(NameSeen(T0, MAC, "192.168.1.20", ((source, name),)))
        seen.append(inventory.display_name(MAC, None))
    assert seen == ["tv-ssdp", "tv-llmnr", "tv6", "TV", "tv.local", "tv.local", "Living Room"]
    assert row(inventory).name == "Living Room"


def test_a_persons_name_wins_and_can_be_taken_back(inventory: Inventory) -> None:
    inventory.handle(dhcp("request", hostname="android-7f"))
    inventory.name_given(MAC, "Anna's phone")
    assert inventory.display_name(MAC, None) == "Anna's phone"
    assert row(inventory).name == "android-7f", "the row keeps what the wire said"
    inventory.name_given(MAC, None)
    assert inventory.display_name(MAC, None) == "android-7f"
    inventory.name_given("02:00:00:00:00:99", "nobody")


def test_dhcp_fills_in_class_parameters_and_system(inventory: Inventory) -> None:
    inventory.handle(dhcp("request", hostname="xiao-PC", vendor_class="MSFT 5.0", parameters=(1, 15, 3, 6)))
    found = row(inventory)
    assert (found.name, found.name_source, found.vendor_class) == ("xiao-PC", "dhcp", "MSFT 5.0")
    assert (found.dhcp_parameters, found.os, found.kind) == ("1,15,3,6", "Windows", "computer")


def test_a_relayed_or_forged_client_makes_no_device(inventory: Inventory) -> None:
    inventory.handle(dhcp("discover", MAC, source_mac=OTHER, hostname="forged"))
    assert inventory.drain() == ([], [], [])


@pytest.mark.parametrize(
    ("names", "vendor_class", "kind"),
    [
        ([("dhcp", "Annas-iPhone")], None, "phone"), ([("mdns-model", "AppleTV6,2")], None, "television"),
        ([("mdns", "Lucas-iMac")], None, "computer"), ([("dhcp", "DCS-935L")], None, "camera"),
        ([("dhcp", "Philips-hue")], None, "bridge"), ([("dhcp", "HS110(EU)")], None, "plug"),
        ([("dhcp", "NPI1A2B3C")], None, "printer"), ([("dhcp", "DiskStation")], None, "storage"),
        ([("dhcp", "btest.is.cool")], None, None), ([], None, None), ([("dhcp", "host")], "udhcp 1.22", None),
    ],
)  # fmt: skip
def test_kinds_only_when_clear(
    inventory: Inventory, names: list, vendor_class: str | None, kind: str | None
) -> None:
    inventory.handle(dhcp("request", "02:11:22:33:44:55", vendor_class=vendor_class))
    for source, name in names:
        inventory.handle(NameSeen(T0, "02:11:22:33:44:55", None, ((source, name),)))
    assert row(inventory, "02:11:22:33:44:55").kind == kind


def test_vendors_and_random_addresses(inventory: Inventory) -> None:
    inventory.sighting(T0, "00:17:88:24:76:ff", "192.168.1.7")
    inventory.sighting(T0, "da:a1:19:00:00:01", "192.168.1.8")
    hue, phone = row_pair(inventory, "00:17:88:24:76:ff", "da:a1:19:00:00:01")
    assert "Philips" in hue.vendor and hue.kind == "bridge" and not hue.randomised
    assert phone.randomised
    assert inventory.display_name(None, "192.168.1.7") == f"{hue.vendor} device (192.168.1.7)"


def row_pair(inventory: Inventory, *macs: str):
    rows = {r.key[1]: r for r in inventory.drain()[0]}
    return [rows[mac] for mac in macs]


def test_a_name_relayed_by_a_router_belongs_to_the_address(inventory: Inventory) -> None:
    inventory.sighting(T0, MAC, "192.168.1.20")
    for server in ("8.8.8.8", "9.9.9.9", "1.1.1.1"):
        inventory.sighting(T0, ROUTER, server, inward=True)
    inventory.handle(NameSeen(T0, ROUTER, "192.168.1.20", (("mdns", "laptop"),)))
    assert inventory.display_name(MAC, None) == "laptop"
    inventory.handle(NameSeen(T0, ROUTER, "93.184.216.34", (("nbns", "FAR"),)))
    assert inventory.display_name(ROUTER, None) == ROUTER


# -- over runs ------------------------------------------------------------------------------------------


def known(mac: str, **more: object) -> KnownDevice:
    return KnownDevice(("eth0", mac), None, "unknown", False, T0 - 9e5, T0 - 100)._replace(**more)


def test_known_devices_keep_their_first_sight_names_and_addresses() -> None:
    inventory = make(
        known(MAC, name="Anna", addresses=(("192.168.1.20", T0 - 100),), names=(("dhcp", "mac"),)),
        known(ROUTER, router=True),
    )
    assert inventory.first_seen(MAC) == T0 - 9e5 and inventory.device_of("192.168.1.20") == MAC
    assert inventory.display_name(None, "192.168.1.20") == "Anna" and inventory.is_router(ROUTER)
    assert inventory.drain() == ([], [], []) and inventory.new_devices(T0 + 1e6) == []


def test_a_client_of_dhcp_is_one_after_a_restart_too() -> None:
    """Evidence as the store gives it back; one that was taken for a router is a device again."""
    told = (("dhcp-parameters", "1,3,6", T0 - 900.0, T0 - 900.0),)
    inventory = make(
        known(MAC, addresses=(("192.168.1.20", T0 - 100),), evidence=told),
        known(OTHER, names=(("dhcp", "phone"),), router=True),
    )
    for n in range(20):
        inventory.sighting(T0 + n, MAC, f"33.12.{n}.5", inward=True)
    assert inventory.device_key(MAC) and inventory.device_of("192.168.1.20") == MAC
    assert inventory.device_key(OTHER)


def test_the_leases_of_earlier_runs_make_no_router() -> None:
    leases = tuple((f"192.168.1.{n}", T0 - 9e5 + n) for n in range(20, 40))
    inventory = make(known(MAC, addresses=leases))
    assert inventory.device_key(MAC)
    inventory.sighting(T0, MAC, "192.168.1.99")
    assert inventory.device_key(MAC) and inventory.device_of("192.168.1.21") == MAC
    for n in range(8):
        inventory.sighting(T0, MAC, f"10.9.8.{n + 1}")
    assert inventory.is_router(MAC)


def test_the_ipv6_networks_of_the_last_day_are_at_home_after_a_restart() -> None:
    now = T0 - 100
    inventory = make(
        known(
            MAC,
            addresses=(("2a02:1:1:1::5", now - 2 * 86_400), ("2a02:1:2:3::5", now - 3600), ("fe80::1", now)),
        ),
        known(OTHER, addresses=(("192.168.1.30", now), ("2a02:1:2:3::6", now))),
    )
    assert inventory.networks.learned == ("2a02:1:2:3::/64",) and inventory.evictions()["prefixes"] == 0
    assert inventory.is_home("2a02:1:2:3::77") and not inventory.is_home("2a02:1:1:1::5")


def test_new_devices_are_told_once_with_a_name_or_after_a_minute(inventory: Inventory) -> None:
    inventory.sighting(T0, MAC, "192.168.1.20")
    inventory.sighting(T0, OTHER, "192.168.1.30")
    inventory.sighting(T0, ROUTER, "8.8.8.8")
    inventory.handle(NameSeen(T0 + 1, MAC, None, (("mdns", "laptop"),)))
    inventory.handle(NameSeen(T0 + 1, OTHER, None, (("mdns-model", "AppleTV6,2"),)))
    assert [(d.mac, d.name) for d in inventory.new_devices(T0 + 2)] == [(MAC, "laptop")]
    assert inventory.new_devices(T0 + 59) == []
    assert [(d.mac, d.name) for d in inventory.new_devices(T0 + 60)] == [(OTHER, None)]
    assert inventory.new_devices(T0 + 600) == []


# -- bounds -----------------------------------------------------------------------------------------------


def mac_number(n: int) -> str:
    return (0x020000000000 + n).to_bytes(6, "big").hex(":")


def test_a_flood_of_macs_pushes_out_itself_and_no_known_device() -> None:
    inventory = make(known(MAC), known(OTHER, trust="trusted", first_seen=T0 - 101))
    inventory.sighting(T0, ROUTER, "192.168.1.9")
    inventory.seen(ROUTER, T0 + 100)
    for n in range(200_000):
        inventory.sighting(T0 + n / 1000, mac_number(n), f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")
    assert all(inventory.device_key(mac) for mac in (MAC, OTHER, ROUTER))
    assert inventory.evictions()["devices"] == 200_000 + 3 - DEVICES
    assert len(inventory.drain()[0]) <= DEVICES
    assert inventory.device_key(mac_number(199_999)), "the newest is in"


def test_a_database_full_of_flood_leaves_room_for_newcomers() -> None:
    inventory = make(*(known(mac_number(n), first_seen=T0 - 50, last_seen=T0 - 50) for n in range(DEVICES)))
    for n in range(2000):
        inventory.sighting(T0, mac_number(100_000 + n), "10.0.0.1")
    assert inventory.device_key(mac_number(101_999))


def test_addresses_and_names_of_one_device_are_bounded(inventory: Inventory) -> None:
    for n in range(5000):
        inventory.sighting(T0 + n, MAC, f"fe80::{n:x}")
        inventory.handle(NameSeen(T0 + n, MAC, None, (("mdns", f"name{n}"),)))
    _, addresses, names = inventory.drain()
    assert len(addresses) == 64 and len(names) == 32
    assert inventory.evictions()["device_details"] == 5000 - 64 + 5000 - 32
    assert inventory.display_name(MAC, None) == "name4999"
