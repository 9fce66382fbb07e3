"""Each made-up situation through the engine: rules fire where they must and nowhere else."""

import pytest

from sensors.demo.attacks import CASES
from sensors.demo.attacks.case import Case
from sensors.score import score_case


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.rule}-{c.kind}-{c.name}".replace(" ", "-"))
def test_rules_fire_where_they_must_and_nowhere_else(case: Case) -> None:
    verdict = score_case(case).verdict
    assert verdict.missed == []
    assert [alert["title"] for alert in verdict.false] == []


def test_every_rule_has_a_positive_a_near_miss_and_a_benign_case() -> None:
    kinds = {(case.rule, case.kind) for case in CASES}
    for rule in {case.rule for case in CASES}:
        assert {(rule, kind) for kind in ("positive", "near-miss", "benign")} <= kinds
