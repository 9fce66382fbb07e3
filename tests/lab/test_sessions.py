"""Sessions, credentials and certificates: real clients and real guessers fire their rules, their benign
twins do not."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.lab.actions import acting, address_of
from tests.lab.network import OUTSIDE, OUTSIDE_MORE, ROUTER, Host, Network, wait_for
from tests.lab.programs import Sensor, write_config
from tests.lab.servers import ssh

NEEDED = {
    "hydra": "hydra", "snmpget": "snmp", "snmpd": "snmpd", "ldapsearch": "ldap-utils", "natpmpc": "natpmpc",
    "upnpc": "miniupnpc", "miniupnpd": "miniupnpd-nftables", "nft": "nftables",
}  # fmt: skip
"""Program -> its Debian package."""
SERVER = "192.168.77.20"
REFUSES = str(Path(__file__).with_name("refuses.py"))
DESKTOP = str(Path(__file__).with_name("refuses_rdp.py"))
PCP = f"{sys.executable} {Path(__file__).with_name('pcp.py')} {ROUTER}"
CHAINS = b"""table inet filter {
    chain miniupnpd { }
    chain prerouting_miniupnpd { }
    chain postrouting_miniupnpd { }
    chain prerouting { type nat hook prerouting priority -100; jump prerouting_miniupnpd; }
    chain postrouting { type nat hook postrouting priority 100; jump postrouting_miniupnpd; }
}
"""
"""Into these miniupnpd writes what it opens."""
HIGH, NORMAL = 1, 0
OLD_CIPHERS = "DEFAULT:@SECLEVEL=0"
SESSION_RULES = (
    "password-guessing", "clear-credentials", "foreign-port", "exposed-service", "port-opened", "lateral-movement",
    "old-tls", "bad-certificate",
)  # fmt: skip

_missing = sorted(
    {p for n, p in NEEDED.items() if not shutil.which(n, path="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")}
)
pytestmark = pytest.mark.skipif(bool(_missing), reason=f"missing packages: {' '.join(_missing)}")


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)


def certificates(folder: Path) -> None:
    """A small authority, good certificates for ten names, and one that ended long ago."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl(
        folder,
        "req",
        "-x509",
        *key,
        "-days",
        "900",
        "-subj",
        "/CN=Lab CA",
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
    )
    for name in (*(f"good{n}" for n in range(8)), "expired"):
        host = f"{name}.lab.example"
        openssl(folder, "req", *key, "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}",
                "-keyout", f"{name}.key", "-out", f"{name}.csr")  # fmt: skip
        days = (
            ["-not_before", "20200101000000Z", "-not_after", "20200201000000Z"]
            if name == "expired"
            else ["-days", "9"]
        )
        sign(folder, name, days)


def sign(folder: Path, name: str, days: list[str]) -> None:
    """By `openssl ca`, which can set both dates in every version of OpenSSL 3."""
    (folder / "index.txt").touch()
    (folder / "ca.conf").write_text(
        "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\n"
        "policy=p\ncopy_extensions=copy\nunique_subject=no\n[p]\ncommonName=supplied\n"
    )
    dates = [{"-not_before": "-startdate", "-not_after": "-enddate"}.get(word, word) for word in days]
    openssl(folder, "ca", "-batch", "-notext", "-config", "ca.conf", "-cert", "ca.pem", "-keyfile", "ca.key",
            "-in", f"{name}.csr", "-out", f"{name}.pem", *dates)  # fmt: skip


def tls_server(host: Host, folder: Path, port: int, name: str, *options: str) -> None:
    host.start("openssl", "s_server", "-accept", str(port), "-key", str(folder / f"{name}.key"), "-cert",
               str(folder / f"{name}.pem"), "-quiet", "-www", *options)  # fmt: skip


