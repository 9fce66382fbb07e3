"""DHCPv6 (RFC 8415), its options dissected by scapy behind a guard."""

from collections.abc import Iterator
from typing import Any

from analysis.events import Dhcpv6Message, Event, NameSeen
from analysis.text import clean
from sensors.packets import Packet, ParseError
from sensors.parsers.base import PacketParser
from sensors.parsers.dns_names import unterminated
from sensors.parsers.scapy_guard import LONGEST, MAX_OPTIONS, dissected, layers

_KINDS = {
    1: "solicit", 2: "advertise", 3: "request", 4: "confirm", 5: "renew", 6: "rebind", 7: "reply",
    8: "release", 9: "decline", 10: "reconfigure", 11: "information-request", 12: "relay-forward",
    13: "relay-reply",
}  # fmt: skip
_SERVER = frozenset({2, 7, 10})
_RELAYED = frozenset({12, 13})
_RELAY_HEADER = 34
"""Type, hop count, link address, peer address."""
MAX_RELAYS = 8
"""HOP_COUNT_LIMIT (RFC 8415 7.6)."""
_CLIENT_ID, _IA_NA, _IA_TA, _ORO, _RELAY_MESSAGE, _VENDOR_CLASS, _DNS, _FQDN = 1, 3, 4, 6, 9, 16, 23, 39
_LONGEST_IA = 256
"""Bytes of an identity association given to scapy: room for eight addresses. It dissects what lies inside
as packets within packets."""
_LONGEST_VENDOR = 132
"""Bytes of a vendor class, read once: 98 empty strings in 200 bytes take scapy 5 ms."""
_MAX_ADDRESSES = 16


def parse_dhcpv6(packet: Packet) -> tuple[Event, ...]:
    """One `Dhcpv6Message`, and `NameSeen` with source "dhcpv6" when a client tells its name.

    Nothing for message types outside RFC 8415; ParseError on what is not DHCPv6 or relayed deeper
    than `MAX_RELAYS`.
    """
    payload = packet.payload[:LONGEST]
    if len(payload) < 4:
        raise ParseError("shorter than DHCPv6")
    kind = _KINDS.get(payload[0])
    if kind is None:
        return ()
    inner = _opened(payload)
    if inner[0] not in _KINDS:
        return ()
    server = inner[0] in _SERVER
    message = _message(packet, kind, inner, server)
    if server or message.fqdn is None:
        return (message,)
    # Through a relay the frame and its addresses are the relay's.
    direct = inner is payload
    mac, ip = (packet.src_mac, packet.src) if direct else (None, None)
    return message, NameSeen(packet.ts, mac, ip, "dhcpv6", message.fqdn)


def _opened(payload: bytes) -> bytes:
    """The client's or server's own message inside relay messages."""
    for _ in range(MAX_RELAYS + 1):
        if payload[0] not in _RELAYED:
            return payload
        inner = next((body for code, body in _options(payload, _RELAY_HEADER) if code == _RELAY_MESSAGE), b"")
        if len(inner) < 4:
            raise ParseError("relay message without a message")
        payload = inner
    raise ParseError("relayed too often")


def _message(packet: Packet, kind: str, inner: bytes, server: bool) -> Dhcpv6Message:
    duid = fqdn = vendor = None
    parameters: tuple[int, ...] = ()
    addresses: list[str] = []
    servers: list[str] = []
    for code, body in _options(inner, 4):
        if code == _CLIENT_ID:
            duid = body[:130].hex() or None
        elif code == _FQDN:
            fqdn = unterminated(body[1:]) or fqdn
        elif code == _ORO:
            parameters = tuple(int.from_bytes(body[i : i + 2]) for i in range(0, len(body) - 1, 2))
        elif code in (_IA_NA, _IA_TA):
            addresses += _addresses(code, body)
        elif code == _DNS:
            servers += _inside(code, body[: 16 * _MAX_ADDRESSES], "dnsservers")
        elif code == _VENDOR_CLASS and vendor is None:
            vendor = _vendor(body[:_LONGEST_VENDOR])
    return Dhcpv6Message(
        packet.ts, kind, packet.src_mac, packet.src, duid, tuple(addresses[:_MAX_ADDRESSES]), fqdn,
        vendor or None, parameters, tuple(servers[:_MAX_ADDRESSES]), server,
    )  # fmt: skip


def _options(message: bytes, pos: int) -> Iterator[tuple[int, bytes]]:
    """(code, body) of each whole option, at most `MAX_OPTIONS`."""
    for _ in range(MAX_OPTIONS):
        end = pos + 4 + int.from_bytes(message[pos + 2 : pos + 4])
        if pos + 4 > len(message) or end > len(message):
            return
        yield int.from_bytes(message[pos : pos + 2]), message[pos + 4 : end]
        pos = end


def _inside(code: int, body: bytes, field: str) -> list[Any]:
    """What scapy finds in a list field of one option; nothing when the option is malformed.

    Each option is dissected alone, because a bad one costs scapy all that follow.
    """
    scapy = layers("scapy.layers.dhcp6")
    kind = getattr(scapy, scapy.dhcp6opts_by_code[code])
    try:
        option = dissected(kind, code.to_bytes(2) + len(body).to_bytes(2) + body)
    except ParseError:
        return []
    return list(getattr(option, field))


def _addresses(code: int, body: bytes) -> list[str]:
    inside = _inside(code, body[:_LONGEST_IA], "ianaopts" if code == _IA_NA else "iataopts")
    return [option.addr for option in inside if isinstance(getattr(option, "addr", None), str)]


def _vendor(body: bytes) -> str:
    items = _inside(_VENDOR_CLASS, body, "vcdata")[:8]
    pieces = [item.data for item in items if isinstance(getattr(item, "data", None), bytes)]
    return clean(b" ".join(pieces))


PARSER = PacketParser("dhcpv6", parse_dhcpv6, udp_ports=frozenset({546, 547}))
