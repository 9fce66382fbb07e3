"""When findings are one incident and when they are two."""

import json
import random
from itertools import permutations
from pathlib import Path

import pytest

from analysis.alerts import Severity, Subject
from analysis.store.incidents import coalesce, thin, uid
from analysis.store.rows import Batch
from analysis.store.writer import Writer
from tests.analysis.store.samples import KEY, OTHER, T0, ask, device, finding, one

HOUR = 3_600.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.db"


def write(
    path: Path, *times: float, sensor: str = "eth0", key: str = "k", cooldown: float = HOUR, **changes
) -> None:
    with Writer(path, sensor) as writer:
        writer.write(Batch(findings=[(finding(T0 + ts, key, **changes), KEY, cooldown) for ts in times]))


def incidents(path: Path) -> list[tuple]:
    return [
        (first - T0, last - T0, count)
        for first, last, count in ask(path, "SELECT first_seen, last_seen, count FROM alerts ORDER BY id")
    ]


def test_every_field_of_an_incident(path: Path) -> None:
    with Writer(path, "eth0") as writer:
        writer.write(Batch(devices=[device()], findings=[(finding(times=3), KEY, HOUR)]))
    row = ask(
        path,
        "SELECT uid, key, rule, severity, sensor, device, device_mac, device_ip, device_name, peer_ip, peer_name, port, proto, count,"
        " first_seen, last_seen, title, why, evidence, advice, change FROM alerts",
    )[0]
    assert row[:18] == (
        uid("telnet|a|b", T0), "telnet|a|b", "telnet", 2, "eth0", 1, KEY[1], "192.168.1.7", "phone", "203.0.113.9", None, 23, "tcp", 3,
        T0, T0, "Telnet", "Anybody can read it.",
    )  # fmt: skip
    assert json.loads(row[18]) == {"packets": 3} and row[19:] == ("Use SSH.", 1)
    assert ask(path, "SELECT * FROM alert_hour") == [(int(T0) // 3600, "telnet", 2, 1)]


def test_the_name_a_person_gave_stands_in_the_incident(path: Path) -> None:
    with Writer(path, "eth0") as writer:
        writer.write(Batch(devices=[device()]))
        writer._db.execute(
            "INSERT INTO device_notes (network, mac, name, trust, note, changed) VALUES ('eth0', ?, 'Ann', 'trusted', NULL, 1)",
            KEY[1:],
        )
        writer.write(Batch(findings=[(finding(), KEY, HOUR)]))
    assert one(path, "SELECT device_name FROM alerts") == "Ann"


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ((0, 10, 20), [(0, 20, 3)]),
        ((0, HOUR, 2 * HOUR), [(0, 2 * HOUR, 3)]),
        ((0, HOUR + 1), [(0, 0, 1), (HOUR + 1, HOUR + 1, 1)]),
        ((0, 2 * HOUR, 2 * HOUR + 5), [(0, 0, 1), (2 * HOUR, 2 * HOUR + 5, 2)]),
        ((100, 40), [(40, 100, 2)]),
        ((2 * HOUR, 0), [(2 * HOUR, 2 * HOUR, 1), (0, 0, 1)]),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_the_cooldown_decides_in_one_batch_and_over_restarts(
    path: Path, times, expected, together: bool
) -> None:
    for part in (times,) if together else [(ts,) for ts in times]:
        write(path, *part)
    assert incidents(path) == expected


def test_two_sensors_tell_of_one_incident(path: Path) -> None:
    write(path, 0, sensor="eth0")
    write(path, 5, sensor="wlan0")
    write(path, 10, sensor="eth0")
    assert incidents(path) == [(0, 10, 3)]
    assert one(path, "SELECT sensor FROM alerts") == "eth0"


def test_different_keys_are_different_incidents(path: Path) -> None:
    write(path, 0, key="a")
    write(path, 0, key="b")
    assert one(path, "SELECT count(DISTINCT uid) FROM alerts") == 2


def test_merging_keeps_the_worst_severity_and_the_latest_words_of_it(path: Path) -> None:
    write(path, 10, severity=Severity.HIGH, title="first", evidence={"n": 1}, times=2)
    write(path, 20, severity=Severity.HIGH, title="second", evidence={"n": 2}, times=3)
    write(path, 15, severity=Severity.HIGH, title="late", evidence={"n": 3})
    write(path, 30, severity=Severity.NORMAL, title="weaker", evidence={"n": 4})
    assert ask(path, "SELECT severity, title, evidence, count FROM alerts") == [(1, "second", '{"n":2}', 7)]


LOGIN = {"title": "logged in", "evidence": {"login_seen": True}}


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 0, 1, 2), (2, 3, 0, 1), (3, 2, 1, 0)])
@pytest.mark.parametrize("manner", ["one by one", "together", "thinned"])
def test_a_login_is_not_overwritten_by_a_later_talk_without_one(path: Path, order, manner: str) -> None:
    said = [
        finding(T0 + 10, "k", title="talks", evidence={}),
        finding(T0 + 20, "k", **LOGIN),
        finding(T0 + 30, "k", title="talks", evidence={}),
        finding(T0 + 40, "k", title="talks", evidence={"login_seen": False}),
    ]
    entries = [(said[n], KEY, HOUR) for n in order]
    parts = {"one by one": [[entry] for entry in entries], "together": [entries], "thinned": [thin(entries)]}
    with Writer(path, "eth0") as writer:
        for part in parts[manner]:
            writer.write(Batch(findings=part))
    assert ask(path, "SELECT title, evidence, count, last_seen FROM alerts") == [
        ("logged in", '{"login_seen":true}', 4, T0 + 40)
    ]


