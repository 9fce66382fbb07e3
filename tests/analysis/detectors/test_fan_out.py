"""Contacts with many places against the device's own hours."""

import pytest

from analysis.alerts import Finding, Severity
from analysis.detectors.fan_out import FanOut
from analysis.events import NameSeen
from analysis.store.rows import VolumeRow
from analysis.volumes import Volumes
from tests.analysis.home import LAPTOP, OUTSIDE, T0, TELEVISION, TELEVISION_IP, Home

HOUR = int(T0) // 3600


@pytest.fixture
def home() -> Home:
    return Home(FanOut())


def past(home: Home, *counts: int, mac: str = LAPTOP) -> None:
    home.inventory.places = Volumes(
        VolumeRow(("eth0", mac), HOUR - 1 - n, count) for n, count in enumerate(counts)
    )


def reach(home: Home, count: int, first: int = 0, state: str = "attempt", **more: object) -> list[Finding]:
    """Conversations with so many addresses, each on a port of its own, that end within the minute."""
    flows = [
        home.flow(f"198.51.{100 + n // 250}.{n % 250}", 20_000 + n, ts=T0 + n / 10, **more)  # type: ignore[arg-type]
        for n in range(first, first + count)
    ]
    return [finding for flow in flows for finding in home.end(flow, state)]


def test_far_more_than_in_its_busy_hours(home: Home) -> None:
    past(home, *[20, 30, 40] * 10)
    assert reach(home, 119) == []
    (finding,) = reach(home, 1, 119)
    assert finding.severity == Severity.NORMAL and finding.subject.device_mac == LAPTOP
    evidence = finding.evidence
    assert evidence["places"] == evidence["threshold"] == 120 and evidence["busy_hours_so_far"] == 40
    assert evidence["usual"] == "usually 30 places in an hour, 40 in busy ones, from 30 hours"
    assert len(evidence["examples"]) == 5


def test_it_is_told_again_when_doubled_and_is_one_incident(home: Home) -> None:
    past(home, *[2] * 24)
    found = reach(home, 450, state="established")
    assert [f.evidence["places"] for f in found] == [100, 200, 400]
    assert [f.times for f in found] == [1, 0, 0] and len({f.key for f in found}) == 1


def test_one_past_attack_is_no_measure(home: Home) -> None:
    past(home, *[10] * 40, 900)
    assert len(reach(home, 100)) == 1


def test_without_a_day_of_history_nothing_is_told(home: Home) -> None:
    past(home, *[2] * 23)
    assert reach(home, 400) == []


def test_a_gadget_s_is_serious(home: Home) -> None:
    home.inventory.handle(NameSeen(T0, TELEVISION, TELEVISION_IP, (("mdns", "DCS-935L"),)))
    past(home, *[2] * 24, mac=TELEVISION)
    (finding,) = reach(home, 100, client=TELEVISION_IP, client_mac=TELEVISION)
    assert finding.severity == Severity.HIGH and finding.evidence["kind"] == "camera"


def test_many_servers_of_one_domain_are_one_place(home: Home) -> None:
    past(home, *[2] * 24)
    for n in range(200):
        home.learn(f"node{n}.content.example", f"198.51.100.{n}")
    assert reach(home, 200) == []


def test_scans_look_ups_clocks_and_the_home_itself_do_not_count(home: Home) -> None:
    past(home, *[2] * 24)
    home.inventory.note_scan("192.168.1.20", 445, T0)
    servers = [f"198.51.100.{n}" for n in range(200)]
    for port, proto in ((53, "udp"), (123, "udp"), (853, "tcp"), (445, "tcp")):
        assert [f for ip in servers for f in home.end(home.flow(ip, port, proto), "attempt")] == []
    inside = [f"192.168.1.{n}" for n in range(40, 240)]
    assert [f for ip in inside for f in home.end(home.flow(ip, 80), "attempt")] == []
    assert [f for ip in servers for f in home.end(home.flow(ip, 80, client_mac=None), "attempt")] == []
    assert home.end(home.flow(OUTSIDE), "established") == []
