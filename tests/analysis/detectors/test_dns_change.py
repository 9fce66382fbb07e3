"""Another resolver by DHCP."""

import pytest

from analysis.alerts import Severity
from analysis.detectors.dns_change import DnsChange
from analysis.events import DhcpMessage
from tests.analysis.home import LAPTOP, LAPTOP_IP, ROUTER, ROUTER_IP, T0, TELEVISION, Home


@pytest.fixture
def home() -> Home:
    return Home(DnsChange())


def lease(home: Home, *dns: str, client: str = LAPTOP, server: str = ROUTER_IP):
    return home.pipeline.handle(
        DhcpMessage(T0, "ack", client, ROUTER, LAPTOP_IP, None, server, None, None, None, (), None, ROUTER_IP,
                    dns, 3600)
    )  # fmt: skip


@pytest.mark.parametrize(("new", "severity"), [("203.0.113.53", Severity.HIGH), ("9.9.9.9", Severity.NORMAL),
                                               ("192.168.1.5", Severity.NORMAL)])  # fmt: skip
def test_another_resolver_is_told(home: Home, new: str, severity: Severity) -> None:
    assert lease(home, ROUTER_IP) == []
    (finding,) = lease(home, new)
    assert finding.severity == severity and finding.evidence["now"] == [new]
    assert finding.evidence["before"] == [ROUTER_IP]
    assert lease(home, new) == []


def test_all_devices_changes_are_one_incident(home: Home) -> None:
    for client in (LAPTOP, TELEVISION):
        lease(home, ROUTER_IP, client=client)
    found = [f for client in (LAPTOP, TELEVISION) for f in lease(home, "203.0.113.53", client=client)]
    assert len(found) == 2 and len({f.key for f in found}) == 1


def test_order_fewer_none_other_devices_and_other_servers_are_nothing(home: Home) -> None:
    lease(home, ROUTER_IP, "9.9.9.9")
    assert lease(home, "9.9.9.9", ROUTER_IP) == [] and lease(home, ROUTER_IP) == [] and lease(home) == []
    assert lease(home, "1.1.1.3", client=TELEVISION) == []
    assert lease(home, "203.0.113.53", server="192.168.1.9") == []
