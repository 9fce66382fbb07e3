"""New programs on gadgets: told once, after a day, never for what people use."""

import pytest

from analysis.alerts import Severity
from analysis.detectors.user_agent import NewUserAgent
from analysis.events import HttpRequest, NameSeen
from tests.analysis.home import OUTSIDE, T0, TELEVISION, TELEVISION_IP, Home

DAY = 86_400.0


@pytest.fixture
def home() -> Home:
    home = Home(NewUserAgent())
    home.inventory.handle(NameSeen(T0, TELEVISION, TELEVISION_IP, (("mdns-model", "BRAVIA 4K"),)))
    return home


def ask(home: Home, agent: str | None, ts: float, mac: str = TELEVISION):
    event = HttpRequest(ts, mac, TELEVISION_IP, OUTSIDE, 80, "GET", "tv.example", "/", agent, False)
    home.inventory.handle(event)
    return home.pipeline.handle(event)


def test_a_tool_on_a_television_is_told_once(home):
    assert ask(home, "TVApp/1.0", T0 + 60) == []
    (finding,) = ask(home, "curl/8.5.0", T0 + DAY)
    assert finding.severity == Severity.NORMAL and "curl" in finding.title
    assert finding.evidence["programs_so_far"] == ["TVApp"]
    assert ask(home, "curl/8.6.1", T0 + DAY + 9) == []


def test_a_tool_is_told_also_as_the_first_program(home):
    assert len(ask(home, "python-requests/2.31.0", T0 + DAY)) == 1


def test_the_first_program_of_its_own_is_no_news(home):
    assert ask(home, "TVApp/1.0", T0 + DAY) == []


def test_within_the_first_day_everything_is_learned(home):
    assert (
        ask(home, "TVApp/1.0", T0)
        == ask(home, "curl/8", T0 + DAY - 1)
        == ask(home, "curl/8", T0 + DAY + 1)
        == []
    )


def test_the_general_learning_time_counts_where_it_is_longer():
    home = Home(NewUserAgent(), learning_seconds=3 * DAY)
    home.inventory.handle(NameSeen(T0, TELEVISION, TELEVISION_IP, (("mdns-model", "BRAVIA 4K"),)))
    assert ask(home, "curl/8", T0 + 2 * DAY) == []


def test_versions_are_no_news_and_many_programs_make_another_usual(home):
    for number, name in enumerate("abcd"):
        assert ask(home, f"App{name}/1.0", T0 + number) == []
    assert ask(home, "Appa/2.0", T0 + DAY) == []
    assert ask(home, "Appe/1.0", T0 + DAY) == []
    assert len(ask(home, "Wget/1.21", T0 + DAY + 1)) == 1


def test_what_a_device_is_must_be_known_and_no_persons(home):
    other = "02:00:00:00:00:99"
    home.inventory.handle(NameSeen(T0, other, None, (("mdns", "x"),)))
    assert ask(home, "curl/8", T0 + 2 * DAY, other) == []
    home.inventory.handle(NameSeen(T0, other, None, (("dhcp", "Annas-iPhone"),)))
    assert ask(home, "Wget/1", T0 + 2 * DAY, other) == []


def test_requests_without_a_name_say_nothing(home):
    assert ask(home, None, T0 + DAY) == ask(home, "", T0 + DAY) == []
