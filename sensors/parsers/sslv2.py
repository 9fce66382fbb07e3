"""The ClientHello in SSL 2.0's form, which clients of the years before 2010 send to offer TLS 1.0 as well
(RFC 5246, appendix E.2). Cameras still do."""

from struct import Struct

from sensors.packets import ParseError
from sensors.parsers.hello import CLIENT_HELLO, MAX_CIPHERS, ClientHello, version_name
from sensors.parsers.ja4 import ja4

_HEAD = Struct(">HBHHHH")  # length, kind, version, bytes of cipher specs, session id, challenge
_LENGTH = 0x7FFF


def hello_size(buffer: bytes | bytearray) -> int | None:
    """Bytes of the SSL 2.0 hello that a buffer begins with; 0 for anything else, None when too
    short to say."""
    if not buffer or not buffer[0] & 0x80:
        return 0 if buffer else None
    if len(buffer) < _HEAD.size:
        return 0 if len(buffer) > 2 and buffer[2] != CLIENT_HELLO else None
    length, kind, version, specs, session, challenge = _HEAD.unpack_from(buffer)
    length &= _LENGTH
    plain = kind == CLIENT_HELLO and (version == 0x0002 or 0x0300 <= version <= 0x0303)
    whole = specs % 3 == 0 and specs and session in (0, 16) and 16 <= challenge <= 32
    return 2 + length if plain and whole and length == 9 + specs + session + challenge else 0


def read_hello(buffer: bytes) -> ClientHello:
    """Reads a hello whose `hello_size` is known. It has no extensions; cipher specs of SSL 2.0's own
    are left out of the JA4. Raises ParseError."""
    _, _, version, specs, _, _ = _HEAD.unpack_from(buffer)
    if specs > 3 * MAX_CIPHERS:
        raise ParseError("ClientHello with too many cipher suites")
    at = _HEAD.size
    suites = b"".join(buffer[i + 1 : i + 3] for i in range(at, at + specs, 3) if not buffer[i])
    return ClientHello(None, version_name(version), (), ja4("t", version, suites, (), b"", b""), False)
