"""SNMP v1 and v2c requests (RFC 1157, RFC 1901): that a community passed in clear, never which."""

from analysis.events import Event, SnmpSeen
from sensors.packets import Packet
from sensors.parsers.base import PacketParser
from sensors.parsers.ber import read, read_number

AGENT, TRAPS = 161, 162
_VERSIONS = {0: "1", 1: "2c"}
_REQUESTS = frozenset({0xA0, 0xA1, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7})
_SET = 0xA3
_OCTETS = 0x04

DEFAULTS = frozenset(
    {b"public", b"private", b"community", b"admin", b"manager", b"monitor", b"snmp", b"snmpd", b"cisco",
     b"default", b"guest", b"internal", b"netman", b"read", b"write", b"rmon", b"security", b"system", b""}
)  # fmt: skip
"""Communities of devices as they leave the factory, the first that scanners try. Answers only "is it one of
these": the value goes nowhere."""


def parse(packet: Packet) -> list[Event]:
    """SnmpSeen for a request or trap; nothing for version 3 (no community) and for answers, which repeat
    their request's. Raises ParseError."""
    data = packet.payload
    _, at, _ = read(data, 0, 0x30)
    number, at = read_number(data, at)
    version = _VERSIONS.get(number)
    if version is None or packet.dport not in (AGENT, TRAPS):
        return []
    _, begin, end = read(data, at, _OCTETS)
    kind, _, _ = read(data, end)
    if kind not in _REQUESTS:
        return []
    default = data[begin:end].lower() in DEFAULTS
    return [
        SnmpSeen(
            packet.ts, packet.src_mac, packet.src, packet.dst, packet.dport, version, default, kind == _SET
        )
    ]


PARSER = PacketParser(
    "snmp", parse, udp_ports=frozenset({AGENT, TRAPS}), udp_first_byte=(0xFF, 0x30), min_payload=12
)
