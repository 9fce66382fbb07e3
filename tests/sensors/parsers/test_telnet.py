"""Telnet by its negotiation, and what merely looks like it."""

import pytest

from analysis.events import LoginFailed
from tests.sensors.parsers.feed import Feeder, flow

ASKS = bytes.fromhex("fffd18fffd20fffd23fffd27")
ANSWERS = bytes.fromhex("fffb18fffb20")


@pytest.mark.parametrize("port", [23, 2323, 4000])
@pytest.mark.parametrize("from_server", [True, False])
def test_two_negotiations_on_any_port(port: int, from_server: bool) -> None:
    fed = Feeder(flow(port))
    fed.send(ASKS, not from_server)
    assert fed.sessions() == [("telnet", False)]


def test_one_negotiation_needs_an_answer_off_port() -> None:
    fed = Feeder(flow(4000)).down(b"\xff\xfd\x25")
    assert fed.sessions() == []
    assert fed.up(b"\xff\xfc\x25").sessions() == [("telnet", False)]


def test_one_negotiation_is_enough_on_port_23() -> None:
    assert Feeder(flow(23)).down(b"\xff\xfd\x25").sessions() == [("telnet", False)]


def test_negotiation_in_single_bytes() -> None:
    fed = Feeder(flow(4000))
    for byte in ASKS:
        fed.down(bytes([byte]))
    assert fed.sessions() == [("telnet", False)]


def test_subnegotiation_counts() -> None:
    assert Feeder(flow(4000)).up(bytes.fromhex("fffa1f00500018fff0 fffb18")).sessions() == [("telnet", False)]


def test_joined_in_the_middle_of_negotiation() -> None:
    assert Feeder(flow(4000), midstream=True).down(ASKS).sessions() == [("telnet", False)]


def test_prompt_without_negotiation_on_port_23() -> None:
    fed = Feeder(flow(23)).down(b"\r\nBusyBox v1.2\r\nrouter login: ")
    assert fed.sessions() == [("telnet", False)]


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe\x0d\x00\x0a\x00h\x00",  # UTF-16 text
        b"\xff\xfb\x10\x44" + bytes(400),  # an MPEG audio frame
        b"\xff\xd8\xff\xe0\x00\x10JFIF",
        b"\xff\xff\xff\xff",
        b"\xff\xfd\x80\xff\xfd\x81",
        b"\xff\xfa\x18" + b"x" * 400,
        b"text \xff\xfd\x18\xff\xfd\x20",
        b"login: ",
    ],
)  # fmt: skip
@pytest.mark.parametrize("midstream", [True, False])
def test_what_merely_holds_ff(data: bytes, midstream: bool) -> None:
    fed = Feeder(flow(4000), midstream).down(data).up(b"\x00\x01\x02" * 40)
    assert fed.sessions() == []


def test_login_when_both_prompts_are_answered() -> None:
    fed = Feeder(flow(23)).down(ASKS).up(ANSWERS).down(b"host login: ")
    for char in b"root\r":
        fed.up(bytes([char]))
    fed.down(b"\xff\xfb\x01Password: ")
    assert fed.sessions() == [("telnet", False)]
    for char in b"hunter2":
        fed.up(bytes([char]))
    assert fed.sessions() == [("telnet", False)]
    fed.up(b"\r\x00")
    assert fed.sessions() == [("telnet", False), ("telnet", True)]
    assert not fed.of(LoginFailed)
    for tries in (1, 2):
        fed.down(b"\r\nLogin incorrect\r\nhost login: ")
        assert len(fed.of(LoginFailed)) == tries
    assert fed.of(LoginFailed)[0][2:6] == ("10.0.0.1", "10.0.0.2", 23, "telnet")
    assert fed.sessions() == [("telnet", False), ("telnet", True)]
    assert b"hunter2" not in repr(fed.events).encode()


def test_no_login_without_an_answer() -> None:
    fed = Feeder(flow(23)).down(ASKS + b"login: ").up(ANSWERS + b"root\r\n").down(b"Password: ")
    assert fed.sessions() == [("telnet", False)]


def test_a_long_session_is_let_go() -> None:
    fed = Feeder(flow(23)).down(ASKS).down(b"x" * 9000)
    assert fed.stream.done and fed.sessions() == [("telnet", False)]
