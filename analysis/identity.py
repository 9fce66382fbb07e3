"""What a device is, from weighed evidence: each clue with what it says, and how sure all of it makes us.

Clues of one source repeat each other (a device tells its name by DHCP, mDNS and NBNS), so for each
value only the strongest clue of a source counts. Sources are taken as independent: what n of them say
with weights w is believed with 1 - (1 - w1)(1 - w2)... Of two values that exclude each other, believed
with a and b, the first is right with a(1 - b) / (1 - ab): Bayes' rule, as both at once cannot be.
"""

import re
from collections import Counter, OrderedDict
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from analysis.fingerprint_names import PRODUCTS, WORDS
from analysis.fingerprints import (
    CALLS,
    COMPONENTS,
    DHCP_CLASSES,
    DHCP_PARAMETERS,
    HAP_CATEGORIES,
    PARENTS,
    SERVICES,
    SSDP_SERVERS,
    SSDP_TYPES,
    VENDORS,
    Claims,
    Rules,
    maker,
    short_maker,
)
from analysis.store.rows import DeviceKey, EvidenceRow
from analysis.user_agents import Agent, claims_of_agent

CLUES = 96
"""Clues kept of a device; the oldest of the largest source goes first."""
REFRESH = 60.0
"""Seconds to which the time is exact when a clue was last seen; each step is a row to write."""
ENOUGH = 0.5
"""Confidence below which nothing is said. Source: own choice; above it is more likely right than wrong."""
MOST = 0.98
"""Belief that no amount of evidence goes beyond: sources are not as independent as we take them."""
SURE, LIKELY = 0.9, 0.7
"""Confidence from which the pages say "certain" and "likely". Source: own choice."""
HABITS = frozenset({"ja4", "client-id", "duid"})
"""Sources that say nothing by themselves but tell one device by several addresses."""

_GROUPS = {
    "dhcp-class": "dhcp", "dhcp-parameters": "dhcp", "mdns-model": "mdns", "mdns-service": "mdns",
    "hap-category": "mdns", "ssdp-server": "ssdp", "ssdp-type": "ssdp",
}  # fmt: skip
"""Sources that repeat each other. Names are one source whoever told them."""


class Verdict(NamedTuple):
    """What the evidence says of a device; None where it says nothing clear."""

    kind: str | None = None
    confidence: float | None = None
    """Of the kind, 0.5 to 1; 0 when clues contradict each other."""
    os: str | None = None
    os_confidence: float | None = None
    maker: str | None = None
    model: str | None = None


def confidence_word(value: float) -> str:
    """A confidence in words."""
    return "certain" if value >= SURE else "likely" if value >= LIKELY else "perhaps"


@lru_cache(maxsize=8192)
def claims_of(source: str, clue: str) -> Claims:
    """What one clue says; nothing for clues that no table knows."""
    if source == "vendor":
        return _vendor(clue)
    if source == "dhcp-class":
        return _matching(DHCP_CLASSES, clue)
    if source in _TABLES:
        return _TABLES[source].get(clue, ())
    if source == "ssdp-server":
        return _matching(SSDP_SERVERS, clue) + _matching(PRODUCTS, clue)
    if source == "ssdp-type":
        return _matching(SSDP_TYPES, clue)[:3]
    if source == "user-agent":
        return claims_of_agent(Agent.read(clue))
    if source in ("name", "mdns-model"):
        # Underscores are letters to a pattern's \b, but not to who reads "TV_kitchen".
        return _matching(PRODUCTS, clue) or _matching(WORDS, clue.replace("_", " "))
    return ()


_TABLES: dict[str, dict[str, Claims]] = {
    "dhcp-parameters": DHCP_PARAMETERS, "mdns-service": SERVICES, "hap-category": HAP_CATEGORIES,
    "dns": CALLS,
}  # fmt: skip


def _matching(table: Rules, text: str) -> Claims:
    found = []
    for pattern, claims in table:
        if match := _compiled(pattern).search(text):
            found += [c._replace(value=value) for c in claims if (value := _filled(match, c.value))]
    return tuple(found)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """One of the few that `Rules` hold."""
    return re.compile(pattern, re.IGNORECASE)


def _filled(match: re.Match[str], value: str) -> str:
    """A claim's value with the pattern's groups in their places; a group that is absent says nothing."""
    return match.expand(value).strip(" -_") if "\\" in value else value


def _vendor(name: str) -> Claims:
    low = name.lower()
    for start, claims in VENDORS:
        if low.startswith(start):
            named = any(claim.aspect == "maker" for claim in claims)
            return claims if named else (*claims, maker(short_maker(name), 0.5))
    return () if COMPONENTS.match(name) else (maker(short_maker(name), 0.5),)


def parent(value: str) -> str | None:
    """What a value is a kind of: an "Android 14" is an "Android" is a "Linux"."""
    if value in PARENTS:
        return PARENTS[value]
    name, _, version = value.rpartition(" ")
    return name if name and version.isdigit() else None


