"""TLS hellos from bytes made here, whole, cut, spread and hostile."""

from collections.abc import Callable

import pytest

from analysis.events import SessionSeen, TlsAccepted, TlsHello
from sensors.packets import ParseError
from sensors.parsers.hello import OFFERS, _remembered, read_client_hello, read_server_hello
from tests.sensors.parsers.feed import Feeder, flow
from tests.sensors.parsers.hellos import (
    RETRY,
    alpn,
    chrome_hello,
    client_hello,
    extension,
    message,
    record,
    records,
    server_hello,
    server_name,
    vector,
    versions,
)


def test_hello_and_answer_on_any_port() -> None:
    fed = Feeder(flow(4433)).up(record(chrome_hello())).down(record(server_hello()) + record(b"x" * 300, 23))
    assert fed.events == [
        SessionSeen(1.0, flow(4433), "tls", False),
        TlsHello(
            1.0, "02:00:00:00:00:01", "10.0.0.1", "10.0.0.2", 4433,
            "example.com", "1.3", ("h2", "http/1.1"), "t13d1516h2_8daaf6152771_e5627efa2ab1", False, False,
        ),
        TlsAccepted(1.0, "10.0.0.1", "10.0.0.2", 4433, "1.3", 0x1301),
    ]  # fmt: skip
    assert fed.stream.done and not fed.errors


@pytest.mark.parametrize("size", [1, 3, 17, 200, 1400])
def test_hello_spread_over_segments(size: int) -> None:
    fed = Feeder(flow())
    data = record(chrome_hello(b"big.example", extension(0x0033, bytes(1216))))
    for i in range(0, len(data), size):
        fed.up(data[i : i + size])
    assert [e.sni for e in fed.of(TlsHello)] == ["big.example"]
    assert fed.sessions() == [("tls", False)]


@pytest.mark.parametrize("size", [1, 5, 64, 500])
def test_hello_spread_over_records(size: int) -> None:
    fed = Feeder(flow())
    data = records(chrome_hello(), size)
    fed.up(data[:700]).up(data[700:])
    assert [e.ja4 for e in fed.of(TlsHello)] == ["t13d1516h2_8daaf6152771_e5627efa2ab1"]


def test_retry_is_no_answer_and_the_second_hello_is_told() -> None:
    fed = Feeder(flow()).up(record(chrome_hello()))
    fed.down(record(server_hello(random=RETRY)) + record(b"\1", 20))
    assert not fed.of(TlsAccepted) and not fed.stream.done
    fed.up(record(b"\1", 20) + record(chrome_hello(b"example.com", extension(0x2C, b"cookie"))))
    fed.down(record(server_hello(0x1302)))
    assert [e.ja4[4:8] for e in fed.of(TlsHello)] == ["1516", "1517"]
    assert [e.cipher for e in fed.of(TlsAccepted)] == [0x1302]
    assert fed.stream.done


def test_older_answer_without_supported_versions() -> None:
    fed = (
        Feeder(flow())
        .up(record(chrome_hello()))
        .down(record(server_hello(0xC02F, None) + message(11, bytes(3000))))
    )
    assert [(e.version, e.cipher) for e in fed.of(TlsAccepted)] == [("1.2", 0xC02F)]


def test_answer_is_told_before_the_rest_of_its_record_arrives() -> None:
    data = record(server_hello(0xC02F, None) + message(11, bytes(3000)))
    fed = Feeder(flow()).up(record(chrome_hello())).down(data[:600])
    assert len(fed.of(TlsAccepted)) == 1


def test_joined_in_the_middle() -> None:
    fed = Feeder(flow(), midstream=True).down(record(b"\x99" * 500, 23))
    assert fed.sessions() == [("tls", False)]
    assert not fed.of(TlsHello) and not fed.errors


def test_joined_at_the_answer() -> None:
    fed = Feeder(flow(), midstream=True).down(record(server_hello()))
    assert [e.version for e in fed.of(TlsAccepted)] == ["1.3"]
    assert fed.stream.done


@pytest.mark.parametrize(
    "data",
    [b"\x16\x04\x01\x00\x20" + bytes(32), b"\x16\x03\x05\x00\x20" + bytes(32), b"\x16\x03\x01\xff\xff" + bytes(32), b"GET / HTTP/1.1\r\n\r\n"],
)  # fmt: skip
def test_what_is_no_tls(data: bytes) -> None:
    assert ("tls", False) not in Feeder(flow()).up(data).sessions()


