"""Ports that devices open in the router."""

import pytest

from analysis.alerts import Severity
from analysis.detectors.port_opened import PortOpened
from analysis.events import PortMapping
from tests.analysis.home import LAPTOP, LAPTOP_IP, ROUTER_IP, T0, TELEVISION_IP, Home


def asked(port: int, inside: str = LAPTOP_IP, method: str = "upnp") -> PortMapping:
    return PortMapping(T0, LAPTOP, LAPTOP_IP, ROUTER_IP, method, "tcp", 4000, inside, port, 0, "game")


@pytest.mark.parametrize("method", ["upnp", "nat-pmp", "pcp"])
@pytest.mark.parametrize(
    ("port", "severity"), [(3074, Severity.NORMAL), (22, Severity.HIGH), (80, Severity.HIGH)]
)
def test_by_what_is_opened(method: str, port: int, severity: Severity) -> None:
    (finding,) = Home(PortOpened()).pipeline.handle(asked(port, method=method))
    assert finding.severity == severity and finding.subject.device_mac == LAPTOP
    assert finding.evidence["inside_port"] == port and finding.evidence["description"] == "game"


def test_for_another_device_is_serious_and_for_another_address_of_its_own_is_not() -> None:
    home = Home(PortOpened())
    home.inventory.sighting(T0, LAPTOP, "192.168.1.21")
    assert home.pipeline.handle(asked(3074, TELEVISION_IP))[0].severity == Severity.HIGH
    assert home.pipeline.handle(asked(3074, "192.168.1.21"))[0].severity == Severity.NORMAL


def test_asking_again_is_the_same_incident() -> None:
    home = Home(PortOpened())
    assert len({home.pipeline.handle(asked(3074))[0].key for _ in range(3)}) == 1
