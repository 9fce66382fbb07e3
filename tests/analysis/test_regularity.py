"""The parts of the beacon score on series whose answer is known."""

import random

from analysis.regularity import evenness, gaps, spread, steadiness


def test_gaps_are_between_neighbours_in_time() -> None:
    assert gaps([30.0, 10.0, 15.0, 15.0]) == [5.0, 15.0]


def test_spread_is_median_and_deviation() -> None:
    assert spread([1, 2, 3, 4, 100]) == (3, 1)


def test_clocks_are_even_and_people_are_not() -> None:
    rng = random.Random(1)
    assert evenness([60.0] * 50) == 1.0
    assert evenness([60.0 + rng.uniform(-0.5, 0.5) for _ in range(200)]) > 0.98
    assert evenness([rng.expovariate(1 / 60) for _ in range(200)]) < 0.7
    assert evenness([60.0, 60.0]) == 0.0


def test_noise_has_no_skew() -> None:
    sizes = [344.0, 344.0, 396.0] * 20
    assert (
        evenness(sizes) == 0.5 and evenness(sizes, noise=52.0) == 1.0 and evenness(sizes, noise=51.0) == 0.5
    )


def test_a_steady_series_fills_its_time_and_a_burst_does_not() -> None:
    assert steadiness([n * 10.0 for n in range(240)]) > 0.95
    assert steadiness([n * 0.1 for n in range(200)] + [5000.0]) == 0.0
    assert steadiness([7.0, 7.0]) == 0.0
