"""Certificates of TLS 1.2: read from real handshakes, and hostile ones survived."""

import datetime
import random
import subprocess
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from analysis.events import CertificateSeen, TlsAccepted
from sensors.parsers.certificate import read_certificate
from tests.sensors.parsers.feed import Feeder, flow
from tests.sensors.parsers.hellos import chrome_hello, message, record, server_hello

BEGIN = datetime.datetime(2024, 1, 2, tzinfo=datetime.UTC)
END = BEGIN + datetime.timedelta(days=90)


def made(
    key=None, subject: str = "api.example", issuer: str | None = None, names=("api.example", "*.example")
) -> bytes:
    key = key or ec.generate_private_key(ec.SECP256R1())

    def person(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)] if text else [])

    builder = (
        x509.CertificateBuilder().subject_name(person(subject)).issuer_name(person(issuer or subject))
        .public_key(key.public_key()).serial_number(1).not_valid_before(BEGIN).not_valid_after(END)
    )  # fmt: skip
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False)
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, algorithm).public_bytes(serialization.Encoding.DER)


def chain(*ders: bytes) -> bytes:
    inner = b"".join(len(der).to_bytes(3, "big") + der for der in ders)
    return message(11, len(inner).to_bytes(3, "big") + inner)


def shake(*parts: bytes, version: int | None = None) -> Feeder:
    fed = (
        Feeder(flow(443)).up(record(chrome_hello(b"api.example"))).down(record(server_hello(0xC02F, version)))
    )
    for part in parts:
        fed.down(part)
    return fed


def test_the_leaf_with_what_the_client_asked_for() -> None:
    der = made(issuer="Example CA")
    fed = shake(record(chain(der, made())))
    (event,) = fed.of(CertificateSeen)
    assert (event.sni, event.subject, event.issuer) == ("api.example", "api.example", "Example CA")
    assert event.names == ("api.example", "*.example") and not event.self_signed
    assert (event.not_before, event.not_after) == (BEGIN.timestamp(), END.timestamp())
    assert (event.key, event.key_bits, event.port) == ("ec", 256, 443)
    assert fed.stream.done and len(fed.of(TlsAccepted)) == 1


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (rsa.generate_private_key(65537, 2048), ("rsa", 2048)),
        (ed25519.Ed25519PrivateKey.generate(), ("ed25519", 0)),
    ],
    ids=["rsa", "ed25519"],
)
def test_kinds_of_keys(key, told) -> None:
    leaf = read_certificate(chain(made(key)))
    assert (leaf.key, leaf.key_bits) == told and leaf.self_signed


def test_without_alternative_names_the_common_name_counts() -> None:
    assert read_certificate(chain(made(subject="Cam.Local", names=()))).names == ("cam.local",)
    assert read_certificate(chain(made(subject="", names=()))).names == ()


def test_names_are_cleaned() -> None:
    leaf = read_certificate(chain(made(subject="a\x1b[31m\u202e")))
    assert "\x1b" not in leaf.subject and "\u202e" not in leaf.subject


def test_in_pieces_and_with_the_hello_in_one_record() -> None:
    der = made()
    together = record(server_hello(0xC02F, None) + chain(der))
    fed = Feeder(flow(443)).up(record(chrome_hello()))
    for start in range(0, len(together), 100):
        fed.down(together[start : start + 100])
    assert len(fed.of(CertificateSeen)) == 1


def test_a_resumed_session_and_tls_13_show_none_and_are_done() -> None:
    resumed = shake(b"\x14\x03\x03\x00\x01\x01", record(bytes([11]) + bytes(39)))
    assert resumed.stream.done and not resumed.of(CertificateSeen) and not resumed.errors
    assert shake(version=0x0304).stream.done


@pytest.mark.parametrize("size", [0, 1, 50, 3000, 15_000])
def test_what_is_no_certificate_leaves_the_hellos(size: int) -> None:
    fed = shake(record(chain(bytes(size))))
    assert len(fed.of(TlsAccepted)) == 1 and not fed.of(CertificateSeen) and not fed.errors


def test_mutations_never_raise_and_are_quick() -> None:
    seed, chance = made(), random.Random(7)
    slowest = 0.0
    for _ in range(1500):
        der = bytearray(seed)
        for _ in range(chance.choice((1, 2, 5))):
            der[chance.randrange(len(der))] = chance.randrange(256)
        start = time.process_time()
        read_certificate(chain(bytes(der)))
        slowest = max(slowest, time.process_time() - start)
    assert slowest < 0.1


def test_each_certificate_is_read_once() -> None:
    one = chain(made())
    assert read_certificate(one) is read_certificate(bytes(one))


def test_it_agrees_with_openssl(tmp_path) -> None:
    der = made(issuer="Example CA")
    path = tmp_path / "c.der"
    path.write_bytes(der)
    said = subprocess.run(
        ["openssl", "x509", "-inform", "der", "-in", path, "-noout", "-fingerprint", "-sha256", "-enddate"],
        capture_output=True, text=True,
    )  # fmt: skip
    if said.returncode:
        pytest.skip("no openssl program")
    leaf = read_certificate(chain(der))
    assert leaf.fingerprint.upper() in said.stdout.replace(":", "")
    assert END.strftime("%b") in said.stdout and END.strftime("%Y") in said.stdout
