"""Protocols on foreign ports."""

import pytest

from analysis.alerts import Severity
from analysis.detectors.foreign_port import ForeignPort
from analysis.events import SessionSeen
from tests.analysis.home import OUTSIDE, T0, TELEVISION_IP, Home


@pytest.fixture
def home() -> Home:
    return Home(ForeignPort())


@pytest.mark.parametrize(
    ("service", "port"),
    [("ssh", 443), ("ssh", 902), ("ftp", 8884), ("telnet", 4000), ("rdp", 13389), ("smtp", 26), ("http", 23), ("ftp", 22)],
)  # fmt: skip
def test_in_disguise_out_of_the_home(home: Home, service: str, port: int) -> None:
    (finding,) = home.session(home.flow(OUTSIDE, port), service)
    assert finding.severity == (Severity.NORMAL if service == "http" else Severity.HIGH)
    assert finding.evidence["found"] == service and finding.subject.port == port


@pytest.mark.parametrize(
    ("service", "port"),
    [("ssh", 22), ("ssh", 2222), ("ftp", 21), ("ftps", 21), ("tls", 21), ("telnet", 2323), ("rdp", 3389), ("smtp", 587),
     ("http", 80), ("http", 8080), ("tls", 50_443), ("tls", 25), ("dns", 53), ("tls", 443), (None, 443), ("mqtt", 1884)],
)  # fmt: skip
def test_at_home_on_its_port(home: Home, service: str | None, port: int) -> None:
    assert home.session(home.flow(OUTSIDE, port), service) == []


def test_inside_the_home_only_what_does_not_belong_there_and_as_normal(home: Home) -> None:
    assert home.session(home.flow(TELEVISION_IP, 8022), "ssh") == []
    assert home.session(home.flow(TELEVISION_IP, 23), "ssh")[0].severity == Severity.NORMAL


@pytest.mark.parametrize(("server", "severity"), [(OUTSIDE, Severity.HIGH), (TELEVISION_IP, Severity.NORMAL)])
def test_readable_text_where_encryption_belongs(home: Home, server: str, severity: Severity) -> None:
    def text(port: int, readable: bool = True) -> SessionSeen:
        return SessionSeen(T0, home.flow(server, port), None, False, readable)

    assert [f.severity for f in home.pipeline.handle(text(4433))] == [severity]
    assert home.pipeline.handle(text(4434)) == [] == home.pipeline.handle(text(4433, False))


def test_ports_used_on_purpose() -> None:
    assert Home(ForeignPort(allowed=(902,))).session(Home().flow(OUTSIDE, 902), "ssh") == []
