"""List files → one folder of memory-mapped files that every sensor shares.

The folder's name is the hash of all that went in (files, their order, this code): a finished folder
never changes, a changed list makes a new folder, and two processes that build at once make the same.

    names.trie, exceptions.trie  names reversed ("moc.elpmaxe."), so that prefixes are parents
    names.npy, exceptions.npy    for each key of the trie its group
    starts.npy, covers.npy       first addresses of disjoint ranges, S16 in network order, sorted; for
                                 each the row in networks.npy of the narrowest network there, or -1
    networks.npy                 start (S16), prefix, group, and the row of the enclosing network or -1
    manifest.json                the lists, what was refused in each, the groups as lists' indexes

A group is a set of lists that share an entry.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import marisa_trie
import numpy as np

from analysis import blocklist_formats, blocklist_refusals, domains
from analysis.blocklist_formats import parse
from analysis.blocklist_refusals import Network, read_network
from analysis.config import BlocklistSource, Config
from analysis.config_types import ROOT

MAX_BYTES = 64 << 20
"""Largest list file that is read; the rest is left out and told as refused."""
APART = 2 << 20
"""Bytes of lists above which building is worth a process of its own (100,000 names, half a second)."""
ABANDONED = 3600.0
"""Seconds after which an unfinished folder has no builder any more."""
KEPT = 3
"""Finished folders that stay: other configurations of the same home may use them."""

NETWORK_ROW = np.dtype([("start", "S16"), ("prefix", "u1"), ("group", "u4"), ("around", "i4")])


class ListFile(NamedTuple):
    """An enabled list and where its entries are."""

    source: BlocklistSource
    path: Path


def folder_of(config: Config) -> Path:
    """The folder of fetched and compiled lists."""
    return Path(config.base) / "blocklists"


def list_path(source: BlocklistSource, config: Config) -> Path:
    """The file that holds a list. Names of fetched files come from our own ids, never from a server."""
    if source.file is not None:
        return Path(config.base) / source.file
    if source.feed is not None:
        return folder_of(config) / "fetched" / f"{source.feed}.txt"
    return (
        folder_of(config) / "fetched" / f"url-{hashlib.sha256(str(source.url).encode()).hexdigest()[:16]}.txt"
    )


def enabled_lists(config: Config) -> list[ListFile]:
    return [ListFile(s, list_path(s, config)) for s in config.blocklists.lists if s.enabled]


def read_list(path: Path) -> bytes | None:
    """The file's bytes up to the cap; None when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES)
    except OSError:
        return None


def digest(lists: Sequence[ListFile], home: Sequence[str]) -> str:
    """The name of the folder for these lists as they are now."""
    total = hashlib.sha256(json.dumps([version("publicsuffixlist"), version("marisa-trie"), *home]).encode())
    for module in (domains, blocklist_formats, blocklist_refusals):
        total.update(Path(str(module.__file__)).read_bytes())
    total.update(Path(__file__).read_bytes())
    for item in lists:
        raw = read_list(item.path)
        content = b"-" if raw is None else hashlib.sha256(raw).digest()
        total.update(json.dumps([item.source.name, item.source.file is not None]).encode() + content)
    return total.hexdigest()[:32]


def prepare(config: Config) -> Path:
    """The finished folder for the lists as they are now, built if need be.

    Where the compiled folder cannot be written (another user's), the result is in a new temporary
    folder, which is the caller's to remove.
    """
    lists = enabled_lists(config)
    folder = folder_of(config) / "compiled" / digest(lists, config.home)
    if _finished(folder):
        return folder
    large = sum(len(read_list(item.path) or b"") for item in lists) > APART
    if large and _build_apart(config) and _finished(folder):
        return folder
    return _build_here(lists, config.home, folder)


def _finished(folder: Path) -> bool:
    return (folder / "manifest.json").is_file()


def _build_apart(config: Config) -> bool:
    """Build in a process of its own, which gives the memory back and leaves a sensor its processor."""
    parts = config.model_dump_json(include={"home", "blocklists"})
    command = [sys.executable, "-m", "analysis.blocklist_build", config.base]
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
    try:
        done = subprocess.run(
            command, input=parts.encode(), cwd=ROOT, env=surroundings, capture_output=True, timeout=300
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def main() -> None:
    """Compile the lists of the configuration (JSON on standard input) of the folder given."""
    if hasattr(os, "nice"):
        os.nice(10)
    config = Config.model_validate_json(sys.stdin.buffer.read())
    config = config.model_copy(update={"base": sys.argv[1]})
    lists = enabled_lists(config)
    home = folder_of(config) / "compiled"
    home.mkdir(parents=True, exist_ok=True)
    _build_here(lists, config.home, home / digest(lists, config.home))


def _build_here(lists: Sequence[ListFile], networks: Sequence[str], folder: Path) -> Path:
    home = folder.parent
    try:
        home.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix="building-", dir=home))
    except OSError:
        work = folder = Path(tempfile.mkdtemp(prefix="sentinel-blocklists-"))
    try:
        build(lists, networks, work)
        if work != folder:
            _publish(work, folder)
            _clear(home, folder)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return folder


def _publish(work: Path, folder: Path) -> None:
    """Give a finished folder its name; another process may have been faster with the same."""
    work.chmod(0o755)
    try:
        work.rename(folder)
    except OSError:
        if not _finished(folder):
            raise
        shutil.rmtree(work, ignore_errors=True)


def _clear(home: Path, current: Path) -> None:
    """Remove the oldest folders, and what builders that were killed left. A sensor that has a removed
    folder mapped keeps its pages."""
    by_age = sorted(home.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    finished = [path for path in by_age if path != current and not path.name.startswith("building-")]
    abandoned = [
        path
        for path in by_age
        if path.name.startswith("building-") and time.time() - path.stat().st_mtime > ABANDONED
    ]
    for path in finished[KEPT - 1 :] + abandoned:
        shutil.rmtree(path, ignore_errors=True)


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
        told.append({"entries": parsed.entries, "format": parsed.format, "refused": dict(parsed.refused)})
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


if __name__ == "__main__":
    main()
