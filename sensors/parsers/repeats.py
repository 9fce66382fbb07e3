"""Announcement protocols repeat themselves to the byte: parse each packet once, then only re-date it."""

from collections.abc import Callable, Iterable
from functools import lru_cache, wraps

from analysis.events import Event
from sensors.packets import Packet

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
    def undated(packet: Packet) -> tuple[Event, ...]:
        return tuple(parse(packet))

    @wraps(parse)
    def dated(packet: Packet) -> list[Event]:
        ts = packet.ts
        if len(packet.payload) > LONGEST:
            return list(parse(packet))
        known = undated(Packet(0.0, *packet[1:]))
        return [tuple.__new__(type(event), (ts, *event[1:])) for event in known]

    dated.cache_info = undated.cache_info  # type: ignore[attr-defined]
    return dated
