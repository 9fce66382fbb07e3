"""Where the records of a pcap file begin: each tells only how long it is, so that they form a chain.

Followed record by record in Python, the chain costs more than reading the bytes. So many places of a
window are followed at once: a record is guessed at each by what a header looks like, and a guess counts
only when the chain before it arrives there exactly. The result is what a walk one by one would find.
"""

import re
import struct
from array import array

import numpy as np
from numpy.typing import NDArray

HEADER = 16
"""Bytes of a record's header: seconds, fraction, captured bytes (at 8), bytes on the wire."""
_LENGTH_AT = 8

_RECORDS = 40
"""Records between two guesses: fewer cost more searches, more leave less to do at once."""
_SAMPLE = 32
"""Records walked one by one to learn how long they are here."""
_STEPS = 16
"""Steps between two looks at which chains have arrived."""
_FEW = 16
"""Chains for which one step at once costs as much as a step of each in Python."""
_SEARCHED = 4096
"""Bytes in which a guess must be found: longer than a record of Ethernet's usual size."""
_TAIL = 1 << 16
"""Bytes before the end of the window that are walked one by one, so that chains that go on beyond
their goal stay inside."""

Places = NDArray[np.int64]


def record_edges(data: NDArray[np.uint8], start: int, end: int, order: str) -> Places:
    """Where the records from `start` on begin whose header lies in `data[:end]`, and after the last of
    them where the next would: int64[records + 1]. `order` is "<" or ">". Lengths are followed whatever
    they say: the caller judges them."""
    last = end - HEADER
    sample, begin = _one_by_one(data, start, last, order, _SAMPLE)
    guesses = _guesses(data, start, begin, end, order) if begin < last - 2 * _TAIL else []
    many, begin = (
        _at_once(data, [begin, *guesses], end, order) if len(guesses) >= _FEW else (sample[:0], begin)
    )
    rest, begin = _one_by_one(data, begin, last, order)
    return np.concatenate([sample, many, rest, [begin]])


def _one_by_one(
    data: NDArray[np.uint8], start: int, last: int, order: str, most: int | None = None
) -> tuple[Places, int]:
    """The beginnings of at most `most` records up to `last`, and where the next is."""
    length = struct.Struct(f"{order}{_LENGTH_AT}xI").unpack_from
    view = data.data
    found = array("q")  # a list would keep thousands of int objects alive
    add = found.append
    while start <= last and len(found) != most:
        add(start)
        start += length(view, start)[0] + HEADER
    return np.frombuffer(found, np.int64), start


def _guesses(data: NDArray[np.uint8], first: int, begin: int, end: int, order: str) -> list[int]:
    """Places that look like a header: of the same 18 hours as the record at `first`, lengths below
    262,144 bytes and 16 MiB, a fraction below 2^30."""
    seconds = data[first : first + 4].tobytes()
    if order == "<":
        skipped, form = 2, re.escape(seconds[2:]) + rb"...[\0-\x3f]..[\0-\3]\0...\0"
    else:
        skipped, form = 0, re.escape(seconds[:2]) + rb"..[\0-\x3f]...\0[\0-\3]..\0..."
    search = re.compile(form, re.DOTALL).search
    step = (begin - first) * _RECORDS // _SAMPLE
    view = data.data
    places = (search(view, at, at + _SEARCHED) for at in range(begin + step, end - _TAIL, step))
    return [match.start() - skipped for match in places if match]


def _at_once(data: NDArray[np.uint8], begins: list[int], end: int, order: str) -> tuple[Places, int]:
    """Follows the chains from all of `begins` together, each to the next one's beginning.

    -> the records of the chains that are true, and where the next one begins. The first chain is true;
    another is if the one before it arrives at its beginning.
    """
    begin, goal = np.array(begins[:-1], np.int64), np.array(begins[1:], np.int64)
    try:
        found, arrived = _follow(data, begin, goal, end, order)
    except IndexError:  # a length that leads out of the window
        return begin[:0], begins[0]
    found.sort()
    astray = np.flatnonzero(arrived != goal)
    if not len(astray):
        return found, begins[-1]
    return found[found < goal[astray[0]]], int(arrived[astray[0]])


def _follow(
    data: NDArray[np.uint8], place: Places, goal: Places, end: int, order: str
) -> tuple[Places, Places]:
    """All records from each place up to its goal, and the first at or after the goal."""
    lengths = [
        np.ndarray((end - HEADER + 1 - gone,), order + "u4", data.data, _LENGTH_AT + gone, (1,))
        for gone in range(0, _STEPS * HEADER, HEADER)
    ]
    headers = np.arange(0, (_STEPS + 1) * HEADER, HEADER)[:, np.newaxis]
    chain, arrived = np.arange(len(place)), np.empty_like(place)
    parts = []
    while len(chain) >= _FEW:
        places = np.empty((_STEPS + 1, len(chain)), np.int64)
        places[0] = place
        steps = list(places)
        for length, here, there in zip(lengths, steps, steps[1:], strict=False):
            np.add(here, length[here], out=there)
        places += headers  # here all at once: until now each step's view began so much later
        short = places < goal
        parts.append(places[:-1][short[:-1]])
        there = np.flatnonzero(~short[-1])
        arrived[chain[there]] = places[short[:, there].view(np.uint8).sum(0, np.uint8), there]
        left = np.flatnonzero(short[-1])
        chain, place, goal = chain[left], places[-1, left], goal[left]
    for number, begin, until in zip(chain.tolist(), place.tolist(), goal.tolist(), strict=True):
        rest, arrived[number] = _one_by_one(data, begin, min(until - 1, end - HEADER), order)
        parts.append(rest)
    return np.concatenate(parts), arrived
