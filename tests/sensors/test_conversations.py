"""How conversations went."""

import itertools

import numpy as np

from sensors.flow_ends import flow_states
from sensors.flow_keys import ACK, RST, SYN, TCP, UDP


def said(proto: int, syn: bool, answered: bool, down: int, up_payload: int, down_payload: int) -> str:
    """One conversation's state by the words of `events.FlowEnd`."""
    if proto != TCP:
        return "stateless"
    if not syn:
        return "midstream"
    if answered or up_payload or down_payload:
        return "established"
    return "rejected" if down & RST and not down & SYN else "attempt"


def test_states_of_many_conversations_are_those_of_each() -> None:
    flags = (0, RST, RST | ACK, SYN | ACK, SYN | ACK | RST)
    every = list(itertools.product((TCP, UDP, 1), (True, False), (True, False), flags, (0, 3), (0, 1)))
    names = ("proto", "syn", "answered", "flags_down", "payload_up", "payload_down")
    kinds = (np.uint8, np.bool_, np.bool_, np.uint8, np.int64, np.int64)
    columns = {
        name: np.array(values, kind)
        for name, kind, values in zip(names, kinds, zip(*every, strict=True), strict=True)
    }
    assert flow_states(columns) == [said(*values) for values in every]
    assert len(set(flow_states(columns))) == 5


def test_no_conversation_has_no_state() -> None:
    names = ("proto", "syn", "answered", "flags_down", "payload_up", "payload_down")
    assert flow_states({name: np.zeros(0, np.bool_) for name in names}) == []