@lru_cache(maxsize=1024)
def lineage(value: str) -> tuple[str, ...]:
    """A value and all that it is a kind of, the most general last."""
    found = [value]
    while (above := parent(found[-1])) is not None:
        found.append(above)
    return tuple(found)


def conclude(claims: dict[tuple[str, str], float]) -> tuple[str | None, float | None]:
    """The most special value that is clear, with its confidence, from the strongest weight of each
    (group of sources, value). None without claims; None with confidence 0 when none of them is clear."""
    doubt: dict[str, dict[str, float]] = {}
    for (group, value), weight in claims.items():
        for above in lineage(value):
            groups = doubt.setdefault(above, {})
            groups[group] = min(groups.get(group, 1.0), 1.0 - weight)
    support = {value: min(MOST, 1.0 - _product(groups.values())) for value, groups in doubt.items()}
    clear = []
    for value, belief in support.items():
        rival = max((b for other, b in support.items() if not _related(value, other)), default=0.0)
        confidence = belief * (1.0 - rival) / (1.0 - belief * rival)
        if confidence >= ENOUGH:
            clear.append((len(lineage(value)), confidence, value))
    if not clear:
        return None, 0.0 if claims else None
    _, confidence, value = max(clear)
    return value, round(confidence, 3)


def _product(values: Iterable[float]) -> float:
    result = 1.0
    for value in sorted(values):  # the same to the last digit whatever came first
        result *= value
    return result


def _related(value: str, other: str) -> bool:
    return value in lineage(other) or other in lineage(value)


class _Seen:
    """A clue with what it says and when it was seen."""

    __slots__ = ("claims", "first", "last")

    def __init__(self, claims: Claims, ts: float) -> None:
        self.claims, self.first, self.last = claims, ts, ts


class Evidence:
    """The clues about one device. Bounded by `CLUES`; `evictions` counts what was pushed out."""

    def __init__(self, vendor: str | None = None, ts: float = 0.0) -> None:
        self.evictions = 0
        self._clues: OrderedDict[tuple[str, str], _Seen] = OrderedDict()
        self._new: dict[tuple[str, str], None] = {}
        self._verdict: Verdict | None = None
        if vendor:
            self.add("vendor", vendor, ts)

    def add(self, source: str, clue: str, ts: float) -> bool:
        """Take a clue; True when it is new. Clues that say nothing and are no habit are not kept."""
        key = (source, clue)
        seen = self._clues.get(key)
        if seen is not None:
            if ts - seen.last >= REFRESH:
                seen.last = ts
                self._new[key] = None
            return False
        claims = claims_of(source, clue)
        if not claims and source not in HABITS and source != "user-agent":
            return False
        self._clues[key] = _Seen(claims, ts)
        self._new[key] = None
        if claims:
            self._verdict = None
        if len(self._clues) > CLUES:
            self._make_room()
        return True

    def _make_room(self) -> None:
        self._verdict = None
        sizes = Counter(source for source, _ in self._clues)
        largest = max(sizes, key=lambda source: (sizes[source], source))
        gone = next(key for key in self._clues if key[0] == largest)
        del self._clues[gone]
        self._new.pop(gone, None)
        self.evictions += 1

    def first_seen(self, source: str) -> dict[str, float]:
        """The clues of a source with the time each was first seen."""
        return {clue: seen.first for (own, clue), seen in self._clues.items() if own == source}

    @property
    def verdict(self) -> Verdict:
        """What all of it says."""
        if self._verdict is None:
            self._verdict = self._conclude()
        return self._verdict

    def _conclude(self) -> Verdict:
        aspects: dict[str, dict[tuple[str, str], float]] = {"kind": {}, "os": {}, "maker": {}, "model": {}}
        for (source, _), seen in self._clues.items():
            group = _GROUPS.get(source, source)
            for aspect, value, weight in seen.claims:
                place = aspects[aspect]
                place[group, value] = max(place.get((group, value), 0.0), weight)
        return Verdict(
            *conclude(aspects["kind"]), *conclude(aspects["os"]),
            _best(aspects["maker"]), _best(aspects["model"]),
        )  # fmt: skip

    def take(self, key: DeviceKey) -> list[EvidenceRow]:
        """Rows of the clues that are new or were seen again since the last call."""
        rows = []
        for source, clue in self._new:
            seen = self._clues[source, clue]
            said = [(f"{c.aspect}={c.value}", c.weight) for c in seen.claims] or [("", 0.0)]
            rows += [EvidenceRow(key, source, clue, says, w, seen.first, seen.last) for says, w in said]
        self._new.clear()
        return rows

    def restore(self, clues: Iterable[tuple[str, str, float, float]]) -> None:
        """Take over (source, clue, first seen, last seen) of an earlier run."""
        for source, clue, first, last in clues:
            if self.add(source, clue, first):
                self._clues[source, clue].last = last
        self._new.clear()


def _best(claims: dict[tuple[str, str], float]) -> str | None:
    """The value with the strongest claim; of equals one with capitals, then the longer: it tells more."""
    return (
        max(claims, key=lambda key: (claims[key], not key[1].islower(), len(key[1]), key[1]))[1]
        if claims
        else None
    )
