"""What a device is, from what it says of itself: only clear words count, else nothing is said."""

import re
from collections.abc import Iterable

_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("printer", r"printer|laserjet|officejet|deskjet|epson|\bbrother (hl|mfc|dcp)|^(npi|brn)[0-9a-f]{6}"),
        ("camera", r"\bip ?cam|ipcam|\bdcs-\d|doorbell|\bcamera\b|\breolink|hikvision|\bdahua"),
        ("television", r"apple-?tv|chromecast|\broku\b|bravia|\btv\b|smart-?tv|webos|fire-?tv"),
        ("speaker", r"\bsonos|homepod|audioaccessory|google-?home|echo-?(dot|show)|\bspeaker\b|soundbar"),
        ("phone", r"iphone|\bpixel[- ]?\d|galaxy[- ]?[asz]\d|\boneplus|\bphone\b"),
        ("tablet", r"\bipad|galaxy[- ]?tab|\btablet\b"),
        ("computer", r"macbook|imac\b|mac-?mini|macpro|^(desktop|laptop)-[0-9a-z]{7}$|thinkpad|laptop|-pc$"),
        ("console", r"playstation|\bps[45]\b|\bxbox|nintendo"),
        ("storage", r"diskstation|synology|\bqnap|\bnas\b|readynas"),
        ("smart home", r"philips-?hue|\bhue bridge|shelly|tasmota|\besp_[0-9a-f]{6}|\bhs1[01]0|tuya"),
    )
)  # fmt: skip

_VENDORS: tuple[tuple[str, str], ...] = (
    ("philips lighting", "smart home"), ("signify", "smart home"), ("espressif", "smart home"),
    ("tuya", "smart home"), ("shelly", "smart home"), ("sonos", "speaker"), ("roku", "television"),
    ("nintendo", "console"), ("sony interactive", "console"), ("synology", "storage"), ("qnap", "storage"),
    ("hikvision", "camera"), ("dahua", "camera"), ("reolink", "camera"), ("seiko epson", "printer"),
    ("brother industries", "printer"),
)  # fmt: skip
"""Makers whose network products are all, or nearly all, of one kind."""

_SYSTEMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^MSFT 5\.0"), "Windows"),
    (re.compile(r"^android-dhcp-(\d+)"), r"Android \1"),
    (re.compile(r"^(?:udhcp|dhcpcd).*"), "Linux"),
)
"""DHCP option 60 of Windows' and Android's clients, busybox udhcpc and dhcpcd."""


def kind_of(texts: Iterable[str], vendor: str | None) -> str | None:
    """The kind of a device from its names and models, else from its maker, else None."""
    texts = [text.replace("_", " ") if text.startswith("_") else text for text in texts]
    for kind, pattern in _KINDS:
        if any(pattern.search(text) for text in texts):
            return kind
    maker = (vendor or "").lower()
    return next((kind for start, kind in _VENDORS if maker.startswith(start)), None)


def system_of(vendor_class: str | None) -> str | None:
    """The operating system that a DHCP vendor class (option 60) tells."""
    for pattern, system in _SYSTEMS:
        if vendor_class and (found := pattern.match(vendor_class)):
            return found.expand(system)
    return None
