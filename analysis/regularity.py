"""How regular a series of contacts is: the parts of RITA's beacon score (RITA v5, analysis/beacons.go).

Each part is a number from 0 (as people do) to 1 (as clocks do).
"""

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean, median, pstdev, quantiles

BINS = 24
"""Bins of the histogram of contacts over time, as in RITA."""
NARROW = 0.05
"""Middle halves narrower than this share of the median have no skew. RITA counts whole seconds and so
never sees the noise of milliseconds that would decide here."""


def gaps(starts: Sequence[float]) -> list[float]:
    """Seconds between one start and the next; `starts` may be out of order."""
    ordered = sorted(starts)
    return [later - earlier for earlier, later in pairwise(ordered) if later > earlier]


def spread(values: Sequence[float]) -> tuple[float, float]:
    """The median, and the median absolute deviation from it."""
    middle = median(values)
    return middle, median(abs(value - middle) for value in values)


def evenness(values: Sequence[float], noise: float = 0.0) -> float:
    """How alike values are: the mean of 1 - |Bowley skew| and (median - MAD) / median. A middle half no wider
    than `noise` has no skew."""
    if len(values) < 3:
        return 0.0
    low, middle, high = quantiles(values, n=4)
    narrow = high - low <= max(NARROW * middle, noise)
    skew = 0.0 if narrow else (low + high - 2 * middle) / (high - low)
    centre, deviation = spread(values)
    alike = max(0.0, (centre - deviation) / centre) if centre > 0 else 0.0
    return (1 - abs(skew) + alike) / 2


def steadiness(starts: Sequence[float]) -> float:
    """How evenly contacts fill the time from the first to the last: 1 - the coefficient of variation of
    their numbers in `BINS` equal bins, at least 0."""
    first, last = min(starts), max(starts)
    if last <= first:
        return 0.0
    bins = [0] * BINS
    for start in starts:
        bins[min(BINS - 1, int((start - first) / (last - first) * BINS))] += 1
    return max(0.0, 1 - pstdev(bins) / fmean(bins))
