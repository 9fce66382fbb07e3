"""Addresses as the events spell them, from their bytes on the wire."""

import socket
from functools import lru_cache
from ipaddress import IPv6Address

ip4_text = socket.inet_ntoa
"""4 bytes to dotted text; OSError on any other length."""

_EMBEDDED = bytes(8)


@lru_cache(maxsize=4096)
def ip6_text(raw: bytes) -> str:
    """16 bytes to RFC 5952 text as `ipaddress` spells it; ValueError on any other length.

    The C library writes ::/64 with an IPv4 tail and `ipaddress` (before Python 3.13) does not, so
    those few go the slow way.
    """
    if raw[:8] == _EMBEDDED:
        return str(IPv6Address(raw))
    return socket.inet_ntop(socket.AF_INET6, raw)


def mac_text(raw: bytes) -> str:
    """Bytes to lower-case pairs with colons."""
    return raw.hex(":")
