"""JA4: what program a TLS client is, from the shape of its ClientHello.

FoxIO's specification (technical_details/JA4.md, the BSD 3-clause part of JA4+). GREASE values
(RFC 8701) are ignored wherever they stand.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from struct import unpack

GREASE = frozenset(0x0A0A + 0x1010 * i for i in range(16))
"""RFC 8701, section 2."""

SERVER_NAME = 0x0000
ALPN = 0x0010

_VERSIONS = {
    0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10", 0x0300: "s3", 0x0002: "s2",
    0xFEFF: "d1", 0xFEFD: "d2", 0xFEFC: "d3",
}  # fmt: skip
_NOTHING = "000000000000"


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12]


def _numbers(raw: bytes) -> list[int]:
    """Big-endian 16-bit numbers without GREASE; an odd last byte is left out."""
    values = unpack(f">{len(raw) // 2}H", raw[: len(raw) & ~1])
    return [v for v in values if v not in GREASE]


def _ciphers(raw: bytes) -> tuple[int, str]:
    """How many cipher suites, and the digest of their sorted list."""
    suites = sorted(_numbers(raw))
    return len(suites), _digest(",".join(f"{s:04x}" for s in suites)) if suites else _NOTHING


def _extensions(kinds: Sequence[int], signatures: bytes) -> str:
    """The digest of the sorted extension types and of the signature algorithms as they came."""
    if not kinds:
        return _NOTHING
    text = ",".join(f"{k:04x}" for k in kinds)
    if algorithms := _numbers(signatures):
        text += "_" + ",".join(f"{a:04x}" for a in algorithms)
    return _digest(text)


def _alnum(byte: int) -> bool:
    return 0x30 <= byte <= 0x39 or 0x41 <= byte <= 0x5A or 0x61 <= byte <= 0x7A


def _ends(protocol: bytes) -> str:
    """First and last character of an ALPN value, or of its hexadecimal form if either would not print."""
    if not protocol:
        return "00"
    if _alnum(protocol[0]) and _alnum(protocol[-1]):
        return chr(protocol[0]) + chr(protocol[-1])
    return f"{protocol[0]:02x}"[0] + f"{protocol[-1]:02x}"[1]


def ja4(
    transport: str, version: int, ciphers: bytes, kinds: Sequence[int], signatures: bytes, protocol: bytes
) -> str:
    """The fingerprint of one ClientHello, such as "t13d1516h2_8daaf6152771_e5627efa2ab1".

    transport   "t" for TLS over TCP, "q" for QUIC
    version     the highest version offered, as on the wire
    ciphers     the cipher suites as on the wire
    kinds       the extension types in the order sent
    signatures  the signature algorithms as on the wire, empty if there are none
    protocol    the first ALPN value, empty if there is none
    """
    plain = sorted([k for k in kinds if k not in GREASE])
    return _fingerprint(transport, version, ciphers, tuple(plain), signatures, protocol)


@lru_cache(maxsize=1024)
def _fingerprint(
    transport: str, version: int, ciphers: bytes, kinds: tuple[int, ...], signatures: bytes, protocol: bytes
) -> str:
    """What `ja4` says of sorted extension types without GREASE. Remembered, because a home has some dozens
    of programs; a browser that shuffles its extensions differs in one of 16 GREASE values, no more."""
    hashed = [k for k in kinds if k != SERVER_NAME and k != ALPN]
    count, suites = _ciphers(ciphers)
    target = "d" if SERVER_NAME in kinds else "i"
    head = f"{transport}{_VERSIONS.get(version, '00')}{target}{min(count, 99):02}{min(len(kinds), 99):02}"
    return f"{head}{_ends(protocol)}_{suites}_{_extensions(hashed, signatures)}"