@pytest.fixture(scope="module")
def sensor(network: Network) -> Iterator[Sensor]:
    """More servers, and a sensor with few sessions to wait for: sshd makes guessers wait."""
    folder = network.folder / "sessions"
    folder.mkdir()
    certificates(folder)
    home, internet, router = (network.hosts[name] for name in ("server", "internet", "router"))
    shutil.copy(network.folder / "key.pem", folder / "self.key")
    shutil.copy(network.folder / "certificate.pem", folder / "self.pem")
    before = len(network.processes)
    for n in range(8):
        tls_server(internet, folder, 4500 + n, f"good{n}", "-tls1_2")
    tls_server(internet, folder, 4510, "expired", "-tls1_2")
    tls_server(internet, folder, 4511, "self", "-tls1_2")
    tls_server(internet, folder, 4512, "self", "-tls1", "-cipher", OLD_CIPHERS)
    tls_server(internet, folder, 4513, "self", "-tls1_3")
    internet.start("snmpd", "-f", "-Lo", "-C", "-I", "system_mib", "--rocommunity=public", "udp:161")
    for host, port in ((home, 8401), (internet, 8401)):
        host.start(sys.executable, REFUSES, "http", str(port))
    internet.start(sys.executable, str(Path(REFUSES).with_name("sinks.py")), "389")
    home.start(sys.executable, REFUSES, "telnet", "2324")
    home.start(sys.executable, DESKTOP, "3389", str(network.folder / "both.pem"))
    other = network.folder / "igd.conf"
    other.write_text(  # it refuses to work behind an address that is not a real one
        "ext_ifname=wan0\next_ip=9.9.9.9\nlistening_ip=eth0\nhttp_port=5000\nenable_natpmp=yes\n"
        "enable_upnp=yes\nsecure_mode=no\nallow 1-65535 192.168.77.0/24 1-65535\n"
    )
    router.run("nft", "-f", "-", input=CHAINS)
    router.start("miniupnpd", "-d", "-f", str(other))
    (folder / "vsftpd.conf").write_text(
        "listen=YES\nlisten_ipv6=NO\nlisten_port=2121\nanonymous_enable=NO\nlocal_enable=YES\nbackground=NO\n"
        f"secure_chroot_dir={network.folder / 'chroot'}\nseccomp_sandbox=NO\nxferlog_enable=NO\n"
        "nopriv_user=nobody\npam_service_name=vsftpd\n"
    )
    home.start("vsftpd", str(folder / "vsftpd.conf"))
    internet.start(
        "/usr/sbin/sshd", "-D", "-e", "-p", "9022", "-f", "/dev/null", "-o", "UsePAM=no", "-o",
        f"HostKey={network.folder / 'host-key'}", "-o", "PidFile=none",
    )  # fmt: skip
    for host, port in (
        (internet, 4500),
        (internet, 4512),
        (internet, 9022),
        (home, 8401),
        (home, 2324),
        (home, 2121),
        (home, 3389),
        (router, 5000),
    ):
        wait_for(lambda host=host, port=port: host.listens(port), 15, f"{host.name} listens on {port}")
    rules = {"password-guessing": {"sessions": 4, "telnet_refused": 4}}
    sensor = Sensor(network.hosts["watch"], "br0", folder / "sentinel.db", write_config(folder, rules=rules))
    sensor.wait_state("running")
    yield sensor
    sensor.stop()
    for process in network.processes[before:]:
        network.stop(process)


def sh(command: str, check: bool = False) -> Callable[[Host], object]:
    return lambda host: host.run("sh", "-c", command, check=check, timeout=120)


def guess(folder: Path, what: str, words: int, *more: str) -> Callable[[Host], object]:
    """hydra with a list of so many passwords; `more` are its options."""
    path = folder / f"words-{words}"
    path.write_text("".join(f"word{n}\n" for n in range(words)))
    return lambda host: host.run(
        "hydra", "-I", "-l", "admin", "-P", str(path), *more, what, check=False, timeout=120
    )


