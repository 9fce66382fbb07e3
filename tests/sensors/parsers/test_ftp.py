"""FTP told from what also greets with 220 or says USER."""

import pytest

from analysis.events import BannerSeen, LoginFailed, TlsAccepted, TlsHello
from tests.sensors.parsers.feed import Feeder, flow
from tests.sensors.parsers.hellos import chrome_hello, record, server_hello


@pytest.mark.parametrize(
    "command", [b"USER anna\r\n", b"user anna\r\n", b"FEAT\r\n", b"SYST\r\n", b"OPTS UTF8 ON\r\n"]
)
def test_greeting_and_command_on_any_port(command: bytes) -> None:
    fed = Feeder(flow(2121)).down(b"220 (vsFTPd 3.0.3)\r\n").up(command)
    assert fed.sessions() == [("ftp", False)]
    assert fed.of(BannerSeen) == [BannerSeen(1.0, flow(2121), "ftp", "(vsFTPd 3.0.3)", False)]


def test_a_greeting_alone_is_not_decided() -> None:
    fed = Feeder(flow(21)).down(b"220 hello\r\n")
    assert fed.sessions() == [] and not fed.given_up


def test_login_is_told_with_the_password_and_without_its_value() -> None:
    fed = (
        Feeder(flow(21)).down(b"220-Welcome\r\n220 ready\r\n").up(b"USER anna\r\n").down(b"331 Password\r\n")
    )
    assert fed.sessions() == [("ftp", False)]
    fed.up(b"PASS hunter2\r\n")
    assert fed.sessions() == [("ftp", False), ("ftp", True)]
    assert not fed.down(b"230 Welcome\r\n").of(LoginFailed)
    assert fed.stream.done and "hunter2" not in repr(fed.events)


def test_each_refused_password_is_told_once_and_an_order_to_log_in_is_none() -> None:
    fed = Feeder(flow(21)).down(b"220 ready\r\n").up(b"SYST\r\n").down(b"530 Please login\r\n")
    fed.up(b"USER anna\r\n").down(b"331 Password\r\n")
    fed.down(b"530 Please login with USER and PASS.\r\n530 You aren't logged in\r\n")
    assert fed.of(LoginFailed) == []
    for tries in (1, 2):
        fed.up(b"PASS hunter2\r\n")
        assert len(fed.of(LoginFailed)) == tries - 1
        fed.down(b"530 Login incorrect.\r\n").up(b"USER anna\r\n").down(b"331 Password\r\n")
        assert len(fed.of(LoginFailed)) == tries
    assert fed.of(LoginFailed)[0][2:6] == ("10.0.0.1", "10.0.0.2", 21, "ftp") and not fed.stream.done
    assert "hunter2" not in repr(fed.events)


def test_a_name_that_is_refused_at_once() -> None:
    fed = Feeder(flow(21)).down(b"220 ready\r\n").up(b"USER anna\r\n").down(b"530 Anonymous only.\r\n")
    assert len(fed.of(LoginFailed)) == 1 and fed.sessions() == [("ftp", False)]


def test_bytes_one_by_one() -> None:
    fed = Feeder(flow(21))
    for byte in b"220 ready\r\n":
        fed.down(bytes([byte]))
    for byte in b"USER a\r\nPASS b\r\n":
        fed.up(bytes([byte]))
    assert fed.sessions() == [("ftp", False), ("ftp", True)]


@pytest.mark.parametrize("reply", [b"331 Please specify\r\n", b"230 Logged in\r\n", b"530 No\r\n"])
def test_joined_at_user(reply: bytes) -> None:
    fed = Feeder(flow(2121), midstream=True).up(b"USER anna\r\n")
    assert fed.sessions() == []
    assert fed.down(reply).sessions() == [("ftp", False)]


def test_auth_tls_is_ftps_and_no_clear_session() -> None:
    fed = Feeder(flow(21)).down(b"220 ready\r\n").up(b"AUTH TLS\r\n")
    assert fed.sessions() == []
    assert fed.down(b"234 Proceed\r\n").sessions() == [("ftps", False)]
    fed.up(record(chrome_hello(b"ftp.example"))).down(record(server_hello()))
    assert fed.sessions() == [("ftps", False)]
    assert [e.sni for e in fed.of(TlsHello)] == ["ftp.example"]
    assert len(fed.of(TlsAccepted)) == 1 and fed.stream.done


def test_auth_tls_refused_and_then_clear() -> None:
    fed = Feeder(flow(21)).down(b"220 ready\r\n").up(b"AUTH TLS\r\n").down(b"530 Please login\r\n")
    assert fed.sessions() == []
    fed.up(b"AUTH SSL\r\n").down(b"530 no\r\n").up(b"USER anna\r\n").down(b"331 x\r\n").up(b"PASS b\r\n")
    assert fed.sessions() == [("ftp", False), ("ftp", True)]


@pytest.mark.parametrize(
    ("down", "up"),
    [
        (b"220 mail ESMTP\r\n", b"EHLO x\r\n"),
        (b"+OK ready\r\n", b"USER anna\r\n"),
        (b":irc.example NOTICE * :hi\r\n", b"USER anna 0 * :Anna\r\n"),
        (b"220 hello\r\n", b"\x16\x03\x01\x00\x05hello"),
        (b"200 news ready\r\n", b"MODE READER\r\n"),
        (b"HTTP/1.1 200 OK\r\n", b"USER x\r\n"),
        (b"220 mail\r\n", b"AUTH LOGIN\r\n"),
    ],
)
def test_what_is_no_ftp(down: bytes, up: bytes) -> None:
    for fed in (Feeder(flow(21)).down(down).up(up), Feeder(flow(21)).up(up).down(down)):
        assert "ftp" not in [service for service, _ in fed.sessions()]


def test_banner_is_made_harmless_and_cut() -> None:
    fed = Feeder(flow(21)).down(b"220 <b>\x1b[31m" + b"a" * 500 + b"\r\n").up(b"USER x\r\n")
    (banner,) = fed.of(BannerSeen)
    assert banner.banner.startswith("<b>\\x1b[31maaa") and len(banner.banner) == 255


@pytest.mark.parametrize(
    "user, secret", [(b"anna", True), (b"Anonymous", False), (b"ftp", False), (b"ftp\r\nUSER anna", True)]
)
def test_the_password_of_an_anonymous_user_is_no_secret(user: bytes, secret: bool) -> None:
    fed = Feeder(flow(21)).down(b"220 ready\r\n").up(b"USER " + user + b"\r\n").down(b"331 Password\r\n")
    fed.up(b"PASS guest@\r\n")
    assert any(login for _, login in fed.sessions()) is secret
