"""A bound on what a flood may cost: so many conversations and messages in ten seconds are looked at.

Counting a packet takes a microsecond, understanding one fifty. Without a bound, one device that sends
nonsense as fast as it can would keep the sensor from everybody else's packets. What goes beyond the bound
is counted as traffic all the same, and as refused; a flood itself is found by what is looked at.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

FLOWS, FLOWS_EACH, FLOWS_MORE = 4_096, 256, 4_096
"""New conversations in a step: of all together; then of each sender; then of all strangers together. A
scan by nmap -T4 opens some hundred a second, a home of forty devices ten."""
MESSAGES, MESSAGES_EACH, MESSAGES_MORE = 8_192, 512, 4_096
"""The same for packets that go to a parser: names, announcements, leases. A busy home has thirty a second."""


def senders(mac: NDArray[np.uint64], address: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """uint64[n]: who sent, by the MAC, or by the low half of the address where a link has none."""
    return np.where(mac == 0, address, mac)


class Budget:
    """What may be looked at between two calls of `renew`; `refused` counts what was not, since the start.

    `known(sender)` tells whether a sender was there before the flood: it keeps its own share, while
    strangers, who may all be inventions of one device, have one together.
    """

    def __init__(self, free: int, each: int, more: int, known: Callable[[int], bool]) -> None:
        self.free, self.each, self.more = free, each, more
        self.refused = 0
        self.share = 1.0
        """How much of everything may be used by now."""
        self._known = known
        self._used = self._strangers = 0
        self._by_sender: dict[int, int] = {}

    def renew(self) -> None:
        """The next step begins."""
        self._used = self._strangers = 0
        self._by_sender.clear()

    def admit(self, senders: NDArray[np.uint64]) -> NDArray[np.bool_] | None:
        """Which of these, in the order of their packets, may be looked at; None for all.
        `senders` are uint64[n]: MACs, or addresses where a link has none. Only which of several strangers
        gets the last of their common share may hang on how many are asked about at a time."""
        room = max(0, int(self.free * self.share) - self._used)
        if room >= len(senders):
            self._used += len(senders)
            return None
        self._used += room
        admitted = np.zeros(len(senders), np.bool_)
        admitted[:room] = True
        admitted[room:] = self._shares(senders[room:])
        self.refused += len(senders) - int(np.count_nonzero(admitted))
        return admitted

    def _shares(self, senders: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Of those beyond the common room: each sender's first, as far as its share goes."""
        unique, of = np.unique(senders, return_inverse=True)
        order = np.argsort(of, kind="stable")
        count = np.bincount(of, minlength=len(unique))
        rank = np.empty(len(senders), np.int64)
        rank[order] = np.arange(len(senders)) - np.repeat(np.cumsum(count) - count, count)
        left = np.zeros(len(unique), np.int64)
        first = np.empty(len(unique), np.int64)
        first[of[::-1]] = np.arange(len(senders))[::-1]
        for number in np.argsort(first).tolist():
            left[number] = self._take(int(unique[number]), int(count[number]))
        return np.asarray(rank < left[of])

    def _take(self, sender: int, wanted: int) -> int:
        """How many of a sender's may be looked at now."""
        used = self._by_sender.get(sender, 0)
        grant = min(wanted, int(self.each * self.share) - used)
        if grant <= 0:
            return 0
        if not self._known(sender):
            grant = min(grant, int(self.more * self.share) - self._strangers)
            if grant <= 0:
                return 0
            self._strangers += grant
        self._by_sender[sender] = used + grant
        return grant


class FloodGuard:
    """The budgets of a sensor. `known(sender)`: see `Budget`."""

    def __init__(self, known: Callable[[int], bool]) -> None:
        self.flows = Budget(FLOWS, FLOWS_EACH, FLOWS_MORE, known)
        self.messages = Budget(MESSAGES, MESSAGES_EACH, MESSAGES_MORE, known)

    def pace(self, share: float) -> None:
        """Only so much of what a step may cost may be used by now: who has no time cannot spend all of it
        in the first second."""
        self.flows.share = self.messages.share = share

    def renew(self) -> None:
        """Another ten seconds of packet time begin."""
        self.flows.renew()
        self.messages.renew()
