"""POP3 by +OK and a command, its logins, STLS."""

import pytest

from analysis.events import TlsHello
from tests.sensors.parsers.feed import Feeder, flow
from tests.sensors.parsers.hellos import chrome_hello, record


def greeted() -> Feeder:
    return Feeder(flow(1100)).down(b"+OK POP3 ready\r\n")


@pytest.mark.parametrize("command", [b"USER anna\r\n", b"capa\r\n", b"AUTH\r\n"])
def test_greeting_and_command_on_any_port(command: bytes) -> None:
    assert greeted().up(command).sessions() == [("pop3", False)]


def test_password_is_a_fact() -> None:
    fed = greeted().up(b"user anna\r\n").down(b"+OK\r\n").up(b"pass hunter2\r\n")
    assert fed.sessions() == [("pop3", False), ("pop3", True)]
    assert "hunter2" not in repr(fed.events) and fed.stream.done


def test_auth_plain() -> None:
    fed = greeted().up(b"AUTH PLAIN\r\n").down(b"+ \r\n").up(b"AGFubmEAcGFzcw==\r\n")
    assert fed.sessions() == [("pop3", False), ("pop3", True)]


def test_digest_and_refusal_are_no_login() -> None:
    assert greeted().up(b"APOP anna c4c9334bac560ecc\r\n").down(b"-ERR\r\n").up(b"QUIT\r\n").sessions() == [
        ("pop3", False)
    ]
    assert greeted().up(b"AUTH PLAIN\r\n").down(b"-ERR\r\n").up(b"QUIT\r\n").sessions() == [("pop3", False)]


def test_stls() -> None:
    fed = greeted().up(b"STLS\r\n").down(b"+OK go\r\n").up(record(chrome_hello(b"pop.example")))
    assert fed.sessions() == [("pop3", False), ("tls", False)]
    assert [e.sni for e in fed.of(TlsHello)] == ["pop.example"]


def test_redis_also_says_ok() -> None:
    assert Feeder(flow(6379)).up(b"*1\r\n$4\r\nPING\r\n").down(b"+OK\r\n").sessions() == []
