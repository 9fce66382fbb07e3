"""A listed fingerprint or name, and neighbours of it."""

import random
from typing import Any

from sensors.demo import cast
from sensors.demo.attacks.case import Case
from sensors.demo.talk import Frames, at_home, join, lookup, outside, tls

JA4 = "t13d0906h2_f91f431d341e_aca8e480c8f3"
"""Of the hello that sensors.demo.frames makes with a server name."""


def visit(t: float, rng: random.Random, name: str) -> Frames:
    yield from join(t, rng, cast.LAPTOP)
    yield from lookup(t + 3, rng, cast.LAPTOP, name, ["203.0.113.99"])
    yield from tls(t + 5, rng, at_home(cast.LAPTOP), outside("203.0.113.99"), name, 900, 9000)


def listed(**options: Any) -> dict[str, Any]:
    return {"rules": {"listed-tls": options}}


RULE = "listed-tls"
NAMES = listed(names=["panel.example"])
CASES = (
    Case(RULE, "positive", "a fingerprint", lambda t, rng: visit(t, rng, "www.daily-news.example"),
         config=listed(ja4=[JA4])),
    Case(RULE, "positive", "a name", lambda t, rng: visit(t, rng, "c2.panel.example"), config=NAMES),
    Case(RULE, "near-miss", "a name that ends alike", lambda t, rng: visit(t, rng, "mypanel.example"),
         config=NAMES),
    Case(RULE, "benign", "an empty list", lambda t, rng: visit(t, rng, "c2.panel.example")),
)  # fmt: skip
