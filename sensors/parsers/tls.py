"""TLS on any port: the hellos of both sides and, up to TLS 1.2, the server's certificate, put together
over segments and records (RFC 8446, 5.1)."""

from collections.abc import Iterable, Iterator
from struct import Struct, unpack_from

from analysis.events import CertificateSeen, Event, Flow, SessionSeen, TlsAccepted, TlsHello
from sensors.packets import ParseError
from sensors.parsers.base import ANY, STREAM_LIMIT, Stream, StreamParser
from sensors.parsers.certificate import CERTIFICATE, Leaf, read_certificate
from sensors.parsers.hello import (
    CLIENT_HELLO,
    SERVER_HELLO,
    ClientHello,
    read_client_hello,
    read_server_hello,
)
from sensors.parsers.sslv2 import hello_size
from sensors.parsers.sslv2 import read_hello as read_old_hello

_CHANGE_CIPHER_SPEC, _ALERT, _HANDSHAKE, _DATA = 20, 21, 22, 23
_RECORD = Struct(">BBBHB")  # kind, version, length, and the first byte inside
_LONGEST_RECORD = 2**14 + 2048
"""RFC 5246, section 6.2.3; RFC 8446 allows 256 instead of 2048."""
_HELLOS, _AFTER_ANSWER = (CLIENT_HELLO, SERVER_HELLO), (CERTIFICATE,)

MAX_RECORDS = 512
"""Records a direction; a hello is one or two, this is for tools that cut it into single bytes."""


class _Direction:
    """How far one direction has been read."""

    __slots__ = ("answered", "at", "ended", "enough", "left", "message", "records")

    def __init__(self, at: int) -> None:
        self.at = at
        self.answered = False  # the ServerHello has come: a certificate may follow, in clear up to TLS 1.2
        self.left = 0  # bytes of the present record that were not taken yet
        self.message = b""  # handshake bytes that are no whole message yet
        self.enough = at + 1  # with a shorter buffer there is nothing to say
        self.records = 0
        self.ended = False

    def next(self, buffer: bytearray) -> bytes | None:
        """The next whole hello or certificate; None when more must arrive, or when the direction
        has `ended` (another message, an alert or application data came)."""
        if len(buffer) < self.enough:
            return None
        while not self.ended and (self.left or self._open_record(buffer)):
            taken = bytes(buffer[self.at : self.at + self.left])
            if not taken:
                return None
            self.at += len(taken)
            self.left -= len(taken)
            self.message += taken
            if whole := self._whole():
                return whole
        return None

    def _whole(self) -> bytes | None:
        """The message, if it is wanted and complete; what follows it in its record is given back."""
        message = self.message
        if message[0] not in (_AFTER_ANSWER if self.answered else _HELLOS):
            self.ended = True
            return None
        if len(message) < 4:
            return None
        missing = 4 + int.from_bytes(message[1:4], "big") - len(message)
        if missing + len(message) > STREAM_LIMIT:
            raise ParseError("handshake message too long")
        if missing > 0:
            self.enough = self.at + min(missing, self.left)
            return None
        self.at += missing
        self.left -= missing
        self.message = b""
        return message[:missing] if missing else message

    def _open_record(self, buffer: bytearray) -> bool:
        """Goes to the next handshake record; False if it has not arrived or there will be none."""
        while len(buffer) >= self.at + 5:
            kind, major, length = unpack_from(">BBxH", buffer, self.at)
            if major != 3 or not _CHANGE_CIPHER_SPEC <= kind <= _DATA or not 0 < length <= _LONGEST_RECORD:
                raise ParseError("not a TLS record")
            self.records += 1
            if self.records > MAX_RECORDS:
                raise ParseError("hello in too many records")
            if kind == _HANDSHAKE:
                self.at += 5
                self.left = length
                return True
            if kind != _CHANGE_CIPHER_SPEC or self.answered:
                self.ended = True
                return False
            self.at += 5 + length
        return False


