"""DHCPv6 (RFC 8415)."""

from collections.abc import Iterator

from analysis.events import Dhcpv6Message, Event, NameSeen
from analysis.text import clean
from sensors.packets import Packet, ParseError
from sensors.parsers.addresses import ip6_text
from sensors.parsers.base import PacketParser
from sensors.parsers.dns_names import unterminated

LONGEST = 1500
"""Bytes of a message that are read."""
MAX_OPTIONS = 64
"""Options read of one message, and of one identity association."""
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
_CLIENT_ID, _IA_NA, _IA_TA, _IA_ADDRESS, _ORO, _RELAY_MESSAGE = 1, 3, 4, 5, 6, 9
_VENDOR_CLASS, _DNS, _FQDN = 16, 23, 39
_IA_HEAD = {_IA_NA: 12, _IA_TA: 4}
"""Bytes of an identity association before its options: a number, and of lasting ones two times."""
_LONGEST_VENDOR = 132
"""Bytes read of a vendor class: the number of its enterprise, and room for many of the usual "MSFT 5.0"."""
_MAX_VENDOR = 8
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
    return message, NameSeen(packet.ts, mac, ip, (("dhcpv6", message.fqdn),))


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
            servers += [ip6_text(body[i : i + 16]) for i in range(0, len(body) - 15, 16)]
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


def _addresses(code: int, body: bytes) -> list[str]:
    """The addresses of an identity association (RFC 8415, 21.6)."""
    inside = _options(body, _IA_HEAD[code])
    return [ip6_text(one[:16]) for inner, one in inside if inner == _IA_ADDRESS and len(one) >= 16]


def _vendor(body: bytes) -> str:
    """The texts of a vendor class, each behind its length (RFC 8415, 21.16); the last one may be cut."""
    pieces: list[bytes] = []
    pos = 4
    while pos + 2 <= len(body) and len(pieces) < _MAX_VENDOR:
        end = pos + 2 + int.from_bytes(body[pos : pos + 2])
        pieces.append(body[pos + 2 : end])
        pos = end
    return clean(b" ".join(pieces))


PARSER = PacketParser("dhcpv6", parse_dhcpv6, udp_ports=frozenset({546, 547}))
