"""TLS 1.2 and older as bytes: hellos, and certificates made on the spot."""

import datetime
import random
import struct
from functools import lru_cache

from sensors.demo.talk import Frames, tcp

DAY = 86_400.0


def client_hello(name: str, rng: random.Random, version: int = 0x0303) -> bytes:
    """A ClientHello record without supported_versions: `version` is the best that it knows."""
    host = name.encode()
    server_name = struct.pack("!HHHBH", 0, len(host) + 5, len(host) + 3, 0, len(host)) + host
    body = struct.pack("!H", version) + rng.randbytes(32) + b"\0" + b"\0\4\xc0\x2f\0\x2f" + b"\1\0"
    return _record(version, _message(1, body + struct.pack("!H", len(server_name)) + server_name))


def server_flight(rng: random.Random, certificate: bytes | None, version: int = 0x0303) -> bytes:
    """ServerHello, the certificate if there is one, and ServerHelloDone, a record each."""
    hello = struct.pack("!H", version) + rng.randbytes(32) + b"\0" + b"\xc0\x2f" + b"\0"
    flight = _record(version, _message(2, hello))
    if certificate is not None:
        one = len(certificate).to_bytes(3, "big") + certificate
        flight += _record(version, _message(11, len(one).to_bytes(3, "big") + one))
    return flight + _record(version, _message(14, b""))


def _message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def _record(version: int, message: bytes) -> bytes:
    return b"\x16" + struct.pack("!HH", version, len(message)) + message


@lru_cache(maxsize=64)
def certificate(name: str, begins: float, ends: float, issuer: str | None = None) -> bytes:
    """A certificate in DER for a host name; times in seconds since the epoch. Without `issuer` it is
    self-signed."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    def person(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    def date(seconds: float) -> datetime.datetime:
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC)

    key = ec.generate_private_key(ec.SECP256R1())
    made = (
        x509.CertificateBuilder()
        .subject_name(person(name)).issuer_name(person(issuer or name)).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(date(begins)).not_valid_after(date(ends))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    from cryptography.hazmat.primitives.serialization import Encoding

    return made.public_bytes(Encoding.DER)


def conversation(
    t: float, rng: random.Random, client: tuple[str, str], server: tuple[str, str], name: str,
    shown: bytes | None, version: int = 0x0303, port: int = 443,
) -> Frames:  # fmt: skip
    """A TLS conversation of an old version to `name`, in which the server shows a certificate."""
    data = b"\x17" + struct.pack("!HH", version, 64) + bytes(64)
    turns = [
        (True, client_hello(name, rng, version)), (False, server_flight(rng, shown, version)),
        (True, data), (False, data),
    ]  # fmt: skip
    return tcp(t, rng, client, server, port, turns)
