"""The parts of the beacon score on series whose answer is known."""

import random
from itertools import pairwise
from statistics import fmean, median, pstdev, quantiles

import pytest

from analysis.regularity import BINS, NARROW, evenness, gaps, spread, steadiness


def test_gaps_are_between_neighbours_in_time() -> None:
    assert gaps([30.0, 10.0, 15.0, 15.0]).tolist() == [5.0, 15.0]


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


def some_series(rng: random.Random) -> list[float]:
    """Calls by the clock, by chance and in bursts; with equal times and out of order."""
    length, every = rng.choice([3, 4, 7, 30, 121, 256]), rng.choice([0.1, 1.0, 60.0, 1800.0])
    noise = rng.choice([0.0, 0.01, 0.3, 5.0])
    times = [1.7e9 + n * every + rng.uniform(-noise, noise) * every for n in range(length)]
    if rng.random() < 0.3:
        times = [float(round(at)) for at in times]
    if rng.random() < 0.3:
        rng.shuffle(times)
    return times


def quartile_evenness(values: list[float], noise: float) -> float:
    low, middle, high = quantiles(values, n=4)
    skew = 0.0 if high - low <= max(NARROW * middle, noise) else (low + high - 2 * middle) / (high - low)
    centre = median(values)
    deviation = median(abs(value - centre) for value in values)
    return (1 - abs(skew) + (max(0.0, (centre - deviation) / centre) if centre > 0 else 0.0)) / 2


def deviation_of_bins(starts: list[float]) -> float:
    first, last = min(starts), max(starts)
    bins = [0] * BINS
    for start in starts:
        bins[min(BINS - 1, int((start - first) / (last - first) * BINS))] += 1
    return max(0.0, 1 - pstdev(bins) / fmean(bins))


@pytest.mark.parametrize("seed", range(300))
def test_the_arithmetic_is_that_of_the_statistics_module(seed: int) -> None:
    starts = some_series(random.Random(seed))
    between = [float(gap) for gap in gaps(starts)]
    ordered = sorted(starts)
    assert between == [b - a for a, b in pairwise(ordered) if b > a]
    if max(starts) > min(starts):
        assert round(steadiness(starts), 3) == round(deviation_of_bins(starts), 3)
    if len(between) >= 3:
        centre = median(between)
        assert spread(between) == (centre, median(abs(gap - centre) for gap in between))
        assert evenness(between) == quartile_evenness(between, 0.0)
    sizes = [float(random.Random(seed + n).choice([344, 396, 5000])) for n in range(len(starts))]
    assert evenness(sizes, 120.0) == quartile_evenness(sizes, 120.0)
