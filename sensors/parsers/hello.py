"""ClientHello and ServerHello, the two TLS handshake messages in clear (RFC 8446, section 4.1).

Shared by TLS over TCP and QUIC, which carries the same messages in its CRYPTO frames.
"""

from functools import lru_cache
from struct import Struct
from struct import error as StructError
from typing import NamedTuple

from analysis.text import clean
from sensors.packets import ParseError
from sensors.parsers.ja4 import ALPN, GREASE, SERVER_NAME, ja4

CLIENT_HELLO = 1
SERVER_HELLO = 2

_SIGNATURE_ALGORITHMS = 0x000D
_SUPPORTED_VERSIONS = 0x002B
_ECH = 0xFE0D  # RFC 9849; browsers also send it as GREASE
_BEGINNING = Struct(">H32xB")  # version, random, length of the session ID
_SIZE = Struct(">H")
_KIND_SIZE = Struct(">HH")
_READ = frozenset({SERVER_NAME, ALPN, _SIGNATURE_ALGORITHMS, _SUPPORTED_VERSIONS})

_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""The random of a HelloRetryRequest: SHA-256 of that word (RFC 8446, section 4.1.3)."""

MAX_EXTENSIONS = 256
"""IANA lists well under 100 types; far more is an attack on whoever reads it."""
MAX_CIPHERS = 1024
"""IANA lists a few hundred suites; scanners offer them all."""
MAX_PROTOCOLS = 16
_REMEMBERED = 256
"""Different contents of an extension, and answers of servers, whose meaning is kept: a home's programs send
a few dozen, GREASE makes 16 of one. Each is under the 16 kB of a hello, so that hostile ones hold 4 MB."""
OFFERS = 1024
"""Offers of clients of which is kept what they say: one a program and server."""

_NAMES = {0x0304: "1.3", 0x0303: "1.2", 0x0302: "1.1", 0x0301: "1.0", 0x0300: "SSL 3.0", 0x0002: "SSL 2.0"}


class ClientHello(NamedTuple):
    """What a client offers; the fields are those of `TlsHello`, in its order."""

    sni: str | None
    """Lower case."""
    version: str
    alpn: tuple[str, ...]
    ja4: str
    ech: bool


class ServerHello(NamedTuple):
    """What a server chose."""

    version: str
    cipher: int
    retry: bool
    """A HelloRetryRequest: the client will send a second ClientHello."""


def version_name(version: int) -> str:
    """ "1.3", "1.2"...; drafts of 1.3 (0x7fxx) count as 1.3, the unknown is written in hexadecimal."""
    return _NAMES.get(version) or ("1.3" if version >> 8 == 0x7F else f"0x{version:04x}")


def read_client_hello(message: bytes, transport: str) -> ClientHello:
    """Reads a whole handshake message with its 4-byte header; `transport` is "t" or "q" (JA4).
    Raises ParseError."""
    try:
        version, offer = _beginning(message)
        # Known by a hash with a secret of this process: an offer may hold a ticket.
        key = hash((transport, version, offer))
        hello = _remembered.get(key)
        if hello is None:
            hello = _read_offer(transport, version, offer)
            if hello.version != "1.3":  # which has a new key in each
                if len(_remembered) >= OFFERS:
                    _remembered.clear()
                _remembered[key] = hello
    except (IndexError, StructError):
        raise ParseError("ClientHello cut short") from None
    return hello


_remembered: dict[int, ClientHello] = {}
"""Up to TLS 1.2 a program's hellos to one server mostly differ by random and session ID alone."""


def _beginning(message: bytes) -> tuple[int, bytes]:
    """The version in a hello's own field, and what follows random and session ID. Raises StructError."""
    version, session = _BEGINNING.unpack_from(message, 4)
    return version, message[39 + session :]


def _read_offer(transport: str, version: int, offer: bytes) -> ClientHello:
    """What a ClientHello says, from its cipher suites on. Raises ParseError, IndexError or StructError."""
    (length,) = _SIZE.unpack_from(offer)
    ciphers = offer[2 : 2 + length]
    kinds, found = _extensions(offer, 3 + length + offer[2 + length])
    if length > 2 * MAX_CIPHERS:
        raise ParseError("ClientHello with too many cipher suites")
    version = _highest(found.get(_SUPPORTED_VERSIONS, b"")) or version
    protocol, protocols = _protocols(found.get(ALPN, b""))
    print_ = ja4(transport, version, ciphers, kinds, found.get(_SIGNATURE_ALGORITHMS, b"")[2:], protocol)
    return ClientHello(_server_name(found), version_name(version), protocols, print_, _ECH in kinds)


def read_server_hello(message: bytes) -> ServerHello:
    """Reads a whole handshake message with its 4-byte header. Raises ParseError."""
    try:
        return ServerHello(*_choice(*_beginning(message)), message[6:38] == _RETRY)
    except (IndexError, StructError):
        raise ParseError("ServerHello cut short") from None


@lru_cache(maxsize=_REMEMBERED)
def _choice(version: int, rest: bytes) -> tuple[str, int]:
    """Version and cipher suite that a server chose, from the suite on. Raises ParseError or StructError."""
    (cipher,) = _SIZE.unpack_from(rest)
    _, found = _extensions(rest, 3)
    if len(chosen := found.get(_SUPPORTED_VERSIONS, b"")) == 2:
        version = int.from_bytes(chosen, "big")
    return version_name(version), cipher


def _extensions(message: bytes, at: int) -> tuple[list[int], dict[int, bytes]]:
    """All extension types in order, and the contents of those in `_READ` (the first of each)."""
    kinds: list[int] = []
    found: dict[int, bytes] = {}
    if at == len(message):
        return kinds, found
    (length,) = _SIZE.unpack_from(message, at)
    at += 2
    end = at + length
    if end != len(message):
        raise ParseError("extensions do not fill the hello")
    head = _KIND_SIZE.unpack_from
    for _ in range(MAX_EXTENSIONS + 1):
        if at >= end:
            break
        kind, size = head(message, at)
        at += 4 + size
        kinds.append(kind)
        if kind in _READ and kind not in found:
            found[kind] = message[at - size : at]
    else:
        raise ParseError("hello with too many extensions")
    if at != end:
        raise ParseError("extensions do not fill the hello")
    return kinds, found


def _server_name(found: dict[int, bytes]) -> str | None:
    """The host_name of a server_name extension (RFC 6066, section 3)."""
    data = found.get(SERVER_NAME)
    if not data:
        return None
    size = int.from_bytes(data[3:5], "big")
    if not size or data[2] != 0 or len(data) < 5 + size:
        return None
    return clean(data[5 : 5 + size]).lower()


@lru_cache(maxsize=_REMEMBERED)
def _highest(data: bytes) -> int:
    """The highest version of a client's supported_versions, GREASE aside; 0 if there is none."""
    versions = (int.from_bytes(data[i : i + 2], "big") for i in range(1, len(data) - 1, 2))
    return max((v for v in versions if v not in GREASE), default=0)


@lru_cache(maxsize=_REMEMBERED)
def _protocols(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The first name of an ALPN extension (RFC 7301) as it came, empty if there is none, and the names as
    text, at most `MAX_PROTOCOLS`, GREASE aside."""
    names: list[bytes] = []
    at = 2
    while at < len(data) and len(names) < MAX_PROTOCOLS:
        size = data[at]
        name = data[at + 1 : at + 1 + size]
        at += 1 + size
        if not (size == 2 and int.from_bytes(name, "big") in GREASE):
            names.append(name)
    return names[0] if names else b"", tuple(map(clean, names))
