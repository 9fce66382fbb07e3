"""`replay`: what it prints, what it answers to bad input, and that it says the same twice."""

import json
import sqlite3
import struct
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from analysis.config_types import ROOT
from analysis.store.reader import Reader
from sensors import capture_window, replay
from sensors.demo.evening import evening
from sensors.replay import main
from tests.sensors.frames import conversation, pcap

TELNET = [b"\xff\xfb\x18", b"user\r\n"], [b"\xff\xfd\x18login: ", b"Password: "]
KEYS = {
    "alert": "id rule severity device_mac device_ip device_name peer_ip peer_name port proto count first_seen"
    " last_seen title why evidence advice",
    "device": "mac ips names vendor randomised kind os first_seen last_seen",
    "dns": "ts client_ip client_mac name qtype rcode answers blocked_by",
    "tls": "ts client_ip server_ip port sni version ja4 quic",
    "http": "ts client_ip server_ip host user_agent method path",
    "flow": "first_seen last_seen client_ip server_ip port proto packets_up packets_down bytes_up bytes_down",
    "summary": "packets bytes seconds packets_per_second undecoded",
}


@pytest.fixture
def telnet(tmp_path):
    path = tmp_path / "telnet.pcap"
    path.write_bytes(pcap(conversation(100.0, "192.168.1.10", "192.168.1.20", 40000, 23, *TELNET)))
    return path


def lines(capsys) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.skipif(sys.platform == "win32", reason="standard input has no name there")
def test_a_dash_is_standard_input(telnet) -> None:
    command = [sys.executable, "-m", "sensors.replay", "-"]
    done = subprocess.run(command, input=telnet.read_bytes(), capture_output=True, cwd=ROOT, check=False)
    assert done.returncode == 0 and b"Telnet" in done.stdout
    done = subprocess.run(command, input=b"", capture_output=True, cwd=ROOT, check=False)
    assert done.returncode == 1 and b"empty" in done.stderr


def test_json_lines_hold_every_key_and_the_summary_is_last(tmp_path, capsys):
    begin = 1_700_000_000.0
    frames = [f for f in evening(begin, hours=0.05) if f[0] < begin + 170]
    path = tmp_path / "home.pcap"
    path.write_bytes(pcap(frames))
    assert main([str(path), "--json"]) == 0
    records = lines(capsys)
    for record in records:
        assert set(KEYS[record["type"]].split()) <= record.keys() if record["type"] != "http" else True
    assert [r["type"] for r in records].index("summary") == len(records) - 1
    counts = Counter(r["type"] for r in records[:-1])
    assert records[-1]["counts"] == counts and {"alert", "device", "dns", "tls", "flow"} <= set(counts)
    assert records[-1]["packets"] == len(frames)


def test_an_incident_stands_with_who_when_and_why(telnet, capsys):
    assert main([str(telnet), "--json"]) == 0
    (alert,) = [r for r in lines(capsys) if r.get("rule") == "insecure-protocol"]
    assert (alert["severity"], alert["device_ip"], alert["peer_ip"]) == (
        "CRITICAL",
        "192.168.1.10",
        "192.168.1.20",
    )
    assert (alert["port"], alert["proto"], alert["count"]) == (23, "tcp", 1)
    assert 100 <= alert["first_seen"] <= alert["last_seen"] < 101
    assert alert["title"] and alert["why"] and alert["advice"] and isinstance(alert["evidence"], dict)


def test_two_runs_print_the_same(telnet, capsys):
    first = main([str(telnet), "--json"]), capsys.readouterr().out
    assert first == (main([str(telnet), "--json"]), capsys.readouterr().out)


def test_what_is_told_does_not_hang_on_how_much_is_read_or_written_at_once(tmp_path, capsys, monkeypatch):
    file = tmp_path / "evening.pcap"
    file.write_bytes(pcap(list(evening(1_700_000_000.0, 0.5, seed=3))))
    assert main([str(file), "--json"]) == 0
    told = capsys.readouterr().out
    for read_at_once, rows_a_write in ((1 << 17, 20_000), (8 << 20, 40), (1 << 15, 1)):
        monkeypatch.setattr(capture_window, "PIECE", read_at_once)
        monkeypatch.setattr(replay, "ROWS_A_WRITE", rows_a_write)
        assert main([str(file), "--json"]) == 0
        assert capsys.readouterr().out == told


def test_a_file_that_breaks_off_is_read_up_to_the_break(telnet, tmp_path, capsys):
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(telnet.read_bytes()[:-7])
    assert main([str(cut), "--json"]) == 3
    out, err = capsys.readouterr()
    assert json.loads(out.splitlines()[-1])["packets"] == 8 and "cut.pcap" in err


@pytest.mark.parametrize("content", [b"", b"hello", b"\x1f\x8b\x08\0"])
def test_what_is_no_capture_is_told(tmp_path, capsys, content):
    path = tmp_path / "x.pcap"
    path.write_bytes(content)
    assert main([str(path)]) == 1
    assert "x.pcap" in capsys.readouterr().err


def test_a_wrong_home_network_is_a_mistake_in_words(telnet, capsys):
    assert main([str(telnet), "--home", "my house"]) == 2
    assert "my house" in capsys.readouterr().err


