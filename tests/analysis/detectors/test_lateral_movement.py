"""From device to device."""

import pytest

from analysis.alerts import Severity
from analysis.detectors.lateral_movement import LateralMovement
from analysis.detectors.new_connection import NewConnection
from analysis.events import NameSeen
from tests.analysis.home import LAPTOP, LAPTOP_IP, OUTSIDE, T0, TELEVISION, TELEVISION_IP, Home

HOUR = 3600.0


@pytest.mark.parametrize("port", [22, 445, 3389, 5985])
def test_the_first_use_is_told_once(port: int) -> None:
    home = Home(LateralMovement())
    (finding,) = home.open(home.flow(TELEVISION_IP, port))
    assert finding.severity == Severity.NORMAL and finding.subject.peer_ip == TELEVISION_IP
    assert home.open(home.flow(TELEVISION_IP, port, ts=T0 + 60)) == []


def test_other_services_other_places_and_oneself_do_not_count() -> None:
    home = Home(LateralMovement())
    assert home.open(home.flow(TELEVISION_IP, 80)) == [] == home.open(home.flow(OUTSIDE, 445))
    assert home.open(home.flow(LAPTOP_IP, 445)) == [] == home.start(home.flow(TELEVISION_IP, 445))


def test_what_was_learned_is_usual_also_after_a_restart() -> None:
    home = Home(LateralMovement(), NewConnection(), learning_seconds=HOUR)
    assert home.open(home.flow(TELEVISION_IP, 445, ts=T0 + 60)) == []
    again = Home(LateralMovement(), NewConnection(), learning_seconds=HOUR)
    again.inventory.baseline = home.inventory.baseline
    assert again.open(again.flow(TELEVISION_IP, 445, ts=T0 + 9 * HOUR)) == []
    assert again.open(again.flow(TELEVISION_IP, 22, ts=T0 + 9 * HOUR))[0].rule == "lateral-movement"


def test_a_new_lease_of_the_other_device_is_no_first_time() -> None:
    moved, stranger = "192.168.1.61", "192.168.1.62"
    home = Home(LateralMovement(), NewConnection(), learning_seconds=HOUR)
    assert home.open(home.flow(TELEVISION_IP, 445, ts=T0 + 60)) == []
    again = Home(LateralMovement(), learning_seconds=HOUR)
    again.inventory.baseline = home.inventory.baseline
    again.inventory.sighting(T0 + 9 * HOUR, TELEVISION, moved)
    again.inventory.sighting(T0 + 9 * HOUR, "02:00:00:00:00:99", stranger)
    assert again.open(again.flow(moved, 445, ts=T0 + 9 * HOUR)) == []
    assert again.open(again.flow(moved, 22, ts=T0 + 9 * HOUR))
    assert again.open(again.flow(stranger, 445, ts=T0 + 9 * HOUR))


def test_a_serious_alert_makes_it_high_even_while_learning() -> None:
    home = Home(LateralMovement(), learning_seconds=HOUR)
    home.inventory.baseline.distrust(("eth0", LAPTOP), T0)
    (finding,) = home.open(home.flow(TELEVISION_IP, 445, ts=T0 + 60))
    assert finding.severity == Severity.HIGH and finding.evidence["serious_alert_before"]


def test_the_alert_is_forgotten_after_a_day() -> None:
    home = Home(LateralMovement())
    home.inventory.baseline.distrust(("eth0", LAPTOP), T0)
    assert home.open(home.flow(TELEVISION_IP, 445, ts=T0 + 25 * HOUR))[0].severity == Severity.NORMAL


def test_a_camera_has_no_business_there() -> None:
    home = Home(LateralMovement())
    home.inventory.handle(NameSeen(T0, TELEVISION, TELEVISION_IP, (("mdns", "DCS-935L"),)))
    assert home.inventory.kind_of(TELEVISION) == "camera"
    flow = home.flow(LAPTOP_IP, 22, client=TELEVISION_IP, client_mac=TELEVISION)
    assert home.open(flow)[0].severity == Severity.HIGH
