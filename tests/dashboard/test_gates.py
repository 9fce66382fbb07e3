"""Who is answered, and what a browser is told: as plain HTTP."""

import json
import re

import pytest
from dash import Dash
from flask.testing import FlaskClient

from analysis.config import Config, Dashboard
from dashboard.app import create_app
from dashboard.security import hash_password
from tests.dashboard.filldb import Home

CALLBACK = "/_dash-update-component"
SAME = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}


@pytest.mark.parametrize("path", ["/", "/_dash-layout", "/api/v1/live", "/assets/style.css", "/nope"])
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8050", "127.0.0.1.evil.example", "192.168.1.5"]
)
def test_foreign_host_names_are_refused(client: FlaskClient, path: str, host: str) -> None:
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 421
    assert b"Telnet" not in answer.data


@pytest.mark.parametrize("host", ["a b", "<script>", "127.0.0.1:8050, evil", "127.0.0.1:x", "user@127.0.0.1"])
def test_broken_host_headers_are_refused(client: FlaskClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1:8050", "localhost:9", "LOCALHOST", "[::1]:8050"])
def test_own_names_are_answered(client: FlaskClient, host: str) -> None:
    assert client.get("/api/v1/live", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:8051"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_changes_from_elsewhere_are_refused(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.post(CALLBACK, json={}, headers=headers).status_code == 403


def test_bodies_over_a_megabyte_are_refused(client: FlaskClient) -> None:
    answer = client.post(CALLBACK, data=b"x" * 1_000_001, content_type="application/json", headers=SAME)
    assert answer.status_code == 413


ROUTER = {
    "output": ".._pages_content.children..._pages_store.data..",
    "outputs": [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}],
    "inputs": [
        {"id": "_pages_location", "property": "pathname", "value": "/health"},
        {"id": "_pages_location", "property": "search", "value": ""},
    ],
    "changedPropIds": ["_pages_location.pathname"],
}


@pytest.mark.parametrize(
    "body",
    [
        "{}", "[]", "null", "1", '"x"', '{"output":"x"}', '{"output":5,"inputs":7}', '{"output":["x"]}',
        "[" * 400_000, "{", "", *(json.dumps(ROUTER | {key: value}) for key, value in [
            ("output", "nothing.data"), ("inputs", 7), ("inputs", []), ("inputs", [{"id": "x"}, 1]),
            ("inputs", [[1], [2]]), ("inputs", [{"id": 1, "property": "x"}] * 2), ("state", [{}]), ("state", 1),
            ("outputs", None), ("outputs", [1, 2]), ("outputs", []), ("changedPropIds", [1]),
            ("changedPropIds", None),
        ]),
    ],
)  # fmt: skip
def test_what_no_page_asks_is_refused_and_not_logged_as_a_failure(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, body: str
) -> None:
    assert client.post(CALLBACK, json=ROUTER, headers=SAME).status_code == 200
    answer = client.post(CALLBACK, data=body, content_type="application/json", headers=SAME)
    assert answer.status_code == 400 and caplog.records == []


@pytest.mark.parametrize("path", ["/", "/api/v1/live", "/nope", "/assets/style.css", "/_dash-layout"])
def test_every_answer_carries_the_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert "unsafe-eval" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_the_page_says_its_language_and_hashes_its_inline_scripts(client: FlaskClient) -> None:
    client.get("/")
    page = client.get("/")
    assert b'<html lang="en">' in page.data
    assert b"ipcam-front opened a Telnet session" in page.data, "the verdict stands before any script"
    assert "sha256-" in page.headers["Content-Security-Policy"]


TRAVERSALS = [
    prefix + up * depth + target
    for prefix in ("/assets/", "/_dash-component-suites/dash/", "/", "/devices/", "/api/v1/rows/")
    for up in ("../", "..%2f", "%2e%2e/", "%2e%2e%2f", "....//", "..\\", "..%5c", "%252e%252e%252f")
    for depth in (1, 4)
    for target in ("etc/passwd", "home.db", "config.yaml")
]


def test_no_traversal_reaches_a_file(client: FlaskClient) -> None:
    assert len(TRAVERSALS) >= 200
    for path in TRAVERSALS:
        answer = client.get(path)
        assert b"root:" not in answer.data and b"SQLite format" not in answer.data, path
        assert answer.status_code in (301, 308, 400, 404), (path, answer.status_code)


@pytest.mark.parametrize(
    "path", ["/nope", "/devices/3/x", "/api/v1/nope", "/_dash-component-suites/x/y.js", "/_mcp"]
)
def test_unknown_paths_are_404_and_say_nothing(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert b"Traceback" not in answer.data and b"/site-packages" not in answer.data


def test_mcp_stays_closed_whatever_the_environment_says(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASH_MCP_ENABLED", "1")
    client = create_app(home.path).server.test_client()
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    answer = client.post("/_mcp", json=message, headers={"Origin": "http://localhost"})
    assert answer.status_code in (404, 405)


@pytest.fixture
def locked(home: Home) -> FlaskClient:
    board = Dashboard(host="127.0.0.1", password_hash=hash_password("right one"))
    return create_app(home.path, Config(dashboard=board)).server.test_client()


ROUTES = [
    "/",
    "/map",
    "/api/v1/live",
    "/api/v1/rows/dns",
    "/_dash-layout",
    "/_dash-dependencies",
    "/assets/feed.js",
    "/assets/style.css/../feed.js",
    "/login/",
    "/login/../",
    "//login",
    "/x.css",
    "/_dash-component-suites/dash/deps/react@18.js",
]


@pytest.mark.parametrize("path", ROUTES)
def test_nothing_is_open_without_login(locked: FlaskClient, path: str) -> None:
    answer = locked.get(path)
    assert answer.status_code in (401, 301, 308, 404, 421), path
    assert b"Telnet" not in answer.data and b"sentinel.feed" not in answer.data


def test_callbacks_need_a_login(locked: FlaskClient) -> None:
    assert locked.post(CALLBACK, json={}, headers=SAME).status_code == 401


def test_a_browser_is_led_to_the_login(locked: FlaskClient) -> None:
    answer = locked.get("/", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login")


def test_a_link_to_a_page_leads_there_after_the_login(locked: FlaskClient) -> None:
    wanted = "/alerts?severity=2&state=all"
    form = locked.get(wanted, headers={"Accept": "text/html"}).headers["Location"]
    assert form == "/login?next=%2Falerts%3Fseverity%3D2%26state%3Dall"
    assert 'name="next" value="/alerts?severity=2&amp;state=all"' in locked.get(form).get_data(as_text=True)
    wrong = locked.post("/login", data={"password": "no", "next": wanted}, headers=SAME)
    assert 'value="/alerts?severity=2&amp;state=all"' in wrong.get_data(as_text=True)
    answer = locked.post("/login", data={"password": "right one", "next": wanted}, headers=SAME)
    assert (answer.status_code, answer.headers["Location"]) == (302, wanted)


@pytest.mark.parametrize(
    "foreign",
    [
        "//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "\\\\evil.example",
        "javascript:alert(1)", "/\r\nX: y", "evil", "", " //evil.example", '"><script>', "/" + "x" * 3000,
    ],
)  # fmt: skip
def test_the_login_leads_to_no_other_site(locked: FlaskClient, foreign: str) -> None:
    form = locked.get("/login", query_string={"next": foreign}).get_data(as_text=True)
    assert 'name="next" value="/" hidden' in form
    answer = locked.post("/login", data={"password": "right one", "next": foreign}, headers=SAME)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_one_can_log_out_but_no_other_site_can_do_it(locked: FlaskClient) -> None:
    locked.post("/login", data={"password": "right one"}, headers=SAME)
    assert locked.post("/logout", headers={"Origin": "http://evil"}).status_code == 403
    assert locked.get("/logout").status_code in (404, 405)
    assert locked.get("/api/v1/live").status_code == 200
    assert locked.post("/logout", headers=SAME).status_code == 204
    assert locked.get("/api/v1/live").status_code == 401


def test_login_opens_and_its_cookie_is_strict(locked: FlaskClient) -> None:
    answer = locked.post("/login", data={"password": "right one"}, headers=SAME)
    assert answer.status_code == 302
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert locked.get("/api/v1/live").status_code == 200


def test_a_login_from_another_site_is_refused(locked: FlaskClient) -> None:
    assert (
        locked.post("/login", data={"password": "right one"}, headers={"Origin": "http://evil"}).status_code
        == 403
    )


def test_after_five_wrong_passwords_even_the_right_one_must_wait(locked: FlaskClient) -> None:
    for _ in range(5):
        assert locked.post("/login", data={"password": "guess"}, headers=SAME).status_code == 401
    answer = locked.post("/login", data={"password": "right one"}, headers=SAME)
    assert answer.status_code == 429
    assert re.fullmatch(r"\d+", answer.headers["Retry-After"])


def test_hash_password_is_salted_and_checked() -> None:
    from dashboard.security import check_password

    first, second = hash_password("a"), hash_password("a")
    assert first != second
    assert check_password("a", first) and not check_password("b", first)
    for broken in ("", "scrypt$", "scrypt$1$2$3$4$5", "plain", first[:-3]):
        assert not check_password("a", broken)
    Dashboard(password_hash=first)  # config.yaml accepts what we make


def test_an_open_address_without_a_password_does_not_start(
    home: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    from dashboard.__main__ import main

    assert main(["--db", str(home.path), "--host", "0.0.0.0", "--port", "18099"]) == 2
    assert "sentinel.py password" in capfd.readouterr().err


def test_a_taken_port_is_told_with_its_fix(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    import socket

    from dashboard.__main__ import main

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--db", str(home.path), "--port", str(port)]) == 1
    assert f"--port {port + 1}" in capfd.readouterr().err


def test_two_apps_in_one_process_both_have_their_callbacks(home: Home, app: Dash) -> None:
    again = create_app(home.path)
    assert app.callback_map.keys() == again.callback_map.keys() or len(again.callback_map) >= 8
