"""SSH identification strings."""

import pytest

from analysis.events import BannerSeen
from tests.sensors.parsers.feed import Feeder, flow


@pytest.mark.parametrize("size", [1, 7, 100])
def test_both_sides_on_any_port(size: int) -> None:
    fed = Feeder(flow(2222))
    server, client = b"SSH-2.0-OpenSSH_9.6 Debian\r\nmore", b"SSH-2.0-dropbear\n"
    for i in range(0, len(server), size):
        fed.down(server[i : i + size])
    for i in range(0, len(client), size):
        fed.up(client[i : i + size])
    assert fed.sessions() == [("ssh", False)]
    assert [(e.banner, e.from_client) for e in fed.of(BannerSeen)] == [
        ("SSH-2.0-OpenSSH_9.6 Debian", False),
        ("SSH-2.0-dropbear", True),
    ]
    assert fed.stream.done


def test_a_line_without_end_is_cut() -> None:
    fed = Feeder(flow(22)).down(b"SSH-2.0-" + b"a" * 1000)
    assert [len(e.banner) for e in fed.of(BannerSeen)] == [255]


def test_hostile_text() -> None:
    fed = Feeder(flow(22)).up(b"SSH-1.99-\x1b]0;x\x07\xe2\x80\xae<img>\r\n")
    assert fed.of(BannerSeen)[0].banner == "SSH-1.99-\\x1b]0;x\\x07\\u202e<img>"


@pytest.mark.parametrize("data", [b"SSH", b"SSH-3.0-x\r\n", b"ssh-2.0-x\r\n", b"SSHD listening\r\n"])
def test_what_is_no_ssh(data: bytes) -> None:
    assert Feeder(flow(22)).down(data).sessions() == []
