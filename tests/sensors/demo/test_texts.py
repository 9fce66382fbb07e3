"""What alerts say, rendered from the made-up situations: complete, and without jargon."""

import json
import re

import pytest

from analysis.detectors import ALL
from sensors.demo import cast
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
MEASURED = {
    "arp-scan": [("addresses_asked", "threshold")],
    "arp-spoof": [("claims", "threshold")],
    "beacon": [("connections", "connections_needed")],
    "computer-like": [("servers", "threshold")],
    "dga": [("missing_domains", "threshold")],
    "dns-tunnel": [("distinct_names", "threshold")],
    "fan-out": [("places", "threshold")],
    "flood": [("connections", "threshold"), ("packets_per_second", "threshold")],
    "gateway-change": [("connections_or_claims", "threshold"), ("seconds_as_router", "threshold_seconds")],
    "icmp-tunnel": [("different_contents", "threshold")],
    "long-connection": [("hours", "threshold_hours")],
    "neighbor-spoof": [("changes_of_hands", "threshold")],
    "password-guessing": [("failures", "threshold")],
    "port-scan": [("probes", "threshold")],
    "rogue-ra": [("networks_in_a_minute", "threshold")],
    "suspicious-port": [("unanswered_attempts", "threshold")],
    "unresolved-sni": [("names_looked_up", "threshold")],
    "upload-volume": [("megabytes_sent", "threshold_megabytes")],
}
"""Rule -> what was counted, and the limit that it reached."""
COMPARED = {
    "bad-certificate": [("problems", "valid_until")],
    "blocklisted-address": [("address", "entry")],
    "blocklisted-name": [("name", "entry")],
    "clear-credentials": [("service", "left_home")],
    "computer-like": [("behaviour", "kind")],
    "dns-bypass": [("resolver", "usual_resolvers")],
    "dns-change": [("now", "before")],
    "exposed-service": [("port", "visitor")],
    "foreign-port": [("found", "expected")],
    "insecure-protocol": [("protocol", "recognised_by")],
    "lateral-movement": [("service", "serious_alert_before")],
    "listed-tls": [("matched", "entry")],
    "new-connection": [("destination", "learning_hours")],
    "new-device": [("mac", "random_address")],
    "old-tls": [("version", "devices")],
    "port-opened": [("inside_port", "method")],
    "rogue-dhcp": [("server", "usual_server")],
    "rogue-ra": [("mac", "usual_router")],
    "suspicious-port": [("service", "category")],
    "user-agent": [("program", "programs_so_far")],
}
"""Rule that tells of one fact -> the fact, and what makes it worth telling: there is nothing to count."""

HOUSEHOLD = frozenset(device.mac for device in (*cast.HOME, cast.GUEST))
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
        assert json.loads(json.dumps(evidence)) == evidence
        measured = [(evidence[a], evidence[b]) for a, b in MEASURED.get(rule, ()) if {a, b} <= set(evidence)]
        assert all(value >= limit for value, limit in measured), (rule, evidence)
        compared = [pair for pair in COMPARED.get(rule, ()) if set(pair) <= set(evidence)]
        assert measured or compared, (rule, evidence)


@pytest.mark.parametrize("rule", RULES)
def test_words_are_those_of_a_family(alerts: dict[str, list[dict]], rule: str) -> None:
    for alert in alerts[rule]:
        text = " ".join((alert["title"], alert["why"], alert["advice"]))
        assert unexplained(text) == [], text


@pytest.mark.parametrize("rule", RULES)
def test_the_names_of_the_evidence_are_words(alerts: dict[str, list[dict]], rule: str) -> None:
    """They are shown as they are."""
    for alert in alerts[rule]:
        names = [name.replace("_", " ") for name in alert["evidence"]]
        known = {word.lower() for word in JARGON} - {"flow", "vector"}
        found = [name for name in names if known & set(name.lower().split())]
        assert found == [], names
        assert not [n for n in alert["evidence"].values() if isinstance(n, float) and n > 1e9], (
            "a time as a number"
        )


@pytest.mark.parametrize("rule", RULES)
def test_how_usual_it_is_for_the_device_is_told(alerts: dict[str, list[dict]], rule: str) -> None:
    for alert in alerts[rule]:
        usual = alert["evidence"].get("usual")
        if alert["device_mac"] in HOUSEHOLD and rule != "rogue-ra":  # whose sender never says anything else
            assert usual, alert["title"]
        assert usual is None or re.search("contact|usually|known|come|compare", usual), usual


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
