"""One vocabulary of kinds: what evidence says, a person can say, and every page knows where to put it."""

from collections.abc import Iterator
from typing import Any

from analysis import fingerprint_names, fingerprints, user_agents
from analysis.detectors.lateral_movement import THINGS
from analysis.detectors.user_agent import PEOPLES
from analysis.fingerprints import Claim
from analysis.kinds import KINDS
from dashboard.map_layout import FAMILIES

EITHER = "phone or tablet"
"""Evidence may leave open which of the two; a person knows."""


def claims(value: Any) -> Iterator[Claim]:
    """Every claim within a table, however deep."""
    if isinstance(value, Claim):
        yield value
    elif isinstance(value, dict):
        yield from claims(list(value.values()))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from claims(part)


def test_what_evidence_says_a_person_can_say() -> None:
    tables = [vars(module) for module in (fingerprints, fingerprint_names, user_agents)]
    said = {claim.value for claim in claims(tables) if claim.aspect == "kind"}
    assert len(said) > 15 and said <= {*KINDS, EITHER}


def test_rules_judge_by_kinds_that_there_are() -> None:
    assert {None, EITHER, *KINDS} >= PEOPLES and THINGS - {"bulb"} <= set(KINDS)


def test_every_kind_has_one_place_on_the_map() -> None:
    placed = [kind for kinds in FAMILIES.values() for kind in kinds]
    assert sorted(placed) == sorted((*KINDS, EITHER))
