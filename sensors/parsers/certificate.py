"""The certificate that a TLS server shows (RFC 5246, section 7.4.2; RFC 5280), each read once."""

import hashlib
import warnings
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from analysis.text import clean

if TYPE_CHECKING:
    from cryptography import x509

CERTIFICATE = 11
REMEMBERED = 1024
"""Certificates whose contents are kept; a home meets some hundred a day."""
MAX_NAMES = 256
"""Alternative names kept; content networks put up to 100 on one certificate."""


class Leaf(NamedTuple):
    """What the server's own certificate says; the fields are those of `CertificateSeen`, in its order."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: float
    not_after: float
    key: str
    key_bits: int
    self_signed: bool
    fingerprint: str


_read: OrderedDict[bytes, Leaf | None] = OrderedDict()


def read_certificate(message: bytes) -> Leaf | None:
    """The first certificate of a whole Certificate message with its 4-byte header; None when it is no
    X.509 certificate that can be read, which does not make the hellos before it worthless.

    Facts are remembered by the certificate's hash: a device shows the same one all day.
    """
    size = int.from_bytes(message[7:10], "big")
    der = message[10 : 10 + size]
    if not size or len(der) < size:
        return None
    digest = hashlib.sha256(der).digest()
    if digest in _read:
        _read.move_to_end(digest)
        leaf = _read[digest]
    else:
        leaf = _read[digest] = _facts(der, digest)
        if len(_read) > REMEMBERED:
            _read.popitem(last=False)
    return leaf


def _facts(der: bytes, digest: bytes) -> Leaf | None:
    from cryptography import x509  # 50 ms that a sensor without TLS 1.2 need not pay

    try:
        with warnings.catch_warnings():  # it warns of odd certificates on standard error
            warnings.simplefilter("ignore")
            certificate = x509.load_der_x509_certificate(der)
            subject = _name(certificate.subject)
            names = _names(certificate) or ((subject.lower(),) if subject else ())
            return Leaf(
                subject, _name(certificate.issuer), names,
                certificate.not_valid_before_utc.timestamp(), certificate.not_valid_after_utc.timestamp(),
                *_key(certificate), certificate.issuer == certificate.subject, digest.hex(),
            )  # fmt: skip
    except (ValueError, TypeError, OverflowError, x509.InvalidVersion):
        return None


def _name(name: "x509.Name") -> str:
    """The common name, else the organisation, else nothing."""
    from cryptography.x509.oid import NameOID

    for wanted in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in name.get_attributes_for_oid(wanted):
            return clean(attribute.value)
    return ""


def _names(certificate: "x509.Certificate") -> tuple[str, ...]:
    """The alternative names; none when there is no such extension or it cannot be read."""
    from cryptography import x509

    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return ()
    texts = [*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress))]
    return tuple(clean(text).lower() for text in texts[:MAX_NAMES])


def _key(certificate: "x509.Certificate") -> tuple[str, int]:
    """The kind and size of the public key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return "unknown", 0
    for kind, name in (
        (rsa.RSAPublicKey, "rsa"),
        (ec.EllipticCurvePublicKey, "ec"),
        (dsa.DSAPublicKey, "dsa"),
    ):
        if isinstance(key, kind):
            return name, int(key.key_size)
    return type(key).__name__.removesuffix("PublicKey").lstrip("_").lower(), 0
