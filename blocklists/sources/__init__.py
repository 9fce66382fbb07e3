"""The feeds that `sentinel.py update` knows: one short file each, named as in config.yaml's `feed:`.

A feed's file says NAME, URL (https), FORMAT (one of `analysis.blocklist_formats.FORMATS`), CATEGORY,
LICENCE, HOMEPAGE and MINIMUM, the number of entries below which a download is taken for a mistake.
A new file in this folder is a new feed.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import NamedTuple


class Feed(NamedTuple):
    """What a feed's file says."""

    id: str
    name: str
    url: str
    format: str
    category: str
    licence: str
    homepage: str
    minimum: int


def feeds() -> dict[str, Feed]:
    """Every feed by its id, in the order of the ids."""
    return {info.name: _feed(info.name) for info in iter_modules(__path__)}


def _feed(name: str) -> Feed:
    module = import_module(f"{__name__}.{name}")
    return Feed(
        name, module.NAME, module.URL, module.FORMAT, module.CATEGORY, module.LICENCE, module.HOMEPAGE,
        module.MINIMUM,
    )  # fmt: skip
