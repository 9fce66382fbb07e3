"""SMTP by EHLO, login by AUTH, STARTTLS."""

import pytest

from analysis.events import TlsHello
from tests.sensors.parsers.feed import Feeder, flow
from tests.sensors.parsers.hellos import chrome_hello, record, server_hello


def greeted() -> Feeder:
    return (
        Feeder(flow(2525))
        .down(b"220 mail.example ESMTP\r\n")
        .up(b"EHLO me\r\n")
        .down(b"250-mail\r\n250 AUTH\r\n")
    )


@pytest.mark.parametrize("command", [b"EHLO me\r\n", b"helo me\r\n"])
def test_greeting_and_hello_on_any_port(command: bytes) -> None:
    fed = Feeder(flow(2525)).down(b"220 mail.example\r\n").up(command)
    assert fed.sessions() == [("smtp", False)]


def test_joined_at_the_envelope() -> None:
    assert Feeder(flow(2525), midstream=True).up(b"MAIL FROM:<a@b>\r\n").sessions() == [("smtp", False)]


def test_plain_login_in_one_line() -> None:
    fed = greeted().up(b"AUTH PLAIN AGFubmEAaHVudGVyMg==\r\n").down(b"235 ok\r\n").up(b"QUIT\r\n")
    assert fed.sessions() == [("smtp", False), ("smtp", True)]


def test_login_in_steps() -> None:
    fed = greeted().up(b"AUTH LOGIN\r\n").down(b"334 VXNlcm5hbWU6\r\n")
    assert fed.sessions() == [("smtp", False)]
    assert fed.up(b"YW5uYQ==\r\n").sessions() == [("smtp", False), ("smtp", True)]


@pytest.mark.parametrize("command", [b"AUTH CRAM-MD5\r\n", b"AUTH PLAIN\r\n"])
def test_no_login_by_challenge_or_refusal(command: bytes) -> None:
    assert greeted().up(command).down(b"504 no\r\n").up(b"QUIT\r\n").sessions() == [("smtp", False)]


def test_starttls() -> None:
    fed = greeted().up(b"STARTTLS\r\n").down(b"220 go\r\n").up(record(chrome_hello(b"mail.example")))
    fed.down(record(server_hello()))
    assert fed.sessions() == [("smtp", False), ("tls", False)]
    assert [e.sni for e in fed.of(TlsHello)] == ["mail.example"]
    assert fed.stream.done


def test_starttls_refused_stays_in_clear() -> None:
    fed = (
        greeted()
        .up(b"STARTTLS\r\n")
        .down(b"454 no\r\n")
        .up(b"AUTH PLAIN AGEAYg==\r\n")
        .down(b"235 ok\r\n")
        .up(b"Q")
    )
    assert fed.sessions() == [("smtp", False), ("smtp", True)]
