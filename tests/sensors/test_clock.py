"""A wall clock that jumps."""

from sensors.clock import PacketClock


class Clocks:
    def __init__(self):
        self.wall_offset, self.passed = 1_000_000.0, 0.0

    def clock(self) -> PacketClock:
        return PacketClock(lambda: self.wall_offset + self.passed, lambda: self.passed)


def test_a_jump_is_taken_back_and_a_slew_is_not():
    clocks = Clocks()
    clock = clocks.clock()
    clocks.passed = 10.0
    assert clock.now() == 1_000_010.0
    clocks.wall_offset -= 3600
    clocks.passed = 11.0
    assert clock.now() == 1_000_011.0 and clock.jumps == 1
    clocks.wall_offset += 0.2
    assert abs(clock.now() - 1_000_011.2) < 1e-6 and clock.jumps == 1
