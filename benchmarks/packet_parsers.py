"""Microseconds of CPU that each packet parser takes for a typical packet.

    python -m benchmarks.packet_parsers

Budget: of 600,000 packets a second about 3.5 % are DNS, so a query may take 12 and an answer 25.
"""

import time
from collections.abc import Callable
from itertools import count
from typing import Any

from sensors.packets import Packet
from sensors.parsers import arp, dhcp, dhcpv6, dns, mdns, nbns, neighbor, ssdp
from tests.sensors.parsers import (
    test_arp,
    test_dhcp,
    test_dhcpv6,
    test_dns,
    test_mdns,
    test_nbns,
    test_neighbor,
)
from tests.sensors.parsers import test_ssdp as ssdp_seeds
from tests.sensors.parsers.single import udp

ROUNDS = 5


def answer(records: int) -> bytes:
    return test_dns.answer(*(test_dns.record(1, bytes([10, 0, 0, i])) for i in range(records)))


def repeated(packet: Packet) -> Callable[[], Packet]:
    return lambda: packet


def unseen(packet: Packet) -> Callable[[], Packet]:
    """Ever another transaction id, so that nothing is remembered from before."""
    number = count(1)
    return lambda: packet._replace(payload=(next(number) & 0xFFFF).to_bytes(2) + packet.payload[2:])


CASES: list[tuple[str, Callable[[Packet], Any], Callable[[], Packet]]] = [
    ("dns query", dns.parse_dns, repeated(udp(test_dns.query(), 4000, 53))),
    ("dns answer, 1 record", dns.parse_dns, repeated(udp(answer(1), 53, 4000))),
    ("dns answer, 4 records", dns.parse_dns, repeated(udp(answer(4), 53, 4000))),
    ("mdns announcement, new", mdns.parse_mdns, unseen(udp(test_mdns.ANNOUNCEMENT, 1, 5353, test_mdns.TV))),
    ("mdns announcement, repeated", mdns.parse_mdns, repeated(udp(test_mdns.ANNOUNCEMENT, 1, 5353))),
    ("arp request", arp.parse_arp, repeated(test_arp.REQUEST)),
    ("neighbour solicitation", neighbor.parse_neighbor, repeated(test_neighbor.SOLICITATION)),
    ("router advertisement", neighbor.parse_neighbor, repeated(test_neighbor.ROUTER)),
    ("nbns registration", nbns.parse_nbns, repeated(udp(test_nbns.registration(b"PC"), 137, 137))),
    ("ssdp announcement", ssdp.parse_ssdp, repeated(udp(ssdp_seeds.NOTIFY, 1900, 1900))),
    ("dhcp request (scapy)", dhcp.parse_dhcp, repeated(udp(test_dhcp.REQUEST, 68, 67))),
    ("dhcpv6 solicit (scapy)", dhcpv6.parse_dhcpv6, repeated(udp(test_dhcpv6.SOLICIT, 546, 547))),
]


def microseconds(parse: Callable[[Packet], Any], packet: Callable[[], Packet], times: int) -> float:
    """The best of `ROUNDS`, in CPU time."""
    best = float("inf")
    for _ in range(ROUNDS):
        packets = [packet() for _ in range(times)]
        start = time.process_time()
        for one in packets:
            parse(one)
        best = min(best, (time.process_time() - start) / times * 1e6)
    return best


def main() -> None:
    for name, parse, packet in CASES:
        times = 500 if "scapy" in name else 10_000
        print(f"{name:30} {microseconds(parse, packet, times):8.2f} us")


if __name__ == "__main__":
    main()
