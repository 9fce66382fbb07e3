"""Names from the wire that hold markup, controls and bidi marks are plain text on every page."""

from typing import Any

import pytest
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether

from tests.lab.conftest import Watched
from tests.lab.network import wait_for
from tests.lab.servers import BLOCKED_NAME
from tests.lab.traffic import replay, write_pcap

MAC, ADDRESS, ROUTER_MAC = "b8:27:eb:66:66:66", "192.168.77.66", "00:0c:42:00:00:01"
SCRIPT = "<img src=x onerror=document.title='owned'>"
PATH = "<svg/onload=document.title='owned'>"
LINK = "<a href='http://198.51.100.99/'>here</a>"
BIDI = "evil\u202etxt.exe\x1b[31m\r\n\x07"
SHOWN_BIDI = "evil\\u202etxt.exe\\x1b[31m"
PAGES = ("/", "/map", "/alerts", "/devices", "/dns", "/traffic", "/health")


def label(text: str) -> bytes:
    data = text.encode()[:63]
    return bytes([len(data)]) + data


def query(*labels: str) -> bytes:
    return bytes.fromhex("123401000001000000000000") + b"".join(map(label, labels)) + b"\0\0\x01\0\x01"


def frames() -> list[bytes]:
    """DHCP names, DNS names, a user agent and host, a device name by multicast."""
    above = Ether(src=MAC, dst=ROUTER_MAC) / IP(src=ADDRESS, dst="192.168.77.1")
    made: list[Any] = []
    for name in (SCRIPT, BIDI + LINK):
        options = [("message-type", "request"), ("hostname", name.encode()),
                   ("vendor_class_id", (SCRIPT + BIDI).encode()), "end"]  # fmt: skip
        hello = Ether(src=MAC, dst="ff:ff:ff:ff:ff:ff") / IP(src="0.0.0.0", dst="255.255.255.255")
        bootp = BOOTP(chaddr=bytes.fromhex(MAC.replace(":", "")), ciaddr=ADDRESS)
        made.append(hello / UDP(sport=68, dport=67) / bootp / DHCP(options=options))
    for number, labels in enumerate(
        (
            (SCRIPT, "example"),
            (BIDI, "example"),
            (LINK, *BLOCKED_NAME.split(".")),
            (SCRIPT, *BLOCKED_NAME.split(".")),
        )
    ):
        made.append(above / UDP(sport=40000 + number, dport=53) / query(*labels))
    outside = Ether(src=MAC, dst=ROUTER_MAC) / IP(src=ADDRESS, dst="203.0.113.10")
    back = Ether(src=ROUTER_MAC, dst=MAC) / IP(src="203.0.113.10", dst=ADDRESS)
    request = f"GET /{PATH} HTTP/1.1\r\nHost: {LINK}\r\nUser-Agent: {SCRIPT}{BIDI[:-3]}\r\n\r\n".encode()
    for port in (80, 6667):
        made += [
            outside / TCP(sport=50000, dport=port, flags="S", seq=1),
            back / TCP(sport=port, dport=50000, flags="SA", seq=9, ack=2),
            outside / TCP(sport=50000, dport=port, flags="A", seq=2, ack=10),
            outside / TCP(sport=50000, dport=port, flags="PA", seq=2, ack=10) / request,
        ]
    answer = bytes.fromhex("000084000000000100000000") + label(SCRIPT + "tv") + label("local") + b"\0"
    answer += bytes.fromhex("00018001000000780004c0a84d42")
    multicast = Ether(src=MAC, dst="01:00:5e:00:00:fb") / IP(src=ADDRESS, dst="224.0.0.251")
    made.append(multicast / UDP(sport=5353, dport=5353) / answer)
    return [bytes(frame) for frame in made]


@pytest.fixture(scope="module")
def device(watched: Watched) -> int:
    """The number of the device that sent it all, once everything stands in sentinel.db."""
    guest, path = watched.network.hosts["guest"], watched.network.folder / "hostile.pcap"
    write_pcap(path, ((number / 10, frame) for number, frame in enumerate(frames())))
    assert replay(guest, "eth0", path, 50).wait(20) == 0
    rows = watched.database.rows
    wait_for(lambda: rows("SELECT * FROM http WHERE client_ip = ?", ADDRESS), 10, "the HTTP request")
    wait_for(lambda: rows("SELECT * FROM dns WHERE blocked_by IS NOT NULL AND client_ip = ?", ADDRESS), 20, "blocked names")  # fmt: skip
    wait_for(lambda: watched.database.alerts(rule="suspicious-port", device_ip=ADDRESS), 10, "port 6667")
    wait_for(lambda: rows("SELECT * FROM packets WHERE src = ?", ADDRESS), 10, "the packet log")
    return int(rows("SELECT id FROM devices WHERE mac = ?", MAC)[0]["id"])


def test_stored_as_plain_visible_text(watched: Watched, device: int) -> None:
    rows = watched.database.rows
    names = [row["name"] for row in rows("SELECT name FROM device_names WHERE device = ?", device)]
    assert any(SCRIPT in name for name in names) and any(name.startswith(SHOWN_BIDI) for name in names)
    http = rows("SELECT * FROM http WHERE client_ip = ?", ADDRESS)[0]
    assert http["user_agent"].startswith(SCRIPT) and SHOWN_BIDI in http["user_agent"]
    texts = [*names, http["host"], http["path"]]
    texts += [row["name"] for row in rows("SELECT name FROM dns WHERE client_ip = ?", ADDRESS)]
    assert all(text.isprintable() for text in texts if text)


@pytest.mark.parametrize("path", [*PAGES, "/devices/<device>", "the incident"])
def test_plain_text_on_the_page(watched: Watched, device: int, path: str) -> None:
    browser = watched.browser
    before = len(browser.trouble)
    alert = watched.database.alerts(rule="blocklisted-name", device_ip=ADDRESS)[0]["id"]
    address = {"/devices/<device>": f"/devices/{device}", "the incident": f"/alerts?id={alert}"}.get(
        path, path
    )
    page = browser.open(address)
    page.wait_for_timeout(2500)
    text = page.evaluate("document.body.innerText")
    assert page.title() != "owned"
    assert page.locator("img[src='x'], a[href*='198.51.100.99']").count() == 0
    assert not {"\u202e", "\x1b", "\x07"} & set(text)
    if path in ("/alerts", "/devices", "/dns", "/devices/<device>", "the incident"):
        assert "<img src=x" in text or "<a href=" in text, text[:3000]
    page.close()
    assert browser.trouble[before:] == []
