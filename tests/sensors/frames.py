"""Small frames for tests, and batches of them."""

import struct
from collections.abc import Sequence

import numpy as np

from sensors.packets import PacketBatch

A, B, ROUTER = "02:00:00:00:00:0a", "02:00:00:00:00:0b", "02:00:00:00:00:01"
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def ip4(text: str) -> bytes:
    return bytes(map(int, text.split(".")))


def ether(payload: bytes, ethertype: int = 0x0800, src: str = A, dst: str = B) -> bytes:
    return mac(dst) + mac(src) + struct.pack("!H", ethertype) + payload


def ipv4(payload: bytes, src: str, dst: str, proto: int) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, proto, 0)
    return head + ip4(src) + ip4(dst) + payload


def tcp(
    source: str,
    target: str,
    sport: int,
    dport: int,
    flags: int,
    payload: bytes = b"",
    seq: int = 0,
    **link: str,
) -> bytes:
    head = struct.pack("!HHIIBBHHH", sport, dport, seq, 0, 0x50, flags, 8192, 0, 0)
    return ether(ipv4(head + payload, source, target, 6), **link)


def udp(source: str, target: str, sport: int, dport: int, payload: bytes = b"x", **link: str) -> bytes:
    head = struct.pack("!HHHH", sport, dport, 8 + len(payload), 0)
    return ether(ipv4(head + payload, source, target, 17), **link)


def batch(frames: Sequence[tuple[float, bytes]], linktype: int = 1) -> PacketBatch:
    sizes = np.array([len(f) for _, f in frames], np.int32)
    return PacketBatch(
        np.frombuffer(b"".join(f for _, f in frames), np.uint8),
        np.concatenate(([0], np.cumsum(sizes)[:-1])).astype(np.int64),
        sizes,
        sizes.copy(),
        np.array([t for t, _ in frames], np.float64),
        linktype,
    )


def conversation(
    t: float, client: str, server: str, sport: int, dport: int, up: Sequence[bytes], down: Sequence[bytes],
    close: bool = True, **macs: str,
) -> list[tuple[float, bytes]]:  # fmt: skip
    """A TCP conversation: handshake, payloads in turn, FIN from both sides; 10 ms apart."""
    cm, sm = macs.get("client_mac", A), macs.get("server_mac", B)
    frames: list[bytes] = []

    def send(forward: bool, flags: int, payload: bytes = b"", seq: int = 0) -> None:
        ends = (client, server, sport, dport) if forward else (server, client, dport, sport)
        link = {"src": cm, "dst": sm} if forward else {"src": sm, "dst": cm}
        frames.append(tcp(*ends, flags, payload, seq, **link))

    send(True, SYN, seq=1000)
    send(False, SYN | ACK, seq=5000)
    send(True, ACK, seq=1001)
    up_seq, down_seq = 1001, 5001
    for i in range(max(len(up), len(down))):
        if i < len(up):
            send(True, PSH | ACK, up[i], up_seq)
            up_seq += len(up[i])
        if i < len(down):
            send(False, PSH | ACK, down[i], down_seq)
            down_seq += len(down[i])
    if close:
        send(True, FIN | ACK, seq=up_seq)
        send(False, FIN | ACK, seq=down_seq)
    return [(t + 0.01 * n, frame) for n, frame in enumerate(frames)]


def pcap(frames: Sequence[tuple[float, bytes]], linktype: int = 1) -> bytes:
    """A pcap file of frames, with microseconds."""
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, linktype)]
    for ts, frame in frames:
        whole = int(ts)
        parts.append(struct.pack("<IIII", whole, round((ts - whole) * 1e6), len(frame), len(frame)) + frame)
    return b"".join(parts)
