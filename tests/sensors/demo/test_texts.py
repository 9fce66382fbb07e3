"""What alerts say, rendered from the made-up situations: complete, and without jargon."""

import json
import re

import pytest

from analysis.detectors import ALL
from sensors.demo.attacks import CASES
from sensors.score_run import run_case

JARGON = (
    "SYN", "ACK", "RST", "SNI", "JA3", "JA4", "ALPN", "ECH", "NXDOMAIN", "SERVFAIL", "TTL", "C2", "C&C", "DGA", "MITM",
    "MAD", "ARP", "NDP", "DHCP", "DHCPv6", "ICMP", "UDP", "TCP", "DoH", "DoT", "DoQ", "ASN", "CIDR", "RA", "IGD", "PCP",
    "NAT-PMP", "UPnP", "DDoS", "VPN", "FQDN", "SLD", "eTLD", "lateral movement", "exfiltration", "payload", "handshake",
    "entropy", "midstream", "originator", "responder", "botnet", "beaconing", "flow", "daemon", "subnet", "vector",
    "threat actor", "IoC", "TTP", "enumeration",
)  # fmt: skip
"""Words that a family member cannot be expected to know."""
FACTS = frozenset(
    [
        "new-device",
        "new-connection",
        "insecure-protocol",
        "suspicious-port",
        "blocklisted-name",
        "blocklisted-address",
        "clear-credentials",
        "computer-like",
        "exposed-service",
        "listed-tls",
        "old-tls",
        "port-opened",
    ]
)
"""Rules that tell of one fact: there is nothing to count, so no value stands against a threshold."""
MEASURES = re.compile(
    "threshold|needed|limit|least|within|allowed|largest|usual_|expected|known|tolerated|learned|before"
)

POSITIVE = [case for case in CASES if case.kind == "positive"]


def unexplained(text: str) -> list[str]:
    """Jargon of a text that stands neither in nor before parentheses, and that no "which" or "that is"
    follows."""
    found = []
    for word in JARGON:
        flags = 0 if word.isupper() or not word.islower() else re.IGNORECASE
        pattern = rf"(?<![\w.-]){re.escape(word)}(?![\w-])"
        if re.search(pattern, text, flags):
            explained = rf"\([^()]*{pattern}[^()]*\)|{pattern}\s*\(|{pattern}, (?:which|that is|the|a|an)\b"
            if not re.search(explained, text, flags):
                found.append(word)
    return found


@pytest.fixture(scope="module")
def alerts() -> dict[str, list[dict]]:
    """By rule, what it says of the situations in which it must speak."""
    told: dict[str, list[dict]] = {}
    for case in POSITIVE:
        told.setdefault(case.rule, []).extend(a for a in run_case(case).alerts if a["rule"] == case.rule)
    return told


RULES = sorted({case.rule for case in POSITIVE})


@pytest.mark.parametrize("rule", RULES)
def test_an_alert_says_what_why_and_what_to_do(alerts: dict[str, list[dict]], rule: str) -> None:
    assert alerts[rule]
    for alert in alerts[rule]:
        title, why, advice = alert["title"], alert["why"], alert["advice"]
        assert 15 <= len(title) <= 160 and not title.endswith("."), title
        assert 40 <= len(why) <= 600 and why.endswith("."), why
        assert 30 <= len(advice) <= 600 and advice.endswith("."), advice
        assert advice not in why and why not in advice
        assert not re.search(r"\bNone\b|\{|\}|  ", f"{title} {why} {advice}"), (title, why, advice)


@pytest.mark.parametrize("rule", RULES)
def test_evidence_shows_the_value_and_what_it_was_measured_against(
    alerts: dict[str, list[dict]], rule: str
) -> None:
    for alert in alerts[rule]:
        evidence = alert["evidence"]
        assert len(evidence) >= 2 and json.loads(json.dumps(evidence)) == evidence
        if rule not in FACTS:
            assert any(MEASURES.search(key) for key in evidence), (rule, evidence)


@pytest.mark.parametrize("rule", RULES)
def test_words_are_those_of_a_family(alerts: dict[str, list[dict]], rule: str) -> None:
    for alert in alerts[rule]:
        text = " ".join((alert["title"], alert["why"], alert["advice"]))
        assert unexplained(text) == [], text


def test_the_device_is_told_how_usual_its_peer_is(alerts: dict[str, list[dict]]) -> None:
    about = [a for told in alerts.values() for a in told if a["device_mac"] and a["peer_ip"] and a["port"]]
    assert about and all(a["evidence"].get("usual") for a in about)


def test_every_rule_has_a_situation() -> None:
    assert {rule.id for rule in ALL} - set(RULES) == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It sent a SYN.", ["SYN"]),
        ("It sent a SYN (the packet that opens a connection).", []),
        ("Attacks that make servers unreachable (DDoS).", []),
        ("An SNI, which is the name of a server.", []),
        ("The botnet and its C2.", ["C2", "botnet"]),
        ("Your SYNology box flows.", []),
    ],
)
def test_jargon_is_found_and_explanations_are_believed(text: str, found: list[str]) -> None:
    assert unexplained(text) == found
