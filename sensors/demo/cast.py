"""Who lives in the demo home. Addresses of the outside are the documentation ranges (RFC 5737)."""

from dataclasses import dataclass

ROUTER_MAC = "3c:a6:2f:10:20:01"
ROUTER_IP = "192.168.1.1"


@dataclass(frozen=True, slots=True)
class Device:
    """A device with what it tells in DHCP."""

    name: str
    mac: str
    ip: str
    vendor_class: str | None
    parameters: tuple[int, ...]
    mdns: bool = False
    services: tuple[str, ...] = ()
    """Types of the services that it announces by mDNS."""


_APPLE = (1, 121, 3, 6, 15, 108, 114, 119, 252)
_ANDROID = (1, 3, 6, 15, 26, 28, 51, 58, 59, 43, 114, 108)
_WINDOWS = (1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249, 252)
_BUSYBOX = (1, 3, 6, 12, 15, 28, 42)

PHONE = Device("Annas-iPhone", "da:31:9c:45:01:10", "192.168.1.20", None, _APPLE, mdns=True)
TABLET = Device("Kids-iPad", "f0:99:b6:45:01:11", "192.168.1.21", None, _APPLE, mdns=True)
PIXEL = Device("Pixel-8", "5a:10:77:45:01:12", "192.168.1.22", "android-dhcp-14", _ANDROID)
LAPTOP = Device("DESKTOP-4F2K1", "9c:b6:d0:45:01:13", "192.168.1.23", "MSFT 5.0", _WINDOWS)
WORK = Device("work-thinkpad", "54:ee:75:45:01:14", "192.168.1.24", None, _BUSYBOX)
TV = Device(
    "LivingRoom-TV",
    "cc:2d:83:45:01:15",
    "192.168.1.30",
    "udhcp 1.29.3",
    _BUSYBOX,
    True,
    ("_googlecast._tcp", "_airplay._tcp"),
)
CONSOLE = Device("PS5-042", "00:d9:d1:45:01:16", "192.168.1.31", None, _BUSYBOX)
SPEAKER = Device(
    "Kitchen-Speaker", "f4:f5:d8:45:01:17", "192.168.1.32", None, _BUSYBOX, True, ("_googlecast._tcp",)
)
CAMERA = Device("DCS-935L", "b0:c5:54:45:01:18", "192.168.1.40", "udhcp 1.22.1", _BUSYBOX, mdns=True)
PLUG = Device("HS110-Heater", "50:c7:bf:45:01:19", "192.168.1.41", "udhcp 0.9.9-pre", _BUSYBOX)
HUE = Device(
    "Philips-hue", "00:17:88:45:01:1a", "192.168.1.42", "udhcp 1.19.4", _BUSYBOX, True, ("_hue._tcp",)
)
THERMOSTAT = Device("Thermostat", "18:b4:30:45:01:1b", "192.168.1.43", None, _BUSYBOX)
PRINTER = Device(
    "EPSON-ET2750",
    "44:d2:44:45:01:1c",
    "192.168.1.50",
    None,
    _BUSYBOX,
    True,
    ("_ipp._tcp", "_pdl-datastream._tcp"),
)
NAS = Device("diskstation", "00:11:32:45:01:1d", "192.168.1.51", None, _BUSYBOX, mdns=True)
GUEST = Device("guest-phone", "ae:77:21:45:01:1e", "192.168.1.77", "android-dhcp-13", _ANDROID)

HOME = (PHONE, TABLET, PIXEL, LAPTOP, WORK, TV, CONSOLE, SPEAKER, CAMERA, PLUG, HUE, THERMOSTAT, PRINTER, NAS)

SERVICES = {
    "www.daily-news.example": "192.0.2.10",
    "img.daily-news.example": "192.0.2.11",
    "mail.postbox.example": "192.0.2.20",
    "chat.messenger.example": "192.0.2.30",
    "video.streamflix.example": "198.51.100.10",
    "cdn1.streamflix.example": "198.51.100.11",
    "cdn2.streamflix.example": "198.51.100.12",
    "music.tunes.example": "198.51.100.20",
    "play.gamenet.example": "198.51.100.30",
    "shop.bigmarket.example": "198.51.100.40",
    "photos.cloudbox.example": "198.51.100.50",
    "sync.cloudbox.example": "198.51.100.51",
    "api.smartcam.example": "203.0.113.10",
    "devices.plugcloud.example": "203.0.113.20",
    "bridge.huelights.example": "203.0.113.30",
    "api.thermo.example": "203.0.113.40",
    "vpn.office.example": "203.0.113.50",
    "update.osvendor.example": "203.0.113.60",
    "time.pool.example": "203.0.113.123",
    "search.find.example": "192.0.2.40",
    "maps.find.example": "192.0.2.41",
    "learn.school.example": "192.0.2.50",
}
"""Names of the outside and where they live."""

BLOCKED_NAMES = ("blocked.sentinel.test", "login-postbox.example", "c2.darkpanel.example")
"""On the demo's own blocklist."""
BLOCKED_ADDRESS = "203.0.113.66"
C2_ADDRESS = "203.0.113.67"
