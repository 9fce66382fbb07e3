"""MQTT CONNECT of all three protocol levels."""

import struct

import pytest

from tests.sensors.parsers.feed import Feeder, flow


def connect(name: bytes = b"MQTT", level: int = 4, flags: int = 2, extra: bytes = b"\0\4test") -> bytes:
    body = struct.pack(">H", len(name)) + name + bytes([level, flags]) + b"\0\x3c" + extra
    length = len(body)
    size = bytes([length]) if length < 128 else bytes([length & 0x7F | 0x80, length >> 7])
    return b"\x10" + size + body


@pytest.mark.parametrize(("name", "level"), [(b"MQTT", 4), (b"MQTT", 5), (b"MQIsdp", 3), (b"MQTT", 0x84)])
@pytest.mark.parametrize("port", [1883, 12_000])
def test_connect_on_any_port(name: bytes, level: int, port: int) -> None:
    fed = Feeder(flow(port)).up(connect(name, level))
    assert fed.sessions() == [("mqtt", False)] and fed.stream.done


@pytest.mark.parametrize(("flags", "login"), [(0x02, False), (0x82, True), (0xC2, True), (0x2E, False)])
def test_login_by_flag(flags: int, login: bool) -> None:
    fed = Feeder(flow()).up(connect(flags=flags, extra=b"\0\4test\0\4anna\0\7hunter2"))
    assert fed.sessions() == [("mqtt", login)]
    assert "hunter2" not in repr(fed.events)


def test_long_connect_and_single_bytes() -> None:
    data = connect(extra=b"\x01\x2c" + b"c" * 300)
    fed = Feeder(flow())
    for byte in data:
        fed.up(bytes([byte]))
    assert fed.sessions() == [("mqtt", False)]


@pytest.mark.parametrize(
    "data",
    [
        connect(b"MQTU"),
        connect(level=9),
        connect(b"MQIsdp", 4),
        connect(flags=3),
        b"\x20\x02\0\0",
        b"\x10" + b"\xff" * 20,
    ],
)
def test_what_is_no_connect(data: bytes) -> None:
    assert Feeder(flow(1883)).up(data).sessions() == []
