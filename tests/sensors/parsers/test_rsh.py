"""rsh by its first message, and how it is told from rexec."""

import pytest

from tests.sensors.parsers.feed import Feeder, flow

REQUEST = b"1022\0anna\0root\0ls -l /tmp\0"


def test_on_its_port() -> None:
    fed = Feeder(flow(514, 1023)).up(b"1022\0").up(REQUEST[5:]).down(b"\0")
    assert fed.sessions() == [("rsh", False)] and fed.stream.done


def test_without_error_stream_on_its_port() -> None:
    assert Feeder(flow(514, 1023)).up(b"\0anna\0root\0ls\0").sessions() == [("rsh", False)]


def test_reserved_ports_tell_it_elsewhere() -> None:
    assert Feeder(flow(7000, 1023)).up(REQUEST).sessions() == [("rsh", False)]
    assert Feeder(flow(7000, 50_000)).up(REQUEST).sessions() == [("rexec", True)]
    assert Feeder(flow(7000, 1023)).up(b"40000" + REQUEST[4:]).sessions() == [("rexec", True)]


@pytest.mark.parametrize(
    "data",
    [
        b"<34>Oct 11 22:14:15 mymachine su: failed\n",
        b"83 <34>1 2003-10-11T22:14:15.003Z host su - ID47 - failed\n",
        b"1022\0anna\0root\0\x01\x02\0",
        b"1022\0an na\0root\0ls\0",
        b"123456\0anna\0root\0ls\0",
        b"99999\0anna\0root\0ls\0",
        b"1022\0" + b"a" * 40 + b"\0root\0ls\0",
    ],
)
def test_what_is_no_rsh(data: bytes) -> None:
    port = 7000 if data.startswith(b"99999") else 514
    assert Feeder(flow(port, 1023)).up(data).sessions() == []


def test_a_server_that_answers_otherwise() -> None:
    assert Feeder(flow(7000, 1023)).up(b"1022\0").down(b"hello").up(REQUEST[5:]).sessions() == []


def test_each_byte_alone() -> None:
    fed = Feeder(flow(514, 1023))
    for byte in REQUEST:
        fed.up(bytes([byte]))
    assert fed.sessions() == [("rsh", False)]