def test_name_is_made_harmless() -> None:
    hello = read_client_hello(client_hello(server_name(b"Ev\xe2\x80\xaeil\x00<b>.com")), "t")
    assert hello.sni == "ev\\u202eil\\x00<b>.com"
    assert len(read_client_hello(client_hello(server_name(b"a" * 600)), "t").sni or "") == 255


def test_hello_without_extensions() -> None:
    hello = read_client_hello(client_hello(ciphers=(0x002F,), version=0x0301), "t")
    assert (hello.sni, hello.version, hello.alpn, hello.ja4[:10]) == (None, "1.0", (), "t10i010000")


def test_ech_and_grease_protocols() -> None:
    hello = read_client_hello(client_hello(extension(0xFE0D, b"\0"), alpn(b"\x0a\x0a", b"h3")), "q")
    assert hello.ech and hello.alpn == ("h3",) and hello.ja4[8:10] == "h3"


def test_highest_version_counts_whatever_its_place() -> None:
    assert read_client_hello(client_hello(versions(0x0303, 0xAAAA, 0x0304)), "t").version == "1.3"
    assert read_client_hello(client_hello(versions(0x7F1C)), "t").version == "1.3"


@pytest.mark.parametrize("whole", [chrome_hello(), server_hello()])
def test_every_cut_of_a_hello_is_refused(whole: bytes) -> None:
    read = read_server_hello if whole[0] == 2 else lambda m: read_client_hello(m, "t")
    read(whole)
    taken = [size for size in range(4, len(whole)) if not _refuses(read, whole[:size])]
    assert len(taken) == 1  # where the extensions begin: a hello may have none
    assert vector(whole[taken[0] + 2 :]) == whole[taken[0] :]


def _refuses(read: Callable[[bytes], object], data: bytes) -> bool:
    try:
        read(data)
    except ParseError:
        return True
    return False


def test_hostile_hello_is_bounded() -> None:
    with pytest.raises(ParseError, match="extensions"):
        read_client_hello(client_hello(*(extension(40000 + i) for i in range(4000))), "t")
    with pytest.raises(ParseError, match="cipher"):
        read_client_hello(client_hello(ciphers=range(8000)), "t")
    fed = Feeder(flow()).up(record(b"\1\xff\xff\xff" + bytes(200)))
    assert fed.errors == ["handshake message too long"] and fed.stream.done
    assert fed.sessions() == [("tls", False)]


def test_ssl2_form_of_a_hello() -> None:
    suites = bytes.fromhex("00002f00003500000a010080")
    hello = b"\x01\x03\x01" + bytes([0, len(suites), 0, 0, 0, 16]) + suites + bytes(16)
    data = bytes([0x80, len(hello)]) + hello
    for size in (len(data), 1, 5):
        fed = Feeder(flow())
        for i in range(0, len(data), size):
            fed.up(data[i : i + size])
        fed.down(record(server_hello(0x002F, None)))
        assert [(e.version, e.ja4[:10]) for e in fed.of(TlsHello)] == [("1.0", "t10i030000")]
        assert [e.cipher for e in fed.of(TlsAccepted)] == [0x002F]


@pytest.mark.parametrize("version", [0x0303, 0x0301])
def test_a_hello_that_differs_by_random_and_session_says_the_same(version: int) -> None:
    name = server_name(b"a.example")
    offers = [client_hello(name, version=version, session=bytes(size)) for size in (0, 16, 32)]
    offers += [offer[:6] + bytes([n]) * 32 + offer[38:] for n, offer in enumerate(offers)]
    assert len({read_client_hello(offer, "t") for offer in offers}) == 1
    assert read_client_hello(offers[0], "q").ja4[0] == "q"
    assert read_client_hello(offers[0], "t") != read_client_hello(
        client_hello(name, version=0x0302, session=b""), "t"
    )


def test_what_is_remembered_of_hellos_is_bounded_and_not_their_bytes() -> None:
    for n in range(2 * OFFERS):
        read_client_hello(client_hello(server_name(b"%d.example" % n)), "t")
    assert 0 < len(_remembered) <= OFFERS and {type(key) for key in _remembered} == {int}
    before = dict(_remembered)
    assert read_client_hello(chrome_hello(b"never.example"), "t").version == "1.3" and _remembered == before
