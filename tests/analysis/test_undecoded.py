"""What could not be read of a capture, in words."""

from analysis.undecoded import REASONS, told
from sensors.packets import Undecoded


def test_every_reason_has_words() -> None:
    assert set(REASONS) == {reason.name.lower() for reason in Undecoded if reason}


def test_what_cannot_be_read_is_told_and_the_ordinary_is_not() -> None:
    assert told({}, 10) is None and told({}, 0) is None
    assert told({"not_ip": 9}, 10) is None
    assert told({"not_ip": 10}, 10) == "10 of 10 packets could not be read: neither IP nor ARP"
    assert told({"wifi": 26}, 26) == "26 of 26 packets could not be read: Wi-Fi frames"
    mixed = told({"truncated": 1, "not_ip": 5, "wifi": 2000}, 9000)
    assert mixed == "2,001 of 9,000 packets could not be read: 2,000 Wi-Fi frames, 1 cut short"
