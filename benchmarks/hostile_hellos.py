"""Microseconds of CPU that the dearest of many damaged and malicious TLS and QUIC hellos takes.

    python -m benchmarks.hostile_hellos [COUNT]

It builds them as the tests do, and so needs the tests' packages. The goal is 1 ms. Each hello is read three
times and its best time counts: the rest is other work of the machine. What leaves a parser other than
ParseError ends the run.
"""

import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from benchmarks.measure import percentile
from sensors.packets import ParseError
from sensors.parsers import quic, tls
from sensors.parsers.base import Stream

try:
    from tests.sensors.parsers.feed import flow
    from tests.sensors.parsers.hellos import chrome_hello, extension, record, records
    from tests.sensors.parsers.test_quic import crypto, datagram, initial
    from tests.sensors.parsers.test_streams_hostile import mutated
except ModuleNotFoundError as error:
    sys.exit(f"{error}. The tests' packages are needed:  python3 sentinel.py test --version  installs them.")

SEED, SEGMENT = 7, 1460
FLOW = flow(443)

Read = Callable[[], object]


def by_tls(data: bytes) -> Read:
    """A new conversation that brings the bytes in segments, as `Streams` would."""

    def read() -> None:
        stream = Stream(FLOW, False)
        for start in range(0, len(data), SEGMENT):
            stream.up += data[start : start + SEGMENT]
            if stream.done:
                return
            if tls.recognise(stream):
                list(tls.parse(stream, 1.0))

    return read


def by_quic(*frames: bytes) -> Read:
    """Datagrams to a parser that has seen nothing yet."""
    packets = [datagram(initial(part)) for part in frames]

    def read() -> None:
        parse = quic.fresh()
        for packet in packets:
            parse(packet)

    return read


def made() -> Iterator[tuple[str, Read]]:
    """The worst that could be thought of."""
    many = chrome_hello(b"x", *(extension(k) for k in range(50_000, 53_000)))[:16_000]
    yield "3,000 extensions", by_tls(record(many))
    yield "a hello in records of one byte", by_tls(records(chrome_hello(b"x" * 2000), 1))
    yield "a hello of 16,000 bytes", by_tls(record(chrome_hello(b"a.example", extension(51, bytes(15_000)))))
    yield "a name of 15,000 bytes", by_tls(record(chrome_hello(b"a." * 7_500)))
    yield "zeros in records", by_tls(b"\x16\x03\x01\x00\x00" * 3_000)
    hello = chrome_hello()
    pieces = b"".join(crypto(hello[n : n + 1], n) for n in range(250))
    yield "QUIC, a frame a byte", by_quic(pieces[:1100])
    yield "QUIC, padding", by_quic(bytes(1100))
    yield "QUIC, pings", by_quic(b"\1" * 1100)
    yield "QUIC, pieces that never meet", by_quic(*(crypto(b"x", 3 * n) for n in range(20)))


def fuzzed(count: int) -> Iterator[tuple[str, Read]]:
    chance = random.Random(SEED)
    hello = chrome_hello()
    seeds = (record(hello), records(chrome_hello(b"a.example", extension(51, bytes(1216))), 300))
    for number in range(count):
        if number % 4:
            yield "damaged TLS", by_tls(mutated(chance, seeds[number % 2]))
        else:
            parts = crypto(hello[:200]) + b"\2\0\0\0\0\1" + crypto(hello[200:], 200)
            yield "damaged QUIC", by_quic(mutated(chance, parts)[:1100])


def microseconds(read: Read) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.process_time_ns()
        with suppress(ParseError):
            read()
        best = min(best, (time.process_time_ns() - start) / 1000)
    return best


def main(count: int = 20_000) -> None:
    microseconds(by_tls(record(chrome_hello())))
    microseconds(by_quic(crypto(chrome_hello())))
    worst: dict[str, list[float]] = {}
    for source in (made(), fuzzed(count)):
        for name, read in source:
            worst.setdefault(name, []).append(microseconds(read))
    for name, times in worst.items():
        middle = percentile(times, 0.5)
        print(f"{name:34} {len(times):>7,} read, median {middle:8.1f} us, worst {max(times):8.1f} us")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
