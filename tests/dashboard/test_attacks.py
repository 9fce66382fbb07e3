"""Attacks on the real server: slow clients, large bodies, guessed passwords, disguised paths."""

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from analysis.config import Config, Dashboard
from dashboard.app import create_app
from dashboard.gates import MOST_BYTES
from dashboard.security import hash_password
from dashboard.serve import _listen
from tests.dashboard.filldb import Home, small

SAME = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A served home behind a password, with the server settings of `sentinel.py dashboard`."""
    home = small(tmp_path_factory.mktemp("attacked") / "home.db")
    board = Dashboard(password_hash=hash_password("right one"))
    server = _listen(create_app(home.path, Config(dashboard=board)), "127.0.0.1", 0)
    threading.Thread(target=server.run, daemon=True).start()
    yield server.effective_port
    server.close()


def get(port: int, path: str, timeout: float = 10) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    connection.putrequest("GET", path)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def test_500_stalled_clients_keep_nobody_out(port: int) -> None:
    """Half a request each, and silence; a page needs no more than one of 8 threads."""
    with ExitStack() as stack:
        for number in range(500):
            stalled = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            stalled.sendall(
                b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
                if number % 2
                else b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000\r\n\r\nx"
            )
        assert get(port, "/login")[0] == 200


def attack(port: int, head: bytes, part: bytes) -> bytes:
    """Send up to 300 MB until the server has enough; its answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        sent = 0
        try:
            client.sendall(head)
            while sent < 300_000_000:
                client.sendall(part)
                sent += len(part)
        except OSError:
            pass
        assert sent < 30 * MOST_BYTES, "it must not take it all"
        try:
            return client.recv(4096)
        except OSError:
            return b""


def test_a_body_of_300_megabytes_is_refused_unread(port: int) -> None:
    head = b"POST /_dash-update-component HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    sized = attack(port, head + b"Content-Length: 300000000\r\n\r\n", b"x" * 65_536)
    chunked = attack(
        port, head + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    )
    for answer in (sized, chunked):
        assert answer == b"" or b" 413 " in answer.splitlines()[0]
    assert get(port, "/login")[0] == 200


def test_2000_guesses_do_not_get_in(tmp_path: Path) -> None:
    home: Home = small(tmp_path / "home.db")
    board = Dashboard(password_hash=hash_password("right one"))
    client: FlaskClient = create_app(home.path, Config(dashboard=board)).server.test_client()
    answers = [
        client.post("/login", data={"password": f"guess {n}"}, headers=SAME).status_code for n in range(2000)
    ]
    assert set(answers) == {401, 429}
    assert answers.count(401) < 15, "checked ones; each costs 60 ms, the others nothing"
    assert client.post("/login", data={"password": "right one"}, headers=SAME).status_code == 429
    assert client.get("/api/v1/live").status_code == 401


TRICKS = [
    "/%2e/", "/%2e%2e/", "/./", "//", "///api/v1/live", "//api/v1/live", "/api//v1/live", "/api/v1/live;.css",
    "/api/v1/live/.css", "/api/v1/live%2ecss", "/api/v1/live?x=.css", "/login/../api/v1/live",
    "/login/%2e%2e/api/v1/live", "/login%2f..%2fapi/v1/live", "/assets/style.css/../../api/v1/live",
    "/assets/style.css/%2e%2e/%2e%2e/api/v1/live", "/assets/%2e%2e/api/v1/live", "/assets/style.css%00.js",
    "/assets/style.css/..%2ffeed.js", "/assets//feed.js", "/API/v1/live", "/api/v1/live%20", "/api/v1/live%00",
    "/_dash-layout?.css", "/_dash-layout/.css", "/_dash-layout;/login", "/login/_dash-layout",
    "/api/v1/export/alerts.csv", "/api/v1/export/alerts/1.txt", "/api/v1/rows/dns", "http://localhost/alerts",
    "//localhost/api/v1/live", "/\\login", "/%6cogin/../alerts", "/.css", "/login.css", "/alerts.css",
]  # fmt: skip


@pytest.mark.parametrize("path", TRICKS)
def test_no_disguised_path_gets_behind_the_login(port: int, path: str) -> None:
    status, body = get(port, path)
    assert status in (301, 302, 308, 400, 401, 404, 421), (path, status)
    for secret in (b"Telnet", b"ipcam", b"counts", b"sentinel.feed", b"props"):
        assert secret not in body, path
