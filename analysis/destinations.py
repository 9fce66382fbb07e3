"""Whose an address is: organisation and country, from MaxMind DB files on this computer.

Nothing is asked over the network. The files are those that config.yaml names, else those that
`sentinel.py update` fetched; without any, destinations are told by their domain alone.
"""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from analysis.config import Config
from analysis.store.rows import HealthRow
from analysis.text import clean

if TYPE_CHECKING:
    from maxminddb import Reader

FETCHED = ("destinations-asn.mmdb", "destinations-country.mmdb")
"""Files that `sentinel.py update` makes beside the fetched lists."""
CREDIT = "IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0"
REMEMBERED = 8192
"""Addresses remembered."""
LOOK_AGAIN = 60.0
"""Seconds after which a file that was replaced is noticed."""


class Owner(NamedTuple):
    """Whose an address is."""

    organisation: str | None
    country: str | None
    """ISO 3166-1 alpha-2: "DE"."""

    def __str__(self) -> str:
        return ", ".join(part for part in self if part)


NOBODY = Owner(None, None)


class Destinations:
    """Looks addresses up in one or several files; may be shared between threads. The files are
    memory-mapped when first asked for. A missing or broken one is left out, see `problems`."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = tuple(paths)
        self._lock = threading.Lock()
        self._readers: list[Reader] = []
        self._stamp: tuple[object, ...] | None = None
        self._looked = 0.0
        self.problems: list[str] = []
        """What is wrong with files that exist."""
        self._owner = lru_cache(maxsize=REMEMBERED)(self._look_up)

    def owner(self, ip: str) -> Owner:
        """Whose an address is; `NOBODY` for private, unknown and malformed ones."""
        if self._stamp is None or time.monotonic() - self._looked > LOOK_AGAIN:
            self._refresh()
        return self._owner(ip) if self._readers else NOBODY

    def close(self) -> None:
        """Let the files go."""
        with self._lock:
            self._readers, self._stamp = [], None
            self._owner.cache_clear()

    def _refresh(self) -> None:
        with self._lock:
            self._looked = time.monotonic()
            stamp = tuple(map(_stamp, self._paths))
            if stamp == self._stamp:
                return
            readers: list[Reader] = []
            problems: list[str] = []
            for path, found in zip(self._paths, stamp, strict=True):
                if found is not None:
                    _open(path, readers, problems)
            # Other threads ask meanwhile: the stamp, which lets them, is set when all is open. Old
            # readers are closed by the last thread that lets go of them.
            self._readers, self.problems = readers, problems
            self._owner.cache_clear()
            self._stamp = stamp

    def _look_up(self, ip: str) -> Owner:
        try:
            address = ip_address(ip)
        except ValueError:
            return NOBODY
        if not address.is_global:
            return NOBODY
        organisation = country = None
        for reader in self._readers:
            # A database for IPv4 raises ValueError for IPv6; a damaged one whatever its bytes mean.
            with suppress(Exception):
                record = reader.get(address)
                if isinstance(record, dict):
                    organisation = organisation or _text(record, "autonomous_system_organization", "as_name")
                    country = country or _country(record)
        return Owner(organisation, country) if organisation or country else NOBODY


def _open(path: Path, readers: "list[Reader]", problems: list[str]) -> None:
    import maxminddb

    try:
        readers.append(maxminddb.open_database(path, maxminddb.MODE_MMAP))
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        problems.append(f"{path.name}: {error}"[:200])


def flaw(path: Path) -> str | None:
    """What is wrong with a file that is there; None where it can be asked."""
    readers: list[Reader] = []
    problems: list[str] = []
    _open(path, readers, problems)
    for reader in readers:
        reader.close()
    return problems[0] if problems else None


def _text(record: dict[str, Any], *keys: str) -> str | None:
    found = next((record[key] for key in keys if isinstance(record.get(key), str)), "")
    return clean(found.strip())[:80] or None


def _country(record: dict[str, Any]) -> str | None:
    """As MaxMind and DB-IP (country.iso_code) or as IPinfo and others write it (country_code)."""
    nested = record.get("country")
    code = nested.get("iso_code") if isinstance(nested, dict) else record.get("country_code") or nested
    return code if isinstance(code, str) and len(code) == 2 and code.isascii() and code.isalpha() else None


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def paths(config: Config) -> tuple[Path, ...]:
    """The files to look into: those that config.yaml names, else the fetched ones."""
    base = Path(config.base)
    if config.destinations.mmdb:
        return tuple(base / name for name in config.destinations.mmdb)
    return tuple(base / "blocklists" / "fetched" / name for name in FETCHED)


def health(config: Config) -> list[HealthRow]:
    """What to say about the files: nothing here is an alarm, pages only show less."""
    known = Destinations(paths(config))
    known.owner("192.0.2.1")
    there = [path for path in paths(config) if path.exists()]
    missing = [path.name for path in paths(config) if path not in there]
    known.close()
    if known.problems:
        text = f"Owners of addresses cannot be read: {'; '.join(known.problems)}"
        return [HealthRow("destinations", "owners", "note", text, "Run `sentinel.py update`.")]
    if missing and config.destinations.mmdb:
        text = f"Missing: {', '.join(missing)}. Destinations are told by their names alone."
        return [
            HealthRow("destinations", "owners", "note", text, "Correct destinations.mmdb in config.yaml.")
        ]
    if not there:
        text = "No file says whose an address is: destinations are told by their names alone."
        return [HealthRow("destinations", "owners", "ok", text, None)]
    told = f" {CREDIT}." if not config.destinations.mmdb else ""
    return [HealthRow("destinations", "owners", "ok", f"Owners of addresses are known.{told}", None)]
