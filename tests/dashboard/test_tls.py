"""The dashboard over TLS: real clients, a certificate made here, and every way a certificate can be wrong."""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from analysis.config import Config, Dashboard
from dashboard.app import create_app
from dashboard.security import hash_password
from dashboard.serve import CannotServe, listen
from tests.dashboard.filldb import small


def make_pair(folder: Path, name: str = "home", password: bytes | None = None) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sentinel.test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256())
    )  # fmt: skip
    locked = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    files = folder / f"{name}.crt", folder / f"{name}.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)
    )
    return files


class Secure(NamedTuple):
    """A home served by https behind a password."""

    port: int
    trust: ssl.SSLContext

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20, context=self.trust)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.text = answer.read()  # type: ignore[attr-defined]
        connection.close()
        return answer

    def log_in(self, password: str) -> http.client.HTTPResponse:
        own = {
            "Origin": f"https://127.0.0.1:{self.port}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return self.ask("POST", "/login", f"password={password}", **own)


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    folder = tmp_path_factory.mktemp("secure")
    certificate, _ = make_pair(folder)
    board = Dashboard(
        password_hash=hash_password("right"), tls_certificate="home.crt", tls_key="home.key"
    ).model_copy(update={"port": 0})
    config = Config(dashboard=board, base=str(folder))
    server, port = listen(create_app(small(folder / "home.db").path, config), config)
    threading.Thread(target=server.run, daemon=True).start()
    yield Secure(port, ssl.create_default_context(cafile=str(certificate)))
    server.close()


def test_a_client_that_trusts_the_certificate_logs_in_and_reads(secure: Secure) -> None:
    assert secure.ask("GET", "/api/v1/live").status == 401
    answer = secure.log_in("right")
    assert answer.status == 302
    cookie = answer.headers["Set-Cookie"]
    assert {"Secure", "HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))
    live = secure.ask("GET", "/api/v1/live", Cookie=cookie.split(";")[0])
    assert live.status == 200 and b'"watch"' in live.text  # type: ignore[attr-defined]


def test_one_connection_carries_many_requests_and_a_large_answer(secure: Secure) -> None:
    cookie = secure.log_in("right").headers["Set-Cookie"].split(";")[0]
    connection = http.client.HTTPSConnection("127.0.0.1", secure.port, timeout=20, context=secure.trust)
    for path, least in (("/api/v1/rows/dns?range=7d&n=500", 20_000), ("/assets/feed.js", 5_000)) * 3:
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        assert answer.status == 200 and len(answer.read()) > least
    connection.close()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1")
def test_plain_http_old_tls_and_strangers_get_nothing(secure: Secure) -> None:
    plain = http.client.HTTPConnection("127.0.0.1", secure.port, timeout=20)
    with pytest.raises((http.client.HTTPException, OSError)):
        plain.request("GET", "/login")
        plain.getresponse()
    old = ssl.create_default_context(cafile=None)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", secure.port), 20) as raw:
        old.wrap_socket(raw)
    with pytest.raises(ssl.SSLCertVerificationError):
        http.client.HTTPSConnection(
            "127.0.0.1", secure.port, timeout=20, context=ssl.create_default_context()
        ).request("GET", "/")


def test_guesses_are_counted_for_the_client_and_not_for_everybody(secure: Secure) -> None:
    """127.0.0.2 guesses; 127.0.0.1 may still log in."""
    for _ in range(6):
        connection = http.client.HTTPSConnection(
            "127.0.0.1", secure.port, timeout=20, context=secure.trust, source_address=("127.0.0.2", 0)
        )
        own = {
            "Origin": f"https://127.0.0.1:{secure.port}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        connection.request("POST", "/login", "password=guess", own)
        status = connection.getresponse().status
        connection.close()
    assert status == 429
    assert secure.log_in("right").status == 302


def test_400_stalled_clients_keep_nobody_out(secure: Secure) -> None:
    """Half of them never shake hands, half stop within the request."""
    with ExitStack() as stack:
        for number in range(400):
            raw = stack.enter_context(socket.create_connection(("127.0.0.1", secure.port), timeout=20))
            if number % 2:
                stalled = stack.enter_context(secure.trust.wrap_socket(raw, server_hostname="127.0.0.1"))
                stalled.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        assert secure.ask("GET", "/login").status == 200


def test_a_large_body_is_refused_behind_tls_too(secure: Secure) -> None:
    head = b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 300000000\r\n\r\n"
    with (
        socket.create_connection(("127.0.0.1", secure.port), timeout=20) as raw,
        secure.trust.wrap_socket(raw, server_hostname="127.0.0.1") as client,
    ):
        client.sendall(head)
        assert b" 413 " in client.recv(4096).splitlines()[0]


def wrong(folder: Path, certificate: str, key: str | None = None) -> str:
    """What is said about a pair that cannot be used."""
    board = Dashboard(tls_certificate=certificate, tls_key=key).model_copy(update={"port": 0})
    config = Config(dashboard=board, base=str(folder))
    with pytest.raises(CannotServe) as caught:
        listen(create_app(folder / "none.db", config), config)
    assert caught.value.code == 2
    return str(caught.value)


def test_what_is_wrong_with_a_certificate_is_told_with_its_fix(tmp_path: Path) -> None:
    make_pair(tmp_path)
    make_pair(tmp_path, "other")
    make_pair(tmp_path, "locked", b"secret")
    (tmp_path / "text.crt").write_text("no certificate")
    assert "missing.crt cannot be read: No such file" in wrong(tmp_path, "missing.crt", "home.key")
    assert "Check dashboard: tls_key" in wrong(tmp_path, "home.crt", "missing.key")
    assert "is not the key of the certificate" in wrong(tmp_path, "home.crt", "other.key")
    assert "in PEM form" in wrong(tmp_path, "text.crt")
    assert "in PEM form" in wrong(tmp_path, "home.crt")
    assert "locked with a password" in wrong(tmp_path, "locked.crt", "locked.key")


def test_the_program_says_so_and_ends_with_2(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from dashboard.__main__ import main

    small(tmp_path / "home.db")
    (tmp_path / "config.yaml").write_text(
        "dashboard: {tls_certificate: gone.crt, tls_key: gone.key}\ndatabase: home.db\n"
    )
    assert main(["--config", str(tmp_path / "config.yaml")]) == 2
    assert "gone.crt cannot be read" in capfd.readouterr().err


def test_one_file_may_hold_both(tmp_path: Path) -> None:
    certificate, key = make_pair(tmp_path)
    (tmp_path / "both.pem").write_bytes(certificate.read_bytes() + key.read_bytes())
    board = Dashboard(tls_certificate="both.pem").model_copy(update={"port": 0})
    config = Config(dashboard=board, base=str(tmp_path))
    server, port = listen(create_app(tmp_path / "none.db", config), config)
    threading.Thread(target=server.run, daemon=True).start()
    secure = Secure(port, ssl.create_default_context(cafile=str(certificate)))
    assert secure.ask("GET", "/assets/style.css").status == 200
    server.close()
