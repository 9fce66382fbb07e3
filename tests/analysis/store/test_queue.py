"""The writer thread: order, patience, what it reports, what one bad row costs."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.store import queue, upkeep, writer
from analysis.store.database import StoreBusy, open_writer, transaction
from analysis.store.known import GivenName, Reset
from analysis.store.queue import WriterThread
from analysis.store.rows import Batch
from tests.analysis.store import samples
from tests.analysis.store.samples import KEY, ask, one


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.db"


def wait_for(true: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "did not happen in time"
        time.sleep(0.01)


def test_all_that_was_taken_is_stored_when_it_closes(path: Path) -> None:
    thread = WriterThread(path, "eth0")
    for n in range(300):
        assert thread.put(Batch(http=[samples.http(path=str(n))]))
    assert thread.close(20)
    assert [row[0] for row in ask(path, "SELECT path FROM http ORDER BY id")] == [str(n) for n in range(300)]
    assert not thread.put(Batch())
    assert [name.name for name in path.parent.iterdir()] == ["s.db"]


def test_a_batch_is_stored_soon_without_a_close(path: Path) -> None:
    thread = WriterThread(path, "eth0")
    thread.put(Batch(http=[samples.http()]))
    wait_for(lambda: one(path, "SELECT count(*) FROM http") == 1)
    thread.close()


def test_a_locked_database_delays_and_loses_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "BUSY_TIMEOUT", 0.05)
    monkeypatch.setattr(queue.Writer.__init__, "__defaults__", (writer.PACKET_ROWS, 0.05))
    thread = WriterThread(path, "eth0")
    holder = open_writer(path)
    with transaction(holder):
        begun = time.monotonic()
        for n in range(50):
            thread.put(Batch(http=[samples.http(path=str(n))]))
        assert time.monotonic() - begun < 1
        time.sleep(0.6)
    holder.close()
    assert thread.close(20)
    assert one(path, "SELECT count(*) FROM http") == 50
    level, message = ask(
        path, "SELECT level, message FROM health WHERE component = 'store' AND subject = 'eth0'"
    )[0]
    assert level == "note" and message.startswith("The database was locked for") and " 0 rows" in message


def test_shed_rows_are_counted_and_told_in_the_status(path: Path) -> None:
    thread = WriterThread(path, "eth0", rows=100)
    holder = open_writer(path)
    with transaction(holder):
        thread.put(Batch())
        wait_for(lambda: thread.waiting == 0)
        whole = [thread.put(Batch(packets=[samples.packet()] * 60)) for _ in range(5)]
        assert not all(whole)
        shed = thread.shed
        assert shed > 0
        thread.put(Batch(status=samples.status(shed=0)))
    holder.close()
    assert thread.close(20)
    assert one(path, "SELECT count(*) FROM packets") == 300 - shed
    assert ask(path, "SELECT shed, json_extract(counters, '$.shed.packets') FROM sensors") == [(shed, shed)]


def test_a_row_that_cannot_be_stored_is_dropped_alone(path: Path) -> None:
    thread = WriterThread(path, "eth0")
    good = [samples.http(path=str(n)) for n in range(40)]
    thread.put(
        Batch(
            devices=[samples.device()],
            http=[*good[:20], samples.http(path="\ud800"), *good[20:]],
            findings=[(samples.finding(), KEY, 60.0)],
            status=samples.status(),
        )
    )
    assert thread.close(20)
    assert [row[0] for row in ask(path, "SELECT path FROM http ORDER BY id")] == [str(n) for n in range(40)]
    assert one(path, "SELECT count(*) FROM alerts") == 1 and one(path, "SELECT count(*) FROM sensors") == 1
    assert thread.shed == 1
    assert "UnicodeEncodeError" in one(path, "SELECT message FROM health WHERE level = 'alarm'")


def test_what_people_decide_arrives(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "POLL", 0.0)
    thread = WriterThread(path, "eth0")
    thread.put(Batch(devices=[samples.device()]))
    wait_for(lambda: one(path, "SELECT count(*) FROM devices") == 1)
    db = sqlite3.connect(path)
    db.execute("INSERT INTO baseline_resets (device, asked) VALUES (1, 5)")
    db.execute(
        "INSERT INTO device_notes (network, mac, name, trust, note, changed) VALUES ('eth0', ?, 'Ann', 'trusted', NULL, 6)",
        KEY[1:],
    )
    db.commit()
    db.close()
    found: list[Reset | GivenName] = []

    def arrived() -> bool:
        thread.put(Batch(http=[samples.http()]))
        found.extend(thread.decisions())
        return len(found) >= 2

    wait_for(arrived)
    assert found == [Reset(1, KEY, 5.0), GivenName(KEY, "Ann", "trusted", 6.0)]
    thread.close()
    thread = WriterThread(path, "eth0")
    thread.put(Batch(http=[samples.http()]))
    thread.close()
    assert thread.decisions() == []


def test_a_database_that_is_damaged_while_running_is_replaced(path: Path) -> None:
    thread = WriterThread(path, "eth0")
    for n in range(300):
        thread.put(Batch(flows=[samples.flow(n)], http=[samples.http(path="x" * 200)] * 20))
    wait_for(lambda: thread.waiting == 0 and one(path, "SELECT count(*) FROM flows") == 300)
    upkeep.checkpoint(path)
    with path.open("r+b") as file:
        for place in range(4096 * 3, path.stat().st_size, 4096 * 7):
            file.seek(place)
            file.write(b"\xa5" * 512)
    thread._writer._db.execute("PRAGMA shrink_memory")
    for n in range(300, 340):
        thread.put(Batch(flows=[samples.flow(n)]))
    assert thread.close(30)
    assert one(path, "PRAGMA quick_check") == "ok"
    assert one(path, "SELECT count(*) FROM flows WHERE flow >= 300") == 40
    assert list(path.parent.glob("s.db.corrupt.*"))
    assert one(path, "SELECT level FROM health WHERE component = 'database' AND subject = 'file'") == "alarm"


def test_the_time_of_a_lock_is_told_whole_and_its_begin_and_end_are_logged_once(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Waiting for the lock counts, also the wait of the try that succeeds."""
    thread = WriterThread(path, "eth0")
    thread.put(Batch(http=[samples.http()]))
    wait_for(lambda: one(path, "SELECT count(*) FROM http") == 1)
    write, slow = thread._writer.write, [1.0, 1.0, 1.2]

    def waits(batch: Batch) -> None:
        if slow:
            time.sleep(slow.pop(0))
            if slow:
                raise StoreBusy("database is locked")
        write(batch)

    monkeypatch.setattr(thread._writer, "write", waits)
    with caplog.at_level("WARNING"):
        thread.put(Batch(http=[samples.http()]))
        wait_for(lambda: one(path, "SELECT level FROM health WHERE component = 'store'") == "note")
    assert thread.close(20)
    message = one(path, "SELECT message FROM health WHERE component = 'store'")
    assert message.startswith(("The database was locked for 3 s", "The database was locked for 4 s"))
    begun, ended = [record.getMessage() for record in caplog.records]
    assert begun == "eth0: cannot write to the database; what is found waits: database is locked"
    assert ended.startswith("eth0: the database is written again. The database was locked for ")


def test_a_file_of_another_program_in_place_of_the_database_is_logged_once(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    thread = WriterThread(path, "eth0")
    thread.put(Batch(http=[samples.http()]))
    wait_for(lambda: one(path, "SELECT count(*) FROM http") == 1)
    for file in path.parent.glob("s.db*"):
        file.unlink()
    path.write_bytes(b"a letter to my aunt\n" * 1000)
    thread.put(Batch(http=[samples.http()]))
    wait_for(lambda: bool(caplog.records))
    time.sleep(1)
    assert not thread.close(0.1) and path.read_bytes().startswith(b"a letter")
    path.unlink()
    thread._thread.join(20)
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 2 and messages[0].startswith(
        "eth0: cannot write to the database; what is found waits"
    )
    assert messages[1].startswith("eth0: the database is written again.")
