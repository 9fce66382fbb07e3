"""Real child processes, killed and stopped for real."""

import http.server
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from analysis.config import Config, Dashboard, Interface
from analysis.reach import family_url
from analysis.store.database import StoreFull
from analysis.store.rows import HealthRow
from dashboard.security import hash_password
from sensors import supervisor
from sensors.children import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    Child,
    Program,
    fate,
    pause_before_restart,
    under_lifeline,
)
from sensors.health import HealthLog
from sensors.host import invoker
from sensors.supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[2]
posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX systems")

# A supervisor in a process of its own, so that it can be sent signals.
KEEPER = """
import sys, threading
from sensors.children import Program, under_lifeline
from sensors.supervisor import Supervisor, stop_on_signals
stop = threading.Event()
stop_on_signals(stop)
kept = [Program(f"kept {i}", under_lifeline("tests.sensors.kept", manner, sys.argv[1]))
        for i, manner in enumerate(sys.argv[2:])]
Supervisor(kept, lambda row: None).run(stop)
"""


def kept(manner: str, folder: Path) -> Program:
    return Program(f"kept {manner}", under_lifeline("tests.sensors.kept", manner, str(folder)))


def eventually(what: Callable[[], bool], seconds: float = 15.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.02)
    return False


def started(folder: Path) -> set[int]:
    return {int(path.stem) for path in folder.glob("*.started")}


def clean(folder: Path) -> set[int]:
    return {int(path.stem) for path in folder.glob("*.clean")}


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # In a container without an init, a dead orphan stays as a zombie: dead all the same.
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


@contextmanager
def running(programs: list[Program], rows: list[HealthRow]) -> Iterator[Supervisor]:
    stop = threading.Event()
    keeper = Supervisor(programs, rows.append)
    thread = threading.Thread(target=keeper.run, args=(stop,))
    thread.start()
    try:
        yield keeper
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


@contextmanager
def keeper_process(folder: Path, *manners: str) -> Iterator["subprocess.Popen[str]"]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", KEEPER, str(folder), *manners], env=env, text=True, stdout=subprocess.PIPE
    )
    try:
        assert eventually(lambda: len(started(folder)) == len(manners))
        yield process
    finally:
        process.kill()
        process.communicate()


@posix
def test_a_killed_child_is_back_within_three_seconds_and_the_gap_is_told(tmp_path: Path) -> None:
    rows: list[HealthRow] = []
    with running([kept("steady", tmp_path)], rows):
        assert eventually(lambda: len(started(tmp_path)) == 1)
        os.kill(started(tmp_path).pop(), signal.SIGKILL)
        killed = time.monotonic()
        assert eventually(lambda: len(started(tmp_path)) == 2)
        assert time.monotonic() - killed < 3
    levels = [row.level for row in rows]
    assert levels == ["ok", "alarm", "note"]
    assert {(row.component, row.subject) for row in rows} == {("supervisor", "kept steady")}
    assert "SIGKILL" in rows[1].message and rows[1].fix
    assert "was away for" in rows[2].message
    assert clean(tmp_path) == started(tmp_path) - {min(started(tmp_path) - clean(tmp_path))}


def test_pauses_grow_with_fast_deaths_up_to_half_a_minute() -> None:
    assert pause_before_restart(0) == pause_before_restart(1) == FIRST_PAUSE
    pauses = [pause_before_restart(n) for n in range(1, 12)]
    assert pauses == sorted(pauses)
    assert pauses[3] == 8 * FIRST_PAUSE
    assert pauses[-1] == LONGEST_PAUSE == 30


def test_a_child_that_dies_at_once_is_started_less_and_less_often(tmp_path: Path) -> None:
    rows: list[HealthRow] = []
    with running([kept("brief", tmp_path)], rows) as keeper:
        assert eventually(lambda: keeper.children[0].fast_deaths >= 3)
        child = keeper.children[0]
        assert child.died is not None
        pause = pause_before_restart(child.fast_deaths)
        assert child.due - child.died == pytest.approx(pause) and pause >= 4 * FIRST_PAUSE
    deaths = [row for row in rows if row.level == "alarm" and row.message.startswith("kept brief ended")]
    assert len(deaths) == child.deaths and all("status 1" in row.message for row in deaths)


def test_a_program_that_cannot_be_started_is_told_and_tried_again(tmp_path: Path) -> None:
    rows: list[HealthRow] = []
    with running([Program("missing", (str(tmp_path / "no such program"),))], rows) as keeper:
        assert eventually(lambda: keeper.children[0].deaths >= 2)
    assert "could not be started" in rows[0].message


