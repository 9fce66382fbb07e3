"""HTTP answers that refuse a password (401, RFC 9110, section 15.5.2), from their first segment."""

from analysis.events import Event, LoginFailed
from sensors.packets import Packet
from sensors.parsers.base import PacketParser

_REFUSED = (b"HTTP/1.1 401", b"HTTP/1.0 401")


def parse(packet: Packet) -> list[Event]:
    """LoginFailed for a 401. A client that sent no credentials is refused, too: whoever counts must
    compare with its request."""
    if not packet.payload.startswith(_REFUSED):
        return []
    ends = (packet.dst_mac, packet.dst, packet.src, packet.sport)
    return [LoginFailed(packet.ts, *ends, "http", packet.dport)]


PARSER = PacketParser(
    "http refused", parse, tcp_prefixes=frozenset({b"HTTP"}), holds=(9, frozenset({b"401"})), min_payload=12
)
