"""The benchmarks run and their figures mean what they say, on inputs so small that no time is measured."""

import argparse
import importlib
import json
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import chart, database, measure, memory, pages, pages_server, pipeline, settings, traffic
from benchmarks.database_fill import Sizes, fill
from benchmarks.designs import DESIGNS, missing
from sensors.capture import open_file
from sensors.decode import decode
from sensors.flows import FlowTable

pytestmark = pytest.mark.timeout(600)  # processes of their own, on machines that may be busy


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    settings.prepare(tmp_path, 50)
    traffic.worst(tmp_path / "few.pcap", 20, flows=5)
    return tmp_path


def options(kind: str, *arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    importlib.import_module(f"benchmarks.{kind}").add_arguments(parser)
    return parser.parse_args(list(arguments))


def test_the_worst_case_is_what_it_says(tmp_path: Path) -> None:
    path = tmp_path / "worst.pcap"
    assert traffic.worst(path, 5_000, flows=300) == 5_000
    table, tcp, packets = FlowTable(), 0, 0
    with open_file(path) as source:
        for batch in source.batches():
            columns = decode(batch)
            assert not columns.undecoded.any()
            assert set(batch.caplen.tolist()) == {60}
            table.update(columns, 0, len(batch.ts))
            tcp += int((columns.proto == 6).sum())
            packets += len(batch.ts)
    assert packets == 5_000
    assert 290 <= table.started <= 300  # a few of 300 may not have been drawn
    assert 0.5 < tcp / packets < 0.7


def test_a_written_capture_reads_back_and_slices(tmp_path: Path) -> None:
    frames = [(1_750_000_000.25 + n, bytes([n]) * (60 + n)) for n in range(5)]
    assert traffic.write_pcap(tmp_path / "a.pcap", frames) == 5
    assert list(traffic.read_pcap(tmp_path / "a.pcap")) == frames
    assert traffic.slice_of(tmp_path / "a.pcap", tmp_path / "b.pcap", 2) == 2
    assert list(traffic.read_pcap(tmp_path / "b.pcap")) == frames[:2]
    assert struct.unpack("<I", (tmp_path / "a.pcap").read_bytes()[:4]) == (0xA1B2C3D4,)


def test_a_home_is_made_of_the_demos_evening(tmp_path: Path) -> None:
    assert traffic.home(tmp_path / "home.pcap", 700) == 700
    with open_file(tmp_path / "home.pcap") as source:
        assert sum(len(batch.ts) for batch in source.batches()) == 700


def test_names_are_distinct_and_the_same_each_time() -> None:
    names = traffic.made_names(500)
    assert len(set(names)) == 500
    assert names == traffic.made_names(500)


@pytest.mark.parametrize("name", DESIGNS)
def test_each_design_reads_every_packet(name: str, folder: Path) -> None:
    if reason := missing(name):
        pytest.skip(reason)
    traffic.worst(folder / "worst.pcap", 400, flows=40)
    told = measure.run(
        measure.module("benchmarks.designs", name, str(folder / "worst.pcap"), str(folder))
    ).told
    assert told["packets"] == 400
    assert told["cpu"] > 0
    assert not list(folder.glob("*.db"))


def test_the_pipeline_is_compared_and_drawn(folder: Path) -> None:
    traffic.worst(folder / "worst.pcap", 300, flows=40)
    result = pipeline.compare(folder / "worst.pcap", ["naive", "sentinel", "sentinel-flows"], 2, 50, folder)
    ours = result["designs"]["sentinel"]
    assert len(ours["rounds"]) == 2
    assert ours["times_naive"][1] <= ours["times_naive"][0] <= ours["times_naive"][2]
    assert result["stages"]["gone"] == []
    assert sum(result["stages"]["shares"].values()) == pytest.approx(1.0)
    assert all(row["label"] in pipeline.table(result) for row in result["designs"].values())
    drawing = ElementTree.fromstring(chart.bars(result))
    assert len(drawing.findall("{http://www.w3.org/2000/svg}rect")) == 3


def test_ratios_are_taken_round_by_round() -> None:
    def rows(*rates: float) -> dict[str, Any]:
        return {"label": "", "skipped": None, "rounds": [{"rate": rate, "rss": None} for rate in rates]}

    ours = rows(400.0, 200.0, 300.0)
    for one in ours["rounds"]:
        one.update(database=2**20, startup=0.5)
    result = pipeline.summary(
        {"designs": {"naive": rows(4.0, 1.0, 2.0), "sentinel": ours}, "packets": 1_000_000}
    )
    assert result["designs"]["sentinel"]["times_naive"] == (150.0, 100.0, 200.0)
    assert result["designs"]["naive"]["ours_times"] == (150.0, 100.0, 200.0)
    assert result["database_mb_a_million"] == 1.0


@pytest.mark.parametrize("kind", memory.FLOODS)
def test_each_packet_of_a_flood_is_another(kind: str) -> None:
    frames = np.vstack([memory.FLOODS[kind](start, 300) for start in (0, 300)])
    assert len({frame.tobytes() for frame in frames}) == 600
    assert not decode(memory.batch_of(frames, traffic.BEGIN)).undecoded.any()


def test_floods_leave_the_household_known(folder: Path) -> None:
    told = memory.measured("macs", folder, "3000")
    assert (told["known"], told["kept"]) == (memory.HOME_DEVICES, memory.HOME_DEVICES)
    assert told["packets"] >= 3000


def test_a_database_answers_every_question(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "sentinel.db"
    now = fill(path, Sizes(3_000, 2_000, 200), days=2, year=2)
    asked = database.questions(path, now, 1)
    assert set(asked) == set(database.QUESTIONS), capsys.readouterr().err
    assert set(database.polls(path, 1)) >= {"live", "live flows"}


def test_pages_and_polls_are_asked_as_a_browser_asks(tmp_path: Path) -> None:
    path = tmp_path / "sentinel.db"
    fill(path, Sizes(3_000, 2_000, 200), days=2, year=2)
    found = database.pages(path, 1)
    assert {"Overview", "Network map", "Network map ?range=30d", "Charts", "Health"} <= set(found)
    assert all(one["bytes"] > 100 and one["cpu"] > 0 for one in found.values())
    polls = database.polls(path, 1)
    assert polls["live dns"]["bytes"] < polls["live dns, 100 new"]["bytes"]


def test_a_sensor_for_the_pages_lives_and_writes(tmp_path: Path) -> None:
    from analysis.store.reader import Reader

    path, wanted = tmp_path / "sentinel.db", 2 * 50
    fill(path, Sizes(30, 20, 2), days=2, year=2)
    reader = Reader(path)
    before, end = reader.newest("dns"), time.monotonic() + 60
    with pages_server.Stream(path, 50):
        while reader.newest("dns") < before + wanted * 4 // 5 and time.monotonic() < end:
            time.sleep(0.1)
    assert reader.newest("dns") >= before + wanted * 4 // 5
    assert time.time() - reader.value("SELECT heartbeat FROM sensors WHERE name = 'bench0'") < 60


def test_a_page_over_its_budget_is_marked() -> None:
    cold = {"paint": (300, 300, 300), "data": (900, 900, 900), "cpu": (400, 400, 400), "bytes": 10**6}
    five = {"share": 0.5, "polls": 75, "seconds": 30}
    told = pages.text(
        {
            "cold": {"Good": cold, "Bad": {**cold, "data": (2_001, 0, 2_001)}},
            "inside": {"Good": (1, 1, 1)},
            "quiet": five, "busy": {**five, "share": 2.1}, "heap": {"mb": [20.0, 20.1], "drift": 0.5},
        }
    )  # fmt: skip
    over = [line.split()[0] for line in told.splitlines() if "TOO MUCH" in line]
    assert over == ["Bad", "five"]


def test_a_kept_database_is_told_by_its_own_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "sentinel.db"
    fill(path, Sizes(300, 200, 20), days=2, year=2)
    assert database.held(path) == Sizes(300, 200, 20)
    given = options("database", "--keep", str(path), "--flows", "7", "--times", "1", "--retention-rows", "10")
    assert database.main(given) == 0
    assert "300 flows, 200 dns, 20 alerts," in capsys.readouterr().out


def test_a_database_that_would_fill_the_disk_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cap"):
        fill(tmp_path / "sentinel.db", Sizes(10**9, 0, 0))


def test_blocklists_are_built_asked_and_reloaded(capsys: pytest.CaptureFixture[str]) -> None:
    blocklists = importlib.import_module("benchmarks.blocklists")
    assert blocklists.main(options("blocklists", "--names", "200", "--rounds", "1", "--json")) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["reload"]["wrong"] == 0
    assert told["new"][0] > 0


@pytest.mark.parametrize("arguments", [[], ["nosuch"], ["--rounds", "3"]])
def test_who_names_no_kind_is_told_which_there_are(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(arguments) == 2
    told = capsys.readouterr().err
    for kind, (text, takes) in command.KINDS.items():
        assert f"  {kind} " in told and f"{text}; about {takes}" in told
    assert (repr(arguments[0]) in told) if arguments else "no kind" not in told


def test_a_capture_without_a_kind_is_told_where_it_belongs(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main([str(folder / "few.pcap")]) == 2
    assert f"bench pipeline {folder / 'few.pcap'}\n" in capsys.readouterr().err


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has ended meanwhile
        return b""


@pytest.mark.skipif(sys.platform != "linux", reason="looks for its children in the way of Linux")
def heed_interrupts() -> None:
    """What a shell starts in the background ignores them, and so would its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupted_benchmark_ends_clean_and_leaves_nothing_running() -> None:
    endless = ["blocklists", "--names", "2000", "--rounds", "100000"]
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks", *endless],
        cwd=measure.ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=heed_interrupts,
    ) as run:  # fmt: skip
        assert run.stderr is not None
        while "round 2" not in run.stderr.readline():
            assert run.poll() is None
        children = Path(f"/proc/{run.pid}/task/{run.pid}/children")
        while not any(b"\0ask\0" in command_of(int(pid)) for pid in children.read_text().split()):
            time.sleep(0.01)
        run.send_signal(signal.SIGINT)  # to it alone, as a supervisor does
        rest = run.stderr.read()
    assert run.returncode == 130
    assert "interrupted" in rest and "Traceback" not in rest
    until = time.monotonic() + 10
    with pytest.raises(ProcessLookupError):
        while time.monotonic() < until:  # until the last of them is buried
            os.killpg(run.pid, 0)
            time.sleep(0.05)


@pytest.mark.parametrize("kind", command.KINDS)
def test_every_kind_has_its_options(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main([kind, "--help"])
    assert ended.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_percentiles_are_by_nearest_rank() -> None:
    values = [float(n) for n in range(1, 101)]
    assert measure.percentile(values, 0.95) == 95.0
    assert measure.percentile([7.0], 0.95) == 7.0
    assert measure.percentile([1.0, 9.0], 0.95) == 9.0
