"""Whose a destination is, as far as names tell."""

import pytest

from analysis.first_party import is_first_party


@pytest.mark.parametrize(
    ("domain", "about"),
    [
        ("bridge.meethue.com", ("Philips-hue", "Philips Lighting BV")),
        ("www.ecdinterface.philips.com", ("10.0.0.6", "Philips Lighting BV")),
        ("devs.tplinkcloud.com", ("HS110(EU)", "TP-LINK TECHNOLOGIES CO.,LTD.")),
        ("signal.mydlink.com", ("DCS-935L", "D-Link International")),
    ],
)
def test_a_makers_own_service_is_known_by_its_name(domain: str, about: tuple[str, ...]) -> None:
    assert is_first_party(domain, *about)


@pytest.mark.parametrize(
    ("domain", "about"),
    [
        ("testing.com", ("Philips-hue", "Philips Lighting BV")),
        ("philips.evil-panel.example", ("Philips-hue", "Philips Lighting BV")),
        ("smarthome-technology.com", ("box", "Smart Home Technology Co Ltd")),
        ("anything.org", (None, None)),
        ("192.0.2.10", ("192.0.2.10", None)),
    ],
)
def test_strangers_are_not(domain: str, about: tuple[str | None, ...]) -> None:
    assert not is_first_party(domain, *about)
