"""What clues say: the table of vendors, DHCP habits, services and announcements that tell devices apart.

Every entry is a claim with a weight between 0 and 1: how often the claim is right where the clue is
seen, as far as its source lets us judge. Names and models are in `fingerprint_names.py`.
"""

import re
from typing import NamedTuple


class Claim(NamedTuple):
    """One thing that a clue says about a device."""

    aspect: str
    """"kind", "os", "maker" or "model"."""
    value: str
    weight: float
    """0 to 1."""


Claims = tuple[Claim, ...]
Rules = tuple[tuple[str, Claims], ...]
"""Regular expressions that are searched for in any case of letters (compiled when first asked: a start needs
none); values may refer to their groups."""


def kind(value: str, weight: float) -> Claim:
    return Claim("kind", value, weight)


def system(value: str, weight: float) -> Claim:
    return Claim("os", value, weight)


def maker(value: str, weight: float) -> Claim:
    return Claim("maker", value, weight)


def model(value: str, weight: float) -> Claim:
    return Claim("model", value, weight)


_LEGAL = re.compile(
    r"[\s,.]+(?:inc|ltd|llc|co|corp|corporation|gmbh|bv|oy|ag|kg|sa|limited|international|technology|technologies|"
    r"electronics?|electric|entwicklung|company|computer|communications?|systems?|networks?|group)\.?$",
    re.IGNORECASE,
)


def short_maker(name: str) -> str:
    """A maker without the words of law and trade at its end: "TP-LINK TECHNOLOGIES CO.,LTD." is TP-LINK."""
    while (shorter := _LEGAL.sub("", name)) and shorter != name:
        name = shorter
    return name.rstrip(" .,")


PARENTS: dict[str, str | None] = {
    "phone": "phone or tablet", "tablet": "phone or tablet", "plug": "smart home", "bridge": "smart home",
    "thermostat": "smart home", "light": "smart home", "sensor": "smart home", "vacuum": "smart home",
    "appliance": "smart home", "doorbell": "camera", "phone or tablet": None,
    "smart home": None, "iOS or macOS": None, "Chrome OS": "Linux", "Fire OS": "Android", "Android": "Linux",
    "iOS": "iOS or macOS", "iPadOS": "iOS", "macOS": "iOS or macOS", "tvOS": "iOS or macOS",
    "webOS": "Linux", "Tizen": "Linux", "Ubuntu": "Linux", "Debian": "Linux", "Fedora": "Linux",
    "Raspberry Pi OS": "Linux", "Roku OS": "Linux",
}  # fmt: skip
"""What a value is a kind of. "Android 14" is an "Android" without an entry here."""

