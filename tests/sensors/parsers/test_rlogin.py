"""rlogin by its first message (RFC 1282)."""

import pytest

from tests.sensors.parsers.feed import Feeder, flow

HELLO = b"\0anna\0root\0xterm/38400\0"


@pytest.mark.parametrize("port", [513, 7000])
@pytest.mark.parametrize("cut", [1, 2, 6, 12, len(HELLO)])
def test_first_message_on_any_port(port: int, cut: int) -> None:
    fed = Feeder(flow(port)).up(HELLO[:cut]).up(HELLO[cut:]).down(b"\0")
    assert fed.sessions() == [("rlogin", False)]


def test_a_name_that_never_ends_on_its_port() -> None:
    fed = Feeder(flow(513)).up(b"\0" + b"client_user_" * 100)
    assert fed.sessions() == [("rlogin", False)]
    assert Feeder(flow(7000)).up(b"\0" + b"client_user_" * 100).sessions() == []


def test_password_prompt_answered() -> None:
    fed = Feeder(flow(513)).up(HELLO).down(b"\0Password: ").up(b"\xff\xffss\0\x18\0\x50\0\0\0\0")
    assert fed.sessions() == [("rlogin", False)]
    fed.up(b"hunter2\r")
    assert fed.sessions() == [("rlogin", False), ("rlogin", True)]


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\0\x85\xffSMB", b"\0-\x12\x34\x01\0\0\1\0\0\0\0\0\0\7example", b"\0anna\0root\0xterm\0", b"\0anna\0\0x/9\0",
        b"\0a\0b\0c/notspeed\0", b"anna\0root\0xterm/9600\0",
    ],
)  # fmt: skip
def test_what_is_no_rlogin(data: bytes) -> None:
    assert "rlogin" not in [s for s, _ in Feeder(flow(7000)).up(data).sessions()]


def test_a_server_that_does_not_answer_nul() -> None:
    fed = Feeder(flow(7000)).up(HELLO[:5]).down(b"hello").up(HELLO[5:])
    assert fed.sessions() == []
