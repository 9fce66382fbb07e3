"""Whether the files that config.yaml names are there and can be read."""

import os
from collections.abc import Iterator
from pathlib import Path

from analysis.blocklist_build import enabled_lists
from analysis.config import DEFAULT_LISTS, Config


def unreadable(config: Config) -> list[str]:
    """A line for each file of a list or of destinations that cannot be used, with what to do. A list
    that was never fetched is no mistake in the configuration and is left out."""
    return [*_lists(config), *_destinations(config)]


def _lists(config: Config) -> Iterator[str]:
    for item in enabled_lists(config):
        if item.source in DEFAULT_LISTS:
            continue  # nobody wrote its name; the doctor and the Health page tell how it is
        own = item.source.file is not None
        if (why := _hindrance(item.path)) and (own or item.path.exists()):
            cure = (
                "make the file, or set `enabled: false` for the list" if own else "remove it and run `update`"
            )
            yield f"blocklists.lists: {item.source.name!r}: {why}; {cure}"


def _destinations(config: Config) -> Iterator[str]:
    for name in config.destinations.mmdb:
        if why := _hindrance(Path(config.base, name)):
            yield f"destinations.mmdb: {why}; correct the path, or remove it"


def _hindrance(path: Path) -> str | None:
    """Why a file cannot be read; None where it can."""
    if path.is_dir():
        return f"{path} is a folder, not a file"
    if not path.exists():
        return f"there is no file {path}"
    if not path.is_file():  # a pipe would be waited for
        return f"{path} is not a plain file"
    return None if os.access(path, os.R_OK) else f"{path} cannot be read by you"
