"""The scoreboard: captures against expectations, made-up situations, and the report."""

import json
import random
import struct
from pathlib import Path

import pytest

from sensors import score
from sensors.demo.attacks import CASES
from sensors.demo.attacks.insecure_protocol import closed_door
from sensors.demo.incidents import telnet_to_camera
from sensors.expectations import COLUMNS, read
from sensors.score import main, quiet_config, score_folder
from sensors.score_run import BEGIN

ROOT = Path(__file__).parent.parent.parent
EXPECT = ROOT / "tests" / "expect" / "captures.tsv"


def pcap(path: Path, make) -> None:
    """A capture in the classic format (Ethernet)."""
    data = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)]
    for ts, frame in make(BEGIN, random.Random(1)):
        data.append(struct.pack("<IIII", int(ts), int(ts % 1 * 1e6), len(frame), len(frame)) + frame)
    path.write_bytes(b"".join(data))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pcap(tmp_path / "telnet.pcap", telnet_to_camera)
    pcap(tmp_path / "closed.pcap", closed_door)
    (tmp_path / "config.yaml").write_text("learning_hours: 72\n")
    return tmp_path


def expect(folder: Path, *lines: str) -> list[str]:
    rows = [line.replace(" ", "\t") for line in lines]
    (folder / "expect.tsv").write_text("\n".join(["\t".join(COLUMNS), *rows]) + "\n")
    return [str(folder), "--captures-only", "--json", "--config", str(folder / "config.yaml")]


def test_what_is_as_expected_exits_zero(folder: Path, capsys) -> None:
    arguments = expect(
        folder,
        "telnet.pcap insecure-protocol CRITICAL 192.168.1.23 192.168.1.40 23 1",
        "closed.pcap * HIGH+ - - - 0",
    )
    assert main(arguments) == 0
    told = json.loads(capsys.readouterr().out)
    assert [c["state"] for c in told["captures"]] == ["ok", "ok"]
    assert told["rules"]["captures"]["insecure-protocol"] == {
        "expected": 1,
        "found": 1,
        "missed": 0,
        "false": 0,
    }
    assert set(told["captures"][0]["seconds_by_stage"]) == {"read", "follow", "detect", "store"}
    assert told["rates"]["device_hours"] > 0


def test_what_is_missed_or_false_exits_one(folder: Path, capsys) -> None:
    assert main(expect(folder, "telnet.pcap beacon", "closed.pcap insecure-protocol")) == 1
    told = json.loads(capsys.readouterr().out)
    assert [c["missed"] for c in told["captures"]] == [["beacon"], ["insecure-protocol"]]
    assert told["captures"][0]["surplus"][0]["rule"] == "insecure-protocol"
    assert main(expect(folder, "telnet.pcap * CRITICAL - - - 0")) == 1
    assert json.loads(capsys.readouterr().out)["captures"][0]["state"] == "FALSE"


def test_mistakes_exit_two(folder: Path, capsys) -> None:
    assert main(expect(folder, "telnet.pcap beacon WORST")) == 2
    assert main([str(folder / "nowhere")]) == 2
    (folder / "text.pcap").write_text("no capture")
    assert main(expect(folder, "text.pcap")) == 2
    assert "WORST" in capsys.readouterr().err


def test_a_capture_that_is_not_there_is_told_and_fails_nobody(folder: Path, capsys) -> None:
    assert main(expect(folder, "gone.pcap beacon", "telnet.pcap")) == 0
    out = capsys.readouterr()
    assert "gone.pcap" in out.err and json.loads(out.out)["captures"][0]["state"] == "absent"


def test_the_home_of_a_capture_is_obeyed(folder: Path, capsys) -> None:
    assert main(expect(folder, "telnet.pcap suspicious-port - - - - 0 10.0.0.0/8")) == 0
    assert json.loads(capsys.readouterr().out)["rates"]["device_hours"] == 0


def test_the_report_is_written_and_tells_each_rule(folder: Path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(score, "CASES", [case for case in CASES if case.rule == "insecure-protocol"])
    report = folder / "detection.md"
    expect(folder, "telnet.pcap insecure-protocol")
    assert main([str(folder), "--write", "--report", str(report)]) == 0
    text = report.read_text()
    assert "| insecure-protocol | 3 | 3 | 2 | 0 | 2 | 0 |" in text and "| telnet.pcap |" in text
    assert "insecure-protocol, positive: telnet to a camera" in capsys.readouterr().out


NAMES = sorted({line.file for line in read(EXPECT)})


@pytest.mark.captures
@pytest.mark.parametrize("name", NAMES)
def test_real_captures_score(captures: Path, name: str, tmp_path: Path) -> None:
    from analysis.config import Config

    lines = [line for line in read(EXPECT) if line.file == name]
    (found,) = score_folder(captures, lines, quiet_config(Config(), str(tmp_path)))
    verdict = found.verdict
    assert not found.absent and verdict.good, (verdict.missed, [a["title"] for a in verdict.false])
    assert [a["title"] for a in verdict.surplus] == []


def test_a_folder_without_expectations_is_run_and_not_judged(folder: Path, capsys) -> None:
    arguments = [str(folder), "--captures-only", "--config", str(folder / "config.yaml")]
    assert main([*arguments, "--json"]) == 0
    out, err = capsys.readouterr()
    report = json.loads(out)
    told = {capture["name"]: capture for capture in report["captures"]}
    assert set(told) == {"telnet.pcap", "closed.pcap"} and "has no expect.tsv" in err
    assert {capture["state"] for capture in told.values()} == {"not judged"}
    assert [alert["rule"] for alert in told["telnet.pcap"]["incidents"]] == ["insecure-protocol"]
    assert told["telnet.pcap"]["newcomers"] > 0 and "rates" not in report
    assert main(arguments) == 0
    text = capsys.readouterr().out
    assert "telnet.pcap: " in text and "CRITICAL  insecure-protocol" in text
    assert not {"ok", "false", "unexpected", "expected", "missed"} & set(text.lower().split())


def test_without_expectations_no_report_is_written(folder: Path, capsys) -> None:
    report = folder / "detection.md"
    assert main([str(folder), "--write", "--report", str(report)]) == 2
    assert "--write needs to know" in capsys.readouterr().err and not report.exists()


def test_what_is_not_there_is_told_in_words(folder: Path, capsys) -> None:
    for arguments, told in (
        ([str(folder / "nowhere")], "nowhere is not there"),
        ([str(folder / "telnet.pcap")], f"replay {folder / 'telnet.pcap'}"),
        (["--expect", str(folder / "gone.tsv")], "gone.tsv is not there"),
    ):
        assert main(arguments) == 2
        err = capsys.readouterr().err
        assert told in err and "Errno" not in err


def test_a_folder_without_captures_is_a_mistake(tmp_path: Path, capsys) -> None:
    assert main([str(tmp_path), "--captures-only"]) == 2
    assert "neither captures nor an expect.tsv" in capsys.readouterr().err


def test_a_file_that_is_no_capture_takes_nothing_from_the_others(folder: Path, capsys) -> None:
    (folder / "noise.pcap").write_bytes(b"no capture")
    assert main([str(folder), "--captures-only", "--config", str(folder / "config.yaml")]) == 2
    told = capsys.readouterr()
    assert "noise.pcap: not a pcap" in told.err and "noise.pcap" not in told.out
    assert "telnet.pcap: " in told.out and "insecure-protocol" in told.out
