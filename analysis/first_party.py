"""Whether a destination belongs to the maker of the device that talks to it."""

import re
from functools import lru_cache

from analysis.names import registrable

SHORTEST = 3
"""Characters of a word that count: "hue" is one, "co" is none."""
_EMPTY = """
inc ltd llc corp corporation company gmbh limited electronics electronic technologies technology tech
international systems system networks network communications communication digital devices device group
holdings industries industrial global mobile home smart the and for shenzhen guangdong hangzhou beijing
taiwan china semiconductor solutions computer computers labs cloud web net com www
api cdn"""
EMPTY_WORDS = frozenset(_EMPTY.split())
"""Words in makers' names that say nothing about whose a domain is."""


@lru_cache(maxsize=1024)
def words(text: str) -> frozenset[str]:
    """The telling words of a maker's or device's name: "TP-Link Technologies" gives "tplink", "link"."""
    parts = [part for part in re.split(r"[^a-z0-9-]+", text.lower()) if part]
    joined = {part.replace("-", "") for part in parts}
    single = {piece for part in parts for piece in part.split("-")}
    return frozenset(
        w for w in joined | single if len(w) >= SHORTEST and not w.isdigit() and w not in EMPTY_WORDS
    )


def is_first_party(domain: str, *about: str | None) -> bool:
    """Whether one of the words of a device's maker or own name stands in the name that somebody
    registered for the destination: a bridge called "Philips-hue" and meethue.com."""
    label = registrable(domain).split(".")[0].replace("-", "")
    return any(word in label for text in about if text for word in words(text))
