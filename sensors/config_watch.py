"""Whether config.yaml is still what Sentinel read at its start."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

from analysis.config import ConfigError, load
from analysis.config_load import located
from analysis.config_types import ROOT
from analysis.config_yaml import MAX_BYTES
from analysis.store.rows import HealthRow
from sensors.filters import wrong_filters

EVERY = 2.0
"""Seconds between two looks at the file's time and size."""
STARTED_WITH = "Sentinel works with what it read at its start"

Stamp = tuple[int, int, int] | None


class ConfigWatch:
    """Says so when the file changes while Sentinel runs. Nothing is restarted for it: an editor may be half
    way through, and each restart is a gap in what is watched.

    Made before the configuration is loaded, so that no change falls in between. `path` as `analysis.config.
    load` takes it."""

    def __init__(self, path: Path | None) -> None:
        self._given = path
        self._path = ROOT / "config.yaml" if path is None else path
        self._looked = time.monotonic()
        self._stamp = self._stat()
        self._started_with = self._told = self._content()

    def look(self, record: Callable[[HealthRow], None], log: Callable[[str, str], None]) -> None:
        """Costs nothing most of the time."""
        now = time.monotonic()
        if now - self._looked < EVERY:
            return
        self._looked = now
        stamp = self._stat()
        if stamp == self._stamp:
            return
        self._stamp, content = stamp, self._content()
        if content == self._told:
            return
        self._told = content
        row = self.unchanged() if content == self._started_with else self._changed()
        log("config.yaml", row.message)
        record(row)

    @staticmethod
    def unchanged() -> HealthRow:
        """The row while the file is what Sentinel works with."""
        return HealthRow("supervisor", "config.yaml", "ok", f"{STARTED_WITH}; the file is the same.", None)

    def _changed(self) -> HealthRow:
        when = f"The file was changed at {time.strftime('%H:%M:%S')}"
        mistake = self._mistake()
        if mistake is None:
            message = f"{when}: {STARTED_WITH} until it is restarted."
            return HealthRow("supervisor", "config.yaml", "note", message, "Restart Sentinel.")
        message = f"{when} and has a mistake. {STARTED_WITH}; what stops now cannot start again. {mistake}"
        fix = "Mend the line (`sentinel.py check` names every mistake), then restart Sentinel."
        return HealthRow("supervisor", "config.yaml", "alarm", message, fix)

    def _mistake(self) -> str | None:
        """The first mistake in the file as it is now."""
        try:
            wrong = located(wrong_filters(load(self._given)), self._given)
        except ConfigError as error:
            return str(error).splitlines()[0]
        return str(wrong[0]) if wrong else None

    def _stat(self) -> Stamp:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _content(self) -> bytes | None:
        """A digest of the file; None where there is none to read."""
        if not self._path.is_file():
            return None
        try:
            with self._path.open("rb") as file:
                return hashlib.sha256(file.read(MAX_BYTES + 1)).digest()
        except OSError:
            return None
