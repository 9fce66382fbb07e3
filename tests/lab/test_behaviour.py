"""How devices behave over time: volumes, clockwork, crowds, gadgets that become computers, TLS by list. Real
programs fire each rule; their benign twins do not.

What takes hours in a home is shortened by options, never by other code.
"""

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.actions import address_of
from tests.lab.conftest import DEVICES
from tests.lab.network import OUTSIDE, OUTSIDE_MORE, Host, Network, home_network, wait_for
from tests.lab.programs import Database, Sensor, write_config
from tests.lab.servers import SINKS, certificate, ssh, sshd

CRITICAL, HIGH, NORMAL = 2, 1, 0
PROGRAMS = {"hping3": "hping3", "curl": "curl", "openssl": "openssl", "dhclient": "isc-dhcp-client",
            "dnsmasq": "dnsmasq", "sshd": "openssh-server"}  # fmt: skip
MISSING = sorted(
    {p for n, p in PROGRAMS.items() if not shutil.which(n, path="/usr/sbin:/sbin:/usr/bin:/bin")}
)
CALLED, CALLED_BY_CHANCE, FRIEND = OUTSIDE_MORE
CROWD = "198.51.100"
"""A network of servers: the one in the internet answers for its upper half."""
GADGET = "192.168.77.40"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"
RULES = {
    "beacon": {"minutes": 0.3, "enough_connections": 30}, "long-connection": {"hours": 0.005},
    "user-agent": {"learn_hours": 0.003}, "unresolved-sni": {"hours": 0.001}, "fan-out": {"hours": 0},
    "upload-volume": {"hours": 0}, "listed-tls": {"names": ["listed.example"]},
}  # fmt: skip
CALLS = """
import random, subprocess, sys, time
address, by_the_clock = sys.argv[1], sys.argv[2] == "clock"
begin, at = time.monotonic(), 0.0
for n in range(64):
    at += 1.5 if by_the_clock else random.expovariate(0.7)
    time.sleep(max(0, begin + at - time.monotonic()))
    subprocess.run(["curl", "-s", "-m", "5", "-o", "/dev/null", f"http://{address}/"])
"""

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"missing packages: {' '.join(MISSING)}")


class Behaving:
    """The home, Sentinel on its bridge, and what takes a minute under way from the start."""

    def __init__(self, network: Network, folder: Path) -> None:
        self.network, self.folder, self.hosts = network, folder, network.hosts
        self.servers()
        self.sensor = Sensor(
            self.hosts["watch"], "br0", folder / "sentinel.db", write_config(folder, rules=RULES)
        )
        self.database: Database = self.sensor.database
        self.sensor.wait_state("running")
        self.gadget()
        self.hosts["laptop"].start(sys.executable, "-c", CALLS, CALLED, "clock")
        self.hosts["server"].start(sys.executable, "-c", CALLS, CALLED_BY_CHANCE, "chance")
        self.stay("laptop", 60)
        self.stay("server", 5)

    def servers(self) -> None:
        router, internet = self.hosts["router"], self.hosts["internet"]
        certificate(self.folder)
        router.start(
            "dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-hosts", "--no-resolv", "--bind-interfaces",
            "--interface=eth0", "--user=root", "--log-facility=-", f"--address=/example/{OUTSIDE}",
            "--dhcp-range=192.168.77.100,192.168.77.150,1h", f"--dhcp-leasefile={self.folder}/leases",
        )  # fmt: skip
        internet.ip("route", "add", "local", f"{CROWD}.128/25", "dev", "lo")
        sshd(internet)
        internet.start(sys.executable, SINKS, "80")
        internet.start(sys.executable, SINKS, "tls", str(self.folder / "both.pem"), "443")
        internet.start(sys.executable, SINKS, "files", str(self.folder / "both.pem"), "9444")
        for port in (22, 80, 443, 9444):
            wait_for(lambda port=port: internet.listens(port), 15, f"a server on {port}")

    def gadget(self) -> None:
        """The tablet takes the name of a camera and asks for an address; it uses its own program."""
        tablet = self.hosts["tablet"]
        tablet.ip("address", "add", f"{GADGET}/24", "dev", "eth0")
        tablet.ip("route", "replace", "default", "via", "192.168.77.1")
        self.join("tablet", "DCS-935L")
        self.curl("tablet", f"http://{OUTSIDE}/status", "-A", "SmartCam/1.0 GoAhead")

    def join(self, host: str, name: str) -> None:
        """By DHCP; the host keeps the address that it has."""
        config = self.folder / f"{host}.conf"
        config.write_text(f'send host-name "{name}";\n')
        run = f"dhclient -1 -sf /bin/true -cf {config} -lf {self.folder}/{host}.leases -pf /dev/null"
        self.sh(host, f"timeout 20 {run} -d eth0 & sleep 5; kill %1")

    def stay(self, host: str, seconds: int) -> None:
        """An SSH session of so long."""
        key = f"-i {self.folder}/user-key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
        self.hosts[host].start(
            "sh", "-c", f"ssh -F /dev/null -o BatchMode=yes {key} root@{FRIEND} sleep {seconds}"
        )

    def sh(self, host: str, command: str, seconds: float = 60) -> None:
        self.hosts[host].run("sh", "-c", command, check=False, timeout=seconds)

    def curl(self, host: str, *arguments: str) -> None:
        self.hosts[host].run("curl", "-sSk", "-m", "30", "-o", "/dev/null", *arguments, timeout=90)

    def told(self, rule: str, device: str, seconds: float = 30) -> dict:
        """The one incident of a rule about a device."""
        wanted = {"rule": rule, "device_ip": device}
        found = wait_for(
            lambda: self.database.alerts(**wanted), seconds, f"{wanted}; {self.sensor.said()[-2000:]}"
        )
        assert len(found) == 1
        return found[0]

    def silent(self, rule: str, device: str) -> None:
        """Nothing of a rule about a device, once all that it sent was looked at: ends of conversations are
        noticed every ten seconds."""
        time.sleep(11)
        assert self.database.alerts(rule=rule, device_ip=device) == []


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behaving]:
    folder = tmp_path_factory.mktemp("behaviour")
    for parent in (folder, folder.parent):
        parent.chmod(0o755)
    network = home_network(folder, DEVICES)
    try:
        yield Behaving(network, folder)
    finally:
        network.close()


