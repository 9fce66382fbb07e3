"""Names that do not exist."""

import random
import string

import pytest

from analysis.alerts import Severity
from analysis.detectors.dga import Dga, looks_random
from tests.analysis.home import LAPTOP, OUTSIDE, T0, Home, lookup

rng = random.Random(1)


@pytest.fixture
def home() -> Home:
    return Home(Dga())


def made_up(count: int) -> list[str]:
    return [f"{''.join(rng.choices('bcdfghjklmnpqrstvwxz', k=14))}.com" for _ in range(count)]


def ask(home: Home, names: list[str], rcode: str = "NXDOMAIN", pause: float = 1.0):
    return [
        f for n, name in enumerate(names)
        for f in home.pipeline.handle(lookup(name, [], ts=T0 + n * pause)._replace(rcode=rcode))
    ]  # fmt: skip


def test_twenty_made_up_names_within_an_hour_are_told_once(home: Home) -> None:
    (finding,) = ask(home, made_up(60))
    assert finding.severity == Severity.HIGH and finding.subject.device_mac == LAPTOP
    assert finding.evidence["random_looking_domains"] == 20


def test_nineteen_slow_ones_answered_ones_and_one_domain_are_nothing(home: Home) -> None:
    assert ask(home, made_up(19)) == []
    assert ask(Home(Dga()), made_up(60), pause=200.0) == []
    assert ask(Home(Dga()), made_up(60), rcode="NOERROR") == []
    assert ask(Home(Dga()), [f"{name[:-4]}.example.com" for name in made_up(60)]) == []


def test_names_under_no_public_ending_are_nothing(home: Home) -> None:
    names = made_up(60)
    assert ask(home, [name.replace(".com", ".lan") for name in names]) == []
    assert ask(home, [name.replace(".com", "") for name in names]) == []


def test_a_hundred_ordinary_names_are_a_notice_when_most_lookups_fail(home: Home) -> None:
    names = [
        f"{a}{b}.com"
        for a in ("garden", "kitchen", "summer")
        for b in string.ascii_lowercase + "äöüßéèêáàâóòôúù"
    ]
    (finding,) = ask(home, names)
    assert finding.severity == Severity.NORMAL and finding.evidence["missing_domains"] == 100
    other = Home(Dga())
    ask(other, ["www.example.com"] * 200, rcode="NOERROR")
    assert ask(other, names) == []


@pytest.mark.parametrize("domain", ["facebook.com", "stackexchange.com", "googleapis.com", "doubleclick.net",
                                    "akamaiedge.net", "windowsupdate.com", "bbc.co.uk", "xn--mnchen-3ya.de"])  # fmt: skip
def test_real_names_do_not_look_random(domain: str) -> None:
    assert not looks_random(domain)


def test_drawn_names_mostly_look_random() -> None:
    names = ["".join(rng.choices(string.ascii_lowercase, k=12)) + ".com" for _ in range(1000)]
    assert 600 < sum(map(looks_random, names)) < 900


def test_memory_stays_bounded(home: Home) -> None:
    for n in range(3000):
        event = lookup(made_up(1)[0], [OUTSIDE], client=f"10.0.{n >> 8}.{n & 255}")
        home.pipeline.handle(event._replace(rcode="NXDOMAIN"))
    (rule,) = home.pipeline.detectors
    assert len(rule._counts) <= 1024 and len(rule._random) <= 65_536
