"""SSDP, the discovery of UPnP (UPnP Device Architecture 1.1, section 1), port 1900."""

from analysis.events import Event, NameSeen
from analysis.text import clean
from sensors.packets import Packet, ParseError
from sensors.parsers.base import PacketParser

_STARTS = (b"NOTIFY ", b"HTTP/1.", b"M-SEARCH ")
_HEAD_LIMIT = 2048
"""Bytes of head looked at; discovery messages stay below one Ethernet frame."""


def parse_ssdp(packet: Packet) -> tuple[Event, ...]:
    """`NameSeen` with source "ssdp-server" and the SERVER header ("Linux/3.14 UPnP/1.0 IpBridge/1.50")
    of an announcement or an answer. LOCATION is never fetched: the sensor sends nothing.

    Nothing for searches and announcements without SERVER; ParseError on what is not SSDP.
    """
    payload = packet.payload
    if not payload.startswith(_STARTS):
        raise ParseError("not SSDP")
    if payload.startswith(b"M-SEARCH"):
        return ()
    for line in payload[:_HEAD_LIMIT].split(b"\n"):
        if line[:7].lower() == b"server:" and (server := line[7:].strip()):
            return (NameSeen(packet.ts, packet.src_mac, packet.src, "ssdp-server", clean(server)),)
    return ()


PARSER = PacketParser("ssdp", parse_ssdp, udp_ports=frozenset({1900}))
