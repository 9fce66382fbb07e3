"""ICMPv6: neighbour discovery (RFC 4861, RDNSS of RFC 8106) and echo messages (RFC 4443)."""

import struct
from collections.abc import Iterator
from ipaddress import IPv6Network

from analysis.events import Event, NeighborSeen, RouterAdvertised
from sensors.packets import Packet, ParseError
from sensors.parsers.addresses import ip6_text, mac_text
from sensors.parsers.base import PacketParser
from sensors.parsers.icmp import echo

_ECHO_REQUEST, _ECHO_REPLY = 128, 129
_ROUTER_ADVERTISEMENT, _SOLICITATION, _ADVERTISEMENT = 134, 135, 136
_SOURCE_LINK, _TARGET_LINK, _PREFIX, _RDNSS = 1, 2, 3, 25
_UNFORWARDED = 255
"""The hop limit of all of neighbour discovery (RFC 4861, sections 6.1.2, 7.1.1 and 7.1.2)."""
_ON_LINK = 0x80
_FROM_ROUTER, _OVERRIDE = 0x80, 0x20
MAX_OPTIONS = 32
"""Options read from one message; a router announcing many prefixes sends about ten."""


def parse_neighbor(packet: Packet) -> tuple[Event, ...]:
    """`NeighborSeen` for solicitations and advertisements, `RouterAdvertised` for router
    advertisements, `EchoSeen` for echo messages, nothing for other ICMPv6, nor for what a router may have
    forwarded and hosts discard. Raises ParseError on a cut or malformed message."""
    payload = packet.payload
    if not payload:
        raise ParseError("empty ICMPv6")
    kind = payload[0]
    if kind in (_ROUTER_ADVERTISEMENT, _SOLICITATION, _ADVERTISEMENT):
        if packet.hop_limit != _UNFORWARDED:
            return ()
        return (_router(packet) if kind == _ROUTER_ADVERTISEMENT else _neighbor(packet, kind),)
    if kind in (_ECHO_REQUEST, _ECHO_REPLY):
        return echo(packet, kind == _ECHO_REPLY)
    return ()


def _neighbor(packet: Packet, kind: int) -> NeighborSeen:
    payload = packet.payload
    if len(payload) < 24:
        raise ParseError("neighbour message cut short")
    advertised = kind == _ADVERTISEMENT
    wanted = _TARGET_LINK if advertised else _SOURCE_LINK
    link = None
    for option, body in _options(payload, 24):
        if option == wanted and len(body) == 6:
            link = mac_text(body)
    return NeighborSeen(
        packet.ts,
        "advertisement" if advertised else "solicitation",
        packet.src_mac,
        packet.src,
        ip6_text(payload[8:24]),
        link,
        advertised and bool(payload[4] & _FROM_ROUTER),
        advertised and bool(payload[4] & _OVERRIDE),
    )


def _router(packet: Packet) -> RouterAdvertised:
    payload = packet.payload
    if len(payload) < 16:
        raise ParseError("router advertisement cut short")
    (lifetime,) = struct.unpack_from("!H", payload, 6)
    prefixes: list[str] = []
    servers: list[str] = []
    link = None
    for option, body in _options(payload, 16):
        if option == _PREFIX and len(body) == 30 and body[1] & _ON_LINK and body[0] <= 128:
            prefixes.append(str(IPv6Network((body[14:30], body[0]), strict=False)))
        elif option == _RDNSS and len(body) >= 22:
            servers += [ip6_text(body[i : i + 16]) for i in range(6, min(len(body), 134) - 15, 16)]
        elif option == _SOURCE_LINK and len(body) == 6:
            link = mac_text(body)
    return RouterAdvertised(
        packet.ts, packet.src_mac, packet.src, lifetime, tuple(prefixes), tuple(servers[:MAX_OPTIONS]), link
    )


def _options(payload: bytes, pos: int) -> Iterator[tuple[int, bytes]]:
    """(type, body without the two octets before it) of each option.

    RFC 4861 4.6 has a node discard a message with an option of length 0: ParseError. An option cut
    by the capture ends the list.
    """
    for _ in range(MAX_OPTIONS):
        if pos + 2 > len(payload):
            return
        length = payload[pos + 1] * 8
        if length == 0:
            raise ParseError("option of length 0")
        if pos + length > len(payload):
            return
        yield payload[pos], payload[pos + 2 : pos + length]
        pos += length


PARSER = PacketParser("neighbor", parse_neighbor, ip_protocols=frozenset({58}))
