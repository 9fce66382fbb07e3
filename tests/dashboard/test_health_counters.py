"""What a sensor counts is told in words on Health."""

from dashboard.pages.health import _counters
from sensors.shedding import LATE, Detail


def test_each_thing_that_a_sensor_gives_up_has_words():
    given_up = [detail.name.lower() for detail in Detail if detail not in (Detail.NONE, Detail.HASTE)]
    for name in (*given_up, LATE):
        ((title, told, meaning),) = _counters({"shed": {name: 1234}})
        assert title == "Given up under load" and meaning
        assert told.endswith(" 1,234") and not told.startswith(name)