def test_several_files_share_a_database_that_is_kept(telnet, tmp_path, capsys):
    database = tmp_path / "kept.db"
    assert main([str(telnet), str(telnet), "--db", str(database)]) == 0
    with sqlite3.connect(database) as db:
        assert db.execute("SELECT count(*) FROM flows").fetchone() == (2,)
        (count,) = db.execute("SELECT count FROM alerts WHERE rule = 'insecure-protocol'").fetchone()
    assert count == 2
    capsys.readouterr()
    assert main([str(telnet), "--db", str(database), "--json"]) == 0
    assert Counter(r["type"] for r in lines(capsys) if "type" in r)["flow"] == 1


def test_the_present_of_several_files_is_the_latest_and_their_packets_are_all(telnet, tmp_path, capsys):
    later, database = tmp_path / "later.pcap", tmp_path / "kept.db"
    frames = conversation(900_000.0, "192.168.1.10", "192.168.1.20", 40001, 23, *TELNET)
    later.write_bytes(pcap(frames))
    assert main([str(later), str(telnet), "--db", str(database)]) == 0
    with closing(Reader(database)) as reader:
        assert reader.clock() == pytest.approx(frames[-1][0])
        assert reader.sensors()[0]["packets"] == 2 * len(frames)


def test_learning_keeps_new_connections_quiet(telnet, capsys):
    assert main([str(telnet), "--learning", "1", "--json"]) == 0
    assert "new-connection" not in {r.get("rule") for r in lines(capsys)}


def test_a_clock_set_back_by_two_hours_hides_no_new_connection(tmp_path, capsys):
    frames, talk = [], ([b"hello\r\n"], [b"world\r\n"])
    for number in range(4):
        ts = 10_000.0 + number - (7_200 if number > 1 else 0)
        frames += conversation(ts, "192.168.1.10", "203.0.113.9", 40_000 + number, 9_000 + number, *talk)
    (tmp_path / "back.pcap").write_bytes(pcap(frames))
    assert main([str(tmp_path / "back.pcap"), "--json"]) == 0
    found = [line for line in lines(capsys) if line.get("rule") == "new-connection"]
    assert sorted(line["port"] for line in found) == [9_000, 9_001, 9_002, 9_003]


@pytest.mark.parametrize("table", ["alerts", "devices", "dns"])
def test_a_damaged_database_is_set_aside_and_told(telnet, tmp_path, capsys, table):
    database = tmp_path / "kept.db"
    assert main([str(telnet), "--db", str(database)]) == 0
    sound = capsys.readouterr().out
    smash(database, table)
    assert main([str(telnet), "--db", str(database), "--json"]) == 0
    told = capsys.readouterr()
    assert told.err.startswith("The database was damaged (") and told.err.count("\n") == 1
    assert "set aside as kept.db.corrupt." in told.err
    assert len(list(tmp_path.glob("kept.db.corrupt.????????T??????"))) == 1 and len(sound.splitlines()) > 1


def smash(database: Path, table: str) -> None:
    """The first page of a table becomes noise."""
    with closing(sqlite3.connect(database)) as db:
        page = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
        size = db.execute("PRAGMA page_size").fetchone()[0]
    with database.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)


def wifi(path: Path) -> Path:
    """A capture of frames with a radiotap header, which are not read."""
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 127)
    frame = b"\x00\x00\x08\x00\x00\x00\x00\x00" + b"\x80" + bytes(40)
    path.write_bytes(header + 3 * (struct.pack("<IIII", 100, 0, len(frame), len(frame)) + frame))
    return path


def test_a_capture_that_cannot_be_read_does_not_look_clean(tmp_path, telnet, capsys):
    assert main([str(wifi(tmp_path / "air.pcap"))]) == 0
    told = capsys.readouterr().out
    assert told == "3 packets, 0 incidents\n3 of 3 packets could not be read: Wi-Fi frames\n"
    assert main([str(telnet)]) == 0
    assert "could not be read" not in capsys.readouterr().out


def test_a_bad_file_takes_nothing_from_the_others(telnet, tmp_path, capsys):
    noise, gone = tmp_path / "noise.pcap", tmp_path / "gone.pcap"
    noise.write_bytes(b"no capture")
    assert main([str(noise), str(telnet), str(gone)]) == 1
    told = capsys.readouterr()
    assert "CRITICAL" in told.out and "Telnet" in told.out
    assert [line.split(":")[0] for line in told.err.splitlines()] == [str(noise), str(gone)]
    assert main([str(noise), str(gone)]) == 1
    assert capsys.readouterr().out == ""


def test_a_used_database_tells_of_the_devices_of_this_run_alone(telnet, tmp_path, capsys):
    other, database = tmp_path / "other.pcap", tmp_path / "kept.db"
    macs = {"client_mac": "02:00:00:00:00:77", "server_mac": "02:00:00:00:00:78"}
    other.write_bytes(
        pcap(conversation(900.0, "192.168.1.77", "192.168.1.78", 40000, 80, [b"x"], [b"y"], **macs))
    )
    found = []
    for file in (other, telnet, other, telnet):
        assert main([str(file), "--db", str(database), "--json"]) == 0
        records = lines(capsys)
        found.append({record["mac"] for record in records if record["type"] == "device"})
        assert records[-1]["counts"]["device"] == len(found[-1]) > 0
    assert found[0] == found[2] and found[1] == found[3] and not found[0] & found[1]


@pytest.mark.parametrize("named", ["folder", ""])
def test_a_folder_is_no_database(telnet, tmp_path, capsys, monkeypatch, named):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    assert main([str(telnet), "--db", named]) == 1
    assert capsys.readouterr().err == f"{named or '.'} is a folder; name a file in it\n"


def test_a_closed_standard_input_is_told(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["-"]) == 1
    assert "send a capture to standard input" in capsys.readouterr().err
