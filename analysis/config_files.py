"""Whether the files that config.yaml names are there and can be used."""

import os
from collections.abc import Iterator
from pathlib import Path

from analysis.blocklist_build import enabled_lists
from analysis.config import DEFAULT_LISTS, Config

Wrong = tuple[tuple[str | int, ...], str]
"""The keys that lead to a value of config.yaml, and what is wrong with it and what to do."""


def unusable(config: Config) -> list[Wrong]:
    """Each file of a list, of destinations, of the dashboard or of the database that cannot be used. A list
    that was never fetched is no mistake in the configuration and is left out."""
    found = [*_lists(config), *broken(config)]
    if why := no_place_for(config.database_path):
        found.append((("database",), why))
    return found


def broken(config: Config) -> list[Wrong]:
    """Each file of destinations or of the dashboard that cannot be used."""
    return [*_destinations(config), *wrong_certificate(config)]


def wrong_certificate(config: Config) -> Iterator[Wrong]:
    """What keeps the pages from being served with the certificate of config.yaml."""
    from analysis.certificate_files import BadCertificate, tls_context  # loads OpenSSL

    if config.dashboard.tls_certificate is None:
        return
    try:
        tls_context(config)
    except BadCertificate as error:
        yield ("dashboard", error.key), str(error)


def no_place_for(database: Path) -> str | None:
    """Why a database cannot be where it is to be; None where it can."""
    from analysis.store.database import is_read_only  # loads SQLite

    folder = database.absolute().parent
    if not folder.is_dir():
        return f"there is no folder {folder}; make it, or name another file"
    if database.is_dir():
        return f"{database} is a folder; name a file in it"
    if is_read_only(folder):
        return f"{folder} is mounted read-only; mount it for writing, or name another file"
    if not database.exists() and not os.access(folder, os.W_OK):
        return f"{folder} cannot be written by you; ask with sudo, or name another file"
    return None


def _lists(config: Config) -> Iterator[Wrong]:
    numbers = {source.name: number for number, source in enumerate(config.blocklists.lists)}
    for item in enabled_lists(config):
        if item.source in DEFAULT_LISTS:
            continue  # nobody wrote its name; the doctor and the Health page tell how it is
        own = item.source.file is not None
        if (why := _hindrance(item.path)) and (own or item.path.exists()):
            cure = (
                "make the file, or set `enabled: false` for the list" if own else "remove it and run `update`"
            )
            keys = ("blocklists", "lists", numbers[item.source.name], "file" if own else "feed")
            yield keys, f"{item.source.name!r}: {why}; {cure}"


def _destinations(config: Config) -> Iterator[Wrong]:
    from analysis.destinations import flaw

    for number, name in enumerate(config.destinations.mmdb):
        path = Path(config.base, name)
        if why := _hindrance(path):
            yield ("destinations", "mmdb", number), f"{why}; correct the path, or remove it"
        elif why := flaw(path):
            yield ("destinations", "mmdb", number), f"no MaxMind DB file: {why}; fetch it again, or remove it"


def _hindrance(path: Path) -> str | None:
    """Why a file cannot be read; None where it can."""
    if path.is_dir():
        return f"{path} is a folder, not a file"
    if not path.exists():
        return f"there is no file {path}"
    if not path.is_file():  # a pipe would be waited for
        return f"{path} is not a plain file"
    return None if os.access(path, os.R_OK) else f"{path} cannot be read by you"
