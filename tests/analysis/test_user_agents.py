"""User-Agents: families without versions."""

import random

import pytest
import ua_parser

from analysis.user_agents import Agent, _parser, agent_of, claims_of_agent

WHOLE = (
    "Mozilla/5.0 (Linux; Android 10; SM-G991B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Mobile Safari/537.36",
    "Dalvik/2.1.0 (Linux; U; Android 9; Redmi Note 8 Pro Build/QP1A.190711.020)",
    "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.79 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:109.0) Gecko/20100101 Firefox/119.0",
    "Roku/DVP-9.10 (519.10E04111A)", "AppleTV6,2/11.1", "Microsoft-CryptoAPI/10.0", "é☃/1 (Android 9; ☃ Build/1)",
)  # fmt: skip


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


def test_what_is_found_equals_what_pythons_own_expressions_find():
    """In whole texts and in halves of two, of which other patterns match than the usual."""
    plain = ua_parser.Parser(ua_parser.BasicResolver(ua_parser.load_builtins()))
    rng = random.Random(5)
    texts = list(WHOLE)
    for _ in range(40):
        first, second = rng.choice(WHOLE), rng.choice(WHOLE)
        texts.append(first[: rng.randrange(len(first))] + second[rng.randrange(len(second)) :])
    assert {text: _parser().parse(text) for text in texts} == {text: plain.parse(text) for text in texts}


def test_a_text_over_which_ua_parser_stumbles_is_a_program_that_nobody_knows() -> None:
    assert agent_of("Mozilla/5.0 (X; wetab Build)") == Agent("Mozilla", "", "")
