"""What is told of conversations that are over, or that go on, from their columns in the flow table."""

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import repeat

import numpy as np

from analysis.events import Flow, FlowActive, FlowEnd, of_values
from sensors.flow_keys import RST, SYN, TCP
from sensors.flows import Columns

_TOTALS = ("packets_up", "packets_down", "bytes_up", "bytes_down", "payload_up", "payload_down")
"""What is told of a flow's end; the first four also of one that goes on."""
_FLOW_END = partial(of_values, FlowEnd)

_STATES = ("stateless", "midstream", "established", "rejected", "attempt")


def ends(
    now: float, flows: Sequence[Flow], services: Sequence[str | None], states: Sequence[str], columns: Columns
) -> Iterable[FlowEnd]:
    """These flows are over."""
    totals = (columns[name].tolist() for name in _TOTALS)
    return map(_FLOW_END, zip(repeat(now), flows, *totals, states, services, strict=False))


def active(now: float, flows: Sequence[Flow], columns: Columns) -> Iterable[FlowActive]:
    """These flows go on."""
    return map(FlowActive, repeat(now), flows, *(columns[name].tolist() for name in _TOTALS[:4]))


def only(columns: Columns, at: list[int]) -> Columns:
    """Some of the rows."""
    return {name: column[at] for name, column in columns.items()}


def flow_states(columns: Columns) -> list[str]:
    """How each conversation went, from its TCP flags seen in either direction; see `events.FlowEnd`."""
    refused = (columns["flags_down"] & (RST | SYN)) == RST
    spoke = columns["answered"] | (columns["payload_up"] + columns["payload_down"] > 0)
    kinds = [columns["proto"] != TCP, ~columns["syn"], spoke, refused]
    return [_STATES[number] for number in np.select(kinds, [0, 1, 2, 3], 4).tolist()]
