"""History ends by age and by size; a wrong clock ends nothing."""

from pathlib import Path

import pytest

from analysis.config import Config
from analysis.store import retention
from analysis.store.database import open_writer
from analysis.store.retention import run_once
from analysis.store.rows import AddressRow, Batch, NameRow, TrafficRow, VolumeRow
from analysis.store.writer import Writer
from tests.analysis.store import samples
from tests.analysis.store.samples import KEY, T0, ask, one

DAY = 86_400.0
TABLES = (
    "flows",
    "dns",
    "tls",
    "http",
    "packets",
    "traffic_minute",
    "edge_hour",
    "outside_hour",
    "alerts",
    "traffic_hour",
    "edge_day",
    "dns_hour",
    "alert_hour",
)


def config(**limits: float) -> Config:
    return Config(retention={"days": 30, "alert_days": 365, "size_mb": 2048, **limits})


def fill(path: Path, days: range, each: int = 10) -> None:
    """Some rows of each kind at the same time of each day."""
    with Writer(path, "eth0") as writer:
        for day in days:
            ts = T0 + day * DAY
            n = range(each)
            writer.write(
                Batch(
                    devices=[samples.device(first_seen=ts, last_seen=ts)],
                    flows=[samples.flow(day * 100_000 + i, first_seen=ts, last_seen=ts + i) for i in n],
                    dns=[samples.lookup(ts=ts + i) for i in n],
                    tls=[samples.tls(ts=ts + i) for i in n],
                    http=[samples.http(ts=ts + i) for i in n],
                    packets=[samples.packet(ts=ts + i) for i in n],
                    traffic=[TrafficRow(KEY, int(ts) // 60 - i, 1, 2, 3) for i in n],
                    volumes=[VolumeRow(KEY, int(ts) // 3600, 1, 2)],
                    findings=[(samples.finding(ts, key=str(day)), KEY, 60.0)],
                    status=samples.status(packets=day + 1, last_packet=ts),
                )
            )


def counts(path: Path) -> dict[str, int]:
    return {table: one(path, f"SELECT count(*) FROM {table}") for table in TABLES}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.db"


def test_each_table_keeps_its_days(path: Path) -> None:
    fill(path, range(40))
    report = run_once(path, config(days=30, alert_days=35), T0 + 39 * DAY + 60)
    found = counts(path)
    assert [found[t] for t in ("flows", "dns", "tls", "http", "packets", "traffic_minute", "edge_hour")] == [
        300
    ] * 6 + [30]
    assert found["outside_hour"] == 30
    assert [found[t] for t in ("alerts", "dns_hour", "alert_hour", "traffic_hour")] == [35] * 4
    assert report.deleted["flows"] == 100 and report.deleted["alerts"] == 5 and report.refused == ()
    assert one(path, "SELECT min(ts) FROM dns") == T0 + 10 * DAY
    assert one(path, "SELECT count(*) FROM devices") == 1
    assert ask(path, "SELECT level FROM health WHERE component = 'retention'") == [("ok",)]


def test_nothing_is_deleted_that_is_young(path: Path) -> None:
    fill(path, range(10))
    before = counts(path)
    report = run_once(path, config(), T0 + 9 * DAY + 60)
    assert counts(path) == before and report.deleted == {}


def test_decisions_are_never_deleted(path: Path) -> None:
    fill(path, range(3))
    db = open_writer(path)
    db.execute("INSERT INTO alert_notes VALUES ('x', 'open', NULL, 1)")
    db.execute(
        "INSERT INTO device_notes (network, mac, name, trust, note, changed) VALUES ('eth0', 'y', NULL, 'iot', NULL, 1)"
    )
    db.close()
    fill(path, range(400, 460))
    run_once(path, config(), T0 + 459 * DAY + 60)
    assert counts(path)["alerts"] == 60
    assert (
        one(path, "SELECT count(*) FROM alert_notes") == 1 == one(path, "SELECT count(*) FROM device_notes")
    )


@pytest.mark.parametrize("shift", [3_650 * DAY, 60 * DAY, -400 * DAY, -20_000 * DAY])
def test_a_clock_that_jumps_deletes_nothing(path: Path, shift: float) -> None:
    fill(path, range(20))
    before = counts(path)
    report = run_once(path, config(days=30, alert_days=50), T0 + 19 * DAY + shift)
    assert counts(path) == before
    if shift > 0:
        assert "flows" in report.refused
        assert one(path, "SELECT level FROM health WHERE component = 'retention'") == "alarm"
        run_once(path, config(days=30, alert_days=50), T0 + 19 * DAY + 60)
        assert one(path, "SELECT level FROM health WHERE component = 'retention'") == "ok"


def test_a_jump_is_not_believed_because_new_rows_have_it_too(path: Path) -> None:
    fill(path, range(20))
    fill(path, range(3_650, 3_651), each=3)
    assert "flows" in run_once(path, config(), T0 + 3_650 * DAY + 60).refused
    assert counts(path)["flows"] == 203


def test_a_present_that_lasts_a_day_is_believed(path: Path) -> None:
    fill(path, range(20))
    fill(path, range(100, 102), each=3)
    report = run_once(path, config(), T0 + 101 * DAY + 60)
    assert report.refused == () and counts(path)["flows"] == 6


def test_a_table_that_is_quiet_ages_like_the_others(path: Path) -> None:
    fill(path, range(40))
    with Writer(path, "eth0") as writer:
        writer._db.execute("DELETE FROM http WHERE ts > ?", (T0 + 5 * DAY,))
    report = run_once(path, config(), T0 + 39 * DAY + 60)
    assert report.refused == () and counts(path)["http"] == 1


def test_a_shorter_period_in_the_configuration_is_obeyed(path: Path) -> None:
    fill(path, range(20))
    report = run_once(path, config(days=2), T0 + 19 * DAY + 60)
    assert report.refused == () and counts(path)["flows"] == 20


def test_the_newest_number_is_never_given_twice(path: Path) -> None:
    fill(path, range(2))
    fill(path, range(700, 702))
    newest = {t: one(path, f"SELECT max(id) FROM {t}") for t in ("flows", "dns", "packets", "alerts")}
    run_once(path, config(days=0.001, alert_days=0.001), T0 + 701 * DAY + 3_600)
    assert {t: one(path, f"SELECT max(id) FROM {t}") for t in newest} == newest
    assert counts(path)["flows"] == 1 == counts(path)["alerts"]


def test_over_the_cap_the_oldest_history_goes_and_the_file_shrinks(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(path, range(20), each=1_500)
    before = path.stat().st_size
    cap = before // (1 << 20) // 2
    limits = config().retention.model_copy(update={"size_mb": cap})
    report = run_once(path, config().model_copy(update={"retention": limits}), T0 + 19 * DAY + 3_600)
    assert report.size_after <= cap << 20 < report.size_before
    assert path.stat().st_size <= (cap << 20) * 1.05
    assert one(path, "SELECT max(ts) FROM dns") == T0 + 19 * DAY + 1_499
    assert one(path, "SELECT min(ts) FROM dns") > T0 + DAY and one(path, "SELECT count(*) FROM alerts") == 20
    assert one(path, "SELECT count(*) FROM edge_day") == 20
    assert one(path, "PRAGMA integrity_check") == "ok"


def test_invented_devices_addresses_and_names_are_bounded(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("DEVICES", 50), ("ADDRESSES", 5), ("NAMES", 3)):
        monkeypatch.setattr(retention, name, value)
    with Writer(path, "eth0") as writer:
        keys = [("eth0", f"02:00:00:00:00:{n:02x}") for n in range(120)]
        writer.write(
            Batch(
                devices=[samples.device(key, last_seen=T0 + n) for n, key in enumerate(keys)],
                addresses=[AddressRow(keys[-1], f"fe80::{n}", T0, T0 + n) for n in range(30)],
                names=[NameRow(keys[-1], "mdns", str(n), T0, T0 + n) for n in range(30)],
                findings=[(samples.finding(), keys[0], 60.0)],
            )
        )
    db = open_writer(path)
    db.execute(
        "INSERT INTO device_notes (network, mac, name, trust, note, changed) VALUES ('eth0', ?, 'Ann', 'trusted', NULL, 1)",
        keys[1][1:],
    )
    db.close()
    run_once(path, config(), T0 + 60)
    macs = [mac for (mac,) in ask(path, "SELECT mac FROM devices ORDER BY id")]
    assert macs == [key[1] for key in (*keys[:2], *keys[72:])]
    assert sorted(ask(path, "SELECT ip FROM device_addresses")) == [(f"fe80::{n}",) for n in range(25, 30)]
    assert sorted(ask(path, "SELECT name FROM device_names")) == [("27",), ("28",), ("29",)]


def test_a_disk_that_is_nearly_full_is_an_alarm(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_once(path, config(), T0)
    assert one(path, "SELECT level FROM health WHERE component = 'disk'") == "ok"
    monkeypatch.setattr(retention, "LEAST_FREE", 1 << 60)
    run_once(path, config(), T0)
    assert one(path, "SELECT level FROM health WHERE component = 'disk'") == "alarm"


def test_the_log_is_folded_in(path: Path) -> None:
    with Writer(path, "eth0") as writer:
        writer.write(Batch(http=[samples.http()] * 1_000))
        assert run_once(path, config(), T0).checkpointed
        assert Path(f"{path}-wal").stat().st_size < 100_000
