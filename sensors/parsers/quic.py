"""QUIC on UDP: the ClientHello in a client's Initial packets (RFC 9000, RFC 9001, RFC 9369)."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import NamedTuple

from analysis.events import Event, TlsHello
from sensors.packets import Packet, ParseError
from sensors.parsers.base import PacketParser
from sensors.parsers.hello import CLIENT_HELLO, read_client_hello
from sensors.parsers.quic_frames import crypto_frames, varint
from sensors.parsers.quic_keys import Keys, client_keys, open_initial

PORTS = frozenset({80, 443, 784, 853, 4433, 8443})
"""HTTP/3 and DNS over QUIC (RFC 9250), and what they are tried on."""

MAX_CONNECTIONS = 4096
MAX_SECONDS = 5.0
"""How long a ClientHello may take to arrive, in packet time."""
MAX_HELLO = 16_384
MAX_PIECES = 128
"""CRYPTO frames a connection; Chrome cuts its hello into several and shuffles them."""
MAX_PACKETS = 4
"""Initial packets in a datagram that are opened; clients send one or two."""

_INITIAL = {b"\x00\x00\x00\x01": 0xC0, b"\x6b\x33\x43\xcf": 0xD0}
"""Versions 1 and 2, and the first byte's upper half of their Initial packets."""


class _Initial(NamedTuple):
    """Where the parts of a protected Initial packet lie in its datagram."""

    version: bytes
    target: bytes
    """The destination connection ID."""
    start: int
    number: int
    """Offset of the packet number."""
    end: int


class _Connection:
    """What is known of one connection until its hello is whole."""

    __slots__ = ("begun", "done", "keys", "pieces", "size")

    def __init__(self, begun: float, keys: Keys) -> None:
        self.begun = begun
        self.keys = keys
        self.pieces: dict[int, bytes] = {}
        self.size = 0
        self.done = False

    def take(self, clear: bytes) -> None:
        """The CRYPTO frames of a packet. Raises ParseError, after which nothing more is awaited."""
        try:
            for offset, data in crypto_frames(clear):
                self._add(offset, data)
        except ParseError:
            self.close()
            raise

    def close(self) -> None:
        self.done = True
        self.pieces.clear()

    def _add(self, offset: int, data: bytes) -> None:
        before = len(self.pieces.get(offset, b""))
        if len(data) <= before:
            return
        self.size += len(data) - before
        if len(self.pieces) >= MAX_PIECES or offset + len(data) > MAX_HELLO or self.size > MAX_HELLO:
            raise ParseError("QUIC hello too long")
        self.pieces[offset] = data

    def hello(self) -> bytes | None:
        """The ClientHello, once it has arrived without a gap."""
        message = bytearray()
        for offset in sorted(self.pieces):
            if offset > len(message):
                return None
            message[offset : offset + len(self.pieces[offset])] = self.pieces[offset]
        size = 4 + int.from_bytes(message[1:4], "big")
        if message and message[0] != CLIENT_HELLO:
            raise ParseError("QUIC connection does not begin with a ClientHello")
        return bytes(message[:size]) if len(message) >= max(size, 4) else None


class Initials:
    """The connections whose hellos are awaited; `evicted` counts those that had to make room."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[str, int, str, int], _Connection] = OrderedDict()
        self.evicted = 0

    def parse(self, packet: Packet) -> list[Event]:
        """A TlsHello when this datagram completes one. Raises ParseError."""
        if packet.dport not in PORTS or len(packet.payload) < 1200:
            return []  # from a server; clients pad to 1200 bytes (RFC 9000, section 14.1)
        key = (packet.src, packet.sport, packet.dst, packet.dport)
        known = self._open.get(key)
        if known is not None and packet.ts - known.begun > MAX_SECONDS:
            del self._open[key]
            known = None
        if known is not None and known.done:
            return []
        for initial in _initials(packet.payload):
            known = self._take(key, known, packet, initial)
        return _finish(packet, known) if known else []

    def _take(
        self, key: tuple[str, int, str, int], known: _Connection | None, packet: Packet, initial: _Initial
    ) -> _Connection:
        """Adds the packet's CRYPTO frames to its connection, which is made if need be. After a Retry
        the client begins anew with another connection ID (RFC 9001, section 5.2)."""
        clear = open_initial(packet.payload, *initial[2:], known.keys) if known else None
        if known is None or clear is None:
            keys = client_keys(initial.version, initial.target)
            clear = open_initial(packet.payload, *initial[2:], keys)
            if clear is None:
                raise ParseError("QUIC Initial cannot be decrypted")
            known = self._begin(key, packet.ts, keys)
        known.take(clear)
        return known

    def _begin(self, key: tuple[str, int, str, int], ts: float, keys: Keys) -> _Connection:
        self._open.pop(key, None)
        while self._open:
            oldest, connection = next(iter(self._open.items()))
            old = ts - connection.begun > MAX_SECONDS
            if not old and len(self._open) < MAX_CONNECTIONS:
                break
            del self._open[oldest]
            self.evicted += not old
        self._open[key] = connection = _Connection(ts, keys)
        return connection


def _initials(datagram: bytes) -> Iterator[_Initial]:
    """The client's Initial packets of a datagram; others are stepped over (RFC 9000, section 12.2)."""
    start = 0
    try:
        for _ in range(MAX_PACKETS):
            version = datagram[start + 1 : start + 5]
            kind = _INITIAL.get(version)
            if kind is None:
                return
            size = datagram[start + 5]
            target = datagram[start + 6 : start + 6 + size]
            at = start + 6 + size
            at += 1 + datagram[at]
            initial = datagram[start] & 0xF0 == kind
            if initial:
                token, at = varint(datagram, at)
                at += token
            length, at = varint(datagram, at)
            if size > 20 or length < 20 or at + length > len(datagram):
                raise ParseError("QUIC packet longer than its datagram")
            if initial:
                yield _Initial(version, target, start, at, at + length)
            start = at + length
            if start >= len(datagram) or datagram[start] & 0xC0 != 0xC0:
                return
    except IndexError:
        raise ParseError("QUIC header cut short") from None


def _finish(packet: Packet, connection: _Connection) -> list[Event]:
    """The TlsHello of a connection whose ClientHello is whole."""
    try:
        message = connection.hello()
    except ParseError:
        connection.close()
        raise
    if message is None:
        return []
    connection.close()
    hello = read_client_hello(message, "q")
    return [TlsHello(packet.ts, packet.src_mac, packet.src, packet.dst, packet.dport, *hello, True)]


def fresh() -> Callable[[Packet], list[Event]]:
    """A `parse` with no connection in memory."""
    return Initials().parse


PARSER = PacketParser(
    "quic", fresh(), udp_ports=PORTS, udp_first_byte=(0xE0, 0xC0), holds=(1, frozenset(_INITIAL)),
    min_payload=1200, fresh=fresh,
)  # fmt: skip
