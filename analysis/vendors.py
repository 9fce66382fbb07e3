"""Who made a network card: the longest registered prefix of a MAC address, without any look-up online.

/24 blocks come from the list that mac-vendor-lookup carries (its own code would download when the
file is missing, so only the file is read). /28 and /36 blocks come from the copy of Wireshark's `manuf`
inside scapy, read as data, because importing scapy is for the sensors; they are unpacked when the
first address of such a block is seen.
"""

import re
import sys
import zlib
from array import array
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

REGISTRY = "IEEE Registration Authority"
"""Whose name stands for a /24 that is cut into /28 or /36 blocks (IEEE RA tutorial on MA-M, MA-S)."""
LARGEST = 16 << 20
"""Bytes that the unpacked `manuf` may have; it had 2.7 MB in 2026."""

LOCAL = {0xDAA119: "Google, Inc."}
"""Locally administered prefixes that say who made the address up: Android before version 10 took
Google's company id for the random addresses of its scans."""

_MANUF = re.compile(rb"\n([0-9A-Fa-f:]{11,14})/(28|36)[ \t]+\S+[ \t]*\t(.+)")
"""A line of a small block, with the end of the line before it: a letter to look for is found twice as fast as
every beginning of a line."""
_BEFORE, _BEHIND = b'DATA = _d("""', b'""")'
_GROUPS = 5 * 8192
"""Characters of base 85 unpacked at once: small pieces, because what the largest needs stays with the
process for good."""
_HEX = re.compile(r"[0-9a-f]{12}")


class _Prefixes:
    """Sorted prefixes of one length with their vendors; the names stay in one block of text."""

    def __init__(self, rows: Iterable[tuple[int, bytes]]) -> None:
        """The last of several rows with one prefix counts."""
        keys, ends, text = array("Q"), array("L", [0]), bytearray()
        for prefix, name in rows:
            keys.append(prefix)
            text += name
            ends.append(len(text))
        unsorted = np.array(keys, dtype=np.uint64)
        order = np.argsort(unsorted, kind="stable")
        self._keys = unsorted[order]
        edges = np.array(ends, dtype=np.uint32)
        self._begin, self._end = edges[:-1][order], edges[1:][order]
        self._text = bytes(text)

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, prefix: int) -> str | None:
        at = int(np.searchsorted(self._keys, np.uint64(prefix), side="right")) - 1
        if at < 0 or self._keys[at] != prefix:
            return None
        return self._text[self._begin[at] : self._end[at]].decode("utf-8", "replace")


@lru_cache(maxsize=4096)
def vendor(mac: str) -> str | None:
    """The maker's name as it was registered; None for randomised, unknown and malformed addresses."""
    digits = _digits(mac)
    if digits is None:
        return None
    number = int(digits, 16)
    if number >> 40 & 1 or not number:
        return None  # a group address, and that of loopback, is nobody's card
    if number >> 41 & 1:
        return LOCAL.get(number >> 24)
    name = _large().find(number >> 24)
    if name is not None and name != REGISTRY:
        return name
    blocks = _small()
    return blocks[36].find(number >> 12) or blocks[28].find(number >> 20) or name


def is_randomised(mac: str) -> bool:
    """Whether the address is a locally administered one of a single card (IEEE 802, the two low bits of
    the first byte): phones and virtual machines make such addresses up."""
    digits = _digits(mac)
    return digits is not None and int(digits[:2], 16) & 3 == 2


def _digits(mac: str) -> str | None:
    digits = mac.replace(":", "").replace("-", "").replace(".", "").lower()
    return digits if _HEX.fullmatch(digits) else None


@cache
def _large() -> _Prefixes:
    """The /24 blocks."""
    spec = find_spec("mac_vendor_lookup")
    package = Path(spec.origin).parent if spec and spec.origin else Path()
    places = (Path(sys.prefix), package.parent.parent, package.parent.parent.parent)
    for path in (place / "cache" / "mac-vendors.txt" for place in places):
        if path.is_file():
            with path.open("rb") as lines:
                return _Prefixes(
                    (int(line[:6], 16), line[7:].rstrip()) for line in lines if line[6:7] == b":"
                )
    return _Prefixes(())


@cache
def _small() -> dict[int, _Prefixes]:
    """The /28 and /36 blocks, by length."""
    rows: dict[int, list[tuple[int, bytes]]] = {28: [], 36: []}
    for text, length, name in _small_rows():
        digits = text.replace(b":", b"")
        rows[int(length)].append((int(digits, 16) >> len(digits) * 4 - int(length), name))
    return {bits: _Prefixes(found) for bits, found in rows.items()}


def _small_rows() -> Iterator[tuple[bytes, bytes, bytes]]:
    """Prefix, its bits and the maker's name, as `manuf` has them; a piece of it at a time."""
    rest = b""
    for piece in _manuf():
        whole, _, rest = (rest + piece).rpartition(b"\n")
        yield from _MANUF.findall(b"\n" + whole)
    yield from _MANUF.findall(b"\n" + rest)


def _manuf() -> Iterator[bytes]:
    """Wireshark's `manuf` in pieces, out of scapy/libs/manuf.py: the one long text in `DATA = _d("...")`,
    which is base 85 of gzip. Ends early when scapy is absent or keeps it otherwise."""
    spec = find_spec("scapy")
    for folder in spec.submodule_search_locations or () if spec else ():
        path = Path(folder) / "libs" / "manuf.py"
        packed = _between(path.read_bytes()) if path.is_file() else None
        if packed is not None:
            yield from _unpacked(packed.translate(None, b"\r\n"))
            return


def _between(source: bytes) -> bytes | None:
    """The packed text in the source of `manuf.py`; None where there is none."""
    begin = source.find(_BEFORE) + len(_BEFORE)
    end = source.find(_BEHIND, begin)
    return source[begin:end] if begin >= len(_BEFORE) and end >= 0 else None


def _unpacked(packed: bytes) -> Iterator[bytes]:
    unzip, left = zlib.decompressobj(wbits=31), LARGEST
    try:
        for at in range(0, len(packed), _GROUPS):
            piece = unzip.decompress(_base85(packed[at : at + _GROUPS]), left)
            left -= len(piece)
            if left <= 0:
                return
            yield piece
    except (zlib.error, ValueError):
        return


_ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"


def _base85(packed: bytes) -> bytes:
    """As `base64.b85decode`, a column at a time: that takes 100 ms of pure Python here."""
    values = np.full(256, 255, dtype=np.uint8)
    values[np.frombuffer(_ALPHABET, dtype=np.uint8)] = np.arange(85, dtype=np.uint8)
    missing = -len(packed) % 5
    digits = values[np.frombuffer(packed + b"~" * missing, dtype=np.uint8)].reshape(-1, 5)
    if (digits == 255).any():
        raise ValueError("not base 85")
    words = digits.astype(np.uint64) @ np.array([85**4, 85**3, 85**2, 85, 1], dtype=np.uint64)
    raw = words.astype(">u4").tobytes()
    return raw[: len(raw) - missing] if missing else raw