def ip(device: str) -> str:
    return GADGET if device == "tablet" else address_of(device)


def test_a_flood_is_told_and_four_hundred_downloads_are_not(home: Behaving) -> None:
    home.curl("server", "-Z", "--parallel-max", "20", "-H", "Connection: close", f"http://{OUTSIDE}/[1-400]")
    home.sh("guest", f"hping3 -q -S -p 8081 -i u800 -c 7000 {OUTSIDE}")
    alert = home.told("flood", ip("guest"))
    assert (alert["severity"], alert["peer_ip"]) == (CRITICAL, OUTSIDE)
    assert home.database.alerts(rule="flood", device_ip=ip("server")) == []


def test_a_gadget_that_surfs_or_logs_in_elsewhere_is_told_and_a_laptop_is_not(home: Behaving) -> None:
    for device in ("tablet", "laptop"):
        home.curl(device, f"http://{OUTSIDE}/", "-A", CHROME)
    alert = home.told("computer-like", GADGET)
    assert (alert["severity"], alert["peer_ip"], alert["port"]) == (HIGH, OUTSIDE, 80)
    ssh(home.hosts["tablet"], OUTSIDE)
    ssh(home.hosts["laptop"], OUTSIDE)
    found = lambda: [a["port"] for a in home.database.alerts(rule="computer-like", device_ip=GADGET)]  # noqa: E731
    wait_for(lambda: found() == [80, 22], 20, f"a browser and SSH: {found()}")
    assert home.database.alerts(rule="computer-like", device_ip=ip("laptop")) == []


def test_another_program_of_a_gadget_is_told_and_its_update_is_not(home: Behaving) -> None:
    before = home.database.alerts(rule="user-agent", device_ip=GADGET)
    home.curl("tablet", f"http://{OUTSIDE}/status", "-A", "SmartCam/1.1 GoAhead")
    home.curl("tablet", f"http://{OUTSIDE}/x")
    new = lambda: home.database.alerts(rule="user-agent", device_ip=GADGET)[len(before) :]  # noqa: E731
    (alert,) = wait_for(new, 20, "another program")
    assert alert["severity"] == NORMAL and "curl" in alert["title"]


