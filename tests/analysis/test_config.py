"""config.yaml: what is read, and that every mistake is named with its line."""

import os
import random
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import ValidationError

from analysis.alerts import Severity
from analysis.config import DEFAULT_LISTS, Config, ConfigError, load
from analysis.config_load import parse
from analysis.config_rules import (
    all_detectors,
    build_detectors,
    checked,
    default_of,
    defaults_of,
    options_of,
    rule_model,
)
from analysis.config_types import ROOT
from analysis.config_yaml import MAX_BYTES, MAX_NODES, read_tree
from analysis.detector import Detector


@dataclass(frozen=True)
class Place:
    ports: tuple[int, ...]
    why: str

    def __post_init__(self) -> None:
        if not self.ports:
            raise ValueError("a place needs ports")


@dataclass
class Sample(Detector):
    """Stands for any rule."""

    id = "sample-rule"
    title = "Sample"
    severity = Severity.HIGH

    seconds: float = 30.0
    """How long."""
    words: frozenset[str] = frozenset({"a"})
    """Which."""
    places: list[Place] = field(default_factory=list)
    """Where."""
    _state: dict[str, int] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        if self.seconds > 1000:
            raise ValueError("seconds: no more than 1000")


def read(text: str) -> Config:
    return parse(text, "config.yaml", "/base", [Sample])


def mistakes(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert all("\n" not in str(mistake) for mistake in caught.value.mistakes)
    assert str(caught.value) == "\n".join(map(str, caught.value.mistakes))
    return str(caught.value).splitlines()


def test_an_empty_file_is_the_defaults() -> None:
    for text in ("", "# nothing\n", "---\n", "null\n", "retention:\nrules:\nblocklists:\n"):
        assert read(text) == Config(base="/base")


def test_without_a_file_the_defaults_hold(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("analysis.config_load.ROOT", tmp_path)
    config = load()
    assert config == Config(base=str(tmp_path))
    assert config.blocklists.lists == DEFAULT_LISTS


def test_the_file_in_the_project_holds_every_default() -> None:
    config = load()
    assert config.model_copy(update={"rules": {}}) == Config(base=str(ROOT))
    assert set(config.rules) == {detector.id for detector in all_detectors()}
    for built, detector in zip(build_detectors(config), all_detectors(), strict=True):
        assert type(built) is detector
        assert built.severity == detector.severity
        assert built.cooldown_minutes == detector.cooldown_minutes
        for option in options_of(detector):
            assert getattr(built, option.name) == default_of(option)


def test_base_is_the_folder_of_the_file(tmp_path) -> None:
    (tmp_path / "my.yaml").write_text("dashboard: {port: 9000}\n")
    config = load(tmp_path / "my.yaml")
    assert config.base == str(tmp_path)
    assert config.dashboard.port == 9000


def test_the_database_is_relative_to_the_file_or_absolute(tmp_path) -> None:
    assert Config(base=str(tmp_path)).database_path == tmp_path / "sentinel.db"
    elsewhere = tmp_path / "elsewhere.db"
    assert Config(base=str(tmp_path / "x"), database=str(elsewhere)).database_path == elsewhere


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8050"),
        ("0.0.0.0", "http://127.0.0.1:8050"),
        ("::", "http://[::1]:8050"),
        ("::1", "http://[::1]:8050"),
        ("[::1]", "http://[::1]:8050"),
        ("nas.lan", "http://nas.lan:8050"),
    ],
)
def test_a_browser_here_finds_the_dashboard(host: str, url: str) -> None:
    board = Config().dashboard.model_copy(update={"host": host})
    assert board.url == url
    assert board.model_copy(update={"tls_certificate": "cert.pem"}).url == url.replace("http:", "https:")


def test_texts_stay_as_they_are_written() -> None:
    config = read(
        "interfaces:\n  - {name: no, label: 52:54:00:12:34:56}\n  - {name: 0600, label: 12:30}\n"
        "  - {name: eth0, label: 1.10, snaplen: 0600}\n"
    )
    assert [(i.name, i.label) for i in config.interfaces] == [
        ("no", "52:54:00:12:34:56"),
        ("0600", "12:30"),
        ("eth0", "1.10"),
    ]
    assert config.interfaces[2].snaplen == 600


