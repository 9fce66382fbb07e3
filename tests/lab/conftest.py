"""The lab: a home in network namespaces, Sentinel watching its bridge, a browser on its pages."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.browser import Browser
from tests.lab.network import Network, home_network
from tests.lab.programs import Dashboard, Database, Sensor, write_config
from tests.lab.servers import start_servers

NEEDED = {
    "ip": "iproute2", "nsenter": "util-linux", "chromium": "chromium", "dnsmasq": "dnsmasq", "dig": "dnsutils",
    "mosquitto": "mosquitto", "mosquitto_pub": "mosquitto-clients", "telnet": "telnet",
    "telnetd": "inetutils-telnetd", "vsftpd": "vsftpd", "ftp": "ftp", "ssh": "openssh-client",
    "sshd": "openssh-server", "rsh-redone-rsh": "rsh-redone-client", "in.rshd": "rsh-redone-server",
    "curl": "curl", "nmap": "nmap", "dhclient": "isc-dhcp-client", "tcpreplay": "tcpreplay", "ethtool": "ethtool",
    "openssl": "openssl", "ping": "iputils-ping", "sysctl": "procps",
}  # fmt: skip
"""Program -> its Debian package."""
DEVICES = (
    ("laptop", "3c:22:fb:10:00:10", "192.168.77.10"),
    ("server", "00:11:32:10:00:20", "192.168.77.20"),
    ("guest", "b8:27:eb:10:00:30", "192.168.77.30"),
    ("tablet", "7c:2e:bd:10:00:40", ""),
)
"""(name, MAC, address); without an address it asks by DHCP."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    reason = missing()
    for item in items:
        if here in Path(item.path).parents:
            item.add_marker(pytest.mark.lab)
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


def missing() -> str:
    """Why the lab cannot be built here; empty when it can."""
    if sys.platform != "linux":
        return "network namespaces need Linux"
    if os.geteuid() != 0:
        return "network namespaces need root"
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    packages = sorted({package for name, package in NEEDED.items() if not shutil.which(name, path=path)})
    return f"missing packages: {' '.join(packages)}" if packages else ""


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lab")
    for parent in (path, *path.parents):  # servers that give up root must reach their files
        if parent.name.startswith("pytest-"):
            parent.chmod(0o755)
    return path


@pytest.fixture(scope="session")
def network(folder: Path) -> Iterator[Network]:
    """The home with its servers running."""
    network = home_network(folder, DEVICES)
    try:
        start_servers(network)
        yield network
    finally:
        network.close()


class Watched:
    """Sentinel on the lab's bridge: a sensor, the dashboard, and a browser on the Alerts page."""

    def __init__(self, network: Network, folder: Path, playwright: Any) -> None:
        self.network = network
        config = write_config(folder)
        path = folder / "sentinel.db"
        self.database = Database(path)
        self.sensor = Sensor(network.hosts["watch"], "br0", path, config)
        self.sensor.wait_state("running")
        self.dashboard = Dashboard(network.hosts["watch"], path, config)
        self.browser = Browser(playwright, network.hosts["watch"], self.dashboard.url)


@pytest.fixture(scope="session")
def watched(network: Network, folder: Path, playwright: Any) -> Iterator[Watched]:
    watched = Watched(network, folder, playwright)
    try:
        yield watched
    finally:
        watched.browser.close()
