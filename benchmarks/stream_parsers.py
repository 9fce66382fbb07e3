"""Microseconds an operation of the stream and content parsers: `python -m benchmarks.stream_parsers`."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from sensors.parsers import STREAM_PARSERS, http, quic, tls
from sensors.parsers.base import Stream
from tests.sensors.parsers.feed import flow
from tests.sensors.parsers.hellos import chrome_hello, extension, record, server_hello
from tests.sensors.parsers.test_http import segment
from tests.sensors.parsers.test_quic import crypto, datagram, initial

HELLO = record(chrome_hello(b"www.example.com", extension(0x29, bytes(290))))
ANSWER = record(server_hello())
BIG = record(chrome_hello(b"www.example.com", extension(0x33, bytes(1216))))
FLOW = flow(443)


def tls_stream(*parts: bytes, answer: bytes = b"") -> None:
    stream = Stream(FLOW, False)
    for part in parts:
        stream.up += part
        tls.recognise(stream)
        list(tls.parse(stream, 1.0))
    if answer:
        stream.down += answer
        list(tls.parse(stream, 1.0))


def recognise(data: bytes, up: bool) -> None:
    stream = Stream(FLOW, False)
    (stream.up if up else stream.down).extend(data)
    for parser in STREAM_PARSERS:
        if parser.recognise(stream):
            return


def request() -> Callable[[], object]:
    head = b"GET /a?b HTTP/1.1\r\nHost: a.example\r\nUser-Agent: Mozilla/5.0\r\nAccept: */*\r\n\r\n"
    parse, packet = http.fresh(), segment(head)
    count = iter(range(10**9))
    return lambda: parse(packet._replace(seq=next(count)))


def microseconds(run: Callable[[], object], times: int) -> float:
    """The best of five rounds."""
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        for _ in range(times):
            run()
        best = min(best, time.process_time() - start)
    return best / times * 1e6


def main() -> None:
    first = datagram(initial(crypto(chrome_hello())))
    told = quic.fresh()
    told(first)
    cases: dict[str, Callable[[], object]] = {
        f"TLS ClientHello of {len(HELLO)} bytes with JA4": lambda: tls_stream(HELLO),
        "the same and ServerHello": lambda: tls_stream(HELLO, answer=ANSWER),
        "post-quantum ClientHello in two segments": lambda: tls_stream(BIG[:1400], BIG[1400:]),
        "QUIC Initial of a new connection": lambda: quic.fresh()(first),
        "QUIC Initial of a told connection": lambda: told(first),
        "HTTP request": request(),
        "recognise: nobody knows it": lambda: recognise(b"\x05\x01\x02\x03" * 100, True),
        "recognise: a greeting": lambda: recognise(b"220 hello there\r\n", False),
    }
    for name, run in cases.items():
        print(f"{name:48} {microseconds(run, 2000):8.2f} us")


if __name__ == "__main__":
    main()
