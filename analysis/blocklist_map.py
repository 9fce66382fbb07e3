"""A compiled folder, mapped: pages are shared by all processes and nothing is read at start."""

import json
from collections.abc import Iterable
from ipaddress import ip_network
from pathlib import Path
from socket import AF_INET, AF_INET6, inet_pton
from typing import Any, NamedTuple

import marisa_trie
import numpy as np

_MAPPED = bytes(10) + b"\xff\xff"
_NAT64, _6TO4 = b"\x00\x64\xff\x9b" + bytes(8), b"\x20\x02"


class Hit(NamedTuple):
    """An entry that covers what was asked, and the lists that hold it."""

    entry: str
    lists: tuple[int, ...]


class Compiled:
    """The files that `analysis.blocklist_build` writes.

    Raises OSError, RuntimeError, ValueError, KeyError or EOFError for a folder that is not whole.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
        self.told: list[dict[str, Any]] = manifest["lists"]
        """Of each list `entries`, `addresses` among them, `format` and `refused` (counts by reason)."""
        self._groups = tuple(tuple(group) for group in manifest["groups"])
        self._names = _Names(folder, "names")
        self._exceptions = _Names(folder, "exceptions")
        self._networks = _Networks(folder)
        self.prefixes = self._names.trie.prefixes
        """Of a reversed name: the reversed entries that cover it, shortest first."""

    def names(self, prefixes: list[str]) -> list[Hit]:
        """The entries among prefixes of a reversed name, longest first."""
        return [Hit(key[-2::-1], self._groups[self._names.group(key)]) for key in reversed(prefixes)]

    def excepting(self, key: str) -> set[int]:
        """The lists that except a reversed name."""
        prefixes = self._exceptions.trie.prefixes(key)
        return {i for prefix in prefixes for i in self._groups[self._exceptions.group(prefix)]}

    def networks(self, address: bytes) -> list[Hit]:
        """The entries around an address in network order (16 bytes), narrowest first."""
        return [Hit(cidr, self._groups[group]) for cidr, group in self._networks.around(address)]


class _Names:
    """A mapped trie of reversed names with the group of lists of each."""

    def __init__(self, folder: Path, stem: str) -> None:
        self.trie = marisa_trie.Trie()
        self.trie.mmap(str(folder / f"{stem}.trie"))
        self.groups = np.load(folder / f"{stem}.npy", mmap_mode="r", allow_pickle=False)
        if len(self.groups) != len(self.trie):
            raise ValueError(f"{stem} is damaged")

    def group(self, key: str) -> int:
        return int(self.groups[self.trie[key]])


class _Networks:
    """Mapped networks; lookups give each network around an address, narrowest first."""

    def __init__(self, folder: Path) -> None:
        self._starts = np.load(folder / "starts.npy", mmap_mode="r", allow_pickle=False)
        self._covers = np.load(folder / "covers.npy", mmap_mode="r", allow_pickle=False)
        self._rows = np.load(folder / "networks.npy", mmap_mode="r", allow_pickle=False)

    def around(self, address: bytes) -> Iterable[tuple[str, int]]:
        """CIDR and group of every network that holds a 16-byte address."""
        if not len(self._rows):
            return
        at = np.searchsorted(self._starts, np.bytes_(address), side="right") - 1
        row = int(self._covers[at])
        while row >= 0:
            start, prefix, group, around = self._rows[row].item()
            yield _cidr(start, prefix), group
            row = around


def _cidr(start: bytes, prefix: int) -> str:
    start = start.ljust(16, b"\0")  # NumPy cuts trailing zero bytes
    if prefix >= 96 and start[:12] == _MAPPED:
        network = ip_network((start[12:], prefix - 96))
    else:
        network = ip_network((start, prefix))
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def address_key(text: str) -> bytes | None:
    """16 bytes in network order, IPv4 as IPv4-mapped."""
    try:
        if ":" in text:
            return inet_pton(AF_INET6, text.partition("%")[0])
        return _MAPPED + inet_pton(AF_INET, text)
    except (OSError, ValueError):
        return None


def inner_key(key: bytes) -> bytes | None:
    """The key of the IPv4 address that an IPv6 address leads to: behind a NAT64 (RFC 6052, 64:ff9b::/96) or a
    6to4 router (RFC 3056, 2002::/16). None where it leads to none."""
    if key[:12] == _NAT64:
        return _MAPPED + key[12:]
    return _MAPPED + key[2:6] if key[:2] == _6TO4 else None
