"""HTTP requests from single segments and from conversations."""

import random

import pytest

from analysis.events import HttpRequest
from sensors.packets import Packet, ParseError
from sensors.parsers.http import MAX_PIPELINED, MAX_REMEMBERED, REQUESTS, Requests
from sensors.parsers.http_head import REMEMBERED, _read, _remembered, read_head
from tests.sensors.parsers.feed import Feeder, flow


def segment(data: bytes, ts: float = 1.0, sport: int = 50_000) -> Packet:
    return Packet(ts, "02:00:00:00:00:01", None, "10.0.0.1", "192.0.2.7", sport, 8080, 6, data)


def one(data: bytes) -> HttpRequest:
    (event,) = Requests().parse(segment(data))
    return event


def test_a_request() -> None:
    request = one(
        b"GET /a/b?token=secret#x HTTP/1.1\r\nHost: Example.com:8080\r\nUser-Agent: curl/8.5\r\nAccept: */*\r\n\r\n"
    )
    assert request == HttpRequest(
        1.0,
        "02:00:00:00:00:01",
        "10.0.0.1",
        "192.0.2.7",
        8080,
        "GET",
        "example.com:8080",
        "/a/b",
        "curl/8.5",
        False,
        segment(b"").sport,
    )


@pytest.mark.parametrize("header", [b"Authorization: Basic dGVzdDpmYWls", b"PROXY-AUTHORIZATION:basic  x"])
def test_basic_credentials_are_a_fact_and_no_value(header: bytes) -> None:
    request = one(b"POST /login HTTP/1.0\r\nHost: h\r\n" + header + b"\r\n\r\nbody")
    assert request.basic_auth and "dGVzdDpmYWls" not in repr(request)


def test_other_credentials_are_not_basic() -> None:
    assert not one(
        b"GET / HTTP/1.1\r\nAuthorization: Bearer basic\r\nX-Authorization: Basic eA==\r\n\r\n"
    ).basic_auth


def test_the_body_is_not_read() -> None:
    request = one(
        b"POST / HTTP/1.1\r\nHost: a.example\r\n\r\n\r\nUser-Agent: forged\r\nAuthorization: Basic x\r\n\r\n"
    )
    assert (request.user_agent, request.basic_auth) == (None, False)


def test_a_head_cut_by_its_segment() -> None:
    assert one(b"GET /x HTTP/1.1\r\nHost: a.example\r\nUser-Agent: Moz").user_agent == "Moz"
    assert one(b"GET /x HTTP/1.1\r\nHost: a.exam").host is None
    assert one(b"GET /x HTTP/1.1").path == "/x"


def test_absolute_and_authority_targets() -> None:
    proxied = one(b"GET http://user:pw@Site.example:81/p?q HTTP/1.1\r\n\r\n")
    assert (proxied.host, proxied.path) == ("site.example:81", "/p")
    assert "pw" not in repr(proxied)
    other = one(b"GET http://site.example/ HTTP/1.1\r\nHost: forged.example\r\n\r\n")
    assert other.host == "site.example"
    tunnel = one(b"CONNECT site.example:443 HTTP/1.1\r\n\r\n")
    assert (tunnel.method, tunnel.host, tunnel.path) == ("CONNECT", "site.example:443", "")


def test_texts_are_made_harmless_and_cut() -> None:
    request = one(
        b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\nHost: \xe2\x80\xaegpj.exe\r\nUser-Agent: <script>\x07\r\n\r\n"
    )
    assert len(request.path) == 255
    assert request.host == "\\u202egpj.exe"
    assert request.user_agent == "<script>\\x07"


def test_http_0_9() -> None:
    assert one(b"GET /index\r\n").path == "/index"


@pytest.mark.parametrize(
    "data",
    [b"GET  / HTTP/1.1\r\n\r\n", b"GET / HTTP/3.1\r\n\r\n", b"GETS / HTTP/1.1\r\n", b"PUT \x00\x01 HTTP/1.1\r\n", b"OPTIONS / RTSP/1.0\r\n", b"GET a\nb HTTP/1.1\r\n"],
)  # fmt: skip
def test_what_is_no_request(data: bytes) -> None:
    with pytest.raises(ParseError):
        Requests().parse(segment(data))


def test_a_retransmission_is_told_once_and_a_poll_each_time() -> None:
    requests = Requests()
    first = segment(b"GET /status HTTP/1.1\r\n\r\n")._replace(seq=1000)
    assert len(requests.parse(first)) == 1
    assert requests.parse(first._replace(ts=4.0)) == []
    assert len(requests.parse(first._replace(ts=4.1, seq=1024))) == 1
    assert len(requests.parse(first._replace(sport=50_001))) == 1


def test_memory_is_bounded() -> None:
    requests = Requests()
    for port in range(MAX_REMEMBERED + 100):
        requests.parse(segment(b"GET / HTTP/1.1\r\n\r\n", sport=port))
    assert len(requests._last) == MAX_REMEMBERED


def test_a_head_that_comes_again_says_the_same_and_is_not_kept_itself() -> None:
    rng = random.Random(9)
    parts = (b"GET / HTTP/1.1", b"POST /a?b HTTP/1.0", b"Host: a.example", b"User-Agent: x", b"\r\n", b"\n", b"\r",
             b"Authorization: Basic eA==", b"x" * 300)  # fmt: skip
    for _ in range(2_000):
        head = b"".join(rng.choices(parts, k=rng.randrange(1, 9)))
        assert read_head(head) == read_head(head) == _read(head)
    assert 0 < len(_remembered) <= REMEMBERED and {type(key) for key in _remembered} == {int}
    read_head(b"GET / HTTP/1.1\r\nAuthorization: Basic aGVsbG8=\r\n\r\n")
    assert "aGVsbG8" not in repr(_remembered)