# Makers whose network products are all, or nearly all, of one kind; a card's maker alone convinces nobody,
# so no weight reaches 0.9. Names as the IEEE's registry begins them (standards-oui.ieee.org).
VENDORS: tuple[tuple[str, Claims], ...] = (
    ("philips lighting", (kind("bridge", 0.6), kind("smart home", 0.85), maker("Philips", 0.8))),
    ("signify", (kind("bridge", 0.6), kind("smart home", 0.85), maker("Philips", 0.8))),
    ("espressif", (kind("smart home", 0.6),)), ("tuya", (kind("smart home", 0.7),)),
    ("shelly", (kind("smart home", 0.8),)), ("allterco", (kind("smart home", 0.8),)),
    ("nest labs", (kind("smart home", 0.65), maker("Google Nest", 0.8))),
    ("ecobee", (kind("thermostat", 0.8),)), ("tado", (kind("thermostat", 0.7),)),
    ("osram", (kind("smart home", 0.7),)), ("eq-3", (kind("smart home", 0.75),)),
    ("lifi labs", (kind("light", 0.85), maker("LIFX", 0.8))), ("nanoleaf", (kind("light", 0.85),)),
    ("ikea", (kind("smart home", 0.7),)), ("lumi united", (kind("smart home", 0.75), maker("Aqara", 0.8))),
    ("withings", (kind("smart home", 0.6),)), ("irobot", (kind("smart home", 0.8),)),
    ("sonos", (kind("speaker", 0.85), maker("Sonos", 0.9))), ("bose", (kind("speaker", 0.75),)),
    ("roku", (kind("television", 0.8), maker("Roku", 0.9))), ("vizio", (kind("television", 0.75),)),
    ("nintendo", (kind("console", 0.85), maker("Nintendo", 0.9))),
    ("sony interactive", (kind("console", 0.85), maker("Sony", 0.9))),
    ("sony computer entertainment", (kind("console", 0.85), maker("Sony", 0.9))),
    ("synology", (kind("storage", 0.8), maker("Synology", 0.9))),
    ("qnap", (kind("storage", 0.8), maker("QNAP", 0.9))),
    ("hikvision", (kind("camera", 0.8),)), ("hangzhou hikvision", (kind("camera", 0.8),)),
    ("dahua", (kind("camera", 0.8),)), ("zhejiang dahua", (kind("camera", 0.8),)),
    ("reolink", (kind("camera", 0.85),)), ("axis comm", (kind("camera", 0.75),)),
    ("arlo", (kind("camera", 0.8),)), ("ring llc", (kind("camera", 0.7),)), ("wyze", (kind("camera", 0.5),)),
    ("seiko epson", (kind("printer", 0.75), maker("Epson", 0.9))),
    ("brother industries", (kind("printer", 0.8), maker("Brother", 0.9))),
    ("canon", (kind("printer", 0.6),)), ("lexmark", (kind("printer", 0.8),)),
    ("kyocera", (kind("printer", 0.7),)), ("hmd global", (kind("phone", 0.65), maker("Nokia", 0.8))),
    ("oneplus", (kind("phone", 0.75),)), ("fairphone", (kind("phone", 0.8),)),
    ("apple", (system("iOS or macOS", 0.75), maker("Apple", 0.9))),
    ("raspberry pi", (kind("computer", 0.6), system("Linux", 0.7), maker("Raspberry Pi", 0.9))),
    ("vmware", (kind("computer", 0.6),)), ("dell", (kind("computer", 0.6),)),
    ("micro-star", (kind("computer", 0.6),)), ("giga-byte", (kind("computer", 0.6),)),
)  # fmt: skip

# Cards, modules and contract makers: their name on a card says nothing about the device around it.
COMPONENTS = re.compile(
    r"^(liteon|azurewave|intel|espressif|realtek|murata|hon hai|foxconn|wnc|wistron|ampak|hi-flying|gainspan|"
    r"texas instr|broadcom|qualcomm|mediatek|quectel|tuya|delta elec|askey|pegatron|compal|quanta|"
    r"universal glo|sercomm|arcadyan|chongqing|cloud network|sparklan|shenzhen|silicon lab|usi|vmware|"
    r"microchip|ralink|cybertan|ieee|private|fn-link|hui zhou|bilian|rivet|assmann)",
    re.IGNORECASE,
)

# DHCP option 60. Source: AOSP, NetworkStack's DhcpClient ("android-dhcp-" and the release); busybox
# udhcpc.c ("udhcp " and the version); dhcpcd's default ("dhcpcd-", version, system); Microsoft MS-DHCPE
# ("MSFT 5.0"); HP's and other makers' administration guides.
DHCP_CLASSES: Rules = (
    (r"^MSFT (?:5\.0|98)$", (system("Windows", 0.9), kind("computer", 0.7))),
    (r"^MSFT 5\.0 XBOX|^xbox", (kind("console", 0.95), maker("Microsoft", 0.95), model("Xbox", 0.7))),
    (r"^android-dhcp-(\d+)", (system(r"Android \1", 0.95), kind("phone or tablet", 0.6))),
    (r"^(?:huawei|honor):android", (system("Android", 0.9), kind("phone or tablet", 0.6))),
    (r"^udhcp ?c?\b", (system("Linux", 0.85),)),
    (r"^dhcpcd[- ][\d.]+:Linux-[^:]*:x86_64", (system("Linux", 0.9), kind("computer", 0.5))),
    (r"^dhcpcd", (system("Linux", 0.6),)),
    (r"^AAPLBSDPC", (system("macOS", 0.9), kind("computer", 0.9), maker("Apple", 0.9))),
    (r"^(?:hewlett-packard|hp) ?(?:jetdirect|officejet|laserjet)", (kind("printer", 0.95), maker("HP", 0.9))),
    (r"^(?:mfg=)?(?:epson|brother|canon|lexmark|kyocera|xerox)\b", (kind("printer", 0.85),)),
    (r"^PS([345])\b", (kind("console", 0.95), maker("Sony", 0.95), model(r"PlayStation \1", 0.9))),
    (r"^roku", (kind("television", 0.85), maker("Roku", 0.9))),
    (r"^(?:cisco|polycom|yealink|aastra|snom|grandstream).*phone|^yealink", (kind("desk phone", 0.85),)),
    (r"^ubnt|^ruckus|^aruba", (kind("access point", 0.7),)),
)