def s_client(port: int, name: str, *more: str) -> Callable[[Host], object]:
    options = " ".join(more)
    return sh(f"echo Q | timeout 10 openssl s_client -connect {OUTSIDE}:{port} -servername {name} {options}")


def good_then_expired(host: Host) -> None:
    for n in range(8):
        s_client(4500 + n, f"good{n}.lab.example")(host)
    s_client(4510, "expired.lab.example")(host)


@dataclass
class Case:
    """What a client does, and the incident that must come of it."""

    name: str
    do: Callable[[Host, Path], object]
    rule: str
    severity: int
    wanted: dict[str, Any] = field(default_factory=dict)
    client: str = "laptop"


def plain(do: Callable[[Host], object]) -> Callable[[Host, Path], object]:
    return lambda host, folder: do(host)


GUESSING, CLEAR = "password-guessing", "clear-credentials"
CASES = (
    Case("ftp guesses", lambda h, f: guess(f, f"ftp://{SERVER}", 26, "-t", "8", "-s", "2121")(h), GUESSING, HIGH,
         {"peer_ip": SERVER, "port": 2121}),
    Case("telnet guesses", lambda h, f: guess(f, f"telnet://{SERVER}", 12, "-t", "4", "-s", "2324")(h), GUESSING, HIGH,
         {"peer_ip": SERVER, "port": 2324}),
    Case("ssh guesses", lambda h, f: guess(f, f"ssh://{SERVER}", 26, "-t", "4")(h), GUESSING, HIGH,
         {"peer_ip": SERVER, "port": 22}, "guest"),
    Case("web guesses", lambda h, f: guess(f, f"http-get://{SERVER}/", 25, "-t", "4", "-s", "8401")(h), GUESSING, HIGH,
         {"peer_ip": SERVER, "port": 8401}),
    Case("remote desktop guesses", lambda h, f: guess(f, f"rdp://{SERVER}", 6, "-t", "1")(h), GUESSING, HIGH,
         {"peer_ip": SERVER, "port": 3389}, "guest"),
    Case("basic outside", plain(sh(f"curl -sS -m 5 --user anna:secret http://{OUTSIDE}:8401/")), CLEAR, HIGH,
         {"peer_ip": OUTSIDE, "port": 8401}),
    Case("snmp outside", plain(sh(f"snmpget -v2c -c public -t 2 -r 1 {OUTSIDE} 1.3.6.1.2.1.1.1.0")), CLEAR, HIGH,
         {"peer_ip": OUTSIDE, "port": 161}),
    Case("ldap bind", plain(sh(f"timeout 4 ldapsearch -x -D cn=anna -w secret -H ldap://{OUTSIDE} -b ''")), CLEAR, HIGH,
         {"peer_ip": OUTSIDE, "port": 389}),
    Case("self-signed", plain(s_client(4511, "self.lab.example")), "bad-certificate", NORMAL, {"port": 4511}),
    Case("expired", plain(good_then_expired), "bad-certificate", NORMAL, {"port": 4510}, "server"),
    Case("tls 1.0", plain(s_client(4512, "old.lab.example", "-tls1", "-cipher", OLD_CIPHERS)), "old-tls", NORMAL,
         {"port": 4512}),
    Case("ssh on 9022", plain(sh(f"ssh -F /dev/null -p 9022 -o BatchMode=yes -o StrictHostKeyChecking=no "
                                 f"-o UserKnownHostsFile=/dev/null root@{OUTSIDE} true")), "foreign-port", HIGH,
         {"peer_ip": OUTSIDE, "port": 9022}),
    Case("upnp", plain(sh(f"upnpc -u http://{ROUTER}:5000/rootDesc.xml -a 192.168.77.10 3074 3074 TCP")), "port-opened",
         NORMAL, {"port": 3074, "proto": "tcp"}),
    Case("nat-pmp", plain(sh(f"timeout 4 natpmpc -g {ROUTER} -a 5001 554 udp 3600")), "port-opened", HIGH,
         {"port": 554, "proto": "udp"}),
    Case("pcp", plain(sh(f"{PCP} 192.168.77.10 tcp 5900 3600", check=True)), "port-opened", HIGH,
         {"port": 5900, "proto": "tcp"}),
    Case("first ssh inside", plain(lambda host: ssh(host, SERVER)), "lateral-movement", HIGH,
         {"peer_ip": SERVER, "port": 22}),
    Case("visited from outside", plain(lambda host: ssh(host, SERVER)), "exposed-service", HIGH,
         {"device_ip": SERVER, "peer_ip": OUTSIDE, "port": 22}, "internet"),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_real_client(case: Case, network: Network, sensor: Sensor) -> None:
    folder = network.folder / "sessions"
    wanted = {"rule": case.rule, **case.wanted}
    if case.client != "internet":
        wanted = {"device_ip": address_of(case.client), **wanted}
    with acting(lambda host: case.do(host, folder), network.hosts[case.client]):
        found = wait_for(lambda: sensor.database.alerts(**wanted), 50, f"an incident of {wanted}")
    assert [row["severity"] for row in found] == [case.severity]
    text = " ".join(str(value) for row in found for value in row.values())
    assert "secret" not in text and "word1" not in text


def test_mistyped_remote_desktop_passwords_are_not_told(network: Network, sensor: Sensor) -> None:
    guess(network.folder / "sessions", f"rdp://{SERVER}", 3, "-t", "1")(network.hosts["laptop"])
    query = "SELECT * FROM flows WHERE client_ip = '192.168.77.10' AND port = 3389 AND service = 'rdp' AND bytes_down > 500"
    wait_for(lambda: len(sensor.database.rows(query)) >= 3, 30, "three sessions that were refused")
    assert sensor.database.alerts(rule=GUESSING, device_ip="192.168.77.10", port=3389) == []


def test_benign_twins_are_silent(network: Network, sensor: Sensor) -> None:
    """The tablet's address is free: a new device does the same things as they should be done."""
    tablet, folder = network.hosts["tablet"], network.folder / "sessions"
    tablet.ip("address", "flush", "dev", "eth0", "scope", "global")  # a lease of another test may stand
    tablet.ip("address", "add", "192.168.77.45/24", "dev", "eth0")
    tablet.ip("route", "replace", "default", "via", ROUTER)
    for do in (
        guess(folder, f"http-get://{SERVER}/", 5, "-s", "8401"),
        sh(f"curl -sSk -m 5 --user anna:secret https://{OUTSIDE}/"),
        sh(f"curl -sS -m 5 http://{OUTSIDE}:8401/"),
        sh("snmpget -v2c -c public -t 1 -r 0 192.168.77.20 1.3.6.1.2.1.1.1.0"),
        sh(f"timeout 4 ldapsearch -x -H ldap://{OUTSIDE} -b ''"),
        s_client(4513, "self.lab.example"), s_client(4500, "good0.lab.example"), s_client(9443, "odd.lab.example"),
        sh(f"timeout 3 natpmpc -g {ROUTER}"), sh(f"{PCP} 192.168.77.45 announce", check=True), sh(f"upnpc -u http://{ROUTER}:5000/rootDesc.xml -s"),
    ):  # fmt: skip
        do(tablet)
    marker = sh(f"curl -sS -m 5 http://{OUTSIDE_MORE[1]}:8080/")
    marker(tablet)
    wait_for(
        lambda: sensor.database.alerts(rule="new-connection", device_ip="192.168.77.45", peer_ip=OUTSIDE_MORE[1]),
        15, "the last connection of the tablet",
    )  # fmt: skip
    found = sensor.database.alerts(device_ip="192.168.77.45")
    told = [(row["rule"], row["title"]) for row in found if row["rule"] in SESSION_RULES]
    assert [entry for entry in told if entry[0] != "clear-credentials"] == []
    assert all("192.168.77.20" in title for _, title in told)
