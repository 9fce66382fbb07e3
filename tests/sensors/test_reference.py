"""Decoder, flow table and selection together against the slow path that takes a packet at a time."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.config import Config
from analysis.networks import HomeNetworks
from sensors.at_home import AtHome
from sensors.capture import BrokenCapture, open_file
from sensors.capture_rows import batch_of
from sensors.decode import decode
from sensors.flows import FlowTable
from sensors.packets import PacketBatch
from sensors.parsers import PACKET_PARSERS
from sensors.select import Selector
from tests.reference_decode import reference
from tests.reference_flows import ReferenceFlow, ReferenceFlows, parser_of
from tests.sensors.decode_seeds import SEEDS

SELECTOR = Selector(PACKET_PARSERS)
NETWORKS = HomeNetworks(Config().home)


def at_home(address: int) -> bool:
    four = address >> 32 == 0xFFFF
    return NETWORKS.holds(4 if four else 6, address & 0xFFFFFFFF if four else address)


def frame(batch: PacketBatch, index: int) -> bytes:
    start = int(batch.offsets[index])
    return batch.buffer[start : start + int(batch.caplen[index])].tobytes()


def compare(batches: Iterable[PacketBatch], ranges: int = 1 << 30) -> tuple[int, int, int]:
    """Feeds both; -> packets, flows, and packets given to parsers."""
    fast, slow = FlowTable(home=AtHome(NETWORKS)), ReferenceFlows(at_home)
    count = chosen = 0
    for batch in batches:
        table = decode(batch)
        for lo in range(0, len(batch.ts), ranges):
            hi = min(lo + ranges, len(batch.ts))
            update = fast.update(table, lo, hi)
            at, owner = SELECTOR.select(table, lo, hi)
            owners = dict(zip(at.tolist(), owner.tolist(), strict=True))
            begun, starts = set(), set(update.start_at.tolist())
            for number in range(hi - lo):
                data = frame(batch, lo + number)
                row = reference(data, batch.linktype, int(batch.wirelen[lo + number]))
                inside, begins, up, early = slow.add(row, float(batch.ts[lo + number]))
                assert (update.row[number] >= 0, bool(update.up[number]), bool(update.early[number])) == (
                    inside, up, early,
                )  # fmt: skip
                assert owners.get(number) == parser_of(PACKET_PARSERS, row, data), (count, number)
                if begins:
                    begun.add(number)
            assert starts == begun
            chosen += len(owners)
        count += len(batch.ts)
    assert dict(flows_of(fast)) == {key: facts(flow) for key, flow in slow.flows.items()}
    return count, len(fast), chosen


def facts(flow: ReferenceFlow) -> tuple[object, ...]:
    return (flow.client, flow.server, flow.macs, *map(tuple, (flow.times, flow.packets, flow.size, flow.payload,
            flow.flags)), flow.answered)  # fmt: skip


def flows_of(table: FlowTable) -> Iterator[tuple[object, tuple[object, ...]]]:
    rows = table.all_rows()
    lists = {name: column[rows].tolist() for name, column in table.col.items()}
    for values in zip(*lists.values(), strict=True):
        one = dict(zip(lists, values, strict=True))
        client = (one["client_hi"] << 64 | one["client_lo"], one["client_port"])
        server = (one["server_hi"] << 64 | one["server_lo"], one["server_port"])
        pairs = (
            (one[f"{name}_up"], one[f"{name}_down"]) for name in ("packets", "bytes", "payload", "flags")
        )
        yield (
            (frozenset((client, server)), one["proto"]),
            (client, server, (one["client_mac"], one["server_mac"]), (one["first_ts"], one["last_ts"]), *pairs,
             one["answered"]),
        )  # fmt: skip


@pytest.mark.captures
@pytest.mark.parametrize("size, ranges", [(16_384, 1 << 30), (97, 31)])
def test_every_capture(captures: Path, size: int, ranges: int) -> None:
    packets = flows = chosen = 0
    for path in sorted(captures.glob("*.pcap*")):
        try:
            result = compare(whole(path, size), ranges)
        except AssertionError as error:
            raise AssertionError(path.name) from error
        packets, flows, chosen = (a + b for a, b in zip((packets, flows, chosen), result, strict=True))
    assert packets > 28_000
    assert flows > 1_000
    assert chosen > 3_000


def whole(path: Path, size: int) -> Iterator[PacketBatch]:
    try:
        yield from open_file(path).batches(size)
    except BrokenCapture:
        return


ETHERNET = [frame for linktype, frame in SEEDS.values() if linktype == 1]
CHANGES = st.lists(st.tuples(st.integers(0, 80), st.integers(0, 255)), max_size=2)
PACKETS = st.lists(
    st.tuples(st.sampled_from(ETHERNET), CHANGES, st.booleans(), st.integers(0, 1514)),
    min_size=1,
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(PACKETS, st.integers(1, 20), st.integers(0, 2**32))
def test_any_mix_of_packets(packets, ranges, seed):
    """VLAN tags, PPPoE, MPLS, extension headers, fragments; changed bytes, cut ends, both directions."""
    frames = []
    for data, changes, back, size in packets:
        made = bytearray(turned(data) if back else data)
        for at, value in changes:
            if at < len(made):
                made[at] = value
        frames.append(bytes(made[:size]))
    order = np.random.default_rng(seed).permutation(len(frames))
    made = batch_of([frames[n] for n in order], [float(n) for n in range(len(order))], [0] * len(order), 1)
    compare([made], ranges)


def turned(data: bytes) -> bytes:
    """The answer to a plain IPv4 packet; another frame as it is."""
    if data[12:15] != b"\x08\x00\x45" or len(data) < 38:
        return data
    made = bytearray(data)
    made[0:6], made[6:12] = data[6:12], data[0:6]
    made[26:30], made[30:34] = data[30:34], data[26:30]
    made[34:36], made[36:38] = data[36:38], data[34:36]
    return bytes(made)