_IOS = (system("iOS", 0.75), kind("phone or tablet", 0.6), maker("Apple", 0.8))
_MACOS = (system("macOS", 0.8), kind("computer", 0.65), maker("Apple", 0.8))
_ANDROID = (system("Android", 0.8), kind("phone or tablet", 0.55))
_WINDOWS = (system("Windows", 0.85), kind("computer", 0.7))
_LINUX = (system("Linux", 0.75), kind("computer", 0.5))
_BUSYBOX = (system("Linux", 0.5),)

# DHCP option 55 in the order asked. Source: AOSP's DhcpClient.DEFAULT_REQUESTED_PARAMS for Android 6 and
# later; clients seen in public captures (Apple, Windows XP to 10, dhcpcd of Android 4, dhclient, udhcpc),
# agreeing with the lists that fingerbank.org and the Satori project published.
DHCP_PARAMETERS: dict[str, Claims] = {
    "1,121,3,6,15,119,252": _IOS, "1,121,3,6,15,114,119,252": _IOS,
    "1,121,3,6,15,108,114,119,252": _IOS, "1,121,3,6,15,108,114,119,162,252": _IOS,
    "1,3,6,15,119,252": _IOS,
    "1,121,3,6,15,119,252,95,44,46": _MACOS, "1,121,3,6,15,114,119,252,95,44,46": _MACOS,
    "1,121,3,6,15,108,114,119,252,95,44,46": _MACOS, "1,121,3,6,15,108,114,119,162,252,95,44,46": _MACOS,
    "1,3,6,15,119,95,252,44,46": _MACOS, "1,3,6,15,119,95,252,44,46,47": _MACOS,
    "1,3,6,15,26,28,51,58,59": _ANDROID, "1,3,6,15,26,28,51,58,59,43": _ANDROID,
    "1,3,6,15,26,28,51,58,59,43,114": _ANDROID, "1,3,6,15,26,28,51,58,59,43,114,108": _ANDROID,
    "1,33,3,6,15,28,51,58,59": _ANDROID, "1,33,3,6,15,26,28,51,58,59": _ANDROID,
    "1,121,33,3,6,15,28,51,58,59": _ANDROID,
    "1,15,3,6,44,46,47,31,33,249,43": _WINDOWS, "1,15,3,6,44,46,47,31,33,249,43,252": _WINDOWS,
    "1,15,3,6,44,46,47,31,33,121,249,43": _WINDOWS, "1,15,3,6,44,46,47,31,33,121,249,43,252": _WINDOWS,
    "1,15,3,6,44,46,47,31,33,121,249,252,43": _WINDOWS, "1,3,6,15,31,33,43,44,46,47,121,249,252": _WINDOWS,
    "1,3,6,15,31,33,43,44,46,47,119,121,249,252": _WINDOWS,
    "1,28,2,3,15,6,119,12,44,47,26,121,42": _LINUX,
    "1,28,2,3,15,6,119,12,44,47,26,121,42,121,249,252,42": _LINUX,
    "1,28,2,121,15,6,12,40,41,42,26,119,3,121,249,33,252,42": _LINUX,
    "1,2,6,12,15,26,28,121,3,33,40,41,42,119": _LINUX,
    "1,2,6,12,15,26,28,121,3,33,40,41,42,119,249,252,17": _LINUX,
    "1,3,6,12,15,28,42": _BUSYBOX, "1,3,6,12,15,28": _BUSYBOX, "1,3,6,12,15,17,28,42": _BUSYBOX,
    "1,3,28,6": (kind("smart home", 0.5),), "1,3,28,6,15,44,46,47,31,33,121,43": (kind("smart home", 0.6),),
}  # fmt: skip

