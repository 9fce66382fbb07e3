"""Whether addresses are at home, for thousands of packets at once."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analysis.networks import HomeNetworks

Home = Callable[[NDArray[np.uint64], NDArray[np.uint64]], NDArray[np.bool_]]
"""Of the two halves of addresses (uint64[n] each, as in `sensors.packets`): bool[n], at home."""

_HALF = (1 << 64) - 1
_MAPPED, _ABOVE = 0xFFFF << 32, ((1 << 96) - 1) << 32
"""What stands above an IPv4 address in 128 bits (RFC 4291 section 2.5.5.2), and its mask."""


def nobody(hi: NDArray[np.uint64], lo: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Where no network is known to be at home."""
    return np.zeros(len(lo), np.bool_)


class AtHome:
    """The home networks as they were at the last `look`: what is asked between two looks has the same answer
    in whatever order the packets are counted."""

    def __init__(self, networks: HomeNetworks) -> None:
        self._networks = networks
        self._version = -1
        self._ranges: list[tuple[np.uint64, np.uint64, np.uint64, np.uint64]] = []
        self.look()

    def look(self) -> None:
        """Take up the networks that were learned."""
        if self._version == self._networks.version:
            return
        self._version, self._ranges = self._networks.version, []
        for version, base, mask in self._networks.ranges():
            if version == 4:
                base, mask = base | _MAPPED, mask | _ABOVE
            halves = (base >> 64, base & _HALF, mask >> 64, mask & _HALF)
            base_hi, base_lo, mask_hi, mask_lo = map(np.uint64, halves)
            self._ranges.append((base_hi, base_lo, mask_hi, mask_lo))

    def __call__(self, hi: NDArray[np.uint64], lo: NDArray[np.uint64]) -> NDArray[np.bool_]:
        found = np.zeros(len(lo), np.bool_)
        for base_hi, base_lo, mask_hi, mask_lo in self._ranges:
            found |= (hi & mask_hi == base_hi) & (lo & mask_lo == base_lo)
        return found
