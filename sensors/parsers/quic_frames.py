"""QUIC's variable-length integers and the frames of an Initial packet (RFC 9000, sections 16 and 19)."""

from collections.abc import Iterator

from sensors.packets import ParseError

_PADDING_PING = b"\x00\x01"
_ACK, _ACK_ECN, _CRYPTO = 0x02, 0x03, 0x06
_CLOSE = 0x1C

MAX_FRAMES = 128
"""Frames of a packet that are looked at, padding and pings aside."""


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at `at` and the position behind it. Raises IndexError."""
    first = data[at]
    if first < 0x40:
        return first, at + 1
    end = at + (1 << (first >> 6))
    if end > len(data):
        raise IndexError
    return int.from_bytes(data[at:end], "big") & ((1 << (8 * (end - at) - 2)) - 1), end


def crypto_frames(clear: bytes) -> Iterator[tuple[int, bytes]]:
    """Offset and data of each CRYPTO frame. Raises ParseError on frames an Initial may not hold."""
    at = 0
    try:
        for _ in range(MAX_FRAMES):
            at = len(clear) - len(clear[at:].lstrip(_PADDING_PING))
            if at >= len(clear) or clear[at] == _CLOSE:
                return
            kind = clear[at]
            if kind in (_ACK, _ACK_ECN):
                at = _behind_ack(clear, at + 1, kind == _ACK_ECN)
                continue
            if kind != _CRYPTO:
                raise ParseError("QUIC frame not allowed in an Initial")
            offset, at = varint(clear, at + 1)
            size, at = varint(clear, at)
            if at + size > len(clear):
                raise ParseError("QUIC CRYPTO frame cut short")
            yield offset, clear[at : at + size]
            at += size
    except IndexError:
        raise ParseError("QUIC frame cut short") from None
    raise ParseError("QUIC packet with too many frames")


def _behind_ack(clear: bytes, at: int, ecn: bool) -> int:
    _, at = varint(clear, at)
    _, at = varint(clear, at)
    ranges, at = varint(clear, at)
    if ranges > MAX_FRAMES:
        raise ParseError("QUIC ACK with too many ranges")
    for _ in range(1 + 2 * ranges + 3 * ecn):
        _, at = varint(clear, at)
    return at