def test_200_megabytes_sent_over_tls_are_told_and_fetched_ones_are_not(home: Behaving) -> None:
    home.curl("guest", f"https://{OUTSIDE}:9444/200")
    zeros = home.folder / "holiday.bin"
    with zeros.open("wb") as file:
        file.truncate(200_000_000)
    home.curl("laptop", "-T", str(zeros), f"https://{OUTSIDE}:9444/holiday.bin")
    zeros.unlink()
    alert = home.told("upload-volume", ip("laptop"), 45)
    assert (alert["severity"], alert["peer_ip"], alert["port"]) == (HIGH, OUTSIDE, 9444)
    assert home.database.alerts(rule="upload-volume", device_ip=ip("guest")) == []


def test_a_crowd_of_new_places_is_told_and_a_few_are_not(home: Behaving) -> None:
    fetch = f"curl -s -Z --parallel-max 10 -m 20 -o /dev/null http://{CROWD}.[{{}}-{{}}]/"
    home.sh("server", fetch.format(130, 169))
    home.sh("guest", fetch.format(130, 249))
    alert = home.told("fan-out", ip("guest"), 45)
    assert (alert["severity"], json.loads(alert["evidence"])["threshold"]) == (NORMAL, 100)
    assert home.database.alerts(rule="fan-out", device_ip=ip("server")) == []


def test_a_name_never_looked_up_is_told_and_looked_up_ones_are_not(home: Behaving) -> None:
    home.join("guest", "guest-phone")
    for n in range(24):
        home.curl("guest", f"https://site{n}.example/")
    home.silent("unresolved-sni", ip("guest"))
    for _ in range(2):
        home.curl("guest", "--resolve", f"hidden.example:443:{FRIEND}", "https://hidden.example/")
    alert = home.told("unresolved-sni", ip("guest"))
    assert alert["severity"] == NORMAL and "hidden.example" in alert["title"]


def s_client(name: str, *options: str) -> Callable[[Host], object]:
    command = (
        f"echo Q | timeout 10 openssl s_client -connect {OUTSIDE}:443 -servername {name} {' '.join(options)}"
    )
    return lambda host: host.run("sh", "-c", command, check=False)


def test_a_server_name_on_the_list_is_told_and_another_is_not(home: Behaving) -> None:
    s_client("unlisted.example")(home.hosts["laptop"])
    s_client("www.listed.example")(home.hosts["server"])
    assert home.told("listed-tls", ip("server"))["severity"] == HIGH
    assert home.database.alerts(rule="listed-tls", device_ip=ip("laptop")) == []


def test_a_fingerprint_on_the_list_is_told_and_another_program_s_is_not(home: Behaving) -> None:
    """As a person would: the fingerprint that was seen once is put on the list."""
    odd = s_client(
        "odd.example", "-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305"
    )
    odd(home.hosts["server"])
    query = "SELECT ja4 FROM tls WHERE sni = 'odd.example'"
    ja4 = wait_for(lambda: home.database.rows(query), 10, "the odd program's hello")[0]["ja4"]
    folder = home.folder / "listed"
    folder.mkdir()
    config = write_config(folder, rules={"listed-tls": {"ja4": [ja4]}})
    second = Sensor(home.hosts["watch"], "br0", folder / "sentinel.db", config)
    second.wait_state("running")
    home.curl("laptop", "https://usual.example/")
    odd(home.hosts["guest"])
    wait_for(lambda: second.database.alerts(rule="listed-tls"), 15, f"a listed fingerprint: {ja4}")
    assert [a["device_ip"] for a in second.database.alerts(rule="listed-tls")] == [ip("guest")]
    second.stop()


def test_a_long_connection_is_told_and_a_short_one_is_not(home: Behaving) -> None:
    alert = home.told("long-connection", ip("laptop"), 60)
    assert (alert["severity"], alert["peer_ip"], alert["port"]) == (NORMAL, FRIEND, 22)
    assert home.database.alerts(rule="long-connection", device_ip=ip("server")) == []


@pytest.mark.timeout(300)
def test_calls_by_the_clock_are_told_and_by_chance_are_not(home: Behaving) -> None:
    alert = home.told("beacon", ip("laptop"), 110)
    assert (alert["severity"], alert["peer_ip"]) == (HIGH, CALLED)
    query = "SELECT count(*) AS n FROM flows WHERE client_ip = ? AND server_ip = ?"
    calls = lambda: home.database.rows(query, ip("server"), CALLED_BY_CHANCE)[0]["n"]  # noqa: E731
    wait_for(lambda: calls() >= 40, 60, "forty calls by chance")
    home.silent("beacon", ip("server"))
