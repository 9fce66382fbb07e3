"""Each rule class fires from a real client's action: in sentinel.db within 2 s, on the page within 4 s."""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from analysis.store.reader import Reader
from tests.lab.actions import acting, address_of
from tests.lab.browser import shows
from tests.lab.conftest import Watched
from tests.lab.network import LISTED, OUTSIDE, OUTSIDE_MORE, ROUTER, Host, allowed, wait_for
from tests.lab.programs import Database, Sensor, loads, write_config
from tests.lab.servers import BLOCKED_NAME, ssh

CRITICAL, HIGH, NORMAL = 2, 1, 0
STORED, SHOWN = 2.0, 4.0
"""Seconds from the packet to the row, and to the page."""
SERVER = "192.168.77.20"
ONE_CONNECTION = "import socket,sys; s=socket.create_connection((sys.argv[1],int(sys.argv[2])),5); s.sendall(b'hello\\r\\n'); s.recv(99)"


@dataclass
class Case:
    """What a client does, and the incident that must come of it."""

    name: str
    do: Callable[[Host], object]
    rule: str
    severity: int
    wanted: dict[str, Any] = field(default_factory=dict)
    client: str = "laptop"


def sh(command: str, check: bool = True) -> Callable[[Host], object]:
    return lambda host: host.run("sh", "-c", command, check=check)


def connect(address: str, port: int) -> Callable[[Host], object]:
    return lambda host: host.run(sys.executable, "-c", ONE_CONNECTION, address, str(port))


INSECURE, PORT = "insecure-protocol", "suspicious-port"
CASES = (
    Case("telnet", sh(f"(sleep 1) | telnet {SERVER}"), INSECURE, CRITICAL, {"peer_ip": SERVER, "port": 23}),
    Case("ftp", sh(f"printf 'user anonymous me@home\\nls\\nquit\\n' | ftp -n {SERVER}"),
         INSECURE, CRITICAL, {"peer_ip": SERVER, "port": 21}),
    Case("mqtt", sh(f"mosquitto_pub -h {SERVER} -t home/door -m open"),
         INSECURE, CRITICAL, {"peer_ip": SERVER, "port": 1883}),
    Case("rlogin", sh(f"sleep 2 | timeout 3 script -qec 'rsh-redone-rlogin -l nobody {SERVER}' /dev/null", False),
         INSECURE, CRITICAL, {"peer_ip": SERVER, "port": 513}),
    Case("rsh", sh(f"rsh-redone-rsh {SERVER} echo hello", False),
         INSECURE, CRITICAL, {"peer_ip": SERVER, "port": 514}),
    Case("listed name", sh(f"dig +short {BLOCKED_NAME}"), "blocklisted-name", CRITICAL, {}),
    Case("listed address", sh(f"curl -sS -m 5 http://{LISTED}/"), "blocklisted-address", CRITICAL,
         {"peer_ip": LISTED}),
    Case("ssh outside", lambda host: ssh(host, OUTSIDE), PORT, HIGH, {"peer_ip": OUTSIDE, "port": 22}),
    Case("port 4444", connect(OUTSIDE, 4444), PORT, HIGH, {"port": 4444}),
    Case("port 6667", connect(OUTSIDE, 6667), PORT, HIGH, {"port": 6667}),
    Case("file sharing outside", connect(OUTSIDE, 445), PORT, HIGH, {"port": 445}),
    Case("new connection", connect(OUTSIDE_MORE[0], 8080), "new-connection", NORMAL,
         {"peer_ip": OUTSIDE_MORE[0], "port": 8080}),
    Case("SYN scan", sh(f"nmap -n -Pn -sS -p 1-200 {SERVER}"), "port-scan", HIGH, {"peer_ip": SERVER}, "guest"),
    Case("search by ARP", sh("nmap -n -sn 192.168.77.0/25"), "arp-scan", NORMAL, {}, "guest"),
    Case("connect scan", sh(f"nmap -n -Pn -sT -p 1-200 {ROUTER}"), "port-scan", HIGH, {"peer_ip": ROUTER},
         "guest"),
)  # fmt: skip


@pytest.fixture(scope="module")
def page(watched: Watched) -> Iterator[Any]:
    page = watched.browser.open("/alerts")
    page.wait_for_selector(".ag-root", timeout=20_000)
    yield page
    page.close()


@pytest.fixture(scope="module")
def second(watched: Watched) -> Iterator[Sensor]:
    """A second sensor on the same bridge, with scapy's own sockets and a database of its own."""
    folder = watched.network.folder / "scapy"
    folder.mkdir()
    config = write_config(folder, capture="scapy")
    sensor = Sensor(watched.network.hosts["watch"], "br0", folder / "sentinel.db", config)
    sensor.wait_state("running")
    yield sensor
    sensor.stop()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_real_client(case: Case, watched: Watched, second: Sensor, page: Any) -> None:
    client = watched.network.hosts[case.client]
    with acting(case.do, client):
        found, stored, shown = _watch(watched, page, case)
    print(f"{case.name}: in sentinel.db after {stored:.2f} s, on the page after {shown:.2f} s")
    assert (found["severity"], found["count"]) == (case.severity, 1)
    assert found["device_ip"] == address_of(case.client)
    assert stored <= allowed(STORED)
    assert shown <= allowed(SHOWN)
    assert len(watched.database.alerts(rule=case.rule, device_ip=found["device_ip"], **case.wanted)) == 1
    assert watched.browser.trouble == []


def _watch(watched: Watched, page: Any, case: Case) -> tuple[dict[str, Any], float, float]:
    """The incident, and the seconds from its packet to the database and to the page."""
    wanted = {"rule": case.rule, "device_ip": address_of(case.client), **case.wanted}
    found = wait_for(lambda: watched.database.alerts(**wanted), 15, f"an incident of {wanted}")[0]
    stored = time.time() - found["first_seen"]
    store = Reader(watched.database.path)

    def shown() -> bool:
        page.wait_for_timeout(20)
        alert = store.alert(found["id"])  # with the names of today, as the page shows it
        return alert is not None and shows(page, ".ag-row", alert["title"])

    wait_for(shown, 15, f"{found['title']!r} on the page")
    return found, stored, time.time() - found["first_seen"]


def test_both_capture_libraries_tell_the_same(watched: Watched, second: Sensor) -> None:
    """After the cases above; what only the first sensor saw began before the second one."""
    began = second.database.sensor("br0")["started"]

    def told(database: Database) -> list[tuple[Any, ...]]:
        names = "rule, severity, device_ip, peer_ip, port, proto, count"
        rules = sorted({case.rule for case in CASES if case.severity > NORMAL})
        marks = ", ".join("?" * len(rules))
        query = f"SELECT {names} FROM alerts WHERE first_seen >= ? AND rule IN ({marks}) ORDER BY {names}"
        return [tuple(row.values()) for row in database.rows(query, began, *rules)]

    expected = told(watched.database)
    assert len(expected) >= sum(case.severity > NORMAL for case in CASES)
    wait_for(
        lambda: told(second.database) == told(watched.database),
        5,
        f"the same incidents: {told(second.database)}",
    )
    assert [loads(sensor, "pcapy") for sensor in (watched.sensor, second)] == [True, False]