_PRINTER = (kind("printer", 0.9),)
_TELEVISION = (kind("television", 0.85),)

# Service types that a host announces (RFC 6763). Source: the IANA service name registry and the makers'
# own documentation. Programs on a computer announce some of them too: those weigh less.
SERVICES: dict[str, Claims] = {
    "_ipp._tcp": (kind("printer", 0.75),), "_ipps._tcp": (kind("printer", 0.75),), "_printer._tcp": _PRINTER,
    "_pdl-datastream._tcp": _PRINTER, "_uscan._tcp": (kind("printer", 0.75),),
    "_scanner._tcp": (kind("printer", 0.7),),
    "_androidtvremote._tcp": _TELEVISION, "_androidtvremote2._tcp": (*_TELEVISION, system("Android", 0.8)),
    "_amzn-wplay._tcp": (kind("television", 0.6), maker("Amazon", 0.8)),
    "_viziocast._tcp": _TELEVISION, "_nvstream_dbd._tcp": (kind("computer", 0.6),),
    "_sonos._tcp": (kind("speaker", 0.9), maker("Sonos", 0.95)), "_soundtouch._tcp": (kind("speaker", 0.85),),
    "_raop._tcp": (kind("speaker", 0.3),), "_googlecast._tcp": (kind("television", 0.35),),
    "_hue._tcp": (kind("bridge", 0.9), maker("Philips", 0.9)), "_hap._tcp": (kind("smart home", 0.4),),
    "_axis-video._tcp": (kind("camera", 0.9), maker("Axis", 0.9)), "_rtsp._tcp": (kind("camera", 0.6),),
    "_nanoleafapi._tcp": (kind("light", 0.9),), "_elg._tcp": (kind("light", 0.85), maker("Elgato", 0.9)),
    "_lifx._tcp": (kind("light", 0.9),), "_shelly._tcp": (kind("smart home", 0.9), maker("Shelly", 0.9)),
    "_esphomelib._tcp": (kind("smart home", 0.85),), "_miio._udp": (kind("smart home", 0.7),),
    "_matterc._udp": (kind("smart home", 0.6),), "_ewelink._tcp": (kind("smart home", 0.85),),
    "_home-assistant._tcp": (kind("computer", 0.5), system("Linux", 0.6)),
    "_adisk._tcp": (kind("storage", 0.5),), "_workstation._tcp": (system("Linux", 0.6),),
    "_apple-mobdev2._tcp": (system("iOS", 0.7), kind("phone or tablet", 0.7), maker("Apple", 0.8)),
    "_apple-mobdev._tcp": (system("iOS", 0.7), kind("phone or tablet", 0.7), maker("Apple", 0.8)),
    "_nintendo._tcp": (kind("console", 0.8),),
}  # fmt: skip

# HomeKit accessory categories ("ci" of _hap._tcp). Source: Apple, HomeKit Accessory Protocol specification,
# non-commercial version R2, table 12-3.
HAP_CATEGORIES: dict[str, Claims] = {
    number: (kind(value, 0.85),)
    for number, value in (
        ("2", "bridge"), ("5", "light"), ("7", "plug"), ("8", "smart home"), ("9", "thermostat"),
        ("10", "sensor"), ("17", "camera"), ("18", "camera"), ("24", "television"), ("25", "speaker"),
        ("26", "speaker"), ("31", "television"), ("32", "smart home"), ("35", "television"),
        ("36", "television"),
    )
}  # fmt: skip