PEERS = [
    Subject("02:00:00:00:00:01", "192.168.1.7", "203.0.113.9", "www.example.com", 443, "tcp"),
    Subject("02:00:00:00:00:01", "192.168.1.8", "203.0.113.66", None, 443, "tcp"),
    Subject("02:00:00:00:00:02", "192.168.1.9", "203.0.113.66", "mail.example.net", 25, None),
    Subject("02:00:00:00:00:03", None, None, None, None, "icmp"),
]
OWNERS = [("eth0", "02:00:00:00:00:01")] * 2 + [("eth0", "02:00:00:00:00:02"), None]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_an_incident_is_about_whom_its_words_are_however_findings_are_written(tmp_path: Path, order) -> None:
    said = [(finding(T0 + ts, subject=PEERS[n]), OWNERS[n], HOUR) for ts, n in enumerate(order)]
    parts = [[[entry] for entry in said], [said], [said[:2], said[2:]], [thin(said)]]
    last, owner = PEERS[order[-1]], OWNERS[order[-1]]
    for number, batches in enumerate(parts):
        path = tmp_path / f"{number}.db"
        with Writer(path, "eth0") as writer:
            for batch in batches:
                writer.write(Batch(findings=batch))
        ((key, name, *about),) = ask(
            path,
            "SELECT d.mac, peer_name, a.device_mac, device_ip, peer_ip, port, proto FROM alerts a"
            " LEFT JOIN devices d ON d.id = a.device",
        )
        assert about == [last.device_mac, last.device_ip, last.peer_ip, last.port, last.proto]
        assert key == (owner and owner[1])
        assert name in {peer.peer_name for peer in PEERS if peer.peer_ip == last.peer_ip}


@pytest.mark.parametrize(
    ("words", "other", "ip", "name"),
    [
        (("1.1.1.1", None), ("2.2.2.2", "two.example"), "1.1.1.1", None),
        (("1.1.1.1", None), ("1.1.1.1", "one.example"), "1.1.1.1", "one.example"),
        (("1.1.1.1", None), (None, "one.example"), "1.1.1.1", None),
        ((None, "one.example"), ("2.2.2.2", "two.example"), None, "one.example"),
        ((None, "one.example"), ("1.1.1.1", "one.example"), "1.1.1.1", "one.example"),
        ((None, None), ("1.1.1.1", "one.example"), None, None),
    ],
)
def test_whom_two_findings_are_about(words, other, ip, name) -> None:
    first, second = (
        Subject(peer_ip=peer[0], peer_name=peer[1], port=peer is words) for peer in (other, words)
    )
    for joined in (first.joined(second, told=True), second.joined(first, told=False)):
        assert (joined.peer_ip, joined.peer_name, joined.port) == (ip, name, True)


