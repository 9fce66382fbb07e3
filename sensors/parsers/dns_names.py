"""Domain names in DNS messages: compression (RFC 1035 4.1.4), limits, and their text.

Between reading and showing, a name is kept in wire form without compression: length-prefixed labels
and a zero octet. One slice of the message usually is that already, it compares and caches as a
single value, and dots inside labels stay distinct from the dots between them.
"""

from functools import lru_cache

from analysis.text import LIMIT, clean
from sensors.packets import ParseError

MAX_NAME = 255
"""Octets in wire form (RFC 1035 2.3.4)."""
MAX_JUMPS = 128
"""Compression pointers followed for one name: a name has at most 127 labels, so more is a loop."""
MAX_OCTETS = 32_768
"""Octets of names built from one message (a mere pointer builds nothing). 256 honest records need about
half; without the limit a 64 kB message of pointers would expand into megabytes."""
_TAIL = 128
"""Characters of whole labels kept at the end of a text that must be cut."""


class Names:
    """Reads the names of one message."""

    __slots__ = ("_known", "_left", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._known: dict[int, bytes] = {}
        self._left = MAX_OCTETS

    def read(self, pos: int) -> tuple[bytes, int]:
        """The name at `pos` in wire form, and the position after it.

        Raises ParseError on a loop, an over-long name or a reserved label type, IndexError when the
        message ends inside the name.
        """
        data = self.data
        start = pos
        length = data[pos]
        if length >= 0xC0:  # most owners of records are only a pointer
            target = (length & 0x3F) << 8 | data[pos + 1]
            return self._known.get(target) or self._suffix(target), pos + 2
        while 0 < length < 64:
            pos += length + 1
            length = data[pos]
        if length == 0:
            end = pos + 1
            wire = data[start:end]
        else:
            end = pos + 2
            suffix = self._suffix(self._pointer(pos))
            wire = data[start:pos] + suffix
        self._left -= len(wire)
        if len(wire) > MAX_NAME or self._left < 0:
            raise ParseError("name too long")
        if length == 0:
            self._known[start] = wire
        return wire, end

    def has_read(self, pos: int, wire: bytes) -> None:
        """The name at `pos`, which stands there without compression, was read before: as if by `read`."""
        self._known[pos] = wire
        self._left -= len(wire)

    def _pointer(self, pos: int) -> int:
        length = self.data[pos]
        if length < 0xC0:
            raise ParseError("reserved label type")
        return (length & 0x3F) << 8 | self.data[pos + 1]

    def _suffix(self, target: int) -> bytes:
        """The name that a pointer leads to, remembered because most records point to the same few."""
        known = self._known.get(target)
        if known is not None:
            return known
        data, pos, octets = self.data, target, 0
        pieces: list[bytes] = []
        for _ in range(MAX_JUMPS):
            start = pos
            length = data[pos]
            while 0 < length < 64:
                pos += length + 1
                length = data[pos]
            pieces.append(data[start:pos])
            octets += pos - start
            if octets >= MAX_NAME:
                raise ParseError("name too long")
            if length == 0:
                wire = b"".join(pieces) + b"\0"
                self._known[target] = wire
                return wire
            pos = self._pointer(pos)
        raise ParseError("compression loop")


def labels(wire: bytes) -> list[bytes]:
    """The labels of a name in wire form, without the root."""
    found = []
    pos = 0
    while length := wire[pos]:
        found.append(wire[pos + 1 : pos + 1 + length])
        pos += length + 1
    return found


@lru_cache(maxsize=8192)
def text(wire: bytes, keep_case: bool = False) -> str:
    """A name as the events show it: lower case unless `keep_case`, no final dot, at most 255 characters.

    Only ASCII letters change case (RFC 4343). Dots and backslashes inside labels are escaped with a
    backslash (RFC 1035 5.1). A text that grows too long by its escapes loses its front, marked with
    an ellipsis, and keeps whole labels at its end: that is where block lists match.
    """
    # A length octet is at most 63, below "A": lowering the wire form lowers only labels.
    parts = labels(wire if keep_case else wire.lower())
    plain = b".".join(parts)
    if plain.isascii() and b"\\" not in plain and plain.count(b".") == max(len(parts) - 1, 0):
        shown = plain.decode("ascii")
        if shown.isprintable():
            return shown
    return _fitted([_label(part) for part in parts])


def unterminated(raw: bytes) -> str | None:
    """A name of DHCP, which may lack the root octet (RFC 4702 2.3.1), with its case; None if malformed."""
    try:
        return text(Names(raw + b"\0").read(0)[0], True) or None
    except (ParseError, IndexError):
        return None


def _label(raw: bytes) -> str:
    return clean(raw.replace(b"\\", b"\\\\").replace(b".", b"\\."))


def _fitted(parts: list[str]) -> str:
    shown = ".".join(parts)
    if len(shown) <= LIMIT:
        return shown
    tail = ""
    while parts and len(tail) + len(parts[-1]) < _TAIL:
        tail = f".{parts.pop()}{tail}"
    return f"{'.'.join(parts)[: LIMIT - len(tail) - 1]}…{tail}"