def test_the_messages_of_the_commonest_mistakes() -> None:
    assert mistakes(
        "a: 1\ndashboard:\n  prot: 80\n  port: 70000\nretention:\n  days: often\ncapture: pcpay\n"
    ) == [
        "config.yaml:1: a: unknown key; known here: interfaces, home, capture, database, learning_hours, packet_log, "
        "retention, blocklists, destinations, rules, dashboard",
        "config.yaml:3: dashboard.prot: unknown key, did you mean 'port'?",
        "config.yaml:4: dashboard.port: expected a whole number from 1 to 65535, got '70000'",
        "config.yaml:6: retention.days: expected a number above 0, at most 3650, got 'often'",
        "config.yaml:7: capture: expected one of auto, pcapy, scapy, got 'pcpay', did you mean 'pcapy'?",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("home: [192.168.1.5/24]", "1: home[0]: expected a network such as 192.168.1.0/24"),
        ("home: 10.0.0.0/8", "1: home: expected a list"),
        ("home: [10.0.0.0/33]", "1: home[0]: expected a network"),
        ("interfaces: [{label: x}]", "1: interfaces[0].name: expected an interface name such as eth0, got nothing"),
        ("interfaces: [{name: ../x}]", "1: interfaces[0].name: expected an interface name"),
        ("interfaces: [{name: eth0}, {name: eth0}]", "1: interfaces: 'eth0' stands twice"),
        ("interfaces: [{name: eth0, subnets: [x]}]", "1: interfaces[0].subnets[0]: expected a network"),
        ("interfaces: [{name: eth0, buffer_mb: 0}]", "1: interfaces[0].buffer_mb: expected a whole number from 1 to 1024, got '0'"),
        ("learning_hours: -1", "1: learning_hours: expected a number from 0 to 8760, got '-1'"),
        ("learning_hours: .nan", "1: learning_hours: expected a number from 0 to 8760, got '.nan'"),
        ("learning_hours: nan", "1: learning_hours: expected a number from 0 to 8760, got 'nan'"),
        ("learning_hours: 1h", "1: learning_hours: expected a number from 0 to 8760, got '1h'"),
        ("packet_log: {rows: 1.5}", "1: packet_log.rows: expected a whole number from 0 to 10000000, got '1.5'"),
        ("packet_log: 5", "1: packet_log: expected a section of keys, got '5'"),
        ("retention: []", "1: retention: expected a section of keys, got a list"),
        ("blocklists: {stale_days: inf}", "1: blocklists.stale_days: expected a number above 0, got 'inf'"),
        ("blocklists: {allow: [a b]}", "1: blocklists.allow[0]: expected a domain name"),
        ("blocklists: {lists: [{name: A}]}", "1: blocklists.lists[0]: expected exactly one of the keys file, feed and url"),
        ("blocklists: {lists: [{name: A, file: x, feed: urlhaus}]}", "1: blocklists.lists[0]: expected exactly one"),
        ("blocklists: {lists: [{name: A, feed: urlhous}]}", "1: blocklists.lists[0].feed: unknown feed 'urlhous', did you mean 'urlhaus'?"),
        ("blocklists: {lists: [{name: A, feed: ../../x}]}", "1: blocklists.lists[0].feed: "),
        ("blocklists: {lists: [{name: A, url: 'http://a.example/'}]}", "1: blocklists.lists[0].url: expected an https:// address"),
        ("blocklists: {lists: [{name: A, url: 'https://u:p@a.example/'}]}", "1: blocklists.lists[0].url: expected an https:// address"),
        ("blocklists: {lists: [{name: A, file: a}, {name: A, file: b}]}", "1: blocklists.lists: two lists are called 'A'"),
        ("blocklists: {lists: [{name: A, file: a, enabled: maybe}]}", "1: blocklists.lists[0].enabled: expected true or false, got 'maybe'"),
        ("blocklists: {lists: [{name: A, file: a, severity: HIHG}]}", "1: blocklists.lists[0].severity: expected one of CRITICAL, HIGH, NORMAL, got 'HIHG', did you mean 'HIGH'?"),
        ("dashboard: {host: 0.0.0.0}", "1: dashboard.host: '0.0.0.0' can be reached by others, so password_hash must be set"),
        ("dashboard: {host: 'a b'}", "1: dashboard.host: expected an IP address or host name, got 'a b'"),
        ("dashboard: {host: 300.1.2.3}", "1: dashboard.host: expected an IP address or host name"),
        ("dashboard: {password_hash: secret}", "1: dashboard.password_hash: expected a hash made by `sentinel.py password`"),
        ("base: /etc", "1: base: unknown key"),
        ("rules: {sample: {}}", "1: rules.sample: unknown rule, did you mean 'sample-rule'?"),
        ("rules: []", "1: rules: expected a section of keys, got a list"),
        ("rules: {sample-rule: on}", "1: rules.sample-rule: expected a section of keys, got 'on'"),
        ("rules: {sample-rule: {second: 1}}", "1: rules.sample-rule.second: unknown key, did you mean 'seconds'?"),
        ("rules: {sample-rule: {_state: {}}}", "1: rules.sample-rule._state: unknown key"),
        ("rules: {sample-rule: {seconds: -1}}", "1: rules.sample-rule.seconds: expected a number of at least 0, got '-1'"),
        ("rules: {sample-rule: {seconds: 1001}}", "1: rules.sample-rule: seconds: no more than 1000"),
        ("rules: {sample-rule: {words: a}}", "1: rules.sample-rule.words: expected a list, each a text, got 'a'"),
        ("rules: {sample-rule: {severity: LOW}}", "1: rules.sample-rule.severity: expected one of CRITICAL, HIGH, NORMAL, got 'LOW'"),
        ("rules: {sample-rule: {cooldown_minutes: x}}", "1: rules.sample-rule.cooldown_minutes: expected a number from 0 to 10080"),
        ("rules: {sample-rule: {enabled: 2}}", "1: rules.sample-rule.enabled: expected true or false, got '2'"),
        ("rules: {sample-rule: {places: [{ports: [1]}]}}", "1: rules.sample-rule.places[0].why: expected a text, got nothing"),
        ("rules: {sample-rule: {places: [{ports: [a], why: x}]}}", "1: rules.sample-rule.places[0].ports[0]: expected a whole number, got 'a'"),
        ("rules: {sample-rule: {places: [{ports: [], why: x}]}}", "1: rules.sample-rule.places[0]: a place needs ports"),
        ("rules: {sample-rule: {places: [{port: 1, ports: [1], why: x}]}}", "1: rules.sample-rule.places[0].port: unknown key, did you mean 'ports'?"),
        ("- a", "1: expected a section of keys, got a list"),
        ("text", "1: expected a section of keys, got 'text'"),
        ("\n\na: [1", "3: not YAML: "),
        ("capture: auto\n\tx: 1", "2: not YAML: "),
        ("capture: auto\nretention: {}\ncapture: scapy", "3: the key 'capture' stands at line 1 already"),
        ("capture: &a auto", "1: anchors (&a) are not used here"),
        ("capture: *a", "1: aliases (*a) are not used here"),
        ("capture: !!python/object/apply:os.system [id]", "1: tags ("),
        ("a: 1\n---\nb: 2", "2: a second document begins here"),
        ("? [a, b]\n: 1", "1: a key must be a text, not a list or section"),
        ("a: \x07", "1: not YAML: the character U+0007 is not allowed"),
        ("x: " + "[" * 500, "1: more than 20 levels deep"),
        ("x: " + "{a: " * 500, "1: more than 20 levels deep"),
        ("x: [" + "1," * (MAX_NODES + 1) + "]", f"1: more than {MAX_NODES} values"),
        ('"\\u202ex": 1', "1: '\\u202ex': unknown key"),
    ],
)  # fmt: skip
def test_each_mistake_has_its_line_key_and_expectation(text: str, told: str) -> None:
    assert any(line.startswith(f"config.yaml:{told}") for line in mistakes(text)), mistakes(text)


