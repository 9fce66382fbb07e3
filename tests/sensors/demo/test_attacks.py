"""Each made-up situation through the engine: rules fire where they must and nowhere else."""

import random
from collections import Counter

import pytest

from analysis.blocklist import Blocklist
from analysis.config import Config
from analysis.store.writer import Writer
from sensors.assemble import engine_for
from sensors.demo.attacks import CASES
from sensors.demo.attacks.case import Case
from sensors.demo.evening import batches

BEGIN = 1_700_000_000.0


def incidents(case: Case, folder) -> Counter[str]:
    """Incidents by rule, told apart by key."""
    case.lay_out(folder)
    config = Config.model_validate({"base": str(folder), "learning_hours": 0, **(case.config or {})})
    frames = sorted(case.make(BEGIN, random.Random(5)), key=lambda frame: frame[0])
    keys = set()
    with Writer(folder / "sentinel.db", "attack") as writer:
        engine = engine_for(config, writer, Blocklist.open(config), network="attack", run=1)
        for batch in batches(frames):
            engine.feed(batch)
        engine.finish()
        keys = {(f.rule, f.key) for f, _, _ in engine.take().findings}
    return Counter(rule for rule, _ in keys)


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.rule}-{c.kind}-{c.name}".replace(" ", "-"))
def test_rules_fire_where_they_must_and_nowhere_else(case, tmp_path):
    assert incidents(case, tmp_path)[case.rule] == (case.times if case.kind == "positive" else 0)


def test_every_rule_has_a_positive_a_near_miss_and_a_benign_case():
    kinds = {(case.rule, case.kind) for case in CASES}
    for rule in {case.rule for case in CASES}:
        assert {(rule, kind) for kind in ("positive", "near-miss", "benign")} <= kinds
