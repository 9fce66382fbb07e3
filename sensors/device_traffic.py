"""What each device sent and got, minute by minute, through the flows that it has an end of."""

import numpy as np
from numpy.typing import NDArray

from analysis.store.rows import DeviceKey, TrafficRow
from sensors.flows import FlowUpdate

MAX_CARRIED = 65_536
"""Flows of several ranges whose traffic is added up at once."""
MAX_DEVICES = 16_384
"""Devices numbered before they are numbered afresh: a flood of MACs has more."""

CLIENT, SERVER = range(2)
"""The ends of a flow."""


class DeviceTraffic:
    """Bytes and packets of the running minute. Devices have numbers, so that sums are made in arrays."""

    def __init__(self, capacity: int) -> None:
        """`capacity` is that of the flow table."""
        self._owner = np.full((capacity, 2), -1, np.int64)  # a flow each: numbers of its ends' devices
        self._numbers: dict[DeviceKey, int] = {}
        self._totals = np.zeros((64, 3), np.int64)  # a device each: bytes up, bytes down, packets
        self._carried: list[tuple[NDArray[np.int64], ...]] = []
        self._carried_flows = 0
        self._minute = 0

    def begin(self, rows: NDArray[np.int64]) -> None:
        """New flows have these rows: nobody is known to own an end of them."""
        self._owner[rows] = -1

    def own(self, row: int, side: int, key: DeviceKey) -> None:
        """A device is at this end of a flow."""
        self._owner[row, side] = self._number(key)

    def own_all(
        self, rows: NDArray[np.int64], side: int, keys: list[DeviceKey | None], of: NDArray[np.int64]
    ) -> None:
        """The same for many flows: of each the place in `keys`; None is no device."""
        numbers = np.array([-1 if key is None else self._number(key) for key in keys])
        self._owner[rows, side] = numbers[of]

    def reach(self, minute: int) -> list[TrafficRow]:
        """What follows belongs to this minute since the epoch; the rows of another one before."""
        rows = self.drain() if minute != self._minute else []
        self._minute = minute
        return rows

    def count(self, update: FlowUpdate) -> None:
        """Note what the packets of an update carried to the devices of their flows."""
        owners = self._owner.take(update.touched, 0)
        self._carried.append((owners, update.touched_up, update.touched_down, update.touched_packets))
        self._carried_flows += len(update.touched) + 1
        if self._carried_flows > MAX_CARRIED:
            self._add_up()

    def drain(self) -> list[TrafficRow]:
        """What each device sent and got since the last call."""
        self._add_up()
        rows = [
            TrafficRow(key, self._minute, up, down, packets)
            for key, (up, down, packets) in zip(self._numbers, self._totals.tolist(), strict=False)
            if packets
        ]
        self._totals[:] = 0
        if len(self._numbers) > MAX_DEVICES:
            self._numbers.clear()
            self._owner[:] = -1
        return rows

    def _number(self, key: DeviceKey) -> int:
        number = self._numbers.setdefault(key, len(self._numbers))
        if number >= len(self._totals):
            self._totals = np.concatenate([self._totals, np.zeros_like(self._totals)])
        return number

    def _add_up(self) -> None:
        """Add what was noted to its devices."""
        if not self._carried:
            return
        owners, up, down, packets = (np.concatenate(parts) for parts in zip(*self._carried, strict=True))
        self._carried.clear()
        self._carried_flows = 0
        owner = owners.T.ravel()  # all clients, then all servers
        known = np.flatnonzero(owner >= 0)
        for column, (client, server) in enumerate(((up, down), (down, up), (packets, packets))):
            values = np.concatenate((client, server))[known]
            self._totals[:, column] += np.bincount(owner[known], values, len(self._totals)).astype(np.int64)
