"""DHCPv4 (RFC 2131, options of RFC 2132), dissected by scapy behind a guard."""

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from socket import inet_ntoa
from typing import Any

from analysis.events import DhcpMessage, Event, NameSeen
from analysis.text import clean
from sensors.packets import Packet, ParseError
from sensors.parsers.addresses import mac_text
from sensors.parsers.base import PacketParser
from sensors.parsers.dns_names import unterminated
from sensors.parsers.scapy_guard import LONGEST, MAX_OPTIONS, dissected, layers

_FIXED = 236
_COOKIE = b"c\x82Sc"
_OPTIONS = _FIXED + len(_COOKIE)
_PAD, _END = 0, 255
_KINDS = {
    1: "discover", 2: "offer", 3: "request", 4: "decline", 5: "ack", 6: "nak", 7: "release", 8: "inform",
}  # fmt: skip
_GIVING = frozenset({"offer", "ack"})
_PARAMETERS = 55
_WANTED = frozenset({3, 6, 12, 50, 51, 53, 54, 60, 61, 81})
"""Options that events tell; the others are not worth scapy's time."""
_ETHERNET = b"\x01\x06"
_CANONICAL = 0x04
"""The E bit of option 81: the name is in DNS wire form (RFC 4702 2.1)."""


def parse_dhcp(packet: Packet) -> tuple[Event, ...]:
    """One `DhcpMessage`, and `NameSeen` with source "dhcp" when a client tells its host name.

    Nothing for BOOTP without a message type and for lease queries; ParseError on what is not BOOTP.
    """
    payload = packet.payload
    if len(payload) < _FIXED or payload[0] not in (1, 2):
        raise ParseError("not BOOTP")
    if payload[_FIXED:_OPTIONS] != _COOKIE:
        return ()
    options, parameters = _read(payload[_OPTIONS:LONGEST])
    kind = _KINDS.get(_first(options, "message-type"))
    if kind is None:
        return ()
    message = _message(packet, kind, options, parameters)
    name = message.hostname or message.fqdn
    if payload[0] == 1 and name:
        return message, NameSeen(packet.ts, message.client_mac, message.client_ip, "dhcp", name)
    return (message,)


def _message(
    packet: Packet, kind: str, options: dict[str, tuple[Any, ...]], parameters: tuple[int, ...]
) -> DhcpMessage:
    head = packet.payload[:_FIXED]
    if head[1:3] != _ETHERNET:
        raise ParseError("hardware address is not Ethernet")
    present, given = _ip(inet_ntoa(head[12:16])), _ip(inet_ntoa(head[16:20]))
    servers = tuple(filter(None, map(_ip, options.get("name_server", ()))))
    lease = _first(options, "lease_time")
    return DhcpMessage(
        packet.ts,
        kind,
        mac_text(head[28:34]),
        packet.src_mac,
        (given or present) if kind in _GIVING else present,
        _ip(_first(options, "requested_addr")),
        _ip(_first(options, "server_id")),
        _text(options, "hostname"),
        _fqdn(_bytes(options, "client_FQDN")),
        _text(options, "vendor_class_id"),
        parameters,
        _bytes(options, "client_id").hex() or None,
        _ip(_first(options, "router")),
        servers,
        lease if isinstance(lease, int) else None,
    )


@lru_cache(maxsize=512)
def _read(raw: bytes) -> tuple[dict[str, tuple[Any, ...]], tuple[int, ...]]:
    """Values by scapy's option names, and the parameter list; what comes in parts is joined (RFC 3396).

    Scapy gives up at the first option of a wrong length and so loses all behind it: each option is
    dissected alone, and a bad one costs only itself. It also stops lists at 100 entries, so the
    parameter list, which may have 255, is taken as it stands. Clients ask and servers answer with the
    same options for years, and scapy takes 0.2 ms: hence the cache, of 3 MB at most.
    """
    dissect = layers("scapy.layers.dhcp").DHCP
    found: dict[str, tuple[Any, ...]] = {}
    parameters = b""
    for option in _split(raw):
        if option[0] == _PARAMETERS:
            parameters += option[2:]
        elif option[0] in _WANTED:
            with suppress(ParseError):
                for item in dissected(dissect, option).options:
                    if isinstance(item, tuple):
                        found[item[0]] = found.get(item[0], ()) + item[1:]
    return found, tuple(parameters)


def _split(raw: bytes) -> Iterator[bytes]:
    """Each whole option, at most `MAX_OPTIONS`, with its code and length."""
    pos = count = 0
    while pos + 1 < len(raw) and raw[pos] != _END and count < MAX_OPTIONS:
        if raw[pos] == _PAD:
            pos += 1
            continue
        end = pos + 2 + raw[pos + 1]
        if end > len(raw):
            return
        yield raw[pos:end]
        pos = end
        count += 1


def _first(options: dict[str, tuple[Any, ...]], name: str) -> Any:
    values = options.get(name)
    return values[0] if values else None


def _bytes(options: dict[str, tuple[Any, ...]], name: str) -> bytes:
    return b"".join(value for value in options.get(name, ()) if isinstance(value, bytes))


def _text(options: dict[str, tuple[Any, ...]], name: str) -> str | None:
    # Some clients count a terminating NUL into the length (RFC 2132 section 2).
    return clean(_bytes(options, name).rstrip(b"\0 ")) or None


def _ip(value: Any) -> str | None:
    return value if isinstance(value, str) and value != "0.0.0.0" else None  # noqa: S104 (not a bind)


def _fqdn(raw: bytes) -> str | None:
    """Option 81: flags, two dead result octets, the name in DNS wire form or in ASCII."""
    name = raw[3:]
    if not name:
        return None
    if not raw[0] & _CANONICAL:
        return clean(name.rstrip(b"\0.")) or None
    return unterminated(name)


PARSER = PacketParser("dhcp", parse_dhcp, udp_ports=frozenset({67, 68}))
