"""The keys of a client's Initial packets: they follow from what is in clear (RFC 9001, RFC 9369)."""

import hmac
from functools import cache
from typing import Any, NamedTuple

from sensors.packets import ParseError


class Keys(NamedTuple):
    """key and hp: AES-128 keys; iv: 12 bytes."""

    key: bytes
    iv: bytes
    hp: bytes


class _Version(NamedTuple):
    salt: bytes
    prefix: bytes
    """Of the labels of the keys."""


_VERSIONS = {
    b"\x00\x00\x00\x01": _Version(bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"), b"quic "),
    b"\x6b\x33\x43\xcf": _Version(bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9"), b"quicv2 "),
}
_TAG = 16
_SAMPLE = 16


def _expand(secret: bytes, label: bytes, length: int) -> bytes:
    """HKDF-Expand-Label with an empty context (RFC 8446, section 7.1); one block of SHA-256 suffices."""
    label = b"tls13 " + label
    info = length.to_bytes(2, "big") + bytes([len(label)]) + label + b"\x00\x01"
    return hmac.digest(secret, info, "sha256")[:length]


def client_keys(version: bytes, target: bytes) -> Keys:
    """The client's Initial keys for the connection ID it first chose as its target."""
    salt, prefix = _VERSIONS[version]
    secret = _expand(hmac.digest(salt, target, "sha256"), b"client in", 32)
    return Keys(
        _expand(secret, prefix + b"key", 16),
        _expand(secret, prefix + b"iv", 12),
        _expand(secret, prefix + b"hp", 16),
    )


@cache
def _aes() -> tuple[Any, Any, Any]:
    """Loaded at the first QUIC packet, so that only sensors that see QUIC pay for it."""
    try:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError:
        raise ParseError("QUIC needs the package cryptography") from None
    ecb = modes.ECB()  # noqa: S305  one block: header protection is defined so (RFC 9001, section 5.4.3)
    return AESGCM, InvalidTag, lambda key: Cipher(algorithms.AES(key), ecb).encryptor()


def open_initial(datagram: bytes, start: int, number: int, end: int, keys: Keys) -> bytes | None:
    """The frames of the Initial packet that lies in [start, end) of a datagram, its packet number at
    `number`; None when the keys do not fit. Raises ParseError when it is too short."""
    sample = datagram[number + 4 : number + 4 + _SAMPLE]
    if number + 4 + _TAG > end or len(sample) < _SAMPLE:
        raise ParseError("QUIC Initial too short")
    gcm, invalid, ecb = _aes()
    mask = ecb(keys.hp).update(sample)
    first = datagram[start] ^ (mask[0] & 0x0F)
    size = 1 + (first & 0x03)
    shown = bytes(a ^ b for a, b in zip(datagram[number : number + size], mask[1:], strict=False))
    header = bytes([first]) + datagram[start + 1 : number] + shown
    nonce = (int.from_bytes(keys.iv, "big") ^ int.from_bytes(shown, "big")).to_bytes(12, "big")
    try:
        clear: bytes = gcm(keys.key).decrypt(nonce, datagram[number + size : end], header)
    except invalid:
        return None
    return clear
