"""What is usual for a device: the (destination, port, protocol) tuples and services it was seen with."""

from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterable, Iterator
from typing import Any, Literal

from analysis.store.rows import BaselineRow, DeviceKey

PER_DEVICE = 1024
"""Tuples kept a device. A busy laptop reaches about 600 different ones a day."""
IN_ALL = 65_536
DISTRUSTED = 1024
"""Devices whose last serious alert is remembered."""
REFRESH = 3600.0
"""Seconds after which a new `last_seen` is written again: each second would rewrite every row."""

Target = tuple[str, int, str]
"""(destination IP, port, protocol)"""
Verdict = Literal["known", "learned", "new"]


class _Entry:
    __slots__ = ("first_seen", "last_seen", "learned", "service", "written")

    def __init__(self, service: str | None, learned: bool, first_seen: float, last_seen: float) -> None:
        self.service, self.learned = service, learned
        self.first_seen, self.last_seen, self.written = first_seen, last_seen, last_seen


class _Usual:
    """One device's tuples, least recently used first, how many of them belong to each service, and how many
    were learned on a port without belonging to any."""

    __slots__ = ("entries", "nameless", "services", "since")

    def __init__(self) -> None:
        self.entries: OrderedDict[Target, _Entry] = OrderedDict()
        self.services: Counter[Target] = Counter()
        self.nameless: Counter[tuple[int, str]] = Counter()
        self.since = 0.0

    def put(self, target: Target, entry: _Entry) -> None:
        self.entries[target] = entry
        if entry.service:
            self.services[entry.service, target[1], target[2]] += 1
        elif entry.learned and entry.service is None:
            self.nameless[target[1:]] += 1

    def leave_service(self, target: Target, entry: _Entry) -> None:
        """The entry is about to go, or to be no longer learned."""
        if entry.service:
            _less(self.services, (entry.service, target[1], target[2]))
        elif entry.learned and entry.service is None:
            _less(self.nameless, target[1:])


def _less(counter: Counter[Any], key: Hashable) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]


