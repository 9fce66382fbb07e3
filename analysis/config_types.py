"""The kinds of text that config.yaml holds, each with the check that it makes at load.

`expected` in a type's JSON schema is the phrase that error messages and the reference use for it.
"""

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from analysis.domains import BadName, normal_name

ROOT = Path(__file__).resolve().parent.parent
"""The project's folder."""

FEEDS = tuple(sorted(p.stem for p in (ROOT / "blocklists" / "sources").glob("[a-z]*.py")))
"""The feeds that `sentinel.py update` knows: one file each, read as names only."""


def did_you_mean(got: str, choices: Iterable[str]) -> str:
    """`, did you mean 'port'?` when something close exists, else nothing."""
    near = get_close_matches(got, list(choices), n=1, cutoff=0.6)
    return f", did you mean {near[0]!r}?" if near else ""


def _kind(expected: str, accept: Callable[[str], bool]) -> tuple[AfterValidator, object]:
    def check(text: str) -> str:
        if not accept(text):
            raise ValueError(expected)
        return text

    return AfterValidator(check), Field(json_schema_extra={"expected": expected})


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_name(text: str) -> bool:
    try:
        normal_name(text)
    except BadName:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on this address."""
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def _is_host(text: str) -> bool:
    return text == "localhost" or _is_address(text) or (_is_name(text) and not re.fullmatch(r"[\d.]+", text))


def _is_https(text: str) -> bool:
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        return False
    plain = text.isascii() and text.isprintable() and " " not in text
    return plain and url.scheme == "https" and bool(url.hostname) and "@" not in url.netloc and port != 0


def _shown(text: str, limit: int) -> bool:
    return len(text.strip()) > 0 and len(text) <= limit and text.isprintable()


_HASH = re.compile(r"scrypt(?:\$\d{1,9}){3}(?:\$[\w+/=-]{16,200}){2}")

Network = Annotated[
    str, *_kind("a network such as 192.168.1.0/24 or fd00::/8 (no bits set after the prefix)", _is_network)
]
Name = Annotated[str, *_kind("a domain name such as example.com", _is_name)]
Host = Annotated[str, *_kind("an IP address or host name", _is_host)]
HttpsUrl = Annotated[str, *_kind("an https:// address without user name or password", _is_https)]
InterfaceName = Annotated[
    str, *_kind("an interface name such as eth0", lambda text: _shown(text, 128) and "/" not in text)
]
ListName = Annotated[str, *_kind("a short text on one line (1 to 64 characters)", lambda t: _shown(t, 64))]
Filter = Annotated[str, *_kind("a BPF filter on one line", lambda text: _shown(text, 1000))]
PathText = Annotated[str, *_kind("a file name", lambda text: _shown(text, 1000))]
PasswordHash = Annotated[
    str, *_kind("a hash made by `sentinel.py password`", lambda text: bool(_HASH.fullmatch(text)))
]
TokenHash = Annotated[
    str,
    *_kind("a hash made by `python3 -m dashboard.tokens`", lambda t: bool(re.fullmatch(r"[0-9a-f]{64}", t))),
]
Word = Annotated[
    str, *_kind("a name of letters, digits, - and _", lambda t: bool(re.fullmatch(r"[\w-]{1,64}", t)))
]

Address = Annotated[
    str, *_kind("an IP address", _is_address), AfterValidator(lambda text: str(ip_address(text)))
]
"""In the form in which addresses are compared."""
_JA4 = re.compile(r"[tqd](\d\d|[sd]\d)[di]\d{4}[0-9a-z]{2}(_[0-9a-f]{12}){2}")
Ja4 = Annotated[
    str,
    *_kind("a JA4 such as t13d190900_9dc949149365_97f8aa674fd9", lambda t: bool(_JA4.fullmatch(t.lower()))),
]
"""As FoxIO's technical details of JA4 have it, in its hashed form."""
Port = Annotated[int, Field(ge=1, le=65_535)]
Share = Annotated[float, Field(ge=0, le=1)]
Span = Annotated[float, Field(gt=0)]
"""A time within which a rule counts: in none there is nothing to count."""
