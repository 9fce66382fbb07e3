"""Captures whose timestamps leap."""

import json
from collections.abc import Iterable, Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.capture_errors import BrokenCapture
from sensors.capture_time import LEAP, steady
from sensors.packets import PacketBatch
from sensors.replay import main
from tests.sensors.frames import batch, conversation, pcap, udp

YEAR = 365 * 86_400.0


def of(times: Iterable[float]) -> PacketBatch:
    return batch([(ts, b"x") for ts in times])


def told(times: list[float], size: int = 1000) -> list[float]:
    cut = (of(times[lo : lo + size]) for lo in range(0, len(times), size))
    return [ts for each in steady(cut) for ts in each.ts.tolist()]


@pytest.mark.parametrize(
    "times, believed",
    [
        ([0, 1, 5, 4, 60], [0, 1, 5, 4, 60]),
        ([0, 1000, 1001, 9000], [0, 1000, 1001, 9000]),  # gaps
        ([0, YEAR, 1, 2], [0, 0, 1, 2]),
        ([YEAR, 1, 2], [1, 1, 2]),
        ([1000, 1, 1001], [1000, 1000, 1001]),
        ([1000, 1], [1000, 1000]),
        ([0, 1, YEAR], [0, 1, YEAR]),  # nothing speaks against it
        ([1000, 1001, 1, 1002], [1000, 1001, 1001, 1002]),  # one that comes late
        ([1000, 1001, 1, 2, 4, 70, 75], [1000, 1001, 1001, 1002, 1004, 1070, 1075]),  # a clock set back
        ([0, YEAR, YEAR + 1, 2, 3, 500], [0, YEAR, YEAR + 1, YEAR + 1, YEAR + 2, YEAR + 499]),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_what_following_packets_do_not_confirm_is_not_believed(times, believed, size) -> None:
    assert told(list(map(float, times)), size) == believed


@given(
    st.lists(st.sampled_from([0.0, 1.0, 30.0, LEAP, 61.0, 90.0, 200.0, 5000.0, -1.0, -59.0, -90.0, -4000.0])),
    st.integers(1, 9),
)
def test_times_do_not_hang_on_how_a_capture_is_cut(steps, size) -> None:
    times = np.cumsum([1e9, *steps]).tolist()
    whole = told(times)
    assert told(times, size) == whole
    latest = np.maximum.accumulate(whole)
    assert (latest - whole <= LEAP).all()


@pytest.mark.parametrize("apart", [90.0, 5000.0])
def test_the_clocks_of_two_interfaces_do_not_drive_time_ahead(apart) -> None:
    times = [float(n) - apart * (n % 3 == 0) for n in range(9000, 12_000)]
    assert told(times)[-1] == pytest.approx(11_999.0, abs=LEAP)


def test_a_capture_that_breaks_off_is_told_to_the_break() -> None:
    def breaks() -> Iterator[PacketBatch]:
        yield of([0.0, YEAR])
        raise BrokenCapture("cut", 2)

    found = steady(breaks())
    assert next(found).ts.tolist() == [0.0, YEAR]
    with pytest.raises(BrokenCapture):
        next(found)


def test_a_packet_from_the_future_hides_nothing(tmp_path, capsys) -> None:
    frames = [(1_000_000.0, udp("192.168.1.10", "192.168.1.1", 40_000, 9_999))]
    for n in range(220):
        talk = ([b"\0hello"], [b"\0world"])
        frames += conversation(1_000_001.0 + 30 * n, "192.168.1.10", "203.0.113.9", 41_000 + n, 8081, *talk)
    lines = []
    for capture in (frames, [frames[0], (1_000_000.0 + YEAR, frames[0][1]), *frames[1:]]):
        (tmp_path / "x.pcap").write_bytes(pcap(capture))
        assert main([str(tmp_path / "x.pcap"), "--json"]) == 0
        records = map(json.loads, capsys.readouterr().out.splitlines())
        lines.append([(r["rule"], r["count"], r["last_seen"]) for r in records if r["type"] == "alert"])
    assert lines[0] == lines[1] and "beacon" in {rule for rule, *_ in lines[0]}