class Baseline:
    """Learns for `learning_seconds` from a device's first sight; afterwards each new tuple is news once.

    A new address of a service that the device already uses (same registrable domain, port and
    protocol) is recorded and is not news. With `learning_seconds` 0 everything new is reported.
    Bounded: the least recently used tuple goes first, counted in `evictions`.
    """

    def __init__(self, learning_seconds: float, rows: Iterable[BaselineRow] = ()) -> None:
        self.learning_seconds = learning_seconds
        self.evictions = 0
        self._devices: OrderedDict[DeviceKey, _Usual] = OrderedDict()
        self._dirty: dict[tuple[DeviceKey, Target], _Entry] = {}
        self._size = 0
        self._distrusted: OrderedDict[DeviceKey, float] = OrderedDict()
        for row in sorted(rows, key=lambda row: row.last_seen):
            entry = _Entry(row.service, row.learned, row.first_seen, row.last_seen)
            self._insert(row.device, (row.peer, row.port, row.proto), entry)
        self._dirty.clear()

    def seen(self, device: DeviceKey, ip: str, port: int, proto: str, ts: float) -> bool:
        """Whether the tuple is on record; if so its time is refreshed. The cheap first question."""
        usual = self._devices.get(device)
        if usual is None:
            return False
        target = (ip, port, proto)
        entry = usual.entries.get(target)
        if entry is None:
            return False
        entry.last_seen = ts
        usual.entries.move_to_end(target)
        if ts - entry.written > REFRESH:
            entry.written = ts
            self._dirty[device, target] = entry
        return True

    def check(
        self,
        device: DeviceKey,
        first_seen: float,
        ip: str,
        port: int,
        proto: str,
        service: str | None,
        ts: float,
    ) -> Verdict:
        """What a connection means: "known" (or a known service), "learned" (still learning), or "new".

        The tuple is on record afterwards whatever the answer.
        """
        if self.seen(device, ip, port, proto, ts):
            return "known"
        usual = self._devices.get(device)
        since = max(first_seen, usual.since if usual else 0.0)
        # Without a learning period nothing is learned, also where the clock was set back behind `since`.
        learning = self.learning_seconds > 0 and ts < since + self.learning_seconds
        familiar = bool(usual and service and (service, port, proto) in usual.services)
        self._insert(device, (ip, port, proto), _Entry(service, learning or familiar, ts, ts))
        return "known" if familiar else "learned" if learning else "new"

    def refuse(self, device: DeviceKey, ip: str, port: int, proto: str, ts: float) -> None:
        """This tuple raised a serious alert: it stays on record as not learned, and its service
        makes no other address familiar."""
        target = (ip, port, proto)
        usual = self._devices.get(device)
        entry = usual.entries.get(target) if usual else None
        if usual is None or entry is None:
            self._insert(device, target, _Entry(None, False, ts, ts))
        elif entry.learned or entry.service:
            usual.leave_service(target, entry)
            entry.service, entry.learned = None, False
            self._dirty[device, target] = entry

    def distrust(self, device: DeviceKey, ts: float) -> None:
        """The device raised a serious alert."""
        self._distrusted[device] = ts
        self._distrusted.move_to_end(device)
        if len(self._distrusted) > DISTRUSTED:
            self._distrusted.popitem(last=False)
            self.evictions += 1

    def distrusted(self, device: DeviceKey) -> float | None:
        """When the device last raised a serious alert, in seconds since the epoch."""
        return self._distrusted.get(device)

    def reset(self, device: DeviceKey, asked: float = 0.0) -> None:
        """Forget a device's record; it learns anew from `asked` (packet time) on."""
        old = self._devices.pop(device, None)
        if old is not None:
            self._size -= len(old.entries)
        for key in [key for key in self._dirty if key[0] == device]:
            del self._dirty[key]
        fresh = self._devices[device] = _Usual()
        fresh.since = asked

    def learn_from(self, device: DeviceKey, asked: float) -> None:
        """A person asked in an earlier run that learning begin anew at `asked`; what was learned since
        stays."""
        usual = self._devices.setdefault(device, _Usual())
        usual.since = max(usual.since, asked)

    def entry(self, device: DeviceKey, ip: str, port: int, proto: str) -> tuple[float, bool] | None:
        """When the tuple was first seen and whether it is learned as usual; None when not on record."""
        usual = self._devices.get(device)
        found = usual.entries.get((ip, port, proto)) if usual else None
        return (found.first_seen, found.learned) if found else None

    def nameless(self, device: DeviceKey, port: int, proto: str) -> Iterator[str]:
        """The addresses without a name that were learned on a port, the one met last first."""
        usual = self._devices.get(device)
        if usual is None or (port, proto) not in usual.nameless:
            return
        for (ip, its_port, its_proto), entry in reversed(usual.entries.items()):
            if its_port == port and its_proto == proto and entry.learned and entry.service is None:
                yield ip

    def learning_until(self, device: DeviceKey, first_seen: float) -> float:
        """When this device's learning ends, in seconds since the epoch."""
        usual = self._devices.get(device)
        return max(first_seen, usual.since if usual else 0.0) + self.learning_seconds

    def drain(self) -> list[BaselineRow]:
        """The rows that changed since the last call."""
        rows = [
            BaselineRow(device, *target, entry.service, entry.learned, entry.first_seen, entry.last_seen)
            for (device, target), entry in self._dirty.items()
        ]
        self._dirty.clear()
        return rows

    def __len__(self) -> int:
        return self._size

    def _insert(self, device: DeviceKey, target: Target, entry: _Entry) -> None:
        usual = self._devices.get(device)
        if usual is None:
            usual = self._devices[device] = _Usual()
        self._devices.move_to_end(device)
        usual.put(target, entry)
        self._size += 1
        self._dirty[device, target] = entry
        if len(usual.entries) > PER_DEVICE:
            self._evict(device)
        elif self._size > IN_ALL:
            self._evict(next(iter(self._devices)))

    def _evict(self, device: DeviceKey) -> None:
        """The device's least recently used tuple goes; a device without any goes with it."""
        usual = self._devices[device]
        if usual.entries:
            target, entry = usual.entries.popitem(last=False)
            usual.leave_service(target, entry)
            self._dirty.pop((device, target), None)
            self._size -= 1
            self.evictions += 1
        if not usual.entries:
            del self._devices[device]
