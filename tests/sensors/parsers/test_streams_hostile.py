"""Every parser against cut and mutated conversations: only ParseError may leave `parse`, nothing
`recognise`, and nothing takes long."""

import random
import time
from contextlib import suppress

import pytest

from sensors.packets import ParseError
from sensors.parsers import STREAM_PARSERS, http, quic
from sensors.parsers.base import ANY, STREAM_LIMIT, Stream, StreamParser
from tests.sensors.parsers.feed import Feeder, flow
from tests.sensors.parsers.hellos import chrome_hello, extension, record, records, server_hello
from tests.sensors.parsers.test_http import segment
from tests.sensors.parsers.test_mqtt import connect
from tests.sensors.parsers.test_quic import crypto, datagram, initial

SEEDS = [
    (record(chrome_hello()), record(server_hello()), 443),
    (
        records(chrome_hello(b"a.example", extension(51, bytes(1216))), 300),
        record(server_hello(0xC02F, None)),
        443,
    ),
    (bytes.fromhex("801f0103010006000000100000 2f000035") + bytes(16), record(server_hello(0x2F, None)), 443),
    (
        b"GET /x?y HTTP/1.1\r\nHost: a.example\r\nAuthorization: Basic eDp5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        80,
    ),
    (b"SSH-2.0-a\r\n", b"SSH-2.0-b\r\n", 22),
    (connect(flags=0xC2, extra=b"\0\4test\0\4anna\0\4pass"), b"\x20\2\0\0", 1883),
    (
        b"USER anna\r\nPASS x\r\nAUTH TLS\r\n" + record(chrome_hello()),
        b"220 x\r\n331 y\r\n230 z\r\n234 a\r\n",
        21,
    ),
    (
        b"EHLO x\r\nSTARTTLS\r\n" + record(chrome_hello()),
        b"220 x\r\n250 y\r\n220 z\r\n" + record(server_hello()),
        25,
    ),
    (b"USER a\r\nPASS b\r\n", b"+OK x\r\n+OK\r\n", 110),
    (b"a1 CAPABILITY\r\na2 LOGIN a b\r\n", b"* OK x\r\n* C\r\na1 OK\r\n", 143),
    (b"\0anna\0root\0xterm/9600\0pw\r", b"\0Password: ", 513),
    (b"1022\0anna\0root\0ls\0", b"\0", 514),
    (b"1022\0anna\0pass\0ls\0", b"\0", 512),
    (
        bytes.fromhex("fffb18fffa180078fff0") + b"anna\r\npw\r\n",
        bytes.fromhex("fffd18fffd20") + b"login: Password: ",
        23,
    ),
]


@pytest.mark.parametrize("seed", range(len(SEEDS)))
@pytest.mark.parametrize("midstream", [False, True])
def test_every_cut(seed: int, midstream: bool) -> None:
    up, down, port = SEEDS[seed]
    whole = Feeder(flow(port), midstream).down(down).up(up).sessions()
    assert whole
    for size in range(len(up) + 1):
        Feeder(flow(port), midstream).down(down).up(up[:size]).up(up[size:])
    for size in range(len(down) + 1):
        Feeder(flow(port), midstream).up(up).down(down[:size]).down(down[size:])


def test_mutations_of_streams() -> None:
    chance = random.Random(1)
    told = 0
    for _ in range(20_000):
        up, down, port = chance.choice(SEEDS)
        fed = Feeder(flow(chance.choice((port, 4000)), chance.choice((1000, 50_000))), chance.random() < 0.5)
        for data, is_up in chance.sample([(up, True), (down, False)], 2):
            data = mutated(chance, data)
            cut = chance.randrange(len(data) + 1)
            fed.send(data[:cut], is_up)
            fed.send(data[cut:], is_up)
        told += bool(fed.events)
    assert 2_000 < told < 20_000


def test_mutations_of_packets() -> None:
    chance = random.Random(2)
    hello = initial(crypto(chrome_hello()))
    request = SEEDS[3][0]
    refused = 0
    for i in range(20_000):
        parse = quic.fresh() if i % 2 else http.fresh()
        packet = datagram(mutated(chance, hello)) if i % 2 else segment(mutated(chance, request))
        try:
            parse(packet)
        except ParseError:
            refused += 1
    assert refused > 2_000


