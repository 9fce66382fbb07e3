"""SSDP, the discovery of UPnP (UPnP Device Architecture 1.1, section 1), port 1900."""

from functools import lru_cache

from analysis.events import Event, NameSeen, of_values
from analysis.text import clean
from sensors.packets import Packet, ParseError
from sensors.parsers.base import PacketParser

_STARTS = (b"NOTIFY ", b"HTTP/1.", b"M-SEARCH ")
_HEADERS = {b"server": "ssdp-server", b"nt": "ssdp-type", b"st": "ssdp-type"}
_INITIALS = b"SNsn \t\r\v\f"
"""How a line with one of them may begin: with its first letter, or with white space."""
_IDENTIFIERS = (b"uuid:", b"upnp:", b"ssdp:")
_HEAD_LIMIT = 2048
"""Bytes of head looked at; discovery messages stay below one Ethernet frame."""


def parse_ssdp(packet: Packet) -> tuple[Event, ...]:
    """A `NameSeen`: source "ssdp-server" with the SERVER header ("Linux/3.14 UPnP/1.0 IpBridge/1.50")
    of an announcement or an answer, and "ssdp-type" with the type of device or service that it
    announces ("urn:Belkin:device:controllee:1"; NT or ST, unless it is an identifier). LOCATION is
    never fetched: the sensor sends nothing.

    Nothing for searches; ParseError on what is not SSDP.
    """
    payload = packet.payload
    if not payload.startswith(_STARTS):
        raise ParseError("not SSDP")
    if payload.startswith(b"M-SEARCH"):
        return ()
    names = _told(payload[:_HEAD_LIMIT])
    return (of_values(NameSeen, (packet.ts, packet.src_mac, packet.src, names)),) if names else ()


@lru_cache(maxsize=512)
def _told(head: bytes) -> tuple[tuple[str, str], ...]:
    """(source, name) of what an announcement tells. Devices repeat theirs to the byte while they run; the
    memory holds 3 MB at most."""
    told: dict[str, bytes] = {}
    for line in head.split(b"\n"):
        if line[:1] not in _INITIALS:
            continue
        name, _, value = line.partition(b":")
        source = _HEADERS.get(name.strip().lower())
        if source is not None and (value := value.strip()) and not value.startswith(_IDENTIFIERS):
            told.setdefault(source, value)
    return tuple((source, clean(value)) for source, value in told.items())


PARSER = PacketParser("ssdp", parse_ssdp, udp_ports=frozenset({1900}))
