"""JA4 against the examples in FoxIO's specification."""

import random

import pytest

from sensors.parsers.ja4 import _fingerprint, ja4
from tests.sensors.parsers.hellos import CIPHERS, GREASE, SIGNATURES, numbers

KINDS = (0x1B, 0, 0x33, 0x10, 0x4469, 0x17, 0x2D, 0x0D, 5, 0x23, 0x12, 0x2B, 0xFF01, 0x0B, 0x0A, 0x15)


def test_the_example_of_the_specification() -> None:
    assert (
        ja4("t", 0x0304, numbers(CIPHERS), KINDS, numbers(SIGNATURES), b"h2")
        == "t13d1516h2_8daaf6152771_e5627efa2ab1"
    )


def test_without_signature_algorithms_the_list_ends_without_underscore() -> None:
    assert ja4("t", 0x0304, numbers(CIPHERS), KINDS, b"", b"h2").endswith("_6d807ffa2a79")


def test_grease_is_ignored_everywhere() -> None:
    greased = ja4(
        "t",
        0x0304,
        numbers((0xFAFA, *CIPHERS)),
        (0x0A0A, *KINDS, 0xDADA),
        numbers((0x3A3A, *SIGNATURES)),
        b"h2",
    )
    assert greased == "t13d1516h2_8daaf6152771_e5627efa2ab1"


def test_a_program_that_shuffles_its_extensions_is_remembered_once() -> None:
    rng, before = random.Random(4), _fingerprint.cache_info().misses
    shuffled = [rng.sample((GREASE, *KINDS), len(KINDS) + 1) for _ in range(50)]
    prints = {ja4("q", 0x0304, numbers(CIPHERS), kinds, numbers(SIGNATURES), b"h3") for kinds in shuffled}
    assert prints == {"q13d1516h3_8daaf6152771_e5627efa2ab1"}
    assert _fingerprint.cache_info().misses == before + 1


def test_memory_is_bounded_and_changes_no_answer() -> None:
    limit = _fingerprint.cache_info().maxsize or 0
    first = [ja4("t", 0x0304, numbers((n,)), KINDS, b"", b"") for n in range(limit + 100)]
    assert _fingerprint.cache_info().currsize == limit
    assert [ja4("t", 0x0304, numbers((n,)), KINDS, b"", b"") for n in range(limit + 100)] == first


@pytest.mark.parametrize(
    ("protocol", "shown"),
    [
        (b"", "00"), (b"h2", "h2"), (b"http/1.1", "h1"), (b"x", "xx"), (b"\xab", "ab"), (b"\xab\xcd", "ad"),
        (b"\x30\xab", "3b"), (b"\x30\x31\xab\xcd", "3d"), (b"\x30\xab\xcd\x31", "01"), (b" h2", "22"),
    ],
)  # fmt: skip
def test_first_and_last_character_of_alpn(protocol: bytes, shown: str) -> None:
    assert ja4("t", 0x0304, b"", (), b"", protocol)[8:10] == shown


@pytest.mark.parametrize(
    ("version", "shown"),
    [
        (0x0304, "13"),
        (0x0303, "12"),
        (0x0302, "11"),
        (0x0301, "10"),
        (0x0300, "s3"),
        (0x0002, "s2"),
        (0x7F1C, "00"),
    ],
)
def test_version(version: int, shown: str) -> None:
    assert ja4("q", version, b"", (), b"", b"").startswith(f"q{shown}i0000")


def test_empty_lists_have_no_digest() -> None:
    assert ja4("t", 0x0303, b"", (0, 16), b"", b"h2") == "t12d0002h2_000000000000_000000000000"


def test_counts_end_at_99() -> None:
    assert ja4("t", 0x0303, numbers(range(1, 400)), range(1, 200), b"", b"").startswith("t12i999900_")
