"""IMAP by a tagged command, its logins, STARTTLS."""

import pytest

from analysis.events import TlsHello
from tests.sensors.parsers.feed import Feeder, flow
from tests.sensors.parsers.hellos import chrome_hello, record


def greeted() -> Feeder:
    return Feeder(flow(1430)).down(b"* OK IMAP4rev1\r\n")


@pytest.mark.parametrize("command", [b"a1 CAPABILITY\r\n", b"C00001 LOGIN x y\r\n", b"1.2 id nil\r\n"])
def test_greeting_and_command_on_any_port(command: bytes) -> None:
    assert greeted().up(command).sessions()[0][0] == "imap"


def test_login_is_a_fact() -> None:
    fed = (
        greeted().up(b"a1 CAPABILITY\r\n").down(b"* CAPABILITY\r\na1 OK\r\n").up(b"a2 LOGIN anna hunter2\r\n")
    )
    assert fed.sessions() == [("imap", False), ("imap", True)]
    assert "hunter2" not in repr(fed.events)


def test_authenticate_plain() -> None:
    fed = greeted().up(b"a1 AUTHENTICATE PLAIN\r\n").down(b"+ \r\n").up(b"AGFubmEAcGFzcw==\r\n")
    assert fed.sessions() == [("imap", False), ("imap", True)]


def test_starttls() -> None:
    fed = greeted().up(b"a1 STARTTLS\r\n").down(b"a1 OK\r\n").up(record(chrome_hello(b"imap.example")))
    assert fed.sessions() == [("imap", False), ("tls", False)]
    assert [e.sni for e in fed.of(TlsHello)] == ["imap.example"]


@pytest.mark.parametrize("data", [b"a1 HELLO\r\n", b"hello world, this is no imap\r\n", b"\x01\x02"])
def test_what_is_no_imap(data: bytes) -> None:
    assert greeted().up(data).sessions() == []


def test_bytes_one_by_one() -> None:
    fed = greeted()
    for byte in b"a1 LOGIN anna pw\r\n":
        fed.up(bytes([byte]))
    assert fed.sessions() == [("imap", False), ("imap", True)]
