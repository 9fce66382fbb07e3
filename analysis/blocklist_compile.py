"""The files of a compiled folder, as `analysis.blocklist_map` maps them.

    names.trie, exceptions.trie  names reversed ("moc.elpmaxe."), so that prefixes are parents
    names.npy, exceptions.npy    for each key of the trie its group
    starts.npy, covers.npy       first addresses of disjoint ranges, S16 in network order, sorted; for
                                 each the row in networks.npy of the narrowest network there, or -1
    networks.npy                 start (S16), prefix, group, and the row of the enclosing network or -1
    manifest.json                of each list what was refused, and the groups as lists' indexes

A group is a set of lists that share an entry.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import marisa_trie
import numpy as np

from analysis.blocklist_formats import parse
from analysis.blocklist_refusals import Network, read_network
from analysis.config import BlocklistSource

MAX_BYTES = 64 << 20
"""Largest list file that is read; the rest is left out and told as refused."""
_PIECE = 256 << 10
NETWORK_ROW = np.dtype([("start", "S16"), ("prefix", "u1"), ("group", "u4"), ("around", "i4")])


class ListFile(NamedTuple):
    """An enabled list and where its entries are."""

    source: BlocklistSource
    path: Path


def read_list(path: Path) -> bytes | None:
    """The file's bytes up to the cap; None when it cannot be read."""
    if not path.is_file():  # a pipe would be waited for
        return None
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES)
    except OSError:
        return None


def digest_of(path: Path) -> bytes | None:
    """SHA-256 of what `read_list` gives; None when it cannot be read. Piece by piece: new memory for a large
    file takes longer than its digest, and every sensor asks for it when it starts."""
    if not path.is_file():
        return None
    total, left, buffer = sha256(), MAX_BYTES, memoryview(bytearray(_PIECE))
    try:
        with path.open("rb", buffering=0) as file:
            while got := file.readinto(buffer[:left]):
                total.update(buffer[:got])
                left -= got
    except OSError:
        return None
    return total.digest()


class _Groups:
    """Numbers the sets of lists that share an entry."""

    def __init__(self) -> None:
        self.members: list[tuple[int, ...]] = []
        self._numbers: dict[int, int] = {}

    def number(self, mask: int) -> int:
        """The group of the lists whose bits are set."""
        known = self._numbers.get(mask)
        if known is None:
            known = self._numbers[mask] = len(self.members)
            self.members.append(tuple(i for i in range(mask.bit_length()) if mask >> i & 1))
        return known


def build(lists: Sequence[ListFile], home: Iterable[str], folder: Path) -> None:
    """Write the compiled files into an empty folder."""
    own_networks = [network for text in home if (network := read_network(text))]
    names: dict[str, int] = {}
    exceptions: dict[str, int] = {}
    networks: dict[Network, int] = {}
    told: list[dict[str, Any]] = []
    for i, item in enumerate(lists):
        raw = read_list(item.path) or b""
        parsed = parse(raw, own=item.source.file is not None, home=own_networks)
        if len(raw) == MAX_BYTES:
            parsed.refused[f"beyond {MAX_BYTES >> 20} MiB"] += 1
        for found, masks in ((parsed.names, names), (parsed.exceptions, exceptions)):
            _mark(found, masks, 1 << i)
        for network in parsed.networks:
            networks[network] = networks.get(network, 0) | 1 << i
        told.append(
            {
                "entries": parsed.entries, "addresses": len(parsed.networks), "format": parsed.format,
                "refused": dict(parsed.refused), "lines": parsed.lines,
            }
        )  # fmt: skip
        del parsed
    groups = _Groups()
    _save_names(names, groups, folder, "names")
    _save_names(exceptions, groups, folder, "exceptions")
    _save_networks(networks, groups, folder)
    _write(folder / "manifest.json", json.dumps({"lists": told, "groups": groups.members}).encode())


def _mark(names: set[str], masks: dict[str, int], bit: int) -> None:
    if masks:
        get = masks.get
        masks.update({name: get(name, 0) | bit for name in names})
    else:
        masks.update(dict.fromkeys(names, bit))


def reversed_key(name: str) -> str:
    """`example.com` → `moc.elpmaxe.`: the keys of a name's parents are prefixes of its own."""
    return ("." + name)[::-1]


def _save_names(masks: dict[str, int], groups: _Groups, folder: Path, stem: str) -> None:
    trie = marisa_trie.Trie(reversed_key(name) for name in masks)
    numbers = {mask: groups.number(mask) for mask in set(masks.values())}
    of_key = np.zeros(len(trie), dtype=np.min_scalar_type(max(numbers.values(), default=0)))
    usual = max(numbers, key=Counter(masks.values()).__getitem__, default=0)
    of_key[:] = numbers.get(usual, 0)
    for name, mask in masks.items():
        if mask != usual:
            of_key[trie[reversed_key(name)]] = numbers[mask]
    trie.save(str(folder / f"{stem}.trie"))
    _sync(folder / f"{stem}.trie")
    _save_array(folder / f"{stem}.npy", of_key)


def _save_networks(masks: dict[Network, int], groups: _Groups, folder: Path) -> None:
    """Networks nest or are apart, never overlap in part: one pass over them by start, widest first,
    with a stack of those that are open, cuts the space into ranges."""
    rows = np.zeros(len(masks), dtype=NETWORK_ROW)
    cuts: dict[int, int] = {}
    stack: list[tuple[int, int]] = []
    for row, network in enumerate(sorted(masks)):
        while stack and stack[-1][0] < network.start:
            end, _ = stack.pop()
            cuts[end + 1] = stack[-1][1] if stack else -1
        around = stack[-1][1] if stack else -1
        group = groups.number(masks[network])
        rows[row] = (network.start.to_bytes(16, "big"), network.prefix, group, around)
        cuts[network.start] = row
        stack.append((network.end, row))
    while stack:
        end, _ = stack.pop()
        cuts[end + 1] = stack[-1][1] if stack else -1
    cuts = {0: -1, **cuts}
    cuts.pop(1 << 128, None)
    ordered = sorted(cuts)
    starts = np.array([start.to_bytes(16, "big") for start in ordered], dtype="S16")
    _save_array(folder / "starts.npy", starts)
    _save_array(folder / "covers.npy", np.array([cuts[start] for start in ordered], dtype=np.int32))
    _save_array(folder / "networks.npy", rows)


def _save_array(path: Path, array: np.ndarray[Any, Any]) -> None:
    np.save(path, array, allow_pickle=False)
    _sync(path)


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    _sync(path)


def _sync(path: Path) -> None:
    """On disk before the folder gets its name, so that a power cut leaves no half file behind."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
