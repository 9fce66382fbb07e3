"""Announcement protocols repeat themselves to the byte: parse each packet once, then only date its events."""

from collections.abc import Callable, Iterable
from functools import lru_cache, wraps
from typing import Any

from analysis.events import Event
from sensors.packets import Packet

_made: Callable[[type, tuple[Any, ...]], Any] = tuple.__new__
"""A named tuple out of all its fields: what its class does too, through a function of Python."""

REMEMBERED = 512
"""Packets per protocol; a home of 40 devices announces about 200 different ones."""
LONGEST = 1024
"""Bytes of payload worth remembering. Bounds what hostile packets can make us hold to about 20 MB."""


def remembering(parse: Callable[[Packet], Iterable[Event]]) -> Callable[[Packet], list[Event]]:
    """The same parser with a memory of `REMEMBERED` packets, equal in everything but their time.

    Only for parsers whose events all begin with `ts` and depend on nothing but the packet. The
    wrapped parser has `cache_info()`; failures are not remembered.
    """

    @lru_cache(maxsize=REMEMBERED)
    def undated(said: tuple[Any, ...]) -> tuple[tuple[type, tuple[Any, ...]], ...]:
        """Of each event its type and all but its time, from all of a packet but its time."""
        return tuple((type(event), event[1:]) for event in parse(Packet(0.0, *said)))

    @wraps(parse)
    def dated(packet: Packet) -> list[Event]:
        if len(packet.payload) > LONGEST:
            return list(parse(packet))
        ts = packet[:1]
        return [_made(kind, ts + said) for kind, said in undated(packet[1:])]

    dated.cache_info = undated.cache_info  # type: ignore[attr-defined]
    return dated
