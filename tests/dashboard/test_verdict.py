"""The sentence of the first screen, and numbers in words."""

from pathlib import Path

from analysis.store.reader import Reader
from dashboard.verdict import present_verdict, verdict
from dashboard.watch import Watch
from dashboard.words import share, size
from tests.dashboard.filldb import small

LIVE = Watch("live", "Live", None, None)


def test_verdicts_put_the_worst_first() -> None:
    worst = {"id": 7, "title": "The camera talks to a known malware address", "advice": "Unplug it."}
    devices = {"online": 12, "unknown": 0, "devices": 12}
    silent = Watch("silent", "Sensor eth0 silent", "Start it", 0.0)
    assert verdict({2: 1, 1: 3, 0: 0}, worst, silent, devices)[:2] == (
        "bad",
        "1 critical incident needs you: The camera talks to a known malware address.",
    )
    many = verdict({2: 5, 1: 3, 0: 0}, worst, LIVE, devices).line
    assert many == "5 critical incidents need you. First: The camera talks to a known malware address."
    high = verdict({2: 0, 1: 2, 0: 0}, worst, LIVE, devices).line
    assert high == "2 high incidents are worth a look. First: The camera talks to a known malware address."
    assert verdict({2: 0, 1: 3, 0: 0}, worst, silent, devices).line == "Sentinel is not seeing everything."
    assert verdict({2: 0, 1: 1, 0: 0}, worst, LIVE, devices).tone == "warn"
    quiet = verdict({2: 0, 1: 0, 0: 9}, None, LIVE, devices)
    assert (quiet.tone, quiet.next) == ("ok", "Nothing to do.")
    assert (
        verdict({2: 0, 1: 0, 0: 0}, None, Watch("missing", "", "x", None), devices).line
        == "Nothing is being watched yet."
    )


def test_a_lost_database_is_no_quiet_day(tmp_path: Path) -> None:
    home = small(tmp_path / "home.db")
    home.db.execute("DELETE FROM alerts")
    assert present_verdict(Reader(home.path), home.now).tone == "ok"
    row = ("database", "replaced", "alarm", "The database was deleted.", None, home.now, home.now)
    home.db.execute("INSERT INTO health VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    said = present_verdict(Reader(home.path), home.now + 5)
    assert (said.tone, said.line) == ("warn", "The database was deleted.")
    home.db.execute("UPDATE sensors SET heartbeat = heartbeat + 90000, last_packet = last_packet + 90000")
    assert present_verdict(Reader(home.path), home.now + 90_000).tone == "ok"


def test_numbers_in_words() -> None:
    assert [size(n) for n in (0, 999, 1500, 15_000, 2.5e12)] == ["0 B", "999 B", "1.5 kB", "15 kB", "2.5 TB"]
    assert [share(0, 0), share(1, 10**9), share(1, 100), share(1, 2)] == ["0 %", "< 0.01 %", "1 %", "50 %"]
