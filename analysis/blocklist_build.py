"""Compiles the lists when they changed, so that every sensor maps the same files.

The folder's name is the hash of all that went in (files, their order, this code): a finished folder
never changes, a changed list makes a new folder, and two processes that build at once make the same.
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analysis import blocklist_compile, blocklist_formats, blocklist_refusals, domains
from analysis.blocklist_compile import ListFile, build, digest_of, read_list
from analysis.config import BlocklistSource, Config
from analysis.config_types import ROOT

APART = 2 << 20
"""Bytes of lists above which building is worth a process of its own (100,000 names, half a second)."""
ABANDONED = 3600.0
"""Seconds after which an unfinished folder has no builder any more."""
KEPT = 3
"""Finished folders that stay: other configurations of the same home may use them."""


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


def digest(lists: Sequence[ListFile], home: Sequence[str]) -> str:
    """The name of the folder for these lists as they are now."""
    total = hashlib.sha256(json.dumps([version("publicsuffixlist"), version("marisa-trie"), *home]).encode())
    for module in (domains, blocklist_compile, blocklist_formats, blocklist_refusals):
        total.update(Path(str(module.__file__)).read_bytes())
    for item in lists:
        content = digest_of(item.path) or b"-"
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


def told_of(config: Config) -> dict[str, dict[str, Any]]:
    """Of each enabled list, by name, what its compiled folder tells (see `Compiled.told`); empty where the
    lists as they are now have none yet. Reads every list whole."""
    lists = enabled_lists(config)
    folder = folder_of(config) / "compiled" / digest(lists, config.home)
    try:
        told = json.loads((folder / "manifest.json").read_bytes())["lists"]
        return {item.source.name: one for item, one in zip(lists, told, strict=True)}
    except (OSError, ValueError, KeyError):
        return {}


def _finished(folder: Path) -> bool:
    return (folder / "manifest.json").is_file()


def _build_apart(config: Config) -> bool:
    """Build in a process of its own, which gives the memory back and leaves a sensor its processor."""
    import subprocess  # which most starts do not need

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
    with suppress(OSError):  # another process may tidy up at this moment
        by_age = sorted(home.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        finished = [path for path in by_age if path != current and not path.name.startswith("building-")]
        unfinished = [path for path in by_age if path.name.startswith("building-")]
        limit = time.time() - ABANDONED
        abandoned = [path for path in unfinished if path.stat().st_mtime < limit]
        for path in finished[KEPT - 1 :] + abandoned:
            shutil.rmtree(path, ignore_errors=True)


if __name__ == "__main__":
    main()
