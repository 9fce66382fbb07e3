"""What a parser is: a name, what it wants to see, and a function from bytes to events.

Two kinds. A `PacketParser` looks at single packets chosen by EtherType, IP protocol, UDP port or the
first four bytes of a TCP segment. A `StreamParser` looks at the first payload of a TCP
conversation, whatever its port, put in order and bounded.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from string import ascii_letters, digits
from typing import Any

from analysis.events import Event, Flow
from sensors.packets import Packet


@dataclass(frozen=True, slots=True)
class PacketParser:
    """Turns single packets into events. `parse` raises `ParseError` on what it cannot read."""

    name: str
    parse: Callable[[Packet], Sequence[Event]]
    ethertypes: frozenset[int] = frozenset()
    ip_protocols: frozenset[int] = frozenset()
    udp_ports: frozenset[int] = frozenset()
    """Either the source or the destination port."""
    tcp_prefixes: frozenset[bytes] = frozenset()
    """Segments whose payload begins with one of these four bytes, on any port."""
    udp_first_byte: tuple[int, int] | None = None
    """(mask, value): of the chosen UDP payloads only those whose first byte & mask equals value."""
    holds: tuple[int, frozenset[bytes]] | None = None
    """(offset, texts of one length): of the chosen payloads only those in which one of them stands there."""
    min_payload: int = 0
    """Payloads shorter than this many bytes are not shown to the parser."""
    fresh: Callable[[], Callable[[Packet], Sequence[Event]]] | None = None
    """For parsers that remember packets: makes a `parse` with a memory of its own, one an engine."""


@dataclass(slots=True)
class Stream:
    """The beginning of a TCP conversation, both directions in order.

    `up` and `down` hold what arrived without a gap, at most `STREAM_LIMIT` bytes each. A capture that
    begins in the middle of a conversation starts the buffers at the first payload seen.
    """

    flow: Flow
    midstream: bool
    up: bytearray = field(default_factory=bytearray)
    down: bytearray = field(default_factory=bytearray)
    first: int = 0
    """Bytes of the segment that `up` begins with."""
    service: str | None = None
    """Set by the framework to the parser that recognised the stream."""
    done: bool = False
    """Set by a parser that has all it wants: its buffers are then freed."""
    state: Any = None
    """The recognising parser's own memory between calls: how far it has read."""


STREAM_LIMIT = 16_384
"""Bytes kept a direction: a post-quantum ClientHello is under 2 kB, the largest TLS record 16 kB."""


ANY = bytes(range(256))
DIGITS, LETTERS = digits.encode(), ascii_letters.encode()
"""First bytes of a conversation; see `StreamParser.client`."""


@dataclass(frozen=True, slots=True)
class StreamParser:
    """Turns the beginning of a TCP conversation into events.

    `recognise(stream)` is asked each time payload arrived, in the order of the list, until one parser
    says True (mine), or all say False (None means: not enough yet). `parse(stream, ts)` is called
    for the recognised stream now and on each further arrival until it sets `stream.done`; it must
    cope with being called again with a longer buffer and not repeat events. `recognise` never raises;
    `parse` may raise `ParseError`, and the events it yielded before stand.

    Of the first segment of a conversation only those parsers are asked that may not say False to its first
    byte.
    """

    name: str
    recognise: Callable[[Stream], bool | None]
    parse: Callable[[Stream, float], Iterable[Event]]
    client: bytes = ANY
    """With any other first byte from the client, the server still silent, `recognise` says False."""
    server: bytes = ANY
    """The same for the server, the client still silent."""
    ports: frozenset[int] = frozenset()
    """Servers' ports on which `client` and `server` do not hold."""
