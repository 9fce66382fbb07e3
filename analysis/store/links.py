"""Which addresses a person said are one device, and which of them stands for it."""

from collections.abc import Callable, Iterable
from typing import Any

LINKED = (
    "SELECT a.id, b.id FROM device_links l JOIN devices a ON a.network = l.network AND a.mac = l.mac"
    " JOIN devices b ON b.network = l.other_network AND b.mac = l.other_mac WHERE l.same"
)
"""Pairs of row ids."""
RANKS = "SELECT id, randomised, first_seen FROM devices WHERE id IN (SELECT value FROM json_each(?))"
"""What decides which of several stands for all, for a JSON array of row ids."""


def heads(
    pairs: Iterable[tuple[int, int]], ranks: Callable[[list[int]], Iterable[tuple[Any, ...]]]
) -> dict[int, int]:
    """Each linked device (row id) with the one that stands for it, which is left out: the one with its
    maker's address, then the one known longest. `ranks` answers `RANKS` for row ids, ascending."""
    groups: dict[int, set[int]] = {}
    for one, other in pairs:
        whole = groups.get(one, {one}) | groups.get(other, {other})
        groups.update(dict.fromkeys(whole, whole))
    rank = {row[0]: row for row in ranks(sorted(groups))}
    found = {device: min(whole, key=lambda n: (rank[n][1:], n)) for device, whole in groups.items()}
    return {device: head for device, head in found.items() if device != head}
