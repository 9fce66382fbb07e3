"""Ethernet frames from Python values: what a network card would hand us, checksums included.

Only what a home says in clear: ARP, DHCP, DNS, mDNS, TCP and UDP over IPv4 and IPv6, and the outside
of TLS and QUIC.
"""

import socket
import struct
from collections.abc import Sequence
from functools import lru_cache

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
BROADCAST = "ff:ff:ff:ff:ff:ff"


@lru_cache(maxsize=4096)
def mac_bytes(text: str) -> bytes:
    """Six bytes of `aa:bb:cc:dd:ee:ff`."""
    return bytes.fromhex(text.replace(":", ""))


@lru_cache(maxsize=65_536)
def ip_bytes(text: str) -> bytes:
    """Four or sixteen bytes of an address."""
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def ethernet(src: str, dst: str, ethertype: int, payload: bytes) -> bytes:
    """A frame, padded to the 60 bytes that Ethernet asks for."""
    frame = mac_bytes(dst) + mac_bytes(src) + struct.pack("!H", ethertype) + payload
    return frame.ljust(60, b"\0")


def ip(src_mac: str, dst_mac: str, src: str, dst: str, proto: int, payload: bytes, ttl: int = 64) -> bytes:
    """A frame with an IPv4 or IPv6 packet."""
    if ":" in src:
        head = struct.pack("!IHBB", 0x60000000, len(payload), proto, ttl) + ip_bytes(src) + ip_bytes(dst)
        return ethernet(src_mac, dst_mac, 0x86DD, head + payload)
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0x4000, ttl, proto, 0)
    head += ip_bytes(src) + ip_bytes(dst)
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return ethernet(src_mac, dst_mac, 0x0800, head + payload)


def _with_checksum(src: str, dst: str, proto: int, segment: bytes, at: int) -> bytes:
    pseudo = ip_bytes(src) + ip_bytes(dst) + struct.pack("!II", len(segment), proto)
    value = checksum(pseudo + segment) or 0xFFFF
    return segment[:at] + struct.pack("!H", value) + segment[at + 2 :]


def udp(src_mac: str, dst_mac: str, src: str, dst: str, sport: int, dport: int, payload: bytes) -> bytes:
    """A frame with a UDP datagram."""
    segment = struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload
    return ip(src_mac, dst_mac, src, dst, 17, _with_checksum(src, dst, 17, segment, 6))


def tcp(
    src_mac: str, dst_mac: str, src: str, dst: str, sport: int, dport: int, flags: int,
    seq: int = 0, ack: int = 0, payload: bytes = b"",
) -> bytes:  # fmt: skip
    """A frame with a TCP segment."""
    head = struct.pack(
        "!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, 64240, 0, 0
    )
    return ip(src_mac, dst_mac, src, dst, 6, _with_checksum(src, dst, 6, head + payload, 16))


def arp(op: int, src_mac: str, src: str, dst_mac: str, dst: str) -> bytes:
    """An ARP request (1, broadcast) or reply (2, to dst_mac)."""
    target = "00:00:00:00:00:00" if op == 1 else dst_mac
    body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, op) + mac_bytes(src_mac) + ip_bytes(src)
    body += mac_bytes(target) + ip_bytes(dst)
    return ethernet(src_mac, BROADCAST if op == 1 else dst_mac, 0x0806, body)


def icmp_echo(
    src_mac: str, dst_mac: str, src: str, dst: str, seq: int, data: bytes, reply: bool = False
) -> bytes:
    """An echo request or reply of ICMP."""
    head = struct.pack("!BBHHH", 0 if reply else 8, 0, 0, 77, seq & 0xFFFF) + data
    return ip(src_mac, dst_mac, src, dst, 1, head[:2] + struct.pack("!H", checksum(head)) + head[4:])


def _icmp6(src_mac: str, src: str, dst: str, body: bytes) -> bytes:
    """An ICMPv6 message to a multicast address or to one host, whose MAC does not matter here."""
    dst_mac = "33:33:" + ip_bytes(dst)[-4:].hex(":") if dst.startswith("ff") else BROADCAST
    return ip(src_mac, dst_mac, src, dst, 58, _with_checksum(src, dst, 58, body, 2), ttl=255)


def router_advertisement(mac: str, src: str, prefixes: Sequence[str], lifetime: int = 1800) -> bytes:
    """A router advertisement (RFC 4861) with on-link prefixes of 64 bits, such as `2001:db8:1::`."""
    body = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, lifetime, 0, 0) + b"\x01\x01" + mac_bytes(mac)
    for prefix in prefixes:
        body += struct.pack("!BBBBIII", 3, 4, 64, 0xC0, 86400, 14400, 0) + ip_bytes(prefix)
    return _icmp6(mac, src, "ff02::1", body)


def neighbor_advertisement(mac: str, address: str, dst: str = "ff02::1") -> bytes:
    """An address is at this MAC (RFC 4861 section 4.4), with the override flag."""
    body = struct.pack("!BBHI", 136, 0, 0, 0x20000000) + ip_bytes(address) + b"\x02\x01" + mac_bytes(mac)
    return _icmp6(mac, address, dst, body)


