"""New devices: told once with their names, and a flood as one incident."""

from analysis.alerts import Severity
from analysis.detectors.new_device import NewDeviceSeen
from analysis.events import NameSeen
from tests.analysis.home import T0, Home

PHONE = "da:a1:19:00:00:01"


def test_a_named_device_is_told_at_the_next_tick() -> None:
    home = Home(NewDeviceSeen())
    home.inventory.sighting(T0, PHONE, "192.168.1.50")
    assert home.pipeline.tick(T0 + 1) == []
    home.inventory.handle(NameSeen(T0 + 2, PHONE, None, (("dhcp", "Annas-iPhone"),)))
    (finding,) = home.pipeline.tick(T0 + 3)
    assert finding.severity == Severity.NORMAL and finding.subject[:2] == (PHONE, "192.168.1.50")
    assert "Annas-iPhone" in finding.title and "random" in finding.why
    assert home.pipeline.tick(T0 + 300) == []


def test_a_nameless_device_is_told_after_a_minute_or_at_the_end() -> None:
    home = Home(NewDeviceSeen())
    home.inventory.sighting(T0, "00:17:88:24:76:ff", "192.168.1.50")
    (finding,) = home.pipeline.finish(T0 + 5)
    assert "Philips" in finding.title and finding.ts == T0
    assert "random" not in finding.why


def test_routers_are_no_new_devices() -> None:
    home = Home(NewDeviceSeen())
    home.inventory.sighting(T0, PHONE, "93.184.216.34")
    assert home.pipeline.finish(T0 + 5) == []


def test_a_flood_becomes_one_incident() -> None:
    home = Home(NewDeviceSeen())
    for n in range(300):
        home.inventory.sighting(T0, (0x020000000000 + n).to_bytes(6, "big").hex(":"), "192.168.1.99")
    found = home.pipeline.tick(T0 + 61)
    assert len(found) == 300 and len({f.key for f in found}) == 21
    assert "More than 20" in found[-1].title
