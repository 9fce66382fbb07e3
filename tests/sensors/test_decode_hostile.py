"""The decoder on frames that are cut, mutated and made up: no exception, and always as the reference."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.decode import decode
from sensors.packets import PacketBatch, PacketTable
from tests.reference_decode import reference, row_of
from tests.sensors.decode_seeds import LINKTYPES, SEEDS, among_noise, batch, seeds_of

INTERESTING = (
    0,
    1,
    4,
    5,
    6,
    8,
    17,
    43,
    44,
    51,
    59,
    60,
    0x40,
    0x45,
    0x46,
    0x4F,
    0x60,
    0x80,
    0x81,
    0x86,
    0x88,
    0xAA,
    0xFF,
)


def mutate(rng: random.Random, frame: bytes) -> bytes:
    """Bytes changed, inserted, removed or doubled; mostly in the headers."""
    data = bytearray(frame)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        if not data:
            break
        at = min(int(rng.expovariate(1 / 25)), len(data) - 1)
        choice = rng.random()
        if choice < 0.5:
            data[at] = rng.choice(INTERESTING)
        elif choice < 0.7:
            data[at] = rng.randrange(256)
        elif choice < 0.8:
            data[at : at + 2] = rng.choice(
                (0x0800, 0x86DD, 0x0806, 0x8100, 0x88A8, 0x8847, 0x8864, 0, 40)
            ).to_bytes(2)
        elif choice < 0.87:
            del data[at:]
        elif choice < 0.94:
            data[at:at] = data[at : at + rng.choice((4, 8, 14, 20, 40))]
        else:
            del data[at : at + rng.choice((1, 4, 8))]
    return bytes(data)


def agree(made: PacketBatch, frames: list[bytes]) -> None:
    table = decode(made)
    within(table)
    for index, frame in enumerate(frames):
        assert row_of(table, index) == reference(frame, made.linktype, int(made.wirelen[index])), frame.hex()


def within(table: PacketTable) -> None:
    """Every position lies in the packet's own captured bytes."""
    source = table.batch
    end = source.offsets + source.caplen
    read = table.undecoded == 0
    for name in ("l3", "l4", "payload"):
        at = getattr(table, name)[read]
        assert (at >= source.offsets[read]).all()
        assert (at <= end[read]).all()
    assert (table.payload_len >= 0).all()
    assert (table.payload + table.payload_len <= end)[read].all()
    assert (table.wirelen >= source.caplen).all()


@pytest.mark.parametrize("name", SEEDS)
def test_cut_at_every_byte(name: str) -> None:
    linktype, frame = SEEDS[name]
    pieces = [frame[:size] for size in range(len(frame) + 1)]
    agree(batch(pieces, linktype), pieces)
    agree(batch(pieces, linktype, len(frame)), pieces)
    agree(among_noise(pieces, linktype, b"\x45\x00" * 40), pieces)


@pytest.mark.parametrize("linktype", LINKTYPES)
def test_mutated_frames_against_the_reference(linktype: int) -> None:
    rng = random.Random(linktype)
    seeds = seeds_of(linktype)
    frames = [mutate(rng, rng.choice(seeds)) for _ in range(3000)]
    agree(batch(frames, linktype), frames)


def test_hundred_thousand_mutated_packets() -> None:
    """Of all link types, in batches as a capture gives them."""
    rng = random.Random(20)
    undecoded = 0
    for _ in range(25):
        linktype = rng.choice((1, 1, 1, *LINKTYPES))
        seeds = seeds_of(linktype)
        table = decode(batch([mutate(rng, rng.choice(seeds)) for _ in range(4000)], linktype))
        within(table)
        undecoded += int(np.count_nonzero(table.undecoded))
    assert 10_000 < undecoded < 90_000


@settings(max_examples=300, deadline=None)
@given(
    linktype=st.sampled_from(LINKTYPES),
    frames=st.lists(st.binary(max_size=120), min_size=1, max_size=8),
    wirelen=st.sampled_from((0, 60, 1514)),
)
def test_any_bytes(linktype: int, frames: list[bytes], wirelen: int) -> None:
    agree(batch(frames, linktype, wirelen), frames)


@settings(max_examples=300, deadline=None)
@given(
    seed=st.sampled_from(sorted(SEEDS)),
    changes=st.lists(st.tuples(st.integers(0, 90), st.integers(0, 255)), max_size=6),
    size=st.integers(0, 200),
    noise=st.binary(min_size=1, max_size=64),
)
def test_any_change(seed: str, changes: list[tuple[int, int]], size: int, noise: bytes) -> None:
    linktype, frame = SEEDS[seed]
    data = bytearray(frame)
    for at, value in changes:
        if at < len(data):
            data[at] = value
    frames = [bytes(data), bytes(data[:size])]
    agree(batch(frames, linktype), frames)
    agree(among_noise(frames, linktype, noise), frames)
