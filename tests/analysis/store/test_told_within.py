"""One connection is one incident: the gravest tells of the others, and nothing is lost."""

from contextlib import closing
from pathlib import Path

import pytest

from analysis.alerts import Severity, Subject
from analysis.store import told_within
from analysis.store.export import Export
from analysis.store.notes import Notes
from analysis.store.reader import Reader
from analysis.store.rows import Batch
from analysis.store.scopes import Scope
from analysis.store.writer import Writer
from tests.analysis.store.samples import KEY, OTHER, T0, ask, device, finding

PEER = "203.0.113.9"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.db"


def say(
    path: Path, rule: str, severity: Severity, ts: float = 0.0, *, peer: str = PEER, port: int | None = 23,
    proto: str | None = "tcp", who=KEY, key: str = "",
) -> None:  # fmt: skip
    """One finding of a rule about a connection, written in a transaction of its own."""
    about = Subject(who[1], "192.168.1.7", peer, None, port, proto)
    said = finding(
        T0 + ts, f"{rule}|{key}|{who}|{peer}|{port}|{proto}", rule=rule, severity=severity, subject=about
    )
    with Writer(path, "eth0") as writer:
        writer.write(Batch(devices=[device(who)], findings=[(said, who, 3600.0)]))


def open_rules(path: Path) -> set[str]:
    """The rules that stand in the list of what needs somebody; the counts must agree with the list."""
    store = Reader(path)
    page = store.page("alerts", {"state": "open"}, now=T0)
    rules = [row[page.columns.index("rule")] for row in page.rows]
    assert sum(store.open_counts().values()) == len(rules)
    serious = sum(group["incidents"] for group in store.open_groups(50))
    assert serious == sum(row[page.columns.index("severity")] > 0 for row in page.rows)
    return set(rules)


def test_two_grave_incidents_of_one_connection_are_one_row_and_none_is_lost(path: Path) -> None:
    say(path, "suspicious-port", Severity.HIGH)
    say(path, "foreign-port", Severity.HIGH, 2)
    assert open_rules(path) == {"suspicious-port"}
    with closing(Export(path, everything=True)) as export:
        first, second = export.alerts()
    assert (first["rule"], first["within"]) == ("suspicious-port", None)
    assert first["also_noticed"] == [
        {"id": second["id"], "rule": "foreign-port", "severity": "HIGH", "title": second["title"]}
    ]
    assert (second["within"], second["also_noticed"], second["severity"]) == (first["id"], [], "HIGH")


def test_the_gravest_is_the_head_whenever_it_comes(path: Path) -> None:
    say(path, "new-connection", Severity.NORMAL)
    say(path, "foreign-port", Severity.HIGH, 5)
    say(path, "insecure-protocol", Severity.CRITICAL, 9)
    assert open_rules(path) == {"insecure-protocol"}
    head = ask(path, "SELECT uid FROM alerts WHERE rule = 'insecure-protocol'")[0][0]
    assert ask(path, "SELECT DISTINCT head FROM told_within") == [(head,)]


def test_a_graver_repetition_takes_the_lead(path: Path) -> None:
    say(path, "foreign-port", Severity.HIGH)
    say(path, "bad-certificate", Severity.NORMAL, 1)
    assert open_rules(path) == {"foreign-port"}
    say(path, "bad-certificate", Severity.CRITICAL, 2)
    assert open_rules(path) == {"bad-certificate"}


def test_what_says_least_never_stands_before_another(path: Path) -> None:
    say(path, "new-connection", Severity.NORMAL)
    say(path, "old-tls", Severity.NORMAL, 5)
    assert open_rules(path) == {"old-tls"}


@pytest.mark.parametrize(
    "other",
    [
        {"peer": "203.0.113.10"},
        {"port": 24},
        {"proto": "udp"},
        {"who": OTHER},
        {"ts": told_within.REACH + 1},
    ],
    ids=lambda other: next(iter(other)),
)
def test_another_connection_is_another_incident(path: Path, other: dict) -> None:
    say(path, "suspicious-port", Severity.HIGH)
    say(path, "foreign-port", Severity.HIGH, **other)
    assert open_rules(path) == {"suspicious-port", "foreign-port"}


@pytest.mark.parametrize("port", [None, 53, 853])
def test_what_all_business_passes_through_is_no_common_cause(path: Path, port: int | None) -> None:
    say(path, "dns-tunnel", Severity.HIGH, port=port, proto="udp")
    say(path, "dga", Severity.HIGH, 3, port=port, proto="udp")
    assert open_rules(path) == {"dns-tunnel", "dga"}


def test_two_incidents_of_one_rule_stay_two(path: Path) -> None:
    say(path, "blocklisted-name", Severity.CRITICAL, key="a")
    say(path, "blocklisted-name", Severity.CRITICAL, 1, key="b")
    assert len(ask(path, "SELECT * FROM told_within")) == 0


