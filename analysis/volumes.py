"""What each device sends out of the home, and to how many places, hour by hour: what is much for it."""

from collections import OrderedDict
from collections.abc import Iterable
from statistics import median
from typing import NamedTuple

from analysis.store.rows import DeviceKey, VolumeRow

HOURS = 14 * 24
"""Hours kept of each device: two weeks hold every weekday twice."""
IN_ALL = 65_536


class Usual(NamedTuple):
    """The hours in which a device sent something."""

    hours: int
    median: float
    """Bytes."""
    deviation: float
    """The median absolute deviation (MAD) in bytes."""
    busy: float = 0.0
    """What a twentieth of the hours exceed (the 95th percentile): one hour of an attack does not raise it."""


_NOTHING = Usual(0, 0.0, 0.0)


class Volumes:
    """Bytes sent outside, or places reached there, by device and hour since the epoch. Bounded: the oldest
    hour of the device that was quiet for longest goes first, counted in `evictions`."""

    def __init__(self, rows: Iterable[VolumeRow] = ()) -> None:
        self.evictions = 0
        self._devices: OrderedDict[DeviceKey, dict[int, int]] = OrderedDict()
        self._size = 0
        self._changed: set[tuple[DeviceKey, int]] = set()
        self._usual: dict[DeviceKey, tuple[int, Usual]] = {}
        """Of each device the hour that was last asked about, and the answer, until an hour before changes."""
        for row in sorted(rows, key=lambda row: row.hour):
            if row.bytes_up:
                self.sent(row.device, row.hour, row.bytes_up)
        self._changed.clear()

    def sent(self, device: DeviceKey, hour: int, size: int) -> int:
        """Add bytes, or places; returns all that the device sent in this hour."""
        hours = self._devices.get(device)
        if hours is None:
            hours = self._devices[device] = {}
        total = hours.get(hour)
        if total is None:
            self._open(device, hours, hour)
            total = 0
        asked = self._usual.get(device)
        if asked is not None and hour < asked[0]:
            del self._usual[device]
        hours[hour] = total = total + size
        self._changed.add((device, hour))
        return total

    def reached(self, device: DeviceKey, hour: int, count: int) -> None:
        """The device reached so many places in this hour; a run before may have counted more of them."""
        before = self.of(device, hour)
        if count > before:
            self.sent(device, hour, count - before)

    def of(self, device: DeviceKey, hour: int) -> int:
        """What the device sent in an hour."""
        hours = self._devices.get(device)
        return hours.get(hour, 0) if hours else 0

    def drain(self) -> set[tuple[DeviceKey, int]]:
        """The hours of devices that changed since the last call."""
        changed, self._changed = self._changed, set()
        return changed

    def usual(self, device: DeviceKey, hour: int) -> Usual:
        """Of the hours before this one."""
        hours = self._devices.get(device)
        if hours is None:
            return _NOTHING
        asked = self._usual.get(device)
        if asked is None or asked[0] != hour:
            asked = self._usual[device] = hour, _usual([size for at, size in hours.items() if at < hour])
        return asked[1]

    def _open(self, device: DeviceKey, hours: dict[int, int], hour: int) -> None:
        self._devices.move_to_end(device)
        self._usual.pop(device, None)
        for old in [at for at in hours if at <= hour - HOURS]:
            del hours[old]
            self._changed.discard((device, old))
            self._size -= 1
        hours[hour] = 0
        self._size += 1
        while self._size > IN_ALL:
            quiet, first = next(iter(self._devices.items()))
            gone = min(first)
            del first[gone]
            self._changed.discard((quiet, gone))
            self._usual.pop(quiet, None)
            self._size -= 1
            self.evictions += 1
            if not first:
                del self._devices[quiet]

    def __len__(self) -> int:
        return self._size


def drain(volumes: Volumes, places: Volumes) -> list[VolumeRow]:
    """Rows of the hours that changed since the last call, with all that was counted in them."""
    changed = sorted(volumes.drain() | places.drain())
    return [VolumeRow(*key, volumes.of(*key), places.of(*key)) for key in changed]


def _usual(past: list[int]) -> Usual:
    if not past:
        return _NOTHING
    past.sort()
    middle = median(past)
    deviation = median(abs(size - middle) for size in past)
    return Usual(len(past), middle, deviation, past[int(0.95 * (len(past) - 1))])
