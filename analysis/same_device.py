"""Which MAC addresses belong to one device: phones change theirs, laptops have one by cable and one by air.

Only what a device carries from one address to the next counts: identifiers that it made once, the name
that its owner gave it, how its programs speak. Nothing is ever joined by itself: a person decides.
"""

import re
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import NamedTuple

from analysis.identity import lineage

ENOUGH = 0.8
"""Score from which two addresses are proposed. Source: own choice; a shared personal name needs a second
witness."""
MOST = 200
"""Devices compared, the latest ones: pairs grow with the square."""
SHARED_MINUTES = 2
"""Minutes in which both may be active: the one of the change, and a clock's edge."""
COMMON = 3
"""A name that so many devices have is a product's, not a person's."""

# Names that a product gives itself, so that two of them in one home are called alike.
_PRODUCT = re.compile(
    r"^(?:iphone|ipad|ipod|macbook(?:[- ]?(?:air|pro))?|imac|apple[- ]?tv|android|galaxy[- ]?\w+|"
    r"pixel[- ]?\w+|redmi[- ]?\w+|oneplus[- ]?\w*|desktop|laptop|pc|computer|phone|tablet|tv|printer|camera|"
    r"localhost|host|raspberrypi|ubuntu|debian|linux|windows|user|admin|home|esp[-_]?\w*|unknown|none)"
    r"(?:[- ]\d+)?$"
)
_MODEL_CODE = re.compile(r"^[a-z]{2,5}-?[a-z]?\d{2,4}[a-z]*(?:\(\w+\))?$")
THINGS = frozenset({"smart home", "camera", "printer", "access point"})
"""Kinds of which a home has several of one make, alike in everything."""


class Traits(NamedTuple):
    """What is known about one address of the network."""

    id: int
    mac: str
    randomised: bool
    kind: str | None
    os: str | None
    first_seen: float
    last_seen: float
    names: frozenset[str]
    """Host names in lower case, without a domain."""
    fingerprint: str | None
    """DHCP parameters and class."""
    identifiers: frozenset[str]
    """DHCP client identifiers and DUIDs."""
    ja4: frozenset[str]


class Proposal(NamedTuple):
    """Two addresses that seem to be one device; a < b."""

    a: int
    b: int
    score: float
    evidence: tuple[str, ...]
    """Sentences for a person."""


def proposals(devices: Sequence[Traits], together: Callable[[int, int], int]) -> list[Proposal]:
    """Pairs worth a person's decision, best first. `together(a, b)` tells in how many minutes both
    were active; it is asked only for pairs that look alike."""
    newest = sorted(devices, key=lambda device: (-device.last_seen, device.id))[:MOST]
    counts: dict[str, int] = {}
    for device in newest:
        for name in device.names:
            counts[name] = counts.get(name, 0) + 1
    shared = frozenset(name for name, count in counts.items() if count >= COMMON)
    found = []
    for one, other in combinations(sorted(newest, key=lambda device: device.id), 2):
        score, evidence = compare(one, other, shared)
        if score < ENOUGH or _both_present(one, other, together):
            continue
        found.append(Proposal(one.id, other.id, round(score, 3), tuple(evidence)))
    return sorted(found, key=lambda proposal: (-proposal.score, proposal.a, proposal.b))


def _both_present(one: Traits, other: Traits, together: Callable[[int, int], int]) -> bool:
    """Whether a made-up address was active beside the other: one radio has one address at a time. A
    cable and a radio may be active at once, but then both addresses are their makers'."""
    if not (one.randomised or other.randomised):
        return False
    return together(one.id, other.id) > SHARED_MINUTES


def compare(one: Traits, other: Traits, common: frozenset[str] = frozenset()) -> tuple[float, list[str]]:
    """How likely two addresses are one device (0 to 1), and why. `common` names count for nothing."""
    if _differ(one.kind, other.kind) or _differ(one.os, other.os):
        return 0.0, []
    clues: list[tuple[float, str]] = []
    if one.identifiers & other.identifiers:
        clues.append((0.9, "Both gave the DHCP server the same identifier."))
    own = sorted(name for name in (one.names & other.names) - common if is_personal(name))
    if own and not _thing(one, other):
        clues.append((0.7, f"Both are called {own[0]}."))
    if not clues:
        return 0.0, []
    if one.fingerprint and one.fingerprint == other.fingerprint:
        clues.append((0.35, "Both ask for an address in the same way."))
    if _alike(one.ja4, other.ja4):
        clues.append((0.4, "Their programs open encrypted connections in the same way."))
    if one.randomised or other.randomised:
        if one.last_seen <= other.first_seen or other.last_seen <= one.first_seen:
            clues.append((0.4, "One came after the other had gone, and phones change their addresses."))
        else:
            clues.append((0.2, "At least one of the addresses is made up, as phones do."))
    doubt = 1.0
    for weight, _ in clues:
        doubt *= 1.0 - weight
    return 1.0 - doubt, [sentence for _, sentence in clues]


def is_personal(name: str) -> bool:
    """Whether a name is one that two devices hardly share by chance."""
    return len(name) >= 4 and not _PRODUCT.match(name) and not _MODEL_CODE.match(name)


def _differ(one: str | None, other: str | None) -> bool:
    """Whether two kinds or systems exclude each other; versions of one system do not."""
    if one is None or other is None:
        return False
    return lineage(one)[-1] != lineage(other)[-1]


def _thing(one: Traits, other: Traits) -> bool:
    return any(device.kind is not None and lineage(device.kind)[-1] in THINGS for device in (one, other))


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """At least three habits in common, and most of the smaller set."""
    both = len(one & other)
    return both >= 3 and both >= 0.7 * min(len(one), len(other))
