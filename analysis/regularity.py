"""How regular a series of contacts is: the parts of RITA's beacon score (RITA v5, analysis/beacons.go).

Each part is a number from 0 (as people do) to 1 (as clocks do).
"""

from collections.abc import Sequence
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]

BINS = 24
"""Bins of the histogram of contacts over time, as in RITA."""
NARROW = 0.05
"""Middle halves narrower than this share of the median have no skew. RITA counts whole seconds and so
never sees the noise of milliseconds that would decide here."""


def gaps(starts: Sequence[float]) -> Series:
    """Seconds between one start and the next; `starts` may be out of order."""
    between = np.diff(_ordered(starts))
    return between[between > 0]


def spread(values: Sequence[float] | Series) -> tuple[float, float]:
    """The median, and the median absolute deviation from it."""
    return _spread(_ordered(values))


def evenness(values: Sequence[float] | Series, noise: float = 0.0) -> float:
    """How alike values are: the mean of 1 - |Bowley skew| and (median - MAD) / median. A middle half no wider
    than `noise` has no skew."""
    if len(values) < 3:
        return 0.0
    ordered = _ordered(values)
    low, middle, high = (_quartile(ordered, nth) for nth in (1, 2, 3))
    narrow = high - low <= max(NARROW * middle, noise)
    skew = 0.0 if narrow else (low + high - 2 * middle) / (high - low)
    centre, deviation = _spread(ordered)
    alike = max(0.0, (centre - deviation) / centre) if centre > 0 else 0.0
    return (1 - abs(skew) + alike) / 2


def steadiness(starts: Sequence[float]) -> float:
    """How evenly contacts fill the time from the first to the last: 1 - the coefficient of variation of
    their numbers in `BINS` equal bins, at least 0."""
    times = np.asarray(starts, np.float64)
    first, last = times.min(), times.max()
    if last <= first:
        return 0.0
    bins = np.minimum(((times - first) / (last - first) * BINS).astype(np.intp), BINS - 1)
    squares = sum(count * count for count in np.bincount(bins).tolist())
    mean, deviation = len(times) / BINS, sqrt(BINS * squares - len(times) ** 2) / BINS
    return max(0.0, 1 - deviation / mean)


def _ordered(values: Sequence[float] | Series) -> Series:
    return np.sort(np.asarray(values, np.float64))


def _spread(ordered: Series) -> tuple[float, float]:
    middle = _median(ordered)
    return middle, _median(_ordered(np.abs(ordered - middle)))


def _median(ordered: Series) -> float:
    """As of the `statistics` module, in a tenth of its time."""
    half = len(ordered) // 2
    upper = ordered.item(half)
    return upper if len(ordered) % 2 else (ordered.item(half - 1) + upper) / 2


def _quartile(ordered: Series, nth: int) -> float:
    """As of `statistics.quantiles`: between the values that stand around a quarter of `len(ordered) + 1`."""
    quarters = nth * (len(ordered) + 1)
    at = min(max(quarters // 4, 1), len(ordered) - 1)
    after = quarters - 4 * at
    return (ordered.item(at - 1) * (4 - after) + ordered.item(at) * after) / 4