def test_selection() -> None:
    assert {b"GET ", b"POST", b"CONN", b"TRAC"} < REQUESTS.tcp_prefixes
    assert all(len(p) == 4 for p in REQUESTS.tcp_prefixes)
    assert b"NOTI" not in REQUESTS.tcp_prefixes


@pytest.mark.parametrize("cut", [5, 6, 40, 1400])
def test_a_request_line_over_two_segments_is_told_once(cut: int) -> None:
    data = b"POST /queue/" + b"x" * 1500 + b" HTTP/1.1\r\nHost: a.example\r\n\r\n"
    requests, fed = Requests(), Feeder(flow(8080))
    told: list = []
    for part in (data[:cut], data[cut:]):
        fed.up(part)
        if part[:4] in REQUESTS.tcp_prefixes:
            told += requests.parse(segment(part))
    fed.down(b"HTTP/1.1 200 OK\r\n\r\n").up(b"GET /next HTTP/1.1\r\n\r\n").up(data[:cut]).up(data[cut:])
    assert told == []
    assert [(e.host, e.path[:12]) for e in fed.of(HttpRequest)] == [("a.example", "/queue/xxxxx")] * 2
    assert fed.sessions() == [("http", False)]


HEAD = (
    b"GET /a HTTP/1.1\r\nHost: a.example\r\nCookie: " + b"a" * 1700 + b"\r\n"
    b"User-Agent: x/1\r\nAuthorization: Basic YWRtaW46YWRtaW4=\r\n\r\n"
)  # fmt: skip


def seen_by_both(parts: list[bytes]) -> tuple[list[HttpRequest], Feeder]:
    """What segments and conversation together say of the segments of one client."""
    requests, fed = Requests(), Feeder(flow(8080))
    told: list[HttpRequest] = []
    for seq, part in enumerate(parts):
        if part[:4] in REQUESTS.tcp_prefixes:
            told += requests.parse(segment(part)._replace(seq=seq))
        before = len(fed.of(HttpRequest))
        told += fed.up(part).of(HttpRequest)[before:]
    return told, fed


@pytest.mark.parametrize("cut", [1, 2, 4, 7, 20, 45, 1460, len(HEAD) - 1])
def test_a_head_over_two_segments_is_told_whole(cut: int) -> None:
    told, fed = seen_by_both([HEAD[:cut], HEAD[cut:]])
    last = told[-1]
    assert (last.method, last.path, last.host, last.user_agent) == ("GET", "/a", "a.example", "x/1")
    assert last.basic_auth and fed.sessions() == [("http", False)]
    assert [e.again for e in told] in ([False], [False, True])


def test_a_client_that_sends_line_by_line_is_followed_from_request_to_request() -> None:
    lines = [line + b"\r\n" for line in HEAD.split(b"\r\n")[:-1]]
    told, _ = seen_by_both([*lines, b"later=1", *lines, b"GET /b HTTP/1.1\r\nHost: b\r\n\r\n"])
    whole = ("/a", "a.example", True)
    assert [(e.path, e.host, e.basic_auth) for e in told] == [whole, whole, ("/b", "b", False)]


def test_a_head_whose_rest_says_nothing_more_is_told_once() -> None:
    data = b"GET /a HTTP/1.1\r\nHost: a.example\r\nCookie: " + b"a" * 1700 + b"\r\n\r\n"
    told, _ = seen_by_both([data[:1460], data[1460:]])
    assert [(e.host, e.path) for e in told] == [("a.example", "/a")]


def test_a_head_that_never_ends_is_told_as_far_as_it_was_looked_at() -> None:
    told, fed = seen_by_both([b"GET /a HTTP/1.1\r\n", b"Host: h\r\n", *[b"X: " + b"x" * 997] * 30])
    assert [e.host for e in told] == ["h"] and not fed.errors


def test_requests_that_are_sent_along_with_another() -> None:
    first, second = b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /2 HTTP/1.1\r\nHost: b\r\n"
    told = Requests().parse(segment(first + second))
    assert [(e.path, e.host) for e in told] == [("/1", "a"), ("/2", "b")]
    assert len(Requests().parse(segment(first * 100))) == MAX_PIPELINED


def test_content_that_looks_like_a_request_is_none() -> None:
    assert one(b"POST / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n").host == "a"


@pytest.mark.parametrize("method", [b"PROPFIND", b"MKCOL", b"LOCK", b"UNLOCK", b"REPORT"])
def test_web_dav(method: bytes) -> None:
    data = method + b" /dav HTTP/1.1\r\nHost: a.example\r\nAuthorization: Basic eDp5\r\n\r\n"
    told, fed = seen_by_both([data])
    assert [(e.method, e.host, e.basic_auth) for e in told] == [(method.decode(), "a.example", True)]
    assert fed.sessions() == [("http", False)]


def test_a_whole_request_is_left_to_the_segments() -> None:
    fed = Feeder(flow(9999)).up(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert fed.sessions() == [("http", False)] and not fed.of(HttpRequest)
    assert fed.stream.done


@pytest.mark.parametrize("data", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 404 x\r\n"])
def test_joined_at_a_response(data: bytes) -> None:
    assert Feeder(flow(9999), midstream=True).down(data).sessions() == [("http", False)]


@pytest.mark.parametrize(
    "data", [b"GET key\r\n", b"OPTIONS rtsp://cam/ RTSP/1.0\r\n", b"OPTIONS sip:a@b SIP/2.0\r\n", b"GETX"]
)
def test_what_is_no_http(data: bytes) -> None:
    assert Feeder(flow(6379)).up(data).sessions() == []
