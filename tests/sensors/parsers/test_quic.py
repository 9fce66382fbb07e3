"""QUIC Initials encrypted here, and the vectors of RFC 9001 and RFC 9369 (appendices A)."""

import struct

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from analysis.events import Event
from sensors.packets import Packet, ParseError
from sensors.parsers.quic import MAX_CONNECTIONS, PARSER, Initials
from sensors.parsers.quic_frames import crypto_frames, varint
from sensors.parsers.quic_keys import client_keys, open_initial
from tests.sensors.parsers.hellos import alpn, chrome_hello, client_hello, extension, server_name

V1, V2 = b"\x00\x00\x00\x01", b"\x6b\x33\x43\xcf"
TARGET = bytes.fromhex("8394c8f03e515708")
RFC_HELLO = bytes.fromhex(
    "010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c00000413011302010000c000000010000e0000"
    "0b6578616d706c652e636f6dff01000100000a00080006001d0017001800100007000504616c706e0005000501000000000033002600240"
    "01d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b0003020304000d0010000e0403050306030203"
    "080408050806002d00020101001c00024001003900320408ffffffffffffffff05048000ffff07048000ffff0801100104800075300901100f"
    "088394c8f03e51570806048000ffff"
)


def number(value: int) -> bytes:
    return struct.pack(">I", value | 0x80000000) if value > 0x3FFF else struct.pack(">H", value | 0x4000)


def crypto(data: bytes, offset: int = 0) -> bytes:
    return b"\x06" + number(offset) + number(len(data)) + data


def initial(
    frames: bytes,
    target: bytes = TARGET,
    version: bytes = V1,
    packet: int = 2,
    size: int = 1200,
    keyed: bytes = b"",
    token: bytes = b"",
) -> bytes:
    """A protected Initial packet of `size` bytes; `keyed`: the connection ID its keys follow from."""
    keys = client_keys(version, keyed or target)
    head = bytes([len(target)]) + target + b"\0" + number(len(token)) + token
    if not token:
        head = bytes([len(target)]) + target + b"\0\0"
    frames = frames.ljust(size - 5 - len(head) - 2 - 4 - 16, b"\0")
    first = 0xC3 if version == V1 else 0xD3
    header = bytes([first]) + version + head + number(len(frames) + 20) + struct.pack(">I", packet)
    nonce = (int.from_bytes(keys.iv, "big") ^ packet).to_bytes(12, "big")
    sealed = AESGCM(keys.key).encrypt(nonce, frames, header)
    mask = Cipher(algorithms.AES(keys.hp), modes.ECB()).encryptor().update(sealed[:16])
    shown = bytes(a ^ b for a, b in zip(header[-4:], mask[1:5], strict=True))
    return bytes([first ^ (mask[0] & 0x0F)]) + header[1:-4] + shown + sealed


def datagram(data: bytes, ts: float = 1.0, sport: int = 50_000, dport: int = 443) -> Packet:
    return Packet(
        ts, "02:00:00:00:00:01", "02:00:00:00:00:02", "10.0.0.1", "192.0.2.7", sport, dport, 17, data
    )


def names(events: list[Event]) -> list[str | None]:
    return [e.sni for e in events]


def test_keys_of_version_1() -> None:
    keys = client_keys(V1, TARGET)
    assert keys.key.hex() == "1f369613dd76d5467730efcbe3b1a22d"
    assert keys.iv.hex() == "fa044b2f42a3fd3b46fb255c"
    assert keys.hp.hex() == "9f50449e04a0e810283a1e9933adedd2"


def test_keys_of_version_2() -> None:
    keys = client_keys(V2, TARGET)
    assert keys.key.hex() == "8b1a0bc121284290a29e0971b5cd045d"
    assert keys.iv.hex() == "91f73e2351d8fa91660e909f"
    assert keys.hp.hex() == "45b95e15235d6f45a6b19cbcb0294ba9"


def test_the_client_initial_of_rfc_9001() -> None:
    packet = initial(b"\x06\x00\x40\xf1" + RFC_HELLO)
    assert packet.hex().startswith(
        "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9b"
    )
    assert packet.hex().endswith("e221af44860018ab0856972e194cd934")
    (hello,) = Initials().parse(datagram(packet))
    assert (hello.sni, hello.alpn, hello.version, hello.quic) == ("example.com", ("alpn",), "1.3", True)
    assert hello.client_ip == "10.0.0.1" and hello.server_ip == "192.0.2.7" and hello.port == 443


@pytest.mark.parametrize("version", [V1, V2])
def test_chrome_shape(version: bytes) -> None:
    (hello,) = Initials().parse(datagram(initial(crypto(chrome_hello()), version=version)))
    assert hello.ja4 == "q13d1516h2_8daaf6152771_e5627efa2ab1"


def test_frames_in_any_order_among_padding_and_pings() -> None:
    hello = chrome_hello()
    frames = (
        b"\1\0\0" + crypto(hello[300:], 300) + b"\0\1\0" + crypto(hello[:100]) + crypto(hello[90:310], 90)
    )
    assert names(Initials().parse(datagram(initial(frames)))) == ["example.com"]


