"""Expectations: the format, what a line fits, and verdicts."""

from pathlib import Path
from typing import Any

import pytest

from sensors.expectations import COLUMNS, Expectation, ExpectationError, judge, read

HEAD = "\t".join(COLUMNS) + "\n"


def alert(rule: str = "port-scan", severity: str = "HIGH", **more: Any) -> dict[str, Any]:
    base = {"rule": rule, "severity": severity, "device_ip": "10.0.0.2", "device_mac": "02:00:00:00:00:01",
            "peer_ip": "10.0.0.9", "peer_name": None, "port": 22, "title": "Something"}  # fmt: skip
    return {**base, **more}


def line(rule: str = "port-scan", severity: str = "-", **more: str) -> Expectation:
    cells = {name: "-" for name in COLUMNS} | {"file": "a.pcap", "rule": rule, "severity": severity} | more
    return Expectation(**cells)


def test_a_file_is_read_with_comments_and_short_lines(tmp_path: Path) -> None:
    path = tmp_path / "expect.tsv"
    path.write_text(f"# why\n{HEAD}a.pcap\tbeacon|flood\tHIGH+\n\nb.pcap\n")
    first, second = read(path)
    assert first == line("beacon|flood", "HIGH+") and second == line("-", file="b.pcap")
    assert first.wanted == 1 and second.wanted == 0


@pytest.mark.parametrize(
    "text",
    ["a.pcap\tbeacon\n", HEAD + "a.pcap\tbeacon\tBAD\n", HEAD + "../a.pcap\n", HEAD + "a\tb\t-\t-\t-\t-\tmany\n",
     HEAD + "a\tb\t-\t-\t-\t-\t1\t-\tmore\n"],
)  # fmt: skip
def test_mistakes_are_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "expect.tsv").write_text(text)
    with pytest.raises(ExpectationError, match=r"expect\.tsv"):
        read(tmp_path / "expect.tsv")


def test_what_a_line_fits() -> None:
    assert line().fits(alert()) and line("*").fits(alert()) and line("beacon|port-scan").fits(alert())
    assert line("*", "HIGH+").fits(alert(severity="CRITICAL")) and not line("*", "HIGH").fits(
        alert(severity="CRITICAL")
    )
    assert not line("*", "HIGH+").fits(alert(severity="NORMAL"))
    assert line(device="02:00:00:00:00:01", peer="10.0.0.9", port="22").fits(alert())
    assert not line(device="10.0.0.3").fits(alert()) and not line(port="23").fits(alert())


def test_verdicts() -> None:
    good = judge("a.pcap", [line(times="1")], [alert()])
    assert good.good and good.found == good.expected == {"port-scan": 1}
    missed = judge("a.pcap", [line(), line("beacon")], [alert()])
    assert not missed.good and [m.rule for m in missed.missed] == ["beacon"]
    forbidden = judge("a.pcap", [line("*", "HIGH+", times="0")], [alert(), alert(severity="NORMAL")])
    assert not forbidden.good and len(forbidden.false) == 1 and len(forbidden.notices) == 1
    assert len(judge("a.pcap", [line(times="1")], [alert(), alert(port=23)]).false) == 1
    other = judge("a.pcap", [], [alert(), alert("new-device", "NORMAL")])
    assert other.good and len(other.surplus) == 1 and other.notices == []


def test_an_incident_counts_for_the_first_line_that_it_fits() -> None:
    verdict = judge("a.pcap", [line(port="22"), line("*", "HIGH+", times="0")], [alert(), alert(port=80)])
    assert verdict.found == {"port-scan": 1} and [a["port"] for a in verdict.false] == [80]
