"""Look-ups of names that do not exist."""

import random
import string

from sensors.demo.attacks.case import Case
from sensors.demo.cast import LAPTOP
from sensors.demo.talk import Frames, join, lookup


def _fails(t: float, rng: random.Random, names: list[str], pause: float = 5.0) -> Frames:
    yield from join(t, rng, LAPTOP)
    for n, name in enumerate(names):
        yield from lookup(t + 5 + n * pause, rng, LAPTOP, name, [])


def _made_up(rng: random.Random, count: int) -> list[str]:
    """Fifteen random consonants and digits under a real ending."""
    letters = "bcdfghjklmnpqrstvwxz" + string.digits
    return [f"x{''.join(rng.choices(letters, k=14))}.com" for _ in range(count)]


def bot(t: float, rng: random.Random) -> Frames:
    return _fails(t, rng, _made_up(rng, 40))


def nineteen(t: float, rng: random.Random) -> Frames:
    """One short of the threshold."""
    return _fails(t, rng, _made_up(rng, 19))


def over_the_day(t: float, rng: random.Random) -> Frames:
    """Never twenty within an hour."""
    return _fails(t, rng, _made_up(rng, 40), pause=240.0)


def own_network(t: float, rng: random.Random) -> Frames:
    """A browser tries random single names, to which the router adds its own ending; others lack a dot."""
    names = [f"x{''.join(rng.choices(string.ascii_lowercase, k=11))}" for _ in range(60)]
    return _fails(t, rng, [f"{name}.lan" for name in names[:30]] + names[30:])


def blocked_advertising(t: float, rng: random.Random) -> Frames:
    """A resolver that says of advertising that it does not exist."""
    first, second = ("click", "track", "media", "banner", "pixel"), ("serve", "light", "metric", "market")
    names = [f"{a}{b}{c}.com" for a in first for b in second for c in ("ads", "cdn")]
    return _fails(t, rng, names, pause=30.0)


CASES = (
    Case("dga", "positive", "bot", bot),
    Case("dga", "near-miss", "nineteen names", nineteen),
    Case("dga", "near-miss", "over the day", over_the_day),
    Case("dga", "benign", "names of the own network", own_network),
    Case("dga", "benign", "blocked advertising", blocked_advertising),
)
