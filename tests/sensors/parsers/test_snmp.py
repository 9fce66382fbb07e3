"""SNMP communities: that one passed, whether it is a default, and never which."""

import pytest

from analysis.events import SnmpSeen
from sensors.parsers.snmp import parse
from tests.sensors.parsers.single import HOST, MAC, SERVER, cuts, mutations, survives, udp


def ber(tag: int, data: bytes) -> bytes:
    return bytes([tag, len(data)]) + data


def message(version: int, community: bytes, kind: int = 0xA0) -> bytes:
    body = ber(2, b"\7") + ber(2, b"\0") + ber(2, b"\0") + ber(0x30, b"")
    return ber(0x30, ber(2, bytes([version])) + ber(4, community) + ber(kind, body))


@pytest.mark.parametrize(("number", "version"), [(0, "1"), (1, "2c")])
@pytest.mark.parametrize(
    ("community", "default"), [(b"public", True), (b"PRIVATE", True), (b"zx81-home", False)]
)
def test_a_request_tells_version_and_whether_it_is_a_default(number, version, community, default) -> None:
    (event,) = parse(udp(message(number, community), 50_000, 161))
    assert event == SnmpSeen(1.0, MAC, HOST, SERVER, 161, version, default, False)
    assert community.decode() not in repr(event)


def test_a_set_request_changes_something_and_a_trap_is_a_request() -> None:
    assert parse(udp(message(1, b"public", 0xA3), 50_000, 161))[0].writes
    assert parse(udp(message(1, b"public", 0xA7), 50_000, 162))[0].port == 162


@pytest.mark.parametrize(
    ("data", "sport", "dport"),
    [
        (message(1, b"public", 0xA2), 161, 50_000),
        (message(3, b"public"), 50_000, 161),
        (message(1, b"x"), 161, 9),
    ],
    ids=["answer", "version 3", "to another port"],
)
def test_what_gives_no_event(data: bytes, sport: int, dport: int) -> None:
    assert parse(udp(data, sport, dport)) == []


def test_hostile_bytes() -> None:
    seed = udp(message(1, b"public"), 50_000, 161)
    survives(parse, cuts(seed))
    assert survives(parse, mutations(seed, 3000)) > 100