def test_a_device_that_is_no_longer_told_stays_the_device_of_its_own_mac(path: Path) -> None:
    with Writer(path, "eth0") as writer:
        writer.write(Batch(findings=[(finding(T0), KEY, HOUR)]))
        writer.write(Batch(findings=[(finding(T0 + 1), None, HOUR)]))
    assert ask(path, "SELECT d.mac FROM alerts a JOIN devices d ON d.id = a.device") == [(KEY[1],)]


def test_every_change_has_a_greater_number(path: Path) -> None:
    seen = []
    for turn in range(6):
        write(path, turn, key=f"k{turn % 2}", sensor=f"s{turn % 3}")
        seen.append(one(path, "SELECT max(change) FROM alerts"))
    assert seen == [1, 2, 3, 4, 5, 6]


def test_an_incident_has_the_same_name_in_every_replay(tmp_path: Path) -> None:
    for name in ("a.db", "b.db"):
        write(tmp_path / name, 0, 5, 9_000)
    assert ask(tmp_path / "a.db", "SELECT uid FROM alerts ORDER BY id") == ask(
        tmp_path / "b.db", "SELECT uid FROM alerts ORDER BY id"
    )
    assert all(len(u) == 16 and int(u, 16) >= 0 for (u,) in ask(tmp_path / "a.db", "SELECT uid FROM alerts"))


def test_a_finding_without_device(path: Path) -> None:
    with Writer(path, "eth0") as writer:
        writer.write(Batch(findings=[(finding(), None, 0.0), (finding(T0 + 1), None, 0.0)]))
    assert ask(path, "SELECT device, device_name, count FROM alerts") == [(None, None, 1), (None, None, 1)]


def test_new_incidents_are_counted_by_hour(path: Path) -> None:
    write(path, 0, 1, 2)
    write(path, 0, key="b")
    write(path, 3 * HOUR)
    assert ask(path, "SELECT hour - ?, incidents FROM alert_hour ORDER BY hour", int(T0) // 3600) == [
        (0, 2),
        (3, 1),
    ]


@pytest.mark.parametrize(
    "gaps", [[1] * 50, [3_000, 3_599, 1, 1, 3_700, 5, 5, 5], [4_000] * 5, [0] * 9, [1_800] * 20]
)
def test_thinned_findings_make_the_same_incidents(gaps: list[float]) -> None:
    ts, entries = T0, []
    for number, gap in enumerate(gaps):
        ts += gap
        severity = Severity.CRITICAL if number == 3 else Severity.NORMAL
        entries.append((finding(ts, severity=severity, title=str(number)), KEY if number else None, HOUR))
        entries.append((finding(ts, key="other"), OTHER, 10.0))
    fewer = thin(entries)
    shape = [
        (i.finding.key, i.finding.title, i.severity, i.times, i.first_seen, i.last_seen)
        for i in coalesce(entries)
    ]
    assert sorted(
        (i.finding.key, i.finding.title, i.severity, i.times, i.first_seen, i.last_seen)
        for i in coalesce(fewer)
    ) == sorted(shape)
    assert len(fewer) <= len(entries)


def test_thinned_findings_make_the_same_incidents_where_times_run_back() -> None:
    chance = random.Random(11)
    for _ in range(2_000):
        entries = []
        for number in range(chance.randrange(2, 9)):
            severity, who = chance.choice(list(Severity)), chance.choice([KEY, OTHER])
            said = finding(
                T0 + chance.randrange(40), severity=severity, title=str(number), subject=Subject(who[1])
            )
            entries.append((said, who, HOUR))
        fewer, whole = coalesce(thin(entries)), coalesce(entries)
        assert [(i.finding.title, i.finding.subject, i.device, i[3:]) for i in fewer] == [
            (i.finding.title, i.finding.subject, i.device, i[3:]) for i in whole
        ]


def test_many_findings_of_one_key_thin_to_few() -> None:
    assert len(thin([(finding(T0 + n), KEY, HOUR) for n in range(3_000)])) <= 4
