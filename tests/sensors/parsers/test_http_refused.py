"""HTTP answers that refuse."""

import pytest

from analysis.events import LoginFailed
from sensors.packets import Packet
from sensors.parsers.http_refused import PARSER
from tests.sensors.parsers.single import HOST, MAC, OTHER_MAC, SERVER


def answer(line: bytes) -> list:
    data = line + b"\r\nServer: x\r\n\r\n"
    return list(PARSER.parse(Packet(1.0, OTHER_MAC, MAC, SERVER, HOST, 80, 50_000, 6, data, 7)))


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_401_is_told_of_the_client(version: bytes) -> None:
    assert answer(b"HTTP/" + version + b" 401 Unauthorized") == [
        LoginFailed(1.0, MAC, HOST, SERVER, 80, "http", 50_000)
    ]


@pytest.mark.parametrize("line", [b"HTTP/1.1 200 OK", b"HTTP/1.1 404 Not Found", b"HTTP/1.1 403 F"])
def test_other_answers_are_not(line: bytes) -> None:
    assert answer(line) == []