def test_one_child_dying_leaves_the_others_alone(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    rows: list[HealthRow] = []
    with running([kept("steady", tmp_path / "a"), kept("brief", tmp_path / "b")], rows) as keeper:
        assert eventually(lambda: keeper.children[1].deaths >= 2)
        assert len(started(tmp_path / "a")) == 1
        assert keeper.children[0].deaths == 0
    assert clean(tmp_path / "a") == started(tmp_path / "a")


@posix
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_all_in_good_order_within_five_seconds(tmp_path: Path, how: int) -> None:
    with keeper_process(tmp_path, "steady", "steady") as process:
        process.send_signal(how)
        assert process.wait(5) == 0
        assert clean(tmp_path) == started(tmp_path)


@posix
def test_a_child_that_does_not_listen_is_killed_within_five_seconds(tmp_path: Path) -> None:
    with keeper_process(tmp_path, "deaf", "steady") as process:
        process.terminate()
        assert process.wait(5.5) == 0
        assert not any(alive(pid) for pid in started(tmp_path))
        assert len(clean(tmp_path)) == 1


@posix
def test_children_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    with keeper_process(tmp_path, "steady", "deaf") as process:
        process.kill()
        process.wait(5)
        assert eventually(lambda: not any(alive(pid) for pid in started(tmp_path)), 8)
        assert len(clean(tmp_path)) == 1, "the one that listens ends in good order"


def test_a_child_that_takes_no_signals_ends_when_its_input_closes(tmp_path: Path) -> None:
    command = under_lifeline("tests.sensors.kept", "steady", str(tmp_path))
    with running([Program("behind sudo", command, signals=False)], []):
        assert eventually(lambda: len(started(tmp_path)) == 1)
    assert clean(tmp_path) == started(tmp_path)


@posix
def test_the_fate_of_a_process_in_words() -> None:
    assert fate(0) == "ended with status 0"
    assert fate(-9) == "was killed by SIGKILL"
    assert fate(-250) == "was killed by signal 250"


def test_health_rows_reach_the_database(tmp_path: Path) -> None:
    with HealthLog(tmp_path / "sentinel.db", lambda *_: None) as health:
        health.record(HealthRow("supervisor", "sensor eth0", "alarm", "it died", "mend it"))
        health.record(HealthRow("supervisor", "sensor eth0", "note", "it is back", None))
    db = sqlite3.connect(tmp_path / "sentinel.db")
    assert db.execute("SELECT component, subject, level, message, fix FROM health").fetchall() == [
        ("supervisor", "sensor eth0", "note", "it is back", None)
    ]


def test_a_busy_database_does_not_hold_up_the_supervisor(tmp_path: Path) -> None:
    with HealthLog(tmp_path / "sentinel.db", lambda *_: None) as health:
        blocker = sqlite3.connect(tmp_path / "sentinel.db", isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        for _ in range(1000):
            health.record(HealthRow("supervisor", "x", "alarm", "it died", None))
        assert time.monotonic() - begun < 1
        blocker.execute("COMMIT")
        reader = sqlite3.connect(tmp_path / "sentinel.db")
        assert eventually(lambda: reader.execute("SELECT count(*) FROM health").fetchone() == (1,))


def test_a_sensor_for_each_configured_interface() -> None:
    config = Config(interfaces=(Interface(name="eth7", label=None), Interface(name="wlan3", label=None)))
    names = supervisor.interfaces(config)
    programs = supervisor.sensor_programs(names, ("--db", "x.db"))
    assert [program.name for program in programs] == ["sensor eth7", "sensor wlan3"]
    assert programs[1].command[-4:] == ("sensors.sensor", "wlan3", "--db", "x.db")


@posix
@pytest.mark.skipif(os.name == "posix" and os.geteuid() != 0, reason="only root may become someone else")
def test_root_runs_a_program_as_the_person_who_called_sudo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pwd

    nobody = pwd.getpwnam("nobody")
    monkeypatch.setenv("SUDO_UID", str(nobody.pw_uid))
    person = invoker()
    assert person is not None and person.name == "nobody"
    told = tmp_path / "told"
    told.touch()
    os.chown(told, nobody.pw_uid, nobody.pw_gid)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o711)
    script = f'echo "$(id -u) $(id -g) $HOME" > {told}; exec cat'
    with running([Program("who", ("/bin/sh", "-c", script), person, signals=False)], []):
        assert eventually(lambda: told.read_text().endswith("\n"))
    assert told.read_text().split() == [str(nobody.pw_uid), str(nobody.pw_gid), nobody.pw_dir]


@posix
def test_nobody_invoked_a_process_that_is_not_behind_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SUDO_UID", "PKEXEC_UID", "DOAS_USER"):
        monkeypatch.delenv(name, raising=False)
    assert invoker() is None
    monkeypatch.setenv("SUDO_UID", "0")
    assert invoker() is None


@posix
def test_a_sensor_that_hangs_is_ended_told_and_back(tmp_path: Path) -> None:
    rows: list[HealthRow] = []
    # An interface that is not there can be waited for without rights.
    command = under_lifeline("sensors.sensor", "nosuch0", "--db", str(tmp_path / "a.db"))
    with running([Program("sensor nosuch0", command, silence=4.0)], rows) as keeper:
        child = keeper.children[0]
        assert eventually(lambda: child._beats, 60)
        time.sleep(5)
        assert child.deaths == 0  # alive, with nothing to do
        first = child.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        assert eventually(lambda: len(rows) == 3 and child._beats, 60)
        assert child.deaths == 1 and child.pid != first
    assert [row.level for row in rows] == ["ok", "alarm", "note"]
    assert "gave no sign of life for" in rows[1].message and "was away for" in rows[2].message
    assert "gave no sign of life for" in rows[2].message  # the row that stays says why


@posix
def test_time_in_which_the_supervisor_itself_stood_still_is_not_silence(tmp_path: Path) -> None:
    child = Child(
        Program("sensor nosuch0", under_lifeline("tests.sensors.kept", "steady", str(tmp_path)), silence=0.5)
    )
    child.start()
    try:
        child._beats = True
        for _ in range(3):
            time.sleep(1.1)  # as if the laptop had been suspended
            assert child.hung_for() is None
        until = time.monotonic() + 10
        while (silent := child.hung_for()) is None and time.monotonic() < until:
            time.sleep(0.05)
        assert silent is not None and silent > 0.5
    finally:
        child.kill()
        assert child.wait(time.monotonic() + 10)


@pytest.mark.parametrize("verb", ["sensors.supervisor", "sensors.sensor"])
def test_a_filter_with_a_mistake_is_told_by_its_line_before_anything_starts(
    tmp_path: Path, verb: str
) -> None:
    pytest.importorskip("pcapy")
    config = tmp_path / "config.yaml"
    config.write_text("interfaces:\n  - name: lo\n    filter: tcp prot 80\n")
    name = ["lo"] if verb == "sensors.sensor" else []
    command = [sys.executable, "-m", verb, *name, "--config", str(config), "--db", str(tmp_path / "a.db")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith(f"{config}:3: interfaces[0].filter: 'tcp prot 80' is no filter of libpcap")
    assert done.stderr.count("\n") == 1 and not (tmp_path / "a.db").exists()


def test_a_mistake_in_the_configuration_is_told_and_tried_again_in_half_a_minute() -> None:
    child = Child(Program("sensor eth0", (sys.executable, "-c", "raise SystemExit(2)")))
    child.start()
    assert eventually(lambda: child.died_with() == 2)
    assert "config.yaml has a mistake" in child.how
    assert LONGEST_PAUSE - 2 < child.due - time.monotonic() <= LONGEST_PAUSE


def test_up_needs_a_folder_for_its_database(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sensors.supervisor", "--db", str(tmp_path / "gone" / "a.db")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith(f"database: there is no folder {tmp_path / 'gone'}; make it")


def test_a_full_disk_is_told_once_and_again_after_it_had_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []
    health = HealthLog(tmp_path / "sentinel.db", lambda _, text: logged.append(text))
    health._over.set()  # each row is tried once
    row = HealthRow("supervisor", "x", "ok", "x runs", None)
    written = health._writer.write

    def full(_: object) -> None:
        raise StoreFull("database or disk is full")

    for write in (full, full, full, written, full):
        monkeypatch.setattr(health._writer, "write", write)
        health._write(row)
    health._writer.close()
    assert logged == ["cannot write to the database: database or disk is full"] * 2


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_up_says_where_the_pages_are_found_by_us_and_by_the_family(
    host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        port = server.server_port
        pages = Dashboard(host=host, port=port, password_hash=hash_password("right one"))
        supervisor.announce(pages, threading.Event())
    told = capsys.readouterr().out
    assert f"http://127.0.0.1:{port}" in told
    others = family_url(pages)
    assert ("other devices" in told) == (others is not None)
    assert others is None or others in told