def test_hello_over_two_datagrams_in_either_order() -> None:
    hello = chrome_hello(b"post.quantum.example", extension(0x33, bytes(1300)))
    first, second = initial(crypto(hello[:900])), initial(crypto(hello[900:], 900), packet=3)
    for one, two in ((first, second), (second, first)):
        initials = Initials()
        assert initials.parse(datagram(one)) == []
        assert names(initials.parse(datagram(two, 1.0))) == ["post.quantum.example"]


def test_two_initials_in_one_datagram() -> None:
    hello = client_hello(server_name(b"both.example"), alpn(b"h3"))
    both = initial(crypto(hello[:50]), size=300) + initial(crypto(hello[50:], 50), packet=3, size=900)
    assert names(Initials().parse(datagram(both))) == ["both.example"]


def test_a_hello_is_told_once() -> None:
    initials = Initials()
    packet = initial(crypto(chrome_hello()))
    assert len(initials.parse(datagram(packet))) == 1
    assert initials.parse(datagram(packet, 1.5)) == []
    assert (
        initials.parse(datagram(initial(b"\x02\0\0\0\0", target=b"server-chosen", keyed=TARGET), 1.6)) == []
    )
    assert len(initials.parse(datagram(packet, 1.7, sport=50_001))) == 1


def test_after_a_retry_the_hello_comes_anew() -> None:
    hello = chrome_hello(b"retry.example", extension(0x33, bytes(1300)))
    initials = Initials()
    assert initials.parse(datagram(initial(crypto(hello[:900])))) == []
    assert (
        initials.parse(datagram(initial(crypto(hello[:900]), target=b"from-retry", token=b"t" * 40), 1.1))
        == []
    )
    rest = initial(crypto(hello[900:], 900), target=b"from-retry", packet=3, token=b"t" * 40)
    assert names(initials.parse(datagram(rest, 1.1))) == ["retry.example"]


def test_second_half_that_comes_too_late() -> None:
    hello = chrome_hello(b"late.example", extension(0x33, bytes(1300)))
    initials = Initials()
    initials.parse(datagram(initial(crypto(hello[:900])), 1.0))
    assert initials.parse(datagram(initial(crypto(hello[900:], 900), packet=3), 7.0)) == []


def test_memory_is_bounded() -> None:
    initials = Initials()
    packet = initial(crypto(chrome_hello()[:100]))
    for port in range(MAX_CONNECTIONS + 10):
        initials.parse(datagram(packet, 1.0, sport=port + 1))
    assert initials.evicted == 10
    assert len(initials._open) == MAX_CONNECTIONS


def test_what_is_not_for_us() -> None:
    initials = Initials()
    packet = initial(crypto(chrome_hello()))
    assert initials.parse(datagram(packet, sport=443, dport=50_000)) == []
    assert initials.parse(datagram(packet[:1199])) == []
    assert initials.parse(datagram(b"\xc0\x0a\x0a\x0a\x0a" + packet[5:])) == []
    assert initials.parse(datagram(b"\x40" + bytes(1250))) == []


@pytest.mark.parametrize(
    "frames", [b"\x08abc", b"\x06\x40\x00\x7f\xff", b"\x02\0\0\x7f\xff\0", crypto(b"\2" + bytes(40))]
)
def test_frames_that_may_not_be_there(frames: bytes) -> None:
    with pytest.raises(ParseError):
        Initials().parse(datagram(initial(frames)))


def test_hello_that_never_ends_is_given_up() -> None:
    initials = Initials()
    with pytest.raises(ParseError, match="too long"):
        for i in range(40):
            initials.parse(datagram(initial(crypto(b"\1\0\x3f\xff" + bytes(900), i * 900), packet=i)))
    assert initials.parse(datagram(initial(crypto(bytes(100), 0)))) == []


def test_a_changed_byte_is_noticed() -> None:
    packet = bytearray(initial(crypto(chrome_hello())))
    packet[600] ^= 1
    with pytest.raises(ParseError, match="decrypted"):
        Initials().parse(datagram(bytes(packet)))


def test_acknowledgements_are_stepped_over() -> None:
    frames = b"\x03" + bytes.fromhex("40c805020100010203040506") + crypto(b"abc")
    assert list(crypto_frames(frames)) == [(0, b"abc")]


@pytest.mark.parametrize(
    ("raw", "value"),
    [("25", 37), ("7bbd", 15293), ("9d7f3e7d", 494878333), ("c2197c5eff14e88c", 151288809941952652)],
)
def test_variable_length_integers(raw: str, value: int) -> None:
    assert varint(bytes.fromhex(raw), 0) == (value, len(raw) // 2)


def test_wrong_keys_open_nothing() -> None:
    packet = initial(crypto(chrome_hello()))
    assert open_initial(packet, 0, 18, 1200, client_keys(V1, b"other")) is None


def test_each_engine_has_its_own_memory() -> None:
    assert PARSER.fresh is not None
    packet = datagram(initial(crypto(chrome_hello())))
    assert len(list(PARSER.fresh()(packet))) == len(list(PARSER.fresh()(packet))) == 1


def test_selection_takes_client_initials_of_both_versions() -> None:
    assert PARSER.udp_first_byte is not None
    mask, value = PARSER.udp_first_byte
    for version in (V1, V2):
        assert initial(b"", version=version)[0] & mask == value
    assert 0x40 & mask != value and 0xE5 & mask != value  # short header, Handshake
