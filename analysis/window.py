"""Sliding windows over packet time, bounded in keys and in values, evictions counted."""

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from itertools import islice


class DistinctWindow:
    """Distinct values per key with the time each was last seen, newest last.

    A key holds at most `max_values` values and the window at most `max_keys` keys; what is pushed out
    by newer entries is counted in `evictions`. What is older than `seconds` is forgotten for free
    when its key is touched and by `expire`.
    """

    __slots__ = ("_keys", "evictions", "max_keys", "max_values", "seconds")

    def __init__(self, seconds: float, max_keys: int = 4096, max_values: int = 1024) -> None:
        self.seconds, self.max_keys, self.max_values = seconds, max_keys, max_values
        self.evictions = 0
        self._keys: OrderedDict[Hashable, OrderedDict[Hashable, float]] = OrderedDict()

    def add(self, key: Hashable, value: Hashable, ts: float) -> int:
        """Remember a value; returns how many distinct ones the key now holds in the window."""
        values = self._keys.get(key)
        if values is None:
            values = self._keys[key] = OrderedDict()
            if len(self._keys) > self.max_keys:
                self.evictions += len(self._keys.popitem(last=False)[1])
        elif value in values:
            values.move_to_end(value)
        else:
            self._trim(values, ts)
        values[value] = ts
        return len(values)

    def _trim(self, values: OrderedDict[Hashable, float], ts: float) -> None:
        oldest = ts - self.seconds
        while values and next(iter(values.values())) < oldest:
            values.popitem(last=False)
        if len(values) >= self.max_values:
            values.popitem(last=False)
            self.evictions += 1

    def discard(self, key: Hashable, value: Hashable) -> None:
        """Forget one value; a key without values is forgotten too."""
        values = self._keys.get(key)
        if values is not None and values.pop(value, None) is not None and not values:
            del self._keys[key]

    def forget(self, key: Hashable) -> None:
        """Forget a key with all its values."""
        self._keys.pop(key, None)

    def nth_newest(self, key: Hashable, n: int) -> float | None:
        """The time of the n-th newest value (1 is the newest), None when there are fewer."""
        values = self._keys.get(key)
        if values is None or len(values) < n:
            return None
        return next(islice(reversed(values.values()), n - 1, None))

    def values(self, key: Hashable) -> list[Hashable]:
        """The values of a key, oldest first."""
        return list(self._keys.get(key, ()))

    def expire(self, now: float, limit: int = 64) -> None:
        """Forget keys whose newest value left the window, looking at the `limit` oldest keys."""
        oldest = now - self.seconds
        for key in list(islice(self._keys, limit)):
            values = self._keys[key]
            if next(reversed(values.values())) < oldest:
                del self._keys[key]
            else:
                self._keys.move_to_end(key)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._keys

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


class RecentSet:
    """Keys seen lately, each with its time; the longest unseen go first when it is full."""

    __slots__ = ("_times", "evictions", "max_keys")

    def __init__(self, max_keys: int = 4096) -> None:
        self.max_keys, self.evictions = max_keys, 0
        self._times: OrderedDict[Hashable, float] = OrderedDict()

    def add(self, key: Hashable, ts: float) -> bool:
        """Remember a key; True when it was not there."""
        new = key not in self._times
        self._times[key] = ts
        self._times.move_to_end(key)
        if new and len(self._times) > self.max_keys:
            self._times.popitem(last=False)
            self.evictions += 1
        return new

    def discard(self, key: Hashable) -> None:
        self._times.pop(key, None)

    def time_of(self, key: Hashable) -> float | None:
        """When the key was last added."""
        return self._times.get(key)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._times

    def __len__(self) -> int:
        return len(self._times)