@pytest.mark.parametrize(
    ("rule", "option", "told"),
    [
        ("old-tls", "versions: [TLS 1.0]", "[0]: expected one of 1.1, 1.0, SSL 3.0, SSL 2.0, got 'TLS 1.0', did you mean"),
        ("beacon", "score: 7", ": expected a number from 0 to 1, got '7'"),
        ("beacon", "left_out: [80, -1]", "[1]: expected a whole number from 1 to 65535, got '-1'"),
        ("foreign-port", "allowed: [99999999]", "[0]: expected a whole number from 1 to 65535"),
        ("flood", "seconds: 0", ": expected a number above 0, got '0'"),
        ("port-scan", "slow_minutes: 0", ": expected a number above 0, got '0'"),
        ("listed-tls", "ja4: [foo]", "[0]: expected a JA4 such as t13d190900_9dc949149365_97f8aa674fd9, got 'foo'"),
        ("listed-tls", "names: ['*.x']", "[0]: expected a domain name such as example.com, got '*.x'"),
        ("listed-tls", "names: ['']", "[0]: expected a domain name such as example.com, got ''"),
        ("dns-change", "trusted: [foo]", "[0]: expected an IP address, got 'foo'"),
        ("dns-bypass", "allow: [10.0.0.0/8]", "[0]: expected an IP address"),
        ("dns-bypass", "appliances: [toaster]", ": appliances: 'toaster' is no kind of device; known: phone"),
    ],
)  # fmt: skip
def test_a_value_that_would_switch_a_rule_off_unnoticed_is_a_mistake(
    rule: str, option: str, told: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(f"rules: {{{rule}: {{{option}}}}}", "config.yaml", ".", all_detectors())
    (mistake,) = map(str, caught.value.mistakes)
    key = "" if told.startswith(": appliances") else f".{option.partition(':')[0]}"
    assert mistake.startswith(f"config.yaml:1: rules.{rule}{key}{told}")


def test_addresses_of_rules_are_compared_in_one_form() -> None:
    text = "rules: {dns-change: {trusted: ['2001:DB8:0::1']}, listed-tls: {names: [BÜCHER.example.]}}"
    config = parse(text, "config.yaml", ".", all_detectors())
    assert config.rules["dns-change"]["trusted"] == ("2001:db8::1",)
    assert len(build_detectors(config)) == len(all_detectors())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX systems")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.yaml")
    with pytest.raises(ConfigError, match="is a pipe; name a file"):
        load(tmp_path / "config.yaml")


