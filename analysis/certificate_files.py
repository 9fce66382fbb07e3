"""The certificate of config.yaml, read and checked before anything is served with it."""

import ssl
from pathlib import Path

from analysis.config import Config


class BadCertificate(Exception):
    """The certificate or its key cannot be used; the text names the file and the fix. `key` of config.yaml's
    `dashboard` names it there."""

    def __init__(self, said: str, key: str) -> None:
        super().__init__(said)
        self.key = key


def tls_context(config: Config) -> ssl.SSLContext | None:
    """TLS 1.2 and newer with the certificate of config.yaml; None where it names none.

    Paths are relative to config.yaml. Without a key file the key is expected in the certificate's."""
    board = config.dashboard
    if board.tls_certificate is None:
        return None
    certificate = Path(config.base) / board.tls_certificate
    key = Path(config.base) / (board.tls_key or board.tls_certificate)
    for path, name in ((certificate, "tls_certificate"), (key, "tls_key")):
        _readable(path, name)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except ssl.SSLError as error:
        raise BadCertificate(_why_not(error, certificate, key), "tls_certificate") from error
    return context


def _readable(path: Path, name: str) -> None:
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        fix = (
            "Give the user who runs the dashboard the right to read it."
            if isinstance(error, PermissionError)
            else f"Check dashboard: {name} in config.yaml."
        )
        raise BadCertificate(f"{path} cannot be read: {error.strerror or error}. {fix}", name) from error


def _no_password() -> str:
    """OpenSSL would ask at the terminal, where nobody may be."""
    return ""


def _why_not(error: ssl.SSLError, certificate: Path, key: Path) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"{key} is not the key of the certificate {certificate}. Name the pair that belongs together."
    if _encrypted(key):
        return f"{key} is locked with a password. Unlock it:  openssl pkey -in {key.name} -out unlocked.pem"
    return (
        f"{certificate} and {key} hold no certificate with its private key in PEM form"
        f" ({error.reason or error})."
    )


def _encrypted(key: Path) -> bool:
    return b"ENCRYPTED" in key.read_bytes()[:100_000]
