"""Devices that ask the router to open a port: NAT-PMP (RFC 6886), PCP (RFC 6887), UPnP's Internet
gateway (WANIPConnection:1 and :2)."""

import re
from struct import Struct
from struct import error as StructError

from analysis.events import Event, PortMapping
from analysis.text import clean
from sensors.addresses import protocol_text
from sensors.packets import Packet, ParseError
from sensors.parsers.base import PacketParser

PORT = 5351
_NAT_PMP, _PCP = 0, 2
_MAP = 1
_NAT_PMP_PROTOCOLS = {1: "udp", 2: "tcp"}
_NAT_PMP_REQUEST = Struct(">BBxxHHI")
_PCP_REQUEST = Struct(">BBxxI16s12sB3xHH")
_LIMIT = 8192
"""Bytes of a SOAP message that are looked at; a mapping's is under 1 kB."""

_ACTION = re.compile(rb"<(?:[A-Za-z][\w.-]{0,31}:)?Add(?:Any)?PortMapping[\s>]")
_FIELD = re.compile(
    rb"<(NewExternalPort|NewProtocol|NewInternalPort|NewInternalClient|NewLeaseDuration"
    rb"|NewPortMappingDescription)(?:\s[^>]{0,200})?>\s*([^<]{0,255}?)\s*<"
)


def parse(packet: Packet) -> list[Event]:
    """PortMapping for a request that opens a port; nothing for answers and for what closes one. Raises
    ParseError."""
    data = packet.payload
    if packet.dport != PORT or len(data) < 2 or data[1] & 0x80:
        return []
    try:
        if data[0] == _NAT_PMP and data[1] in _NAT_PMP_PROTOCOLS:
            _, kind, inside, outside, lifetime = _NAT_PMP_REQUEST.unpack_from(data)
            return _asked(packet, "nat-pmp", _NAT_PMP_PROTOCOLS[kind], outside, inside, lifetime)
        if data[0] == _PCP and data[1] == _MAP:
            _, _, lifetime, _, _, proto, inside, outside = _PCP_REQUEST.unpack_from(data)
            return _asked(packet, "pcp", protocol_text(proto) if proto else "all", outside, inside, lifetime)
    except StructError:
        raise ParseError("port mapping request cut short") from None
    return []


def _asked(packet: Packet, method: str, proto: str, outside: int, inside: int, lifetime: int) -> list[Event]:
    if not lifetime:
        return []
    ends = (packet.src_mac, packet.src, packet.dst)
    return [PortMapping(packet.ts, *ends, method, proto, outside, packet.src, inside, lifetime, None)]


def read_mapping(packet: Packet) -> list[Event]:
    """PortMapping for a TCP segment with an AddPortMapping or AddAnyPortMapping action of UPnP; nothing
    where there is none."""
    data = packet.payload[:_LIMIT]
    action = _ACTION.search(data)
    if action is None:
        return []
    fields: dict[bytes, bytes] = {}
    for found in _FIELD.finditer(data, action.end()):
        fields.setdefault(found[1], found[2])
    inside_ip = clean(fields.get(b"NewInternalClient", b"")) or packet.src
    description = fields.get(b"NewPortMappingDescription")
    return [
        PortMapping(
            packet.ts, packet.src_mac, packet.src, packet.dst, "upnp",
            "udp" if fields.get(b"NewProtocol", b"").upper() == b"UDP" else "tcp",
            _number(fields, b"NewExternalPort", 0xFFFF), inside_ip,
            _number(fields, b"NewInternalPort", 0xFFFF),
            _number(fields, b"NewLeaseDuration", 2**32 - 1), clean(description) if description else None,
        )
    ]  # fmt: skip


def _number(fields: dict[bytes, bytes], name: bytes, most: int) -> int:
    """A number of at most `most`; 0 where it is missing or none."""
    text = fields.get(name, b"")
    number = int(text) if text.isdigit() and len(text) <= 10 else 0
    return number if number <= most else 0


PARSER = PacketParser("port mapping", parse, udp_ports=frozenset({PORT}), min_payload=2)
BODIES = PacketParser(
    "upnp",
    read_mapping,
    tcp_prefixes=frozenset({b"<?xm", b"<s:E", b"<SOA", b"<soa", b"<S:E"}),
    min_payload=64,
)
"""SOAP bodies in a segment of their own; http.REQUESTS shows those that follow their head at once."""
