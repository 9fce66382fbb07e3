"""The one list that a person may change from the dashboard: a name or address added, or taken back.

The only file that the dashboard writes. An entry is taken only if the parser of the sensors takes it, so
public suffixes, local names and the home's own addresses are refused here as there. Sensors notice a
changed list by themselves.
"""

import os
import tempfile
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path

from analysis.blocklist_build import list_path
from analysis.blocklist_formats import parse
from analysis.blocklist_refusals import read_network
from analysis.config import BlocklistSource, Config
from analysis.domains import BadName, normal_name

MOST_BYTES = 1 << 20
"""Larger lists are not written by hand and not rewritten by us."""
_turn = threading.Lock()


class OwnListError(Exception):
    """The list stays as it is; the text says why, in words for a person."""


def own_source(config: Config) -> BlocklistSource | None:
    """The first enabled list of config.yaml that is a file of one's own: the one that the pages change."""
    return next((item for item in config.blocklists.lists if item.enabled and item.file is not None), None)


class OwnList:
    """The list of `own_source`."""

    def __init__(self, config: Config) -> None:
        source = own_source(config)
        self.name = source.name if source else None
        """What alerts call the list; None when config.yaml has no such list."""
        self._path = Path(os.path.realpath(list_path(source, config))) if source else None
        self._home = [network for text in config.home if (network := read_network(text)) is not None]

    def entries(self) -> list[str]:
        """The lines that are entries, in the order of the file."""
        text = self._text()
        return [entry for line in text.splitlines() if (entry := line.strip()) and entry[0] not in "#!;"]

    def holds(self, entry: str) -> bool:
        """Whether this very name or address is an entry."""
        with suppress(OwnListError):
            return _entry(entry) in map(_same, self.entries())
        return False

    def add(self, entry: str) -> str:
        """Add a name (with all below it) or an address; the entry as it stands in the file.

        Raises OwnListError where the sensors would refuse it, or the file cannot be written."""
        entry = _entry(entry)
        with _turn:
            before = self._text()
            if entry in map(_same, before.splitlines()):
                return entry
            after = before + ("" if before.endswith("\n") or not before else "\n") + entry + "\n"
            self._check(entry, before, after)
            self._write(after)
        return entry

    def remove(self, entry: str) -> None:
        """Take an entry out again, however it is spelt; other lines stay byte for byte."""
        entry = _entry(entry)
        with _turn:
            lines = self._text().splitlines(keepends=True)
            kept = [line for line in lines if _same(line) != entry]
            if len(kept) != len(lines):
                self._write("".join(kept))

    def _check(self, entry: str, before: str, after: str) -> None:
        """Whether the sensors' parser takes the new line."""
        old, new = (parse(text.encode(), own=True, home=self._home) for text in (before, after))
        if entry in new.names or (len(new.networks) > len(old.networks) and new.refused == old.refused):
            return
        reasons = Counter(new.refused) - Counter(old.refused)
        why = next(iter(reasons), f"the file is written in another way ({new.format})")
        raise OwnListError(f"{entry[:80]} cannot stand on the list: {why}.")

    def _text(self) -> str:
        if self._path is None:
            raise OwnListError(
                "config.yaml names no list of your own: add one with `file:` under blocklists."
            )
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise OwnListError(f"{self._path} cannot be read: {error.strerror}.") from error
        if len(raw) > MOST_BYTES:
            raise OwnListError(f"{self._path} is too large to be changed here.")
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            raise OwnListError(f"{self._path} is not UTF-8 text.") from error

    def _write(self, text: str) -> None:
        """Replace the file whole: a sensor that reads meanwhile sees the old or the new one."""
        path = self._path
        if path is None:
            return
        try:
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            try:
                with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
                Path(name).replace(path)
            except OSError:
                Path(name).unlink()
                raise
        except OSError as error:
            fix = "Give the user who runs the dashboard the right to write its folder, or edit it by hand."
            raise OwnListError(f"{path} cannot be written: {error.strerror}. {fix}") from error


def _entry(text: str) -> str:
    """What a person wants on the list, in normal form; one word, no comment."""
    word = _same(text)
    if not word or "#" in text:
        raise OwnListError("This is neither a name nor an address.")
    return word


def _same(line: str) -> str:
    """A line as it is compared: without comment, a name in normal form; empty for what is no entry."""
    word = line.strip(" \t\r\n").split("#", 1)[0].strip(" \t")[:300]
    with suppress(BadName):
        return normal_name(word)
    return word.lower() if word.isprintable() and not any(map(str.isspace, word)) else ""
