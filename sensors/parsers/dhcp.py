"""DHCPv4 (RFC 2131, options of RFC 2132)."""

from functools import lru_cache
from typing import NamedTuple

from analysis.events import DhcpMessage, Event, NameSeen, of_values
from analysis.text import clean
from sensors.packets import Packet, ParseError
from sensors.parsers.addresses import ip4_text, mac_text
from sensors.parsers.base import PacketParser
from sensors.parsers.dns_names import unterminated

_FIXED = 236
_COOKIE = b"c\x82Sc"
_OPTIONS = _FIXED + len(_COOKIE)
_LONGEST = 1500
"""Bytes of a message that are read: what an Ethernet frame holds."""
MAX_OPTIONS = 64
"""Options read from one message; clients send some ten."""
_PAD, _END = 0, 255
_KINDS = {
    1: "discover", 2: "offer", 3: "request", 4: "decline", 5: "ack", 6: "nak", 7: "release", 8: "inform",
}  # fmt: skip
_GIVING = frozenset({"offer", "ack"})
_ROUTER, _RESOLVERS, _HOST, _REQUESTED, _LEASE, _KIND, _SERVER = 3, 6, 12, 50, 51, 53, 54
_PARAMETERS, _CLASS, _CLIENT, _FQDN = 55, 60, 61, 81
_WANTED = frozenset(
    {_ROUTER, _RESOLVERS, _HOST, _REQUESTED, _LEASE, _KIND, _SERVER, _PARAMETERS, _CLASS, _CLIENT, _FQDN}
)
_WORDS = frozenset({_ROUTER, _RESOLVERS, _REQUESTED, _LEASE, _SERVER})
"""Options made of whole words of four bytes: addresses and a time."""
_ETHERNET = b"\x01\x06"
_CANONICAL = 0x04
"""The E bit of option 81: the name is in DNS wire form (RFC 4702 2.1)."""


class _Told(NamedTuple):
    """What the options of a message say, in the order of `DhcpMessage`."""

    requested_ip: str | None
    server_id: str | None
    hostname: str | None
    fqdn: str | None
    vendor_class: str | None
    parameters: tuple[int, ...]
    client_id: str | None
    router: str | None
    dns: tuple[str, ...]
    lease: int | None


def parse_dhcp(packet: Packet) -> tuple[Event, ...]:
    """One `DhcpMessage`, and `NameSeen` with source "dhcp" when a client tells its host name.

    Nothing for BOOTP without a message type and for lease queries; ParseError on what is not BOOTP.
    """
    payload = packet.payload
    if len(payload) < _FIXED or payload[0] not in (1, 2):
        raise ParseError("not BOOTP")
    if payload[_FIXED:_OPTIONS] != _COOKIE:
        return ()
    found = _read(payload[_OPTIONS:_LONGEST])
    if found is None:
        return ()
    if payload[1:3] != _ETHERNET:
        raise ParseError("hardware address is not Ethernet")
    kind, told = found
    ts, mac = packet.ts, mac_text(payload[28:34])
    given = _address(payload[16:20]) if kind in _GIVING else None
    client_ip = given or _address(payload[12:16])
    message = of_values(DhcpMessage, (ts, kind, mac, packet.src_mac, client_ip, *told))
    name = told.hostname or told.fqdn
    if name and payload[0] == 1:
        return message, NameSeen(ts, mac, client_ip, (("dhcp", name),))
    return (message,)


@lru_cache(maxsize=512)
def _read(raw: bytes) -> tuple[str, _Told] | None:
    """The kind of the message and what else its options say; None where they tell no kind that we know.

    Clients ask and servers answer with the same options for years; the memory holds 10 MB at most.
    """
    get = _options(raw).get
    kind = _KINDS.get(next(iter(get(_KIND, b"")), 0))
    if kind is None:
        return None
    resolvers, lease = get(_RESOLVERS, b""), get(_LEASE, b"")
    return kind, _Told(
        _address(get(_REQUESTED, b"")[:4]),
        _address(get(_SERVER, b"")[:4]),
        _text(get(_HOST, b"")),
        _name(get(_FQDN, b"")),
        _text(get(_CLASS, b"")),
        tuple(get(_PARAMETERS, b"")),
        get(_CLIENT, b"").hex() or None,
        _address(get(_ROUTER, b"")[:4]),
        tuple(ip for at in range(0, len(resolvers), 4) if (ip := _address(resolvers[at : at + 4]))),
        int.from_bytes(lease[:4]) if lease else None,
    )


def _options(raw: bytes) -> dict[int, bytes]:
    """Code to content of the wanted ones among the first `MAX_OPTIONS`; what comes in parts is joined
    (RFC 3396). Addresses and times of a wrong length say nothing, and hide nothing behind them."""
    found: dict[int, bytes] = {}
    pos = count = 0
    while pos + 1 < len(raw) and (code := raw[pos]) != _END and count < MAX_OPTIONS:
        if code == _PAD:
            pos += 1
            continue
        begin, pos = pos + 2, pos + 2 + raw[pos + 1]
        if pos > len(raw):
            break
        count += 1
        if code in _WANTED and not (code in _WORDS and (pos - begin) % 4):
            found[code] = found.get(code, b"") + raw[begin:pos]
    return found


def _address(raw: bytes) -> str | None:
    """The text of four bytes; None for 0.0.0.0, which stands for no address, and where there are none."""
    return ip4_text(raw) if raw.strip(b"\0") else None


def _text(raw: bytes) -> str | None:
    # Some clients count a terminating NUL into the length (RFC 2132 section 2).
    return clean(raw.rstrip(b"\0 ")) or None


def _name(raw: bytes) -> str | None:
    """Option 81: flags, two dead result octets, the name in DNS wire form or in ASCII."""
    name = raw[3:]
    if not name:
        return None
    if not raw[0] & _CANONICAL:
        return clean(name.rstrip(b"\0.")) or None
    return unterminated(name)


PARSER = PacketParser("dhcp", parse_dhcp, udp_ports=frozenset({67, 68}))
