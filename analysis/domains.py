"""Domain names as lists and configuration write them, in one normal form."""

import re

import idna

PLAIN_NAME = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
)
"""A name that is in normal form already (its whole length aside)."""
LONGEST = 253
"""Characters of a name without its final dot (RFC 1035 section 2.3.4)."""


class BadName(ValueError):
    """Text that is no domain name."""


def normal_name(text: str) -> str:
    """Lower case, without the final dot, internationalised labels as punycode (RFC 5891, with the
    mapping of UTS #46). Underscores are taken: names in use have them.

    Raises BadName for anything that is not a host or domain name.
    """
    name = text.strip().lower()
    if not name.isascii():
        name = _punycode(name)
    name = name.removesuffix(".")
    if len(name) > LONGEST or not PLAIN_NAME.fullmatch(name):
        raise BadName(text[:80])
    return name


def _punycode(name: str) -> str:
    if len(name) > LONGEST:  # the codec's time grows with the square of the length
        raise BadName(name[:80])
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise BadName(name[:80]) from error