def test_mutations_inside_quic() -> None:
    """Anyone can encrypt an Initial: what is inside is as hostile as what is outside."""
    chance = random.Random(3)
    hello = chrome_hello()
    for _ in range(3_000):
        frames = mutated(chance, crypto(hello[:200]) + b"\2\0\0\0\0\1" + crypto(hello[200:], 200))[:1100]
        with suppress(ParseError):
            quic.fresh()(datagram(initial(frames)))


def mutated(chance: random.Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at = chance.randrange(len(out)) if out else 0
        kind = chance.randrange(4)
        if kind == 0 and out:
            out[at] = chance.randrange(256)
        elif kind == 1:
            del out[at : at + chance.randrange(1, 20)]
        elif kind == 2:
            out[at:at] = chance.randbytes(chance.randrange(1, 20))
        elif out:
            out[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))
    return bytes(out)


WORST = {
    "a thousand one-byte records": records(chrome_hello(b"x" * 2000), 1),
    "many extensions": record(chrome_hello(b"x", *(extension(k) for k in range(50_000, 53_000)))[:16_000]),
    "telnet": b"\xff\xfd\x18" * 5000,
    "telnet details": b"\xff\xfa\x18" + b"\xff\xff" * 8000,
    "open quotes": b"\xff\xfa\x18" * 5000,
    "a line without end": b"A" * STREAM_LIMIT,
    "a request without end": b"GET /" + b"a" * STREAM_LIMIT,
    "headers": b"GET / HTTP/1.1\r\n" + b"host\r\n" * 2000,
    "starttls": b"EHLO x\r\n" + b"STARTTLS\r\n" * 1500,
    "auth": b"USER x\r\n" + b"AUTH  " * 2500,
    "names": b"1" + b"\0a" * 8000,
    "zeros": bytes(STREAM_LIMIT),
    "commands": b"a1 " * 5000,
}


@pytest.mark.parametrize("name", WORST)
@pytest.mark.parametrize("down", [b"", b"220 x\r\n", b"+OK\r\n", b"* OK\r\n"])
def test_worst_cases_take_no_time(name: str, down: bytes) -> None:
    """A whole direction in 1,460-byte segments. It takes 3 ms; a quadratic step would take seconds."""
    start = time.process_time()
    fed = Feeder(flow(23)).down(down)
    for i in range(0, len(WORST[name]), 1460):
        fed.up(WORST[name][i : i + 1460])
    assert time.process_time() - start < 0.5


def test_the_order_does_not_hide_anyone() -> None:
    names = [p.name for p in STREAM_PARSERS]
    assert len(set(names)) == len(names)
    for up, down, port in SEEDS:
        claims = []
        for parser in STREAM_PARSERS:
            fed = Feeder(flow(port), parsers=[parser]).down(down).up(up)
            claims += [parser.name] * bool(fed.sessions())
        assert len(claims) == 1, claims


BEGINNINGS = sorted({side for up, down, _ in SEEDS for side in (up, down)})
OTHER_PORTS = (4000, 22, 25, 80, 443)


@pytest.mark.parametrize("parser", STREAM_PARSERS, ids=lambda parser: parser.name)
@pytest.mark.parametrize("up", [True, False], ids=["client", "server"])
def test_no_parser_would_take_another_first_byte_than_it_names(parser: StreamParser, up: bool) -> None:
    """The framework does not ask it then."""
    named = parser.client if up else parser.server
    for byte in sorted(set(ANY) - set(named)):
        for number, beginning in enumerate(BEGINNINGS):
            for size in (1, 2, 3, 4, 5, 8, 12, len(beginning)):
                stream = Stream(flow(OTHER_PORTS[number % 5], 1000 + number), bool(number % 2))
                (stream.up if up else stream.down).extend(bytes([byte]) + beginning[1:size])
                assert parser.recognise(stream) is False, (byte, beginning[:size])
