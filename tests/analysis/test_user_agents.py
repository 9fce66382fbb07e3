"""User-Agents: families without versions."""

import pytest

from analysis.user_agents import Agent, agent_of, claims_of_agent


@pytest.mark.parametrize(
    ("text", "program", "system", "device"),
    [
        ("python-requests/2.31.0", "Python Requests", "", ""),
        ("curl/8.5.0", "curl", "", ""),
        ("Wget/1.13 (linux-uclibc)", "Wget", "Linux", ""),
        ("Withings UserAgent", "Withings UserAgent", "", ""),
        ("ksoap2-android/2.6.0+", "ksoap-android", "", ""),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1", "Mobile Safari", "iOS 17", "iPhone"),
        ("Mozilla/5.0 (Linux; Android 9; Nokia 2.2) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.93 Mobile Safari/537.36", "Chrome Mobile", "Android 9", "Nokia 2"),
    ],
)  # fmt: skip
def test_families(text, program, system, device):
    assert agent_of(text) == (program, system, device)


def test_a_clue_can_be_read_back():
    for text in ("curl/8", "a|b/1", "", "Dalvik/2.1.0 (Linux; U; Android 5.1.1; SM-N7505 Build/LMY47X)"):
        agent = agent_of(text)
        assert Agent.read(agent.clue).clue == agent.clue


def test_what_agents_say():
    phone = {(c.aspect, c.value) for c in claims_of_agent(Agent("Mobile Safari", "iOS 17", "iPhone"))}
    assert phone == {("os", "iOS"), ("kind", "phone")}
    samsung = {
        (c.aspect, c.value) for c in claims_of_agent(Agent("Android", "Android 5", "Samsung SM-N7505"))
    }
    assert samsung == {("os", "Android 5"), ("kind", "phone or tablet"), ("model", "Samsung SM-N7505")}
    assert claims_of_agent(Agent("Python Requests", "", "")) == ()


def test_versions_of_unknown_programs_do_not_make_new_families():
    assert agent_of("TVApp/1.2.3 (foo)").program == agent_of("TVApp/1.3.0 (bar)").program == "TVApp"
    assert len(agent_of("x" * 5000).program) <= 40
