"""Sliding windows over packet time, bounded in keys and in values, evictions counted."""

from collections import OrderedDict
from collections.abc import Hashable
from itertools import islice
from typing import Any


class DistinctWindow:
    """Distinct values per key with the time each was last seen, newest last.

    A key holds at most `max_values` values, all keys together `max_total`; the oldest go first and are
    counted in `evictions`. What is older than `seconds` is forgotten when its key is touched.
    """

    __slots__ = ("_keys", "_size", "evictions", "max_total", "max_values", "seconds")

    def __init__(self, seconds: float, max_values: int = 1024, max_total: int = 65_536) -> None:
        self.seconds, self.max_values, self.max_total = seconds, max_values, max_total
        self.evictions = self._size = 0
        self._keys: OrderedDict[Hashable, OrderedDict[Hashable, float]] = OrderedDict()

    def add(self, key: Hashable, value: Hashable, ts: float) -> int:
        """Remember a value; returns how many distinct ones the key now holds in the window."""
        values = self._keys.get(key)
        if values is None:
            values = self._keys[key] = OrderedDict()
        else:
            self._keys.move_to_end(key)
            if value in values:
                values[value] = ts
                values.move_to_end(value)
                return len(values)
            self._trim(values, ts)
        values[value] = ts
        self._size += 1
        if self._size > self.max_total:
            self._shrink()
        return len(values)

    def _shrink(self) -> None:
        while self._size > self.max_total and len(self._keys) > 1:
            gone = len(self._keys.popitem(last=False)[1])
            self._size -= gone
            self.evictions += gone

    def _trim(self, values: OrderedDict[Hashable, float], ts: float) -> None:
        oldest = ts - self.seconds
        while values and next(iter(values.values())) < oldest:
            values.popitem(last=False)
            self._size -= 1
        if len(values) >= self.max_values:
            values.popitem(last=False)
            self._size -= 1
            self.evictions += 1

    def discard(self, key: Hashable, value: Hashable) -> None:
        """Forget one value; a key without values is forgotten too."""
        values = self._keys.get(key)
        if values is not None and values.pop(value, None) is not None:
            self._size -= 1
            if not values:
                del self._keys[key]

    def forget(self, key: Hashable) -> None:
        """Forget a key with all its values."""
        self._size -= len(self._keys.pop(key, ()))

    def count(self, key: Hashable) -> int:
        """How many values the key holds; old ones count until the key is touched."""
        return len(self._keys.get(key, ()))

    def seen(self, key: Hashable, value: Hashable) -> float:
        """When the key last held this value, in seconds since the epoch; 0 if it holds it no more."""
        values = self._keys.get(key)
        return 0.0 if values is None else values.get(value, 0.0)

    def nth_newest(self, key: Hashable, n: int) -> float | None:
        """The time of the n-th newest value (1 is the newest), None when there are fewer."""
        values = self._keys.get(key)
        if values is None or len(values) < n:
            return None
        return next(islice(reversed(values.values()), n - 1, None), None)

    def values(self, key: Hashable) -> list[Hashable]:
        """The values of a key, oldest first."""
        return list(self._keys.get(key, ()))

    def __len__(self) -> int:
        """Values of all keys together."""
        return self._size


class RecentSet(OrderedDict[Hashable, float]):
    """Keys seen lately, each with its time; the longest unseen go first when it is full."""

    def __init__(self, max_keys: int = 4096) -> None:
        super().__init__()
        self.max_keys, self.evictions = max_keys, 0

    def add(self, key: Hashable, ts: float) -> bool:
        """Remember a key; True when it was not there."""
        if key in self:
            self[key] = ts
            self.move_to_end(key)
            return False
        self[key] = ts
        if len(self) > self.max_keys:
            self.popitem(last=False)
            self.evictions += 1
        return True


class RecentTable(OrderedDict[Any, Any]):
    """What is remembered about keys; of a full table the key that was put longest ago goes first."""

    def __init__(self, max_keys: int = 4096) -> None:
        super().__init__()
        self.max_keys, self.evictions = max_keys, 0

    def put(self, key: Hashable, value: Any) -> None:
        """Remember a value for a key, which becomes the newest."""
        if key in self:
            self[key] = value
            self.move_to_end(key)
            return
        self[key] = value
        if len(self) > self.max_keys:
            self.popitem(last=False)
            self.evictions += 1
