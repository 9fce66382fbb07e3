"""How long a live sensor may look at a batch, and how it knows that it falls behind."""

from math import inf

import pytest

from sensors.demo.evening import batch_of
from sensors.keeping_up import HEADER, LEAST, KeepingUp
from sensors.packets import PacketBatch


def batch(seconds: float, packets: int = 11, size: int = 1000) -> PacketBatch:
    return batch_of([(50.0 + n * seconds / (packets - 1), b"x" * size) for n in range(packets)])


def test_while_packets_wait_the_load_is_work_a_second_of_their_time():
    pace = KeepingUp()
    pace.began(batch(0.2), True, 10.0)
    pace.done(10.5)
    pace.began(batch(0.2), True, 10.5)
    assert pace.load == pytest.approx(2.5)


def test_while_none_wait_the_load_is_the_share_of_time_that_is_worked():
    pace = KeepingUp()
    for read in range(60):
        pace.began(batch(0.9) if read % 2 else None, False, 10.0 + read)
        pace.done(10.25 + read)
    assert pace.load == pytest.approx(0.25, abs=1e-3)


@pytest.mark.parametrize(
    ("lag", "seconds"),
    [(0.0, 0.5), (0.6, 0.2), (0.99, 0.1 * LEAST), (5.0, 0.1 * LEAST), (-3.0, 0.5)],
)
def test_the_time_for_a_batch_is_part_of_what_the_buffer_still_holds(lag, seconds):
    # 11 packets of 1,000 bytes and their headers in 0.1 s: half of the buffer lasts a second
    buffer = 2 * 10 * 11 * (1000 + HEADER)
    assert KeepingUp().until(batch(0.1), lag, buffer, 7.0) == pytest.approx(7.0 + seconds)


def test_there_is_no_end_where_the_buffer_or_the_rate_is_unknown():
    assert KeepingUp().until(batch(0.1), 0.0, 0, 7.0) == inf
    assert KeepingUp().until(batch_of([(50.0, b"x")]), 0.0, 110_000, 7.0) == inf
