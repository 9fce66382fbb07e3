"""Fetching from servers that misbehave, on loopback."""

import gzip
import time

import pytest

from blocklists.fetch import STRICT, Policy, Refused, fetch, is_public
from tests.blocklists.server import body, bomb, certificate, cut, drip, drip_head, redirect, serving

LOCAL = Policy(
    allowed=lambda address: address == "127.0.0.1", schemes=("http",), seconds=5, max_bytes=100_000
)
LIST = b"evil.example\n" * 100


def test_a_list_arrives_plain_and_packed() -> None:
    packed = gzip.compress(LIST)
    with serving({"/a": body(LIST), "/b": body(packed, Content_Encoding="gzip")}) as base:
        assert fetch(f"{base}/a", LOCAL) == LIST
        assert fetch(f"{base}/b", LOCAL) == LIST


def test_tls_is_checked(tmp_path) -> None:
    server, client = certificate(tmp_path)
    strict = Policy(allowed=LOCAL.allowed, seconds=5)
    with serving({"/a": body(LIST)}, server) as base:
        assert fetch(f"{base}/a", Policy(allowed=LOCAL.allowed, tls=client)) == LIST
        with pytest.raises(Refused, match="certificate verify failed"):
            fetch(f"{base}/a", strict)


@pytest.mark.parametrize(
    "url", ["http://example.com/x", "file:///etc/hostname", "ftp://example.com/x", "/x", "https://", "https://u:p@example.com/",
            "https://example.com:99999/", "https://example.com:0/", "https://exa mple.com/", "https://example.com/\r\nX: y"],
)  # fmt: skip
def test_only_plain_https_addresses(url: str) -> None:
    with pytest.raises(Refused):
        fetch(url, STRICT)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
             "[::ffff:10.0.0.1]", "[fe80::1]", "[fd00::1]", "224.0.0.1", "255.255.255.255"],
)  # fmt: skip
def test_only_public_addresses(host: str) -> None:
    with pytest.raises(Refused, match="not a public address"):
        fetch(f"https://{host}/", STRICT)


def test_public_addresses_are_public() -> None:
    assert is_public("8.8.8.8")
    assert is_public("2606:4700::1111")


def test_redirects_are_followed_and_judged_like_the_first_address() -> None:
    pages = {
        "/ok": redirect("/1"), "/1": redirect("/2"), "/2": redirect("/list"), "/list": body(LIST),
        "/loop": redirect("/loop"), "/private": redirect("http://127.0.0.2/"), "/file": redirect("file:///etc/passwd"),
    }  # fmt: skip
    with serving(pages) as base:
        assert fetch(f"{base}/ok", LOCAL) == LIST
        for path, why in (
            ("loop", "more than 3 redirects"),
            ("private", "127.0.0.2, which is not a public"),
            ("file", "file is not http"),
        ):
            with pytest.raises(Refused, match=why):
                fetch(f"{base}/{path}", LOCAL)


@pytest.mark.parametrize("answer", [drip, drip_head])
def test_a_drip_ends_at_the_deadline(answer) -> None:
    begun = time.monotonic()
    with serving({"/": answer}) as base, pytest.raises(Refused, match=r"took longer than 0\.5 s"):
        fetch(f"{base}/", Policy(allowed=LOCAL.allowed, schemes=("http",), seconds=0.5))
    assert time.monotonic() - begun < 5


def test_too_large_packed_or_not() -> None:
    with serving({"/bomb": bomb(50_000_000), "/big": body(bytes(100_001))}) as base:
        for path in ("bomb", "big"):
            with pytest.raises(Refused, match="larger than 100000 bytes"):
                fetch(f"{base}/{path}", LOCAL)


def test_broken_answers() -> None:
    pages = {
        "/cut": cut,
        "/half": body(gzip.compress(LIST)[:-12], Content_Encoding="gzip"),
        "/notgzip": body(b"xxxxxxxxxx", Content_Encoding="gzip"),
        "/br": body(b"x", Content_Encoding="br"),
        "/404": body(b"", 404),
        "/nothttp": lambda request: request.wfile.write(b"\x00\xff garbage\r\n\r\n"),
    }
    with serving(pages) as base:
        for path in pages:
            with pytest.raises(Refused):
                fetch(f"{base}{path}", LOCAL)


def test_nobody_there() -> None:
    with serving({}) as base:
        pass
    with pytest.raises(Refused, match="refused"):
        fetch(f"{base}/", LOCAL)
