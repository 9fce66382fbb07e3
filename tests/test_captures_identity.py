"""What the devices of real captures are, judged by what a person knows of them."""

import contextlib
import io
import json

import pytest

from sensors.replay import main

pytestmark = pytest.mark.captures

# capture, MAC, kind, system, maker, model, least confidence of the kind
KNOWN = [
    ("dns-mdns-llmnr-pcapplusplus.pcap", "58:1f:aa:4f:3f:9d", "phone", "iOS", "Apple", None, 0.8),
    ("home-android-ndpi.pcap", "4c:6a:f6:9f:f6:27", "phone", "Android 9", "Nokia", "Nokia 2", 0.7),
    ("home-android-ndpi.pcap", "d8:30:62:56:00:1c", "computer", "macOS", "Apple", None, 0.9),
    ("home-browse-quic-2025-lucaderi.pcap", "1c:d6:be:62:f6:7f", "television", None, "Sony", "BRAVIA VH1", 0.8),
    ("home-lan-mix-ndpi.pcap", "60:c5:47:05:bc:8c", "computer", "macOS", "Apple", None, 0.9),
    ("home-lan-mix-ndpi.pcap", "70:3e:ac:f0:f0:07", "phone or tablet", "iOS", "Apple", None, 0.5),
    ("home-lan-mix-ndpi.pcap", "bc:ee:7b:0c:b3:de", "phone or tablet", "Android", "ASUSTek", None, 0.7),
    ("home-lan-mix-ndpi.pcap", "48:d2:24:63:0a:de", "computer", "Windows", None, None, 0.8),
    ("home-lan-mix-ndpi.pcap", "e0:ca:94:6b:96:44", "computer", "Linux", None, None, 0.8),
    ("iot-dlink-camera-sentinel.pcap", "b0:c5:54:25:5b:0e", "camera", "Linux", "D-Link", "DCS-935L", 0.95),
    ("iot-tplink-plug-sentinel.pcap", "50:c7:bf:00:c7:03", "plug", "Linux", "TP-Link", "HS110", 0.9),
    ("iot-hue-bridge-sentinel.pcap", "00:17:88:24:76:ff", "bridge", "Linux", "Philips", "Hue bridge (BSB002)", 0.95),
    ("sll-pcapplusplus.pcap", "6c:f0:49:b2:de:6e", "computer", "Windows", "GIGA-BYTE", None, 0.8),
    ("dhcp-winxp-nbns-ssdp-tcpdump.pcap", "00:04:23:57:a5:7a", "computer", "Windows", None, None, 0.7),
    ("dhcp-two-servers-realjimmy.pcapng", "02:00:4c:4f:4f:55", "computer", "Windows", None, None, 0.8),
]  # fmt: skip


@pytest.fixture(scope="module")
def devices(captures):
    kept: dict[str, tuple[str, dict]] = {}

    def of(name: str, again: bool = False) -> tuple[str, dict]:
        if again or name not in kept:
            out = io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
                main([str(captures / name), "--json"])
            lines = [line for line in out.getvalue().splitlines() if '"type": "device"' in line]
            found = {row["mac"]: row for row in map(json.loads, lines)}
            if again:
                return "\n".join(lines), found
            kept[name] = "\n".join(lines), found
        return kept[name]

    return of


@pytest.mark.parametrize("name, mac, kind, system, maker, model, least", KNOWN)
def test_what_it_is(devices, name, mac, kind, system, maker, model, least):
    row = devices(name)[1][mac]
    assert (row["kind"], row["os"], row["maker"], row["model"]) == (kind, system, maker, model)
    assert row["confidence"] >= least


@pytest.mark.parametrize("name", sorted({row[0] for row in KNOWN}))
def test_nothing_else_is_said_with_confidence(devices, name):
    """Who is not in the table above told too little: at most "perhaps"."""
    known = {row[1] for row in KNOWN if row[0] == name}
    for mac, row in devices(name)[1].items():
        if mac not in known | ALSO_CLEAR:
            assert row["confidence"] is None or row["confidence"] < 0.7, (mac, row["kind"])


ALSO_CLEAR = {
    "70:f1:a1:f8:2a:fd", "8c:73:6e:b7:94:1d", "e8:b1:fc:ab:fb:b2", "e0:ac:cb:71:e1:d0",
}  # fmt: skip
"""Computers of home-lan-mix by their names and Windows' own announcements."""


def test_two_runs_say_the_same(devices):
    for name in ("home-lan-mix-ndpi.pcap", "iot-hue-bridge-sentinel.pcap"):
        assert devices(name)[0] == devices(name, again=True)[0]
