"""Conversations of the demo home: generators of (seconds, frame), in the order of time."""

import random
from collections.abc import Iterator, Sequence

from sensors.demo import frames
from sensors.demo.cast import ROUTER_IP, ROUTER_MAC, Device
from sensors.demo.frames import ACK, FIN, PSH, RST, SYN

Frames = Iterator[tuple[float, bytes]]

SEGMENT = 1_400


def port(rng: random.Random) -> int:
    """An ephemeral port."""
    return rng.randrange(32_768, 60_999)


class Ends:
    """The two ends of a conversation; what lies outside the home is behind the router's MAC."""

    def __init__(self, client: tuple[str, str], server: tuple[str, str], sport: int, dport: int) -> None:
        self.client, self.server = client, server
        self.sport, self.dport = sport, dport

    def segment(self, up: bool, flags: int, seq: int, ack: int, payload: bytes = b"") -> bytes:
        (src_mac, src), (dst_mac, dst) = (self.client, self.server) if up else (self.server, self.client)
        sport, dport = (self.sport, self.dport) if up else (self.dport, self.sport)
        return frames.tcp(src_mac, dst_mac, src, dst, sport, dport, flags, seq, ack, payload)


def outside(address: str) -> tuple[str, str]:
    """A host of the outside, as its frames look at home."""
    return ROUTER_MAC, address


def at_home(device: Device) -> tuple[str, str]:
    return device.mac, device.ip


def tcp(
    t: float, rng: random.Random, client: tuple[str, str], server: tuple[str, str], dport: int,
    turns: Sequence[tuple[bool, bytes]], *, gap: float = 0.03, close: bool = True,
) -> Frames:  # fmt: skip
    """A TCP conversation: handshake, payloads in turn (True: from the client), FIN of both."""
    ends = Ends(client, server, port(rng), dport)
    up, down = rng.randrange(1 << 31), rng.randrange(1 << 31)
    yield t, ends.segment(True, SYN, up, 0)
    yield t + 0.01, ends.segment(False, SYN | ACK, down, up + 1)
    up, down, t = up + 1, down + 1, t + 0.02
    yield t, ends.segment(True, ACK, up, down)
    for forward, data in turns:
        for start in range(0, len(data), SEGMENT):
            part = data[start : start + SEGMENT]
            t += gap if start == 0 else 0.001
            yield t, ends.segment(forward, PSH | ACK, *((up, down) if forward else (down, up)), part)
            up, down = (up + len(part), down) if forward else (up, down + len(part))
        yield t + 0.0005, ends.segment(not forward, ACK, *((down, up) if forward else (up, down)))
    if close:
        yield t + gap, ends.segment(True, FIN | ACK, up, down)
        yield t + gap + 0.01, ends.segment(False, FIN | ACK, down, up + 1)
        yield t + gap + 0.02, ends.segment(True, ACK, up + 1, down + 1)


def refused(
    t: float, rng: random.Random, client: tuple[str, str], server: tuple[str, str], dport: int
) -> Frames:
    """A connection attempt that is answered by RST."""
    ends, seq = Ends(client, server, port(rng), dport), rng.randrange(1 << 31)
    yield t, ends.segment(True, SYN, seq, 0)
    yield t + 0.002, ends.segment(False, RST | ACK, 0, seq + 1)


def tls(
    t: float, rng: random.Random, client: tuple[str, str], server: tuple[str, str], name: str,
    sent: int, got: int, dport: int = 443,
) -> Frames:  # fmt: skip
    """A TLS conversation to `name`, with so many bytes of application data each way."""
    turns = [
        (True, frames.client_hello(name, rng.randbytes(32))),
        (False, frames.server_hello(rng.randbytes(32)) + frames.tls_data(rng.randbytes(900))),
        (True, frames.tls_data(bytes(max(60, min(sent, 16_000))))),
    ]
    while got > 0:
        turns.append((False, frames.tls_data(bytes(min(got, 16_000)))))
        got -= 16_000
    while sent > 16_000:
        turns.append((True, frames.tls_data(bytes(min(sent - 16_000, 16_000)))))
        sent -= 16_000
    return tcp(t, rng, client, server, dport, turns)


def lookup(t: float, rng: random.Random, device: Device, name: str, addresses: Sequence[str]) -> Frames:
    """A question to the router's resolver and its answer; no address is NXDOMAIN."""
    txid, sport = rng.randrange(1 << 16), port(rng)
    yield t, frames.udp(device.mac, ROUTER_MAC, device.ip, ROUTER_IP, sport, 53, frames.dns_query(txid, name))
    answer = frames.dns_answer(txid, name, addresses, rcode=0 if addresses else 3)
    yield t + 0.012, frames.udp(ROUTER_MAC, device.mac, ROUTER_IP, device.ip, 53, sport, answer)


def join(t: float, rng: random.Random, device: Device) -> Frames:
    """A device comes: DHCP, an ARP probe and announcement, and its mDNS name if it has one."""
    txid = rng.randrange(1 << 32)
    no_address = "0.0.0.0"  # noqa: S104 (an address in a packet)

    def ask(kind: int, server: str | None = None, requested: str | None = None) -> bytes:
        message = frames.dhcp(
            kind, txid, device.mac, server=server, requested=requested, hostname=device.name,
            vendor=device.vendor_class, parameters=device.parameters,
        )  # fmt: skip
        return frames.udp(device.mac, frames.BROADCAST, no_address, "255.255.255.255", 68, 67, message)

    def tell(kind: int) -> bytes:
        message = frames.dhcp(kind, txid, device.mac, yiaddr=device.ip, server=ROUTER_IP, router=ROUTER_IP)
        return frames.udp(ROUTER_MAC, device.mac, ROUTER_IP, device.ip, 67, 68, message)

    yield t, ask(1)
    yield t + 0.05, tell(2)
    yield t + 0.10, ask(3, server=ROUTER_IP, requested=device.ip)
    yield t + 0.15, tell(5)
    yield t + 0.30, frames.arp(1, device.mac, device.ip, "", ROUTER_IP)
    yield t + 0.31, frames.arp(2, ROUTER_MAC, ROUTER_IP, device.mac, device.ip)
    if device.mdns:
        data = frames.mdns_announcement(device.name, device.ip, device.services)
        yield t + 1, frames.udp(device.mac, "01:00:5e:00:00:fb", device.ip, "224.0.0.251", 5353, 5353, data)