class Handshake:
    """The hellos of one TLS conversation; for STARTTLS it begins after the clear text."""

    __slots__ = ("down", "hellos", "retries", "sni", "up")

    def __init__(self, up: int = 0, down: int = 0) -> None:
        self.up = _Direction(up)
        self.down = _Direction(down)
        self.hellos = 0
        self.retries = 0
        self.sni: str | None = None

    def advance(self, stream: Stream, ts: float) -> list[Event]:
        """The hellos that are complete by now, each once. Sets `stream.done` when all was said, also
        before it raises ParseError."""
        told: list[Event] = []
        try:
            self._hellos(stream, ts, told)
            retried = self.retries
            if len(stream.down) >= self.down.enough:
                self._answers(stream, ts, told)
                if self.retries > retried:
                    self._hellos(stream, ts, told)
        except ParseError:
            stream.done = True
            raise
        seen = self.hellos > self.retries or self.up.ended or stream.midstream
        stream.done = seen and self.down.ended
        return told

    def _hellos(self, stream: Stream, ts: float, told: list[Event]) -> None:
        if self.hellos > self.retries:
            return
        if not self.up.at and (size := hello_size(stream.up)):
            if len(stream.up) < size:
                return
            self.up.at, self.hellos = size, 1
            told.append(_event(stream.flow, read_old_hello(bytes(stream.up[:size])), ts))
        while self.hellos <= self.retries and (message := self.up.next(stream.up)):
            if message[0] != CLIENT_HELLO:
                self.up.ended = True
                return
            self.hellos += 1
            hello = read_client_hello(message, "t")
            self.sni = hello.sni
            told.append(_event(stream.flow, hello, ts))

    def _answers(self, stream: Stream, ts: float, told: list[Event]) -> None:
        flow = stream.flow
        while message := self.down.next(stream.down):
            if message[0] == CERTIFICATE:
                self.down.ended = True
                if leaf := read_certificate(message):
                    told.append(_certificate(flow, self.sni, leaf, ts))
                return
            if message[0] != SERVER_HELLO:
                self.down.ended = True
                return
            answer = read_server_hello(message)
            if answer.retry and not self.retries:  # RFC 8446, section 4.1.4: at most one
                self.retries = 1
                continue
            self.down.answered = True
            self.down.ended = answer.version == "1.3"
            told.append(
                TlsAccepted(ts, flow.client_ip, flow.server_ip, flow.port, answer.version, answer.cipher)
            )


def _event(flow: Flow, hello: ClientHello, ts: float) -> TlsHello:
    return TlsHello(ts, flow.client_mac, flow.client_ip, flow.server_ip, flow.port, *hello, False)


def _certificate(flow: Flow, sni: str | None, leaf: Leaf, ts: float) -> CertificateSeen:
    return CertificateSeen(ts, flow.client_mac, flow.client_ip, flow.server_ip, flow.port, sni, *leaf)


def begins_record(buffer: bytearray) -> bool | None:
    """Whether a buffer begins with a TLS record; None when it is too short to say."""
    if not buffer or not _CHANGE_CIPHER_SPEC <= buffer[0] <= _DATA:
        return False if buffer else None
    if len(buffer) < 6:
        return None if len(buffer) < 2 or buffer[1] == 3 else False
    kind, major, minor, length, first = _RECORD.unpack_from(buffer)
    if major != 3 or minor > 4 or not 0 < length <= _LONGEST_RECORD:
        return False
    return bool(kind != _CHANGE_CIPHER_SPEC or length == first == 1)


def recognise(stream: Stream) -> bool | None:
    """A record header at the beginning of either direction; also of a conversation joined later."""
    up = begins_record(stream.up)
    if up:
        return True
    down = begins_record(stream.down)
    if down:
        return True
    if up is False and stream.up[0] & 0x80:
        old = hello_size(stream.up)
        up = None if old is None else old > 0
        if up:
            return True
    return False if up is False or down is False else None


def parse(stream: Stream, ts: float) -> Iterable[Event]:
    """SessionSeen at once, then a TlsHello for each ClientHello, TlsAccepted for the ServerHello and, up
    to TLS 1.2, CertificateSeen."""
    handshake: Handshake | None = stream.state
    return _begin(stream, ts) if handshake is None else handshake.advance(stream, ts)


def _begin(stream: Stream, ts: float) -> Iterator[Event]:
    """The first call, whose SessionSeen stands even if the rest cannot be read."""
    stream.state = handshake = Handshake()
    yield SessionSeen(ts, stream.flow, "tls", False)
    yield from handshake.advance(stream, ts)


PARSER = StreamParser(
    "tls", recognise, parse, client=b"\x14\x15\x16\x17" + ANY[0x80:], server=b"\x14\x15\x16\x17"
)
