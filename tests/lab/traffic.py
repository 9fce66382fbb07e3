"""Recorded traffic that tcpreplay sends: a home's ordinary mix at any rate, or frames made by a test."""

import struct
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from sensors.demo.evening import evening
from tests.lab.network import Host, Network, Process

LONGEST = 1514
"""Bytes of a frame that a veth pair with its usual MTU takes."""


def write_pcap(path: Path, frames: Iterable[tuple[float, bytes]]) -> int:
    """A pcap file (microseconds, Ethernet) of frames; their number."""
    number = 0
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for ts, frame in frames:
            if len(frame) <= LONGEST:
                head = struct.pack("<IIII", int(ts), int(ts % 1 * 1e6), len(frame), len(frame))
                file.write(head + frame)
                number += 1
    return number


def home_mix(path: Path, packets: int) -> int:
    """The first packets of a home's evening."""
    return write_pcap(path, islice(evening(1_700_000_000.0, hours=0.7), packets))


def replay(host: Host, interface: str, path: Path, rate: int, loops: int = 1) -> Process:
    """Sends a pcap file again and again at so many packets a second."""
    return host.start(
        "tcpreplay",
        "--quiet",
        f"--intf1={interface}",
        f"--pps={rate}",
        f"--loop={loops}",
        "--preload-pcap",
        str(path),
    )


def wires(network: Network, watch: Host, sender: Host, count: int = 2) -> None:
    """Interfaces w0, w1… of `watch`, each fed by s0, s1… of `sender`; the kernel itself sends nothing there."""
    for host in (watch, sender):
        host.run("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1")
    for number in range(count):
        network.wire(watch, f"w{number}", sender, f"s{number}")


def received(host: Host, interface: str) -> int:
    """Packets that the kernel has received on an interface."""
    path = f"/sys/class/net/{interface}/statistics/rx_packets"
    return int(host.run("cat", path).stdout)
