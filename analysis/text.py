"""Names from the wire are hostile: made harmless once, here, before anything else sees them."""

import unicodedata
from functools import lru_cache

LIMIT = 255
"""Longest text kept, in characters (RFC 1035 limits a name to 255 octets)."""

_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})


def visible(char: str) -> str:
    """The character itself, or its code point written out when it would not show or would
    reorder the text around it (controls, bidi overrides, zero-width, private use)."""
    if unicodedata.category(char) in _HIDDEN:
        return f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"
    return char


@lru_cache(maxsize=8192)
def clean(raw: bytes | str) -> str:
    """Text from the wire, safe to store and show: UTF-8 with undecodable bytes escaped, hidden
    characters made visible, at most `LIMIT` characters."""
    if isinstance(raw, bytes):
        raw = raw[:LIMIT].decode("utf-8", "backslashreplace")
    raw = raw[:LIMIT]
    if raw.isascii() and raw.isprintable():
        return raw
    return "".join(map(visible, raw))[:LIMIT]
