"""Remote Desktop by its connection request."""

import pytest

from tests.sensors.parsers.feed import Feeder, conversations, flow

REQUEST = bytes.fromhex("030000130ee000000000000100080003000000")


@pytest.mark.parametrize("port", [3389, 4000])
def test_a_connection_request_on_any_port(port: int) -> None:
    fed = Feeder(flow(port))
    for byte in REQUEST:
        fed.up(bytes([byte]))
    assert fed.sessions() == [("rdp", False)] and fed.stream.done


@pytest.mark.parametrize(
    "data", [b"\x03\x00\x00\x13\x02\xf0\x80" + bytes(12), REQUEST[:4] + b"\x0f" + REQUEST[5:], b"\x03" * 20]
)
def test_what_is_not_rdp(data: bytes) -> None:
    assert Feeder(flow(3389)).up(data).sessions() == []


@pytest.mark.captures
def test_the_recorded_session(captures) -> None:
    (fed,) = conversations(captures / "rdp-nulllink-ndpi.pcap")
    assert fed.sessions() == [("rdp", False)]