def test_what_comes_after_a_decision_is_told(path: Path) -> None:
    say(path, "insecure-protocol", Severity.CRITICAL)
    head = ask(path, "SELECT id FROM alerts")[0][0]
    Notes(path).decide_alert(head, "acknowledged", "")
    with Writer(path, "eth0") as writer:  # decided at the time of the packets, not of this test
        writer._db.execute("UPDATE alert_notes SET changed = ?", (T0 + 60,))
    say(path, "foreign-port", Severity.HIGH, 30)
    assert open_rules(path) == set()
    say(path, "password-guessing", Severity.HIGH, 90)
    assert open_rules(path) == {"password-guessing"}


def test_what_is_expected_hides_nothing_of_another_kind(path: Path) -> None:
    say(path, "insecure-protocol", Severity.CRITICAL)
    say(path, "password-guessing", Severity.HIGH, 1)
    Notes(path).expect(Scope("insecure-protocol"), None, "")
    assert open_rules(path) == {"password-guessing"}


def test_an_incident_that_is_gone_hides_nothing(path: Path) -> None:
    say(path, "insecure-protocol", Severity.CRITICAL)
    say(path, "password-guessing", Severity.HIGH, 1)
    with Writer(path, "eth0") as writer:
        writer._db.execute("DELETE FROM alerts WHERE rule = 'insecure-protocol'")
    assert open_rules(path) == {"password-guessing"}
    with Writer(path, "eth0") as writer:
        writer._db.execute("DELETE FROM alerts")
    assert ask(path, "SELECT * FROM told_within") == []


def test_each_names_the_other(path: Path) -> None:
    say(path, "insecure-protocol", Severity.CRITICAL)
    say(path, "password-guessing", Severity.HIGH, 1)
    store = Reader(path)
    head, other = (store.alert(number) for number in (1, 2))
    assert (head["state"], other["state"]) == ("open", "within")
    assert [(row["rule"], row["head"]) for row in store.alerts_within(head)] == [("password-guessing", 0)]
    assert [(row["rule"], row["head"]) for row in store.alerts_within(other)] == [("insecure-protocol", 1)]
    assert store.alerts_beside(head) == store.alerts_beside(other) == []


def test_a_port_that_becomes_known_later_joins_the_connection(path: Path) -> None:
    """A listed name is looked up first, and only then connected to."""
    with Writer(path, "eth0") as writer:
        asked = finding(T0, "n", rule="blocklisted-name", subject=Subject(KEY[1], "192.168.1.7"))
        writer.write(Batch(devices=[device()], findings=[(asked, KEY, 3600.0)]))
        told = asked._replace(ts=T0 + 1, subject=Subject(KEY[1], "192.168.1.7", PEER, "a.test", 443, "tcp"))
        writer.write(Batch(findings=[(told, KEY, 3600.0)]))
    assert ask(path, "SELECT peer_ip, port, proto FROM alerts") == [(PEER, 443, "tcp")]
    say(path, "blocklisted-address", Severity.CRITICAL, 2, port=443)
    assert open_rules(path) == {"blocklisted-name"}


@pytest.mark.parametrize("moves", ["head", "told within"])
def test_an_incident_that_becomes_one_about_another_connection_leaves_its_kin(path: Path, moves: str) -> None:
    about = Subject(KEY[1], "192.168.1.7", PEER, None, 443, "tcp")
    elsewhere = Subject(OTHER[1], "192.168.1.8", PEER, None, 443, "tcp")
    head = finding(T0, "h", rule="suspicious-port", severity=Severity.CRITICAL, subject=about)
    within = [
        finding(T0, key, rule=rule, severity=Severity.HIGH, subject=about)
        for key, rule in (("a", "foreign-port"), ("b", "beacon"))
    ]
    moved = head if moves == "head" else within[0]
    with Writer(path, "eth0") as writer:
        for said in (head, *within):
            writer.write(Batch(devices=[device(KEY), device(OTHER)], findings=[(said, KEY, 3600.0)]))
        assert len(ask(path, "SELECT uid FROM told_within")) == 2
        writer.write(Batch(findings=[(moved._replace(ts=T0 + 9, subject=elsewhere), OTHER, 3600.0)]))
    found = set(
        ask(
            path,
            "SELECT w.rule, h.rule FROM told_within t JOIN alerts w ON w.uid = t.uid"
            " JOIN alerts h ON h.uid = t.head",
        )
    )
    if moves == "head":
        assert len(found) == 1 and {rule for pair in found for rule in pair} == {"foreign-port", "beacon"}
    else:
        assert found == {("beacon", "suspicious-port")}
