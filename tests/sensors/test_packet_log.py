"""The ring of newest packets."""

from sensors.decode import decode
from sensors.packet_log import PacketLog
from tests.sensors.frames import batch, udp


def frames(count, rate, start=100.0):
    return [(start + i / rate, udp("10.0.0.1", "10.0.0.2", i % 60000, 9, b"x" * 20)) for i in range(count)]


def fed(log: PacketLog, part) -> PacketLog:
    log.add(decode(batch(part)), 0, len(part))
    return log


def test_slow_traffic_is_logged_whole():
    rows = fed(PacketLog(1000, 500), frames(100, 50)).drain()
    assert len(rows) == 100 and {r.sample for r in rows} == {1}
    assert (rows[3].src, rows[3].dst, rows[3].sport, rows[3].dport, rows[3].proto) == (
        "10.0.0.1",
        "10.0.0.2",
        3,
        9,
        "udp",
    )
    assert rows[0].length == 20 + 8 + 20 + 14


def test_fast_traffic_is_sampled_and_says_so():
    rows = fed(PacketLog(10_000, 100), frames(5000, 5000)).drain()
    assert {r.sample for r in rows} == {51} and 90 <= len(rows) <= 100


def test_only_the_newest_are_kept():
    log = PacketLog(50, 10**6)
    for n in range(10):
        fed(log, frames(20, 100, start=100.0 + n))
    rows = log.drain()
    assert len(rows) == 50 and rows[-1].ts == 109.19
    assert log.drain() == []


def test_a_log_of_no_rows_keeps_none():
    assert fed(PacketLog(0, 500), frames(10, 10)).drain() == []
