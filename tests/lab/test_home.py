"""What a home does every day: a device joins and is known by name, and encrypted talk raises no alarm."""

import sys
import time

from tests.lab.actions import address_of
from tests.lab.conftest import Watched
from tests.lab.network import OUTSIDE, ROUTER, allowed, wait_for
from tests.lab.servers import FTPS_ADDRESS, ssh

SERVER = "192.168.77.20"
MULTICAST = "import socket,sys; s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.setsockopt(0,32,socket.inet_aton(sys.argv[1])); s.bind((sys.argv[1],5353)); s.sendto(bytes.fromhex(sys.argv[2]),('224.0.0.251',5353))"


def test_a_joining_device_is_known_by_its_name(watched: Watched) -> None:
    tablet = watched.network.hosts["tablet"]
    folder = watched.network.folder
    (folder / "dhclient.conf").write_text('send host-name "kitchen-tablet";\nrequest subnet-mask, routers;\n')
    take = folder / "take-address"  # dhclient's own script would write this computer's resolv.conf
    take.write_text('#!/bin/sh\n[ -z "$new_ip_address" ] || ip address add "$new_ip_address/24" dev eth0\n')
    take.chmod(0o755)
    tablet.run("dhclient", "-1", "-sf", str(take), "-cf", str(folder / "dhclient.conf"),
               "-pf", str(folder / "dhclient.pid"), "-lf", str(folder / "dhclient.leases"), "eth0")  # fmt: skip
    tablet.run("ping", "-c", "1", "-W", "2", ROUTER)
    told = time.time()
    query = "SELECT * FROM devices WHERE mac = '7c:2e:bd:10:00:40' AND name = 'kitchen-tablet' AND ip LIKE '192.%'"
    device = wait_for(lambda: watched.database.rows(query), 10, "a device row with its DHCP name")[0]
    assert time.time() - told <= allowed(2.0)
    assert device["network"] == "br0"
    assert device["first_seen"] < told <= device["last_seen"] + 2
    assert device["dhcp_parameters"] == "1,3"
    wait_for(
        lambda: watched.database.alerts(rule="new-device", device_mac="7c:2e:bd:10:00:40"), 5, "a new device"
    )


def test_a_name_told_by_multicast_dns_is_known(watched: Watched) -> None:
    # An answer (RFC 6762): mantelpiece.local A 192.168.77.30, cache-flush, 120 s.
    name = b"\x0bmantelpiece\x05local\x00"
    answer = bytes.fromhex("000084000000000100000000") + name + bytes.fromhex("00018001000000780004c0a84d1e")
    watched.network.hosts["guest"].run(sys.executable, "-c", MULTICAST, address_of("guest"), answer.hex())
    query = (
        "SELECT n.* FROM device_names n JOIN devices d ON d.id = n.device WHERE d.mac = 'b8:27:eb:10:00:30'"
    )
    found = wait_for(
        lambda: [row for row in watched.database.rows(query) if row["source"] == "mdns"], 10, "a name by mDNS"
    )
    assert "mantelpiece" in found[0]["name"]


def test_the_same_clients_over_tls_raise_no_alarm(watched: Watched) -> None:
    laptop, folder, began = watched.network.hosts["laptop"], watched.network.folder, time.time()
    authority = str(folder / "certificate.pem")
    laptop.run(
        "mosquitto_pub", "-h", SERVER, "-p", "8883", "--cafile", authority, "-t", "home/door", "-m", "shut"
    )
    assert b"ok" in laptop.run("curl", "-sS", "--cacert", authority, "https://www.lab.example/").stdout
    laptop.run("curl", "-sS", "--cacert", authority, "--ssl-reqd", f"ftp://{FTPS_ADDRESS}/")
    ssh(laptop, SERVER)
    assert laptop.run("dig", "+short", "www.lab.example").stdout.decode().split() == [OUTSIDE]
    laptop.run("nmap", "-n", "-Pn", "-sT", "-p", "22,80,443", SERVER)  # three doors are no scan
    ended = time.time()
    seen = lambda: {row["port"] for row in watched.database.rows("SELECT port FROM tls WHERE ts >= ?", began)}  # noqa: E731
    wait_for(lambda: {443, 8883} <= seen(), 10, "the handshakes in sentinel.db")
    wait_for(
        lambda: watched.database.sensor("br0")["heartbeat"] > ended + 5,
        15,
        "what waits for its end was judged",
    )
    serious = watched.database.rows("SELECT title FROM alerts WHERE severity > 0 AND last_seen >= ?", began)
    assert serious == []
    queries = watched.database.rows("SELECT * FROM dns WHERE name = 'www.lab.example' AND ts >= ?", began)
    assert {row["client_ip"] for row in queries} == {address_of("laptop")}
