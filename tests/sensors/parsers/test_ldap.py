"""LDAP: a password in a simple bind, and the ways without one."""

import pytest

from tests.sensors.parsers.feed import Feeder, flow


def ber(tag: int, data: bytes) -> bytes:
    size = bytes([len(data)]) if len(data) < 128 else b"\x84" + len(data).to_bytes(4, "big")
    return bytes([tag]) + size + data


def request(kind: int, body: bytes, number: bytes = b"\1") -> bytes:
    return ber(0x30, ber(2, number) + ber(kind, body))


def bind(method: int, secret: bytes, name: bytes = b"cn=anna,dc=home") -> bytes:
    return request(0x60, ber(2, b"\3") + ber(4, name) + ber(method, secret))


ROOT_SEARCH = request(0x63, ber(4, b"") + ber(10, b"\0") + ber(10, b"\0") + ber(2, b"\0") + ber(2, b"\0"))
START_TLS = request(0x77, ber(0x80, b"1.3.6.1.4.1.1466.20037"))


@pytest.mark.parametrize("port", [389, 3268, 4000])
def test_a_simple_bind_with_a_password(port: int) -> None:
    fed = Feeder(flow(port)).up(bind(0x80, b"hunter2"))
    assert fed.sessions() == [("ldap", False), ("ldap", True)] and fed.stream.done
    assert "hunter2" not in repr(fed.events)


def test_a_long_name_in_pieces_and_a_search_before() -> None:
    fed = Feeder(flow(389))
    for byte in ROOT_SEARCH + bind(0x80, b"hunter2", b"cn=" + b"a" * 300):
        fed.up(bytes([byte]))
    assert fed.sessions() == [("ldap", False), ("ldap", True)]


@pytest.mark.parametrize("data", [bind(0x80, b""), bind(0xA3, ber(4, b"GSSAPI") + ber(4, b"x"))])
def test_anonymous_and_sasl_binds_are_no_login(data: bytes) -> None:
    assert Feeder(flow(389)).up(data).sessions() == [("ldap", False)]


def test_start_tls_ends_the_clear_text() -> None:
    fed = Feeder(flow(389)).up(START_TLS).up(b"\x16\x03\x01\x02\x00")
    assert fed.sessions() == [("ldap", False)] and fed.stream.done


@pytest.mark.parametrize(
    "data",
    [
        b"0\x82\x01\x0a\x02\x01\x01\x30",
        b"0" * 80,
        b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00",
        b"GET / ",
    ],
)
def test_what_is_not_ldap(data: bytes) -> None:
    assert Feeder(flow(389)).up(data + bytes(64)).sessions() == []
