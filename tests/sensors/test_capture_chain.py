"""Many records of a window found at once, against a walk one by one."""

import random
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors import capture_chain
from sensors.capture_chain import HEADER, record_edges


def one_by_one(data: bytes, start: int, end: int, order: str) -> list[int]:
    edges = [start]
    while edges[-1] <= end - HEADER:
        edges.append(edges[-1] + HEADER + struct.unpack_from(order + "I", data, edges[-1] + 8)[0])
    return edges


def file_of(order: str, lengths: list[int], noise: random.Random, seconds: int = 1_750_000_000) -> bytearray:
    made = bytearray(b"before it")
    for number, length in enumerate(lengths):
        made += struct.pack(order + "IIII", seconds + number // 100, number % 1_000_000, length, length)
        made += noise.randbytes(length)
    return made


def follows(monkeypatch) -> list[int]:
    """How many records each call that follows many chains found, to know that it happened."""
    found, real = [], capture_chain._at_once

    def spied(*arguments):
        result = real(*arguments)
        found.append(len(result[0]))
        return result

    monkeypatch.setattr(capture_chain, "_at_once", spied)
    return found


SHAPES = {
    "home": lambda r: r.choice([66, 82, 1308, 1514, r.randint(42, 1514)]),
    "all alike": lambda r: 60,
    "empty": lambda r: 0,
    "bursts": lambda r: r.choice([60] * 200 + [40_000]),
    "offloaded": lambda r: r.choice([66, 66, 66, 65_000]),
}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("shape", SHAPES)
def test_as_one_by_one(order, shape, monkeypatch):
    found, noise = follows(monkeypatch), random.Random(shape)
    lengths, size = [], 0
    while size < 2_000_000:
        lengths.append(SHAPES[shape](noise))
        size += lengths[-1] + HEADER
    data = file_of(order, lengths, noise)
    for end in (len(data), len(data) - 7, len(data) - 70_001):
        edges = record_edges(np.frombuffer(data, np.uint8), 9, end, order)
        assert edges.tolist() == one_by_one(data, 9, end, order)
    if shape in ("home", "all alike", "bursts"):
        assert min(found) > len(lengths) // 2


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_capture_inside_a_capture(order, monkeypatch):
    """A capture file that was downloaded while capturing: every payload is full of record headers."""
    found, noise = follows(monkeypatch), random.Random(1)
    inner = bytes(file_of(order, [noise.randint(42, 700) for _ in range(9_000)], noise))
    data, at = bytearray(), 0
    while at < len(inner):
        data += struct.pack(order + "IIII", 1_750_000_100, 5, 1448, 1448) + inner[at : at + 1448].ljust(1448)
        at += 1448
    edges = record_edges(np.frombuffer(data, np.uint8), 0, len(data), order)
    assert found
    assert edges.tolist() == one_by_one(data, 0, len(data), order)


BASE = bytes(file_of("<", [60] * 8_000, random.Random(2)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(BASE) - 5), st.integers(0, 2**32 - 1)), max_size=4))
def test_any_words_changed(changes):
    data = bytearray(BASE)
    for at, word in changes:
        struct.pack_into("<I", data, at, word)
    assert record_edges(np.frombuffer(data, np.uint8), 9, len(data), "<").tolist() == one_by_one(
        data, 9, len(data), "<"
    )


@pytest.mark.parametrize("number", range(0, 8_000, 331))
def test_a_length_changed_in_the_middle_of_a_chain(number):
    """The chain then leads elsewhere, or out of the window; the ones after it are not believed."""
    for length in (0, 61, 136, 5_000, 2**31, 2**32 - 1):
        data = bytearray(BASE)
        struct.pack_into("<I", data, 9 + number * (60 + HEADER) + 8, length)
        edges = record_edges(np.frombuffer(data, np.uint8), 9, len(data), "<")
        assert edges.tolist() == one_by_one(data, 9, len(data), "<")


def test_few_bytes():
    data = np.frombuffer(BASE, np.uint8)
    for end in (0, 9, 24, 25, 100, 101):
        assert record_edges(data, 9, end, "<").tolist() == one_by_one(BASE, 9, end, "<")