def test_options_of_rules_arrive_in_their_types() -> None:
    config = read(
        "rules:\n  sample-rule:\n    severity: CRITICAL\n    cooldown_minutes: 5\n    seconds: 2\n    words: [no, 1]\n"
        "    places: [{ports: [22, 0x10], why: x}]\n".replace("0x10", "16")
    )
    [detector] = build_detectors(config, [Sample])
    assert isinstance(detector, Sample)
    assert detector.severity is Severity.CRITICAL
    assert Sample.severity is Severity.HIGH
    assert detector.cooldown_minutes == 5
    assert (detector.seconds, detector.words) == (2.0, frozenset({"no", "1"}))
    assert detector.places == [Place((22, 16), "x")]


def test_a_rule_that_is_off_is_not_built() -> None:
    assert build_detectors(read("rules: {sample-rule: {enabled: no}}"), [Sample]) == ()
    assert len(build_detectors(read(""), [Sample])) == 1


def test_rules_made_in_code_are_checked_too() -> None:
    for rules in ({"sample": {}}, {"sample-rule": {"seconds": "x"}}, {"sample-rule": {"seconds": 2000}}):
        with pytest.raises(ConfigError, match=r"rules\.sample"):
            build_detectors(Config(rules=rules), [Sample])


def test_files_that_cannot_be_read(tmp_path) -> None:
    for name, content, why in (
        ("latin", b"# ok\ncapture: \xe9\n", "expected UTF-8 text"),
        ("large", b"#" * (MAX_BYTES + 1), "larger than"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ConfigError, match=why):
            load(tmp_path / name)
    for path in (tmp_path, tmp_path / "absent.yaml"):
        with pytest.raises(ConfigError, match="cannot be read"):
            load(path)


def test_a_byte_order_mark_and_windows_line_ends_are_harmless() -> None:
    assert (
        read("\ufeffcapture: scapy\r\ndashboard:\r\n  port: 1\r\n".removeprefix("\ufeff")).dashboard.port == 1
    )


def broken_files() -> list[tuple[str, int, str]]:
    """The project's own file with one key misspelt, given twice or given the wrong kind of value: text,
    line and what the message must name."""
    lines = (ROOT / "config.yaml").read_text("utf-8").splitlines()
    made = []
    for i, line in enumerate(lines):
        if not (found := re.fullmatch(r"( {0,4})([a-z_-]+):(.*)", line)):
            continue
        indent, key, rest = found.groups()
        end = next(
            (
                j
                for j in range(i + 1, len(lines))
                if lines[j].strip() and not lines[j].startswith(indent + " ")
            ),
            len(lines),
        )
        block, before, after = lines[i + 1 : end], lines[:i], lines[end:]
        wrong = "often" if rest.strip().startswith("[") or not rest else "{wrong: kind}"
        if key in ("name", "label", "password_hash", "tls_certificate", "tls_key"):
            wrong = "[wrong, kind]"
        for text, at, word in (
            ([*before, f"{indent}{key}x:{rest}", *block, *after], i + 1, f"{key}x"),
            ([*before, line, *block, line, *block, *after], end + 1, key),
            ([*before, f"{indent}{key}: {wrong}", *after], i + 1, key),
        ):
            made.append(("\n".join(text) + "\n", at, word))
    return made


def test_a_section_that_repeats_defaults_gives_what_its_schema_gives() -> None:
    tree = read_tree((ROOT / "config.yaml").read_text("utf-8"))[0]
    for detector in all_detectors():
        written = tree.child("rules").child(detector.id).plain()
        typed = defaults_of(detector)
        assert set(written) == set(typed)
        odd = [
            {key: value}
            for key in typed
            for value in ("1", "0", "60.0", 1, 0, True, "True", [], ["1"], None, -1, str(typed[key]))
        ]
        for section in (
            {},
            written,
            typed,
            {"enabled": "true"},
            {"enabled": "false"},
            {"nothing": "1"},
            [],
            "x",
            *odd,
        ):
            try:
                values = rule_model(detector).model_validate(section)
            except ValidationError:
                with pytest.raises(ValidationError):
                    checked(detector, section)
                continue
            given = {key: getattr(values, key) for key in values.model_fields_set}
            found = checked(detector, section)
            assert found == given
            assert [type(found[key]) for key in given] == [type(value) for value in given.values()]


def test_every_key_of_the_file_broken_in_three_ways() -> None:
    detectors = all_detectors()
    files = broken_files()
    assert len(files) >= 150
    for text, line, word in files:
        with pytest.raises(ConfigError) as caught:
            parse(text, "config.yaml", ".", detectors)
        told = [mistake for mistake in caught.value.mistakes if mistake.line == line and word in str(mistake)]
        assert told, (line, word, str(caught.value))


def test_three_hundred_files_of_noise_never_give_a_traceback() -> None:
    original = (ROOT / "config.yaml").read_text("utf-8")
    chance = random.Random(7)
    noise = "{}[]:,-&*!|>'\"%@`#?\t\n \x00\x85\u2028é😀0a"
    detectors = all_detectors()
    broken = 0
    for _ in range(300):
        text = list(original)
        start = chance.randrange(len(text))
        text = text[start : start + 3000] if chance.random() < 0.3 else text[: chance.randrange(len(text))]
        for _ in range(chance.randrange(1, 12)):
            text.insert(chance.randrange(len(text) + 1), chance.choice(noise))
        try:
            parse("".join(text), "config.yaml", ".", detectors)
        except ConfigError as error:
            broken += 1
            assert all(mistake.line >= 1 and mistake.message for mistake in error.mistakes)
    assert broken > 200


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="file modes are of POSIX systems")
def test_no_right_to_read(tmp_path) -> None:
    path = Path(tmp_path / "config.yaml")
    path.write_text("")
    path.chmod(0)
    me = os.geteuid()
    try:
        if me == 0:
            os.seteuid(65_534)  # root may read everything
        with pytest.raises(ConfigError, match="cannot be read"):
            load(path)
    finally:
        os.seteuid(me)


@pytest.mark.parametrize(
    "text, ok",
    [
        ("rules: {port-scan: {ports: 0}}", False),
        ("rules: {arp-scan: {addresses: 0}}", False),
        ("rules: {new-connection: {changing: 0}}", True),
        ("rules: {flood: {answers: 0}}", True),
    ],
)
def test_a_count_of_zero_is_taken_only_where_it_means_something(tmp_path: Path, text: str, ok: bool) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    if ok:
        load(path)
        return
    with pytest.raises(ConfigError, match="at least 1, got '0'"):
        load(path)