# Device and service types of UPnP (NT and ST headers). Source: UPnP Forum's device templates; Belkin's
# WeMo, Roku's External Control Protocol and the DIAL specification for the others.
SSDP_TYPES: Rules = (
    (r"^urn:belkin:device:(?:controllee|insight)", (kind("plug", 0.85), maker("Belkin WeMo", 0.9))),
    (r"^urn:belkin:device:(?:lightswitch|dimmer)", (kind("smart home", 0.9), maker("Belkin WeMo", 0.9))),
    (r"^urn:belkin:device:sensor", (kind("sensor", 0.85), maker("Belkin WeMo", 0.9))),
    (r"^urn:belkin:device:bridge", (kind("bridge", 0.85), maker("Belkin WeMo", 0.9))),
    (r"^urn:belkin:", (kind("smart home", 0.8), maker("Belkin", 0.9))),
    (r"^roku:ecp", (kind("television", 0.9), maker("Roku", 0.9), system("Roku OS", 0.8))),
    (r"^urn:dial-multiscreen-org:", (kind("television", 0.5),)),
    (r"^urn:samsung\.com:device:remotecontrol", (kind("television", 0.85), maker("Samsung", 0.85))),
    (r"^urn:lge-com:|^urn:lge:", (kind("television", 0.8), maker("LG", 0.9))),
    (r"^urn:schemas-sony-com:service:(?:ircc|scalarwebapi)", (kind("television", 0.8), maker("Sony", 0.9))),
    (r"^urn:schemas-upnp-org:device:zoneplayer", (kind("speaker", 0.9), maker("Sonos", 0.9))),
    (r"^urn:schemas-upnp-org:device:printer", (kind("printer", 0.85),)),
    (r"^urn:schemas-upnp-org:device:digitalsecuritycamera", (kind("camera", 0.85),)),
    (r"^urn:schemas-upnp-org:device:(?:internetgateway|wan)", (kind("access point", 0.6),)),
    (r"^urn:schemas-wifialliance-org:device:wfadevice", (kind("access point", 0.4),)),
)

# The SERVER header of UPnP: system/version UPnP/version product/version (UPnP Device Architecture 1.1).
SSDP_SERVERS: Rules = (
    (r"\bipbridge\b", (kind("bridge", 0.9), maker("Philips", 0.9), model("Hue bridge", 0.8))),
    (r"^microsoft-windows[ /]", (system("Windows", 0.9), kind("computer", 0.75))),
    (r"^linux\b|\blinux/", (system("Linux", 0.7),)),
    (r"\bsonos/", (kind("speaker", 0.9), maker("Sonos", 0.9))),
    (r"\broku\b", (kind("television", 0.85), maker("Roku", 0.9))),
    (r"\bwebos\b", (kind("television", 0.8), system("webOS", 0.85), maker("LG", 0.8))),
    (r"\btizen\b", (kind("television", 0.6), system("Tizen", 0.85), maker("Samsung", 0.7))),
    (r"\bsynology|\bdsm/", (kind("storage", 0.8), maker("Synology", 0.8))),
    (r"\bcellvision\b", (kind("camera", 0.7),)),
    (r"\bkdl-|bravia", (kind("television", 0.85), maker("Sony", 0.9))),
    (r"\bxbox", (kind("console", 0.85), maker("Microsoft", 0.9))),
)

# Names that a system asks for by itself, to learn whether it is online or to fetch its updates. Source: each
# maker's documentation of its connectivity check. Browsers ask for few of them, resolvers for all.
CALLS: dict[str, Claims] = {
    "captive.apple.com": (system("iOS or macOS", 0.5),),
    "mesu.apple.com": (system("iOS or macOS", 0.5),),
    "connectivitycheck.android.com": (system("Android", 0.4),),
    "connectivitycheck.gstatic.com": (system("Android", 0.4),),
    "www.msftconnecttest.com": (system("Windows", 0.5),),
    "www.msftncsi.com": (system("Windows", 0.5),),
    "dns.msftncsi.com": (system("Windows", 0.5),),
    "ctldl.windowsupdate.com": (system("Windows", 0.4),),
    "connectivity-check.ubuntu.com": (system("Ubuntu", 0.5), kind("computer", 0.4)),
    "ctest.cdn.nintendo.net": (kind("console", 0.6), maker("Nintendo", 0.6)),
    "conntest.nintendowifi.net": (kind("console", 0.5), maker("Nintendo", 0.6)),
    "snu.lge.com": (kind("television", 0.5), maker("LG", 0.6)),
}
