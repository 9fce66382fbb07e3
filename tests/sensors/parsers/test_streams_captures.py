"""The same facts as other tools found in captures recorded by others."""

import json
from collections import Counter
from pathlib import Path

import pytest

from analysis.events import BannerSeen, HttpRequest, SessionSeen, TlsHello
from sensors.parsers import http, quic
from tests.sensors.parsers.feed import conversations, single

pytestmark = pytest.mark.captures

SESSIONS = {
    "telnet-ndpi.pcap": {("telnet", False): 1, ("telnet", True): 1},
    "ftp-anonymous-ndpi.pcap": {("ftp", False): 1},  # an anonymous password is no secret
    "ftp-bruteforce-zeek.pcap": {("ftp", False): 30, ("ftp", True): 30},
    "rsh-ndpi.pcap": {("rsh", False): 2},
    "rlogin-zeek-first200.pcapng": {("rlogin", False): 1},
    "mqtt-midstream-zeek.pcap": {("mqtt", False): 2},
    "mqtt-userpass-ipv6-suricata.pcap": {("mqtt", True): 1},
    "smtp-ndpi.pcap": {("smtp", False): 1},
    "imap-login-ndpi.pcap": {("imap", False): 1, ("imap", True): 1},
    "ssh-outbound-zeek.pcap": {("ssh", False): 1},
    "rdp-nulllink-ndpi.pcap": {("rdp", False): 1},
    "smb-worm-irc-mercury.pcap": {},
    "malware-rat-4433-chrissanders.pcapng": {},
}

REQUESTS = {
    "arp-poison-mitm-chrissanders.pcapng": 15,
    "http-basicauth-ndpi.pcap": 1,
    "home-android-ndpi.pcap": 4,
    "home-lan-mix-ndpi.pcap": 133,
    "malware-cryptowall4-c2-chrissanders.pcapng": 3,
    "vlan-mpls-telnet-zeek.pcap": 2,
    "sll-pcapplusplus.pcap": 2,
    "rawip-basicauth-zeek.pcap": 1,
    "wifi-radiotap-http-arkime.pcap": 7,
    "iot-dlink-camera-sentinel.pcap": 12,
    "iot-hue-bridge-sentinel.pcap": 105,
}

HELLOS = {
    "tls-quic-handshakes-ja4.pcapng": 64,
    "home-browse-quic-2025-lucaderi.pcap": 29,
    "home-android-ndpi.pcap": 18,
    "iot-dlink-camera-sentinel.pcap": 3,
    "iot-tplink-plug-sentinel.pcap": 1,
}


def events(path: Path, kind: type) -> list:
    return [e for feeder in conversations(path) for e in feeder.of(kind)]


@pytest.mark.parametrize("name", SESSIONS)
def test_sessions(captures: Path, name: str) -> None:
    assert Counter((e.service, e.login) for e in events(captures / name, SessionSeen)) == SESSIONS[name]


@pytest.mark.parametrize("name", REQUESTS)
def test_requests(captures: Path, name: str) -> None:
    singles, refused = single(captures / name, http.REQUESTS)
    assert refused == 0
    followed = [e for e in events(captures / name, HttpRequest) if not e.again]
    assert len(singles) + len(followed) == REQUESTS[name]


@pytest.mark.parametrize("name", HELLOS)
def test_hellos(captures: Path, name: str) -> None:
    assert len(events(captures / name, TlsHello)) == HELLOS[name]


def test_ja4_equals_the_reference_implementation(captures: Path) -> None:
    name = "tls-quic-handshakes-ja4.pcapng"
    expected: Counter = Counter()
    for row in json.loads((captures / "expected" / f"{name}--ja4--tls-handshake.pcapng.json").read_text()):
        for key, value in row.items():
            if key.startswith("JA4."):
                expected[row["src"], int(row["srcport"]), row["domain"], value] += 1
    found = Counter(
        (e.client_ip, feeder.stream.flow.client_port, e.sni, e.ja4)
        for feeder in conversations(captures / name)
        for e in feeder.of(TlsHello)
    )
    assert sum(expected.values()) == 64
    assert found == expected


def test_quic_hellos(captures: Path) -> None:
    told, refused = single(captures / "tls-quic-handshakes-ja4.pcapng", quic.PARSER)
    assert (len(told), refused) == (20, 0)
    assert {e.ja4 for e in told} == {"q13d0310h3_55b375c5d22e_cd85d2d88918"}  # FoxIO's for Chromium
    told, refused = single(captures / "quic-firefox-zeek.pcap", quic.PARSER)
    assert ([e.sni for e in told], refused) == (["blog.cloudflare.com"], 0)
    told, refused = single(captures / "home-browse-quic-2025-lucaderi.pcap", quic.PARSER)
    assert (len(told), refused) == (24, 0)
    assert Counter(e.sni for e in told)["ep2.facebook.com"] == 6


def test_basic_credentials(captures: Path) -> None:
    for name in ("http-basicauth-ndpi.pcap", "rawip-basicauth-zeek.pcap"):
        (request,), _ = single(captures / name, http.REQUESTS)
        assert request.basic_auth


def test_banners(captures: Path) -> None:
    banners = [(e.banner, e.from_client) for e in events(captures / "ssh-outbound-zeek.pcap", BannerSeen)]
    assert banners == [("SSH-1.99-OpenSSH_3.9p1", False), ("SSH-2.0-OpenSSH_3.8.1p1", True)]
