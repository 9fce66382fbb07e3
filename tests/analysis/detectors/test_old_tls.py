"""Outdated TLS."""

import pytest

from analysis.alerts import Severity
from analysis.detectors.old_tls import OldTls
from analysis.events import TlsAccepted
from tests.analysis.home import LAPTOP, LAPTOP_IP, OUTSIDE, T0, TELEVISION_IP, Home, hello


def chosen(version: str, server: str = OUTSIDE, client: str = LAPTOP_IP) -> TlsAccepted:
    return TlsAccepted(T0, client, server, 443, version, 0x2F)


@pytest.mark.parametrize("version", ["1.1", "1.0", "SSL 3.0"])
def test_an_old_version_is_told_once_a_connection(version: str) -> None:
    home = Home(OldTls())
    (offered,) = home.pipeline.handle(hello("a.example")._replace(version=version))
    assert offered.severity == Severity.NORMAL and version in offered.title
    assert home.pipeline.handle(chosen(version)) == []
    assert len(home.pipeline.handle(chosen(version))) == 1


@pytest.mark.parametrize("version", ["1.2", "1.3", "0x9999"])
def test_a_present_version_is_not(version: str) -> None:
    home = Home(OldTls())
    assert home.pipeline.handle(hello("a.example")._replace(version=version)) == []
    assert home.pipeline.handle(chosen(version)) == []


def test_only_what_goes_to_the_internet() -> None:
    home = Home(OldTls())
    assert home.pipeline.handle(chosen("1.0", TELEVISION_IP)) == []
    assert home.pipeline.handle(chosen("1.0", TELEVISION_IP, OUTSIDE)) == []


def test_one_incident_for_the_home_with_its_devices() -> None:
    home = Home(OldTls())
    found = [home.pipeline.handle(chosen("1.0", client=ip))[0] for ip in (LAPTOP_IP, TELEVISION_IP)]
    assert found[0].key == found[1].key and len(found[1].evidence["devices"]) == 2
    assert "and 1 other" in found[1].title and "other" not in found[0].title
    home.inventory.name_given(LAPTOP, "Ann's laptop")
    (again,) = home.pipeline.handle(chosen("1.0"))
    assert len(again.evidence["devices"]) == 2, "a device that has got a name is still one"
    assert "Ann's laptop and 1 other" in again.title
    assert found[1].subject == found[0].subject, "who was first, with its own server"


def test_versions_can_be_chosen() -> None:
    assert Home(OldTls(versions=("1.0",))).pipeline.handle(chosen("1.1")) == []