def dns_name(name: str) -> bytes:
    """A name as labels, uncompressed."""
    labels = [label.encode() for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def dns_query(txid: int, name: str, qtype: int = 1) -> bytes:
    """A question, recursion desired."""
    return struct.pack("!6H", txid, 0x0100, 1, 0, 0, 0) + dns_name(name) + struct.pack("!HH", qtype, 1)


def dns_answer(txid: int, name: str, addresses: Sequence[str], rcode: int = 0, ttl: int = 300) -> bytes:
    """The answer to an A or AAAA question; `rcode` 3 is NXDOMAIN."""
    qtype = 28 if addresses and ":" in addresses[0] else 1
    head = struct.pack("!6H", txid, 0x8180 | rcode, 1, len(addresses), 0, 0)
    records = b"".join(
        struct.pack("!HHHIH", 0xC00C, qtype, 1, ttl, len(ip_bytes(a))) + ip_bytes(a) for a in addresses
    )
    return head + dns_name(name) + struct.pack("!HH", qtype, 1) + records


def mdns_announcement(host: str, address: str, services: Sequence[str] = ()) -> bytes:
    """An unsolicited mDNS answer (RFC 6762): host.local has this address and offers these types of
    services (RFC 6763)."""
    data = ip_bytes(address)
    record = dns_name(f"{host}.local") + struct.pack("!HHIH", 1, 0x8001, 120, len(data)) + data
    for service in services:
        data = dns_name(f"{host}.{service}.local")
        record += dns_name(f"{service}.local") + struct.pack("!HHIH", 12, 1, 4500, len(data)) + data
    return struct.pack("!6H", 0, 0x8400, 0, 1 + len(services), 0, 0) + record


def dhcp(
    kind: int, txid: int, mac: str, *, yiaddr: str = "0.0.0.0", server: str | None = None,  # noqa: S104
    hostname: str | None = None, vendor: str | None = None, parameters: Sequence[int] = (),
    router: str | None = None, requested: str | None = None, dns: Sequence[str] = (),
) -> bytes:  # fmt: skip
    """A DHCPv4 message (RFC 2131): kind 1 discover, 2 offer, 3 request, 5 ack. The router is the resolver
    too, unless `dns` names others."""
    reply = kind in (2, 5)
    body = struct.pack("!BBBBIHH", 2 if reply else 1, 1, 6, 0, txid, 0, 0x8000)
    body += bytes(4) + ip_bytes(yiaddr) + bytes(8) + mac_bytes(mac).ljust(16, b"\0") + bytes(192)
    options: list[tuple[int, bytes]] = [(53, bytes([kind]))]
    if server:
        options.append((54, ip_bytes(server)))
    if requested:
        options.append((50, ip_bytes(requested)))
    if reply:
        options += [(51, struct.pack("!I", 86400)), (1, b"\xff\xff\xff\0")]
    if router:
        options += [(3, ip_bytes(router)), (6, b"".join(map(ip_bytes, dns or (router,))))]
    if hostname:
        options.append((12, hostname.encode()))
    if vendor:
        options.append((60, vendor.encode()))
    if parameters:
        options.append((55, bytes(parameters)))
    tail = b"".join(bytes([code, len(data)]) + data for code, data in options)
    return body + b"\x63\x82\x53\x63" + tail + b"\xff"


_CIPHERS = (0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8)


def client_hello(sni: str, random: bytes, alpn: Sequence[str] = ("h2", "http/1.1")) -> bytes:
    """A TLS 1.3 ClientHello record; `random` is 32 bytes."""
    name = sni.encode()
    protocols = b"".join(bytes([len(p)]) + p.encode() for p in alpn)
    extensions: list[tuple[int, bytes]] = [
        (0, struct.pack("!HBH", len(name) + 3, 0, len(name)) + name),
        (10, struct.pack("!4H", 6, 0x001D, 0x0017, 0x0018)),
        (13, struct.pack("!6H", 10, 0x0403, 0x0804, 0x0401, 0x0503, 0x0805)),
        (16, struct.pack("!H", len(protocols)) + protocols),
        (43, b"\x04\x03\x04\x03\x03"),
        (51, struct.pack("!3H", 36, 0x001D, 32) + random),
    ]
    tail = b"".join(struct.pack("!HH", kind, len(data)) + data for kind, data in extensions)
    ciphers = struct.pack(f"!{len(_CIPHERS)}H", *_CIPHERS)
    hello = b"\x03\x03" + random + b"\0" + struct.pack("!H", len(ciphers)) + ciphers + b"\x01\0"
    hello += struct.pack("!H", len(tail)) + tail
    message = b"\x01" + len(hello).to_bytes(3, "big") + hello
    return b"\x16\x03\x01" + struct.pack("!H", len(message)) + message


def server_hello(random: bytes) -> bytes:
    """A TLS 1.3 ServerHello record; `random` is 32 bytes."""
    tail = b"\0\x2b\0\x02\x03\x04" + b"\0\x33\0\x24\0\x1d\0\x20" + random
    hello = b"\x03\x03" + random + b"\0" + b"\x13\x01" + b"\0" + struct.pack("!H", len(tail)) + tail
    message = b"\x02" + len(hello).to_bytes(3, "big") + hello
    return b"\x16\x03\x03" + struct.pack("!H", len(message)) + message


def tls_data(payload: bytes) -> bytes:
    """An application data record."""
    return b"\x17\x03\x03" + struct.pack("!H", len(payload)) + payload
