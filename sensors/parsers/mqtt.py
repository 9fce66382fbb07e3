"""MQTT in clear on any port, by CONNECT (OASIS MQTT 3.1.1 and 5.0, section 3.1; 3.1 calls itself MQIsdp)."""

from collections.abc import Iterator

from analysis.events import Event, SessionSeen
from sensors.parsers.base import Stream, StreamParser

_CONNECT = 0x10
_NAMES = {b"\x00\x04MQTT": (4, 5), b"\x00\x06MQIsdp": (3,)}
_BRIDGE = 0x80
"""Mosquitto's bridges set the highest bit of the protocol level."""
_LOGIN = 0xC0
"""Connect flags: user name, password."""


def _flags(buffer: bytearray) -> int | bool | None:
    """The connect flags of a CONNECT packet, False for anything else, None when undecided."""
    if not buffer or buffer[0] != _CONNECT:
        return None if not buffer else False
    at = 1
    while at < len(buffer) and at < 4 and buffer[at] & 0x80:
        at += 1
    at += 1  # behind the remaining length, one to four bytes
    for name, levels in _NAMES.items():
        head = bytes(buffer[at : at + len(name)])
        if head == name and len(buffer) > at + len(name) + 1:
            level, flags = buffer[at + len(name)], buffer[at + len(name) + 1]
            return flags if level & ~_BRIDGE in levels and not flags & 1 else False
        if name.startswith(head):
            return None
    return False


def recognise(stream: Stream) -> bool | None:
    """A CONNECT packet at the beginning of what the client sent."""
    flags = _flags(stream.up)
    return flags if flags is None or flags is False else True


def parse(stream: Stream, ts: float) -> Iterator[Event]:
    """SessionSeen, once; login when CONNECT holds a user name or a password."""
    stream.done = True
    yield SessionSeen(ts, stream.flow, "mqtt", bool((_flags(stream.up) or 0) & _LOGIN))


PARSER = StreamParser("mqtt", recognise, parse, client=bytes([_CONNECT]))
