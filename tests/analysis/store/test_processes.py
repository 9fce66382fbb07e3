"""Several processes, sudden ends and a full disk: nothing acknowledged is lost."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from analysis.store.database import StoreFull
from analysis.store.queue import WriterThread
from analysis.store.rows import Batch
from analysis.store.writer import Writer
from tests.analysis.store import samples
from tests.analysis.store.samples import KEY, ask, one

ROOT = Path(__file__).parents[3]
BATCHES, ROWS = 200, 20

WRITE = """
import sys
from analysis.store.rows import Batch
from analysis.store.writer import Writer
from tests.analysis.store import samples

path, sensor, batches, rows = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
with Writer(path, sensor) as writer:
    for number in range(batches):
        flows = [samples.flow(number * rows + n) for n in range(rows)]
        findings = [(samples.finding(samples.T0 + number, key="shared"), samples.KEY, 3600.0)]
        writer.write(Batch(devices=[samples.device()], flows=flows, dns=[samples.lookup()], findings=findings))
        print(number, flush=True)
"""


def start(path: Path, sensor: str, batches: int = BATCHES) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", WRITE, str(path), sensor, str(batches), str(ROWS)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_four_writers_and_readers_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    Writer(path, "x").close()
    over, failures = threading.Event(), []

    def read() -> None:
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        while not over.wait(0.01):
            try:
                flows, edges = db.execute(
                    "SELECT (SELECT count(*) FROM flows), (SELECT sum(flows) FROM edge_hour)"
                ).fetchone()
                if flows != (edges or 0):
                    failures.append((flows, edges))
            except sqlite3.Error as error:
                failures.append(error)
        db.close()

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    children = [start(path, f"eth{n}") for n in range(4)]
    told = [child.communicate(timeout=100) for child in children]
    over.set()
    for reader in readers:
        reader.join()
    assert [err for _, err in told] == [b""] * 4 and failures == []
    assert ask(path, "SELECT sensor, count(*) FROM flows GROUP BY 1 ORDER BY 1") == [
        (f"eth{n}", BATCHES * ROWS) for n in range(4)
    ]
    assert one(path, "SELECT count(*) FROM dns") == 4 * BATCHES
    assert one(path, "SELECT sum(flows) FROM edge_day") == 4 * BATCHES * ROWS
    assert ask(path, "SELECT count, change FROM alerts") == [(4 * BATCHES, 4 * BATCHES)]
    assert one(path, "PRAGMA integrity_check") == "ok"


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_thirty_sudden_ends_lose_nothing_that_was_stored(tmp_path: Path) -> None:
    path, rnd = tmp_path / "s.db", random.Random(5)
    Writer(path, "x").close()
    for turn in range(30):
        child = start(path, f"run{turn}", 100_000)
        assert child.stdout is not None and child.stdout.readline() == b"0\n"
        time.sleep(rnd.uniform(0, 0.08))
        child.send_signal(signal.SIGKILL)
        told = child.communicate()[0]
        last = int(told.splitlines()[-1]) if told.endswith(b"\n") else 0
        found = one(path, "SELECT count(*) FROM flows WHERE sensor = ?", f"run{turn}")
        assert found % ROWS == 0 and found >= (last + 1) * ROWS
    assert one(path, "PRAGMA quick_check") == "ok"
    assert one(path, "SELECT count(*) FROM flows") == one(path, "SELECT sum(flows) FROM edge_hour")


FULL = """
import sys
from pathlib import Path
from tests.analysis.store.test_processes import fill_the_disk, outlast_a_full_disk
{"writer": fill_the_disk, "thread": outlast_a_full_disk}[sys.argv[2]](Path(sys.argv[1]))
"""


def fill_the_disk(folder: Path) -> None:
    """Runs where `folder` is a disk of a few megabytes."""
    path, number = folder / "s.db", 0
    with Writer(path, "eth0") as writer:
        with pytest.raises(StoreFull):
            while True:
                writer.write(batch := Batch(flows=[samples.flow(number * 500 + n) for n in range(500)]))
                number += 1
        assert one(path, "SELECT count(*) FROM flows") == number * 500
        (folder / "ballast").unlink()
        writer.write(batch)
    assert one(path, "SELECT count(*) FROM flows") == (number + 1) * 500
    assert one(path, "PRAGMA integrity_check") == "ok"


def outlast_a_full_disk(folder: Path) -> None:
    """The same through the thread, which waits for space."""
    path, number = folder / "s.db", 0
    thread = WriterThread(path, "eth0")
    until = time.monotonic() + 60
    while thread._trouble is None and time.monotonic() < until:
        thread.put(
            Batch(
                flows=[samples.flow(number * 500 + n) for n in range(500)],
                findings=[(samples.finding(), KEY, 60.0)],
            )
        )
        number += 1
        time.sleep(0.02)
    assert thread._trouble is not None
    (folder / "ballast").unlink()
    assert thread.close(30)
    assert one(path, "SELECT count(*) FROM flows") == number * 500
    assert one(path, "SELECT count FROM alerts") == number
    assert one(path, "SELECT message FROM health WHERE subject = 'eth0'").startswith("The disk was full for")


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0, reason="a small disk needs root on Linux"
)
@pytest.mark.parametrize("how", ["writer", "thread"])
def test_a_full_disk_delays_and_loses_nothing(tmp_path: Path, how: str) -> None:
    command = (
        f"mount -t tmpfs -o size=16m sentinel-store '{tmp_path}' || exit 77; "
        f"dd if=/dev/zero of='{tmp_path}/ballast' bs=1M count=10 status=none; "
        f"exec '{sys.executable}' -c \"$0\" '{tmp_path}' {how}"
    )
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", command, FULL],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
    )
    if done.returncode == 77 or "unshare failed" in done.stderr:
        pytest.skip("no private mounts here")
    assert done.returncode == 0, done.stderr
