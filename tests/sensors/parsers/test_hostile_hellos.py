"""The hellos of benchmarks/hostile_hellos.py, damaged and malicious: nothing but ParseError leaves a parser."""

from contextlib import suppress
from itertools import chain

from benchmarks.hostile_hellos import fuzzed, made
from sensors.packets import ParseError


def test_nothing_but_a_parse_error_comes_out() -> None:
    refused = read = 0
    for _, one in chain(made(), fuzzed(4_000)):
        read += 1
        refused += 1
        with suppress(ParseError):
            one()
            refused -= 1
    assert read > 4_000 and 0 < refused < read
