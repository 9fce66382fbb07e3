"""Gadgets that behave like computers."""

import pytest

from analysis.alerts import Severity
from analysis.detectors.computer_like import ComputerLike
from analysis.detectors.lateral_movement import with_article
from analysis.events import HttpRequest, NameSeen
from tests.analysis.home import LAPTOP, LAPTOP_IP, OUTSIDE, T0, TELEVISION, TELEVISION_IP, Home

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"
CAMERA, CAMERA_IP = TELEVISION, TELEVISION_IP


@pytest.fixture
def home() -> Home:
    home = Home(ComputerLike())
    home.inventory.handle(NameSeen(T0, CAMERA, CAMERA_IP, (("mdns", "DCS-935L"),)))
    return home


def request(agent: str | None, mac: str = CAMERA, ip: str = CAMERA_IP) -> HttpRequest:
    return HttpRequest(T0, mac, ip, OUTSIDE, 80, "GET", "news.example", "/", agent, False)


def test_a_browser(home: Home) -> None:
    (finding,) = home.pipeline.handle(request(CHROME))
    assert finding.severity == Severity.HIGH and finding.subject.device_mac == CAMERA
    assert finding.evidence["kind"] == "camera"


@pytest.mark.parametrize(
    "agent", [None, "curl/7.88", "Mozilla/5.0", "Mozilla/5.0 (Linux; U; SmartCam) GoAhead/1.0"]
)
def test_its_own_programs(home: Home, agent: str | None) -> None:
    assert home.pipeline.handle(request(agent)) == []


def test_an_ssh_client(home: Home) -> None:
    flow = home.flow(OUTSIDE, 22, client=CAMERA_IP, client_mac=CAMERA)
    assert len(home.session(flow, "ssh")) == 1 and home.session(flow, "tls") == []


def test_many_servers_within_an_hour(home: Home) -> None:
    def reach(n: int, gap: float) -> list:
        return home.answer(home.flow(f"198.51.100.{n}", client=CAMERA_IP, client_mac=CAMERA, ts=T0 + n * gap))

    assert [f for n in range(59) for f in reach(n, 100)] == []
    (finding,) = [f for n in range(60, 140) for f in reach(n, 10)]
    assert finding.evidence["servers"] == 60


def test_a_computer_may(home: Home) -> None:
    home.inventory.handle(NameSeen(T0, LAPTOP, LAPTOP_IP, (("dhcp", "DESKTOP-4F2K1"),)))
    assert home.pipeline.handle(request(CHROME, LAPTOP, LAPTOP_IP)) == []
    assert home.session(home.flow(OUTSIDE, 22), "ssh") == []
    assert [f for n in range(200) for f in home.answer(home.flow(f"198.51.100.{n}"))] == []


def test_what_it_was_first_stays(home: Home) -> None:
    home.pipeline.handle(request(CHROME))
    home.inventory.handle(NameSeen(T0 + 1, CAMERA, CAMERA_IP, (("dhcp", "DESKTOP-4F2K1"),)))
    assert len(home.pipeline.handle(request(CHROME))) == 1


def test_the_kind_is_told_unless_the_name_tells_it(home: Home) -> None:
    (finding,) = home.pipeline.handle(request(CHROME))
    assert finding.title.startswith("DCS-935L, a camera, surfed to news.example")
    assert "mark this as expected" in finding.advice
    home = Home(ComputerLike())
    home.inventory.handle(NameSeen(T0, CAMERA, CAMERA_IP, (("mdns", "nest-thermostat"),)))
    (finding,) = home.pipeline.handle(request(CHROME))
    assert finding.title.startswith("nest-thermostat surfed to") and finding.why.startswith("A thermostat ")
    assert [with_article(kind) for kind in ("camera", "appliance")] == ["a camera", "an appliance"]
