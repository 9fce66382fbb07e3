"""The reading face of the store, on databases made with the schema's own SQL."""

import sqlite3
import time
from pathlib import Path

import pytest

from analysis.store.queries.session import Session
from analysis.store.reader import BadFilter, NoDatabase, NotMade, NotReadable, QueryTooSlow, Reader
from tests.dashboard.filldb import RULES, Home, small


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return small(tmp_path / "home.db")


@pytest.fixture
def reader(home: Home) -> Reader:
    return Reader(home.path)


def names(reader: Reader, feed: str, **filters: str) -> list[dict]:
    page = reader.page(feed, filters, limit=500, now=time.time())
    return [dict(zip(page.columns, row, strict=True)) for row in page.rows]


def test_missing_file_is_a_state_and_heals_when_the_sensor_makes_it(tmp_path: Path) -> None:
    reader = Reader(tmp_path / "none.db")
    with pytest.raises(NotMade):
        reader.open_counts()
    small(tmp_path / "none.db")
    assert reader.open_counts()[2] == 1


def test_empty_file_is_not_made_yet_and_a_text_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    with pytest.raises(NotMade):
        Reader(tmp_path / "empty.db").sensors()
    (tmp_path / "text.db").write_text("this is no database, only a long text\n" * 100)
    with pytest.raises(NoDatabase, match=r"^text\.db is no database\.$"):
        Reader(tmp_path / "text.db").sensors()


def test_replaced_file_is_opened_anew(tmp_path: Path, home: Home, reader: Reader) -> None:
    assert len(reader.directory().devices) == 6
    home.db.close()
    for left in tmp_path.glob("home.db*"):
        left.unlink()
    other = Home(home.path)
    other.device(1, "only-one", None, None)
    reader.forget_directory()
    assert [device.name for device in reader.directory().devices.values()] == ["only-one"]


def test_nothing_can_be_written(reader: Reader) -> None:
    with pytest.raises(NotReadable, match="readonly"):
        reader.rows("DELETE FROM devices")


def test_a_slow_question_is_stopped(home: Home) -> None:
    session = Session(home.path, limit_seconds=0.05)
    forever = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT COUNT(*) FROM n"
    with pytest.raises(QueryTooSlow):
        session.rows(forever)
    assert session.value("SELECT 1") == 1


def test_pages_of_a_feed_join_without_hole_or_repeat(reader: Reader) -> None:
    seen, before = [], None
    while True:
        page = reader.page("dns", {}, before=before, limit=97, now=time.time())
        seen += [row[0] for row in page.rows]
        if page.cursor is None:
            break
        before = page.cursor
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) == reader.value("SELECT COUNT(*) FROM dns")


def test_since_gives_only_what_is_newer(home: Home, reader: Reader) -> None:
    end = reader.newest("dns")
    assert reader.page("dns", {}, since=end).rows == []
    home.lookup(1, "brand.new", time.time())
    assert [row[4] for row in reader.page("dns", {}, since=end).rows] == ["brand.new"]


def test_filters_narrow_and_combine(home: Home, reader: Reader) -> None:
    assert {row["severity"] for row in names(reader, "alerts", severity="2")} == {2}
    assert {row["device"] for row in names(reader, "dns", device="3")} == {3}
    assert all(row["blocked_by"] for row in names(reader, "dns", blocked="1"))
    assert names(reader, "flows", proto="udp", port="8883") == []
    assert {row["proto"] for row in names(reader, "flows", proto="udp")} == {"udp"}
    assert all("netflix" in row["name"] for row in names(reader, "dns", q="netflix"))
    assert names(reader, "alerts", state="expected") == []
    assert len(names(reader, "alerts", state="all")) == reader.value("SELECT COUNT(*) FROM alerts")


def test_packets_of_a_device_by_any_of_its_addresses(reader: Reader) -> None:
    rows = names(reader, "packets", device="2")
    assert rows
    assert {row["src_name"] for row in rows} == {"thinkpad-t14"}


def test_percent_and_underscore_are_searched_literally(home: Home, reader: Reader) -> None:
    home.lookup(1, "a_b.test", time.time())
    home.lookup(1, "axb.test", time.time())
    home.lookup(1, "100%.test", time.time())
    assert [row["name"] for row in names(reader, "dns", q="a_b")] == ["a_b.test"]
    assert [row["name"] for row in names(reader, "dns", q="%")] == ["100%.test"]


@pytest.mark.parametrize(
    "filters", [{"device": "1 OR 1=1"}, {"severity": "x"}, {"range": "9y"}, {"device": "-1"}]
)
def test_wrong_filter_values_are_told(reader: Reader, filters: dict[str, str]) -> None:
    with pytest.raises(BadFilter):
        reader.page("alerts", filters, now=time.time())


def test_time_range_equals_a_plain_scan(home: Home, reader: Reader) -> None:
    now = time.time()
    for hours, name in ((1, "1h"), (24, "24h")):
        wanted = reader.value("SELECT COUNT(*) FROM dns WHERE ts >= ?", (now - hours * 3600,))
        got, before = 0, None
        while True:
            page = reader.page("dns", {"range": name}, before=before, limit=500, now=now)
            got, before = got + len(page.rows), page.cursor
            if before is None:
                break
        assert got == wanted > 0


def test_first_id_since_agrees_with_sql_also_with_gaps(home: Home, reader: Reader) -> None:
    home.db.execute("DELETE FROM dns WHERE id % 3 = 0 OR id < 50")
    for ts in (0.0, home.now - 40_000, home.now - 10, home.now + 10):
        found = reader.first_id_since("dns", "ts", ts)
        wanted = reader.value("SELECT MIN(id) FROM dns WHERE ts >= ?", (ts,))
        if wanted is None:
            assert reader.value("SELECT COUNT(*) FROM dns WHERE id >= ?", (found,)) == 0
        else:
            assert reader.value("SELECT MIN(id) FROM dns WHERE id >= ?", (found,)) == wanted


def test_open_counts_and_groups_leave_out_what_was_decided(home: Home, reader: Reader) -> None:
    before = reader.open_counts()
    worst = reader.open_groups()[0]
    home.db.execute(
        "INSERT INTO alert_notes SELECT uid, 'expected', NULL, 0 FROM alerts WHERE id = ?", (worst["id"],)
    )
    assert reader.open_counts()[2] == before[2] - 1
    assert worst["id"] not in [row["id"] for row in reader.open_groups()]
    home.db.execute("UPDATE alert_notes SET state = 'open'")
    assert reader.open_counts() == before


def test_groups_count_incidents_and_take_the_newest_title(home: Home, reader: Reader) -> None:
    for n in range(3):
        home.alert(1, RULES[0], "198.51.100.9", home.now - 100 + n, count=2, title=f"telnet {n}")
    group = next(row for row in reader.open_groups() if row["device"] == 1)
    assert (group["title"], group["incidents"], group["occurrences"]) == ("telnet 2", 3, 6)


def test_names_prefer_what_a_person_said(reader: Reader) -> None:
    devices = {row["id"]: row["name"] for row in reader.devices(0)}
    assert devices[1] == "Anna's phone"
    assert devices[2] == "thinkpad-t14"
    assert devices[6].count(":") == 5
    assert reader.device(1)["wire_name"] == "Annas-iPhone"


def test_devices_come_unknown_first_and_routers_not_at_all(home: Home, reader: Reader) -> None:
    home.db.execute("UPDATE devices SET router = 1 WHERE id = 6")
    trusts = [row["trust"] for row in reader.devices(0)]
    assert trusts[0] == "unknown"
    assert trusts == sorted(trusts, key=lambda t: t != "unknown")
    assert 6 not in [row["id"] for row in reader.devices(0)]
    assert [(row["id"], row["router"]) for row in reader.routers(0)] == [(6, 1)]
    address = home.db.execute("SELECT ip FROM devices WHERE id = 6").fetchone()[0]
    reader.forget_directory()
    names = reader.routers(0)[0]["name"], reader.device(6)["name"], reader.directory().name_of_ip(address)
    assert set(names) == {f"Router {address}"}


def test_a_routers_traffic_is_what_devices_exchanged_with_it(home: Home, reader: Reader) -> None:
    hour = int(home.now // 3600)
    home.db.execute("UPDATE devices SET router = 1 WHERE id = 6")
    home.db.execute("DELETE FROM edge_hour WHERE device = 6 OR peer = 'device:6'")
    address = home.db.execute("SELECT ip FROM devices WHERE id = 6").fetchone()[0]
    edges = [
        (1, address, 100, 20),
        (2, "device:6", 3, 4),
        (6, "example.org", 1000, 0),
        (1, "192.0.2.1", 5, 5),
    ]
    for device, peer, up, down in edges:
        home.db.execute(
            "INSERT INTO edge_hour (hour, device, peer, port, proto, flows, bytes_up, bytes_down)"
            " VALUES (?, ?, ?, 53, 'udp', 1, ?, ?)",
            (hour, device, peer, up, down),
        )
    assert reader.routers(hour - 24)[0]["bytes"] == 1127
    assert reader.routers(hour + 1)[0]["bytes"] is None


def test_what_is_called_to_everyone_is_one_other_side(home: Home, reader: Reader) -> None:
    hour = int(home.now // 3600)
    home.db.execute("DELETE FROM edge_hour WHERE device = 1")
    for peer, up in (("224.0.0.251", 50), ("255.255.255.255", 60), ("example.org", 100), ("ff02::fb", 5)):
        home.db.execute(
            "INSERT INTO edge_hour (hour, device, peer, port, proto, flows, bytes_up, bytes_down)"
            " VALUES (?, 1, ?, 5353, 'udp', 1, ?, 0)",
            (hour, peer, up),
        )
    found = [(row["label"], row["bytes_up"], row["flows"]) for row in reader.device_peers(1, hour - 24)]
    assert found == [("everyone at home", 115, 3), ("example.org", 100, 1)]


def test_a_recording_has_its_own_clock(tmp_path: Path) -> None:
    old = 1_400_000_000.0
    home = small(tmp_path / "old.db", now=old)
    reader = Reader(home.path)
    assert abs(reader.clock() - time.time()) < 60
    home.db.execute("UPDATE sensors SET name = 'replay'")
    assert abs(reader.clock() - old) < 60


def test_edges_of_a_month_come_from_the_daily_roll_up(home: Home, reader: Reader) -> None:
    hour = int(home.now // 3600)
    day = {(device, peer) for device, peers in reader.edges(hour - 24).items() for peer in peers}
    month = {(device, peer) for device, peers in reader.edges(hour - 30 * 24).items() for peer in peers}
    assert day - month <= {edge for edge in day if edge[1].startswith("device:")}
    assert len(month) > 20


def test_estimates_are_the_span_of_ids(reader: Reader) -> None:
    assert reader.row_estimates()["dns"] == 1200
    assert reader.row_estimates()["http"] == 0


def test_evidence_that_is_no_json_is_shown_as_it_is(home: Home, reader: Reader) -> None:
    alert = home.alert(1, RULES[0], "x", home.now)
    home.db.execute("UPDATE alerts SET evidence = 'not json' WHERE id = ?", (alert,))
    assert reader.alert(alert)["evidence"] == {"evidence": "not json"}


@pytest.mark.parametrize("table", ["dns", "flows", "packets"])
def test_no_poll_reads_a_whole_table(home: Home, table: str) -> None:
    """The plan of a live question uses the row id."""
    from analysis.store.queries.feeds import FEEDS

    spec = FEEDS[table]
    db = sqlite3.connect(home.path)
    plan = db.execute(
        f"EXPLAIN QUERY PLAN {spec.select} WHERE {spec.cursor} > 5 ORDER BY {spec.cursor} DESC LIMIT 9"
    )
    assert "USING INTEGER PRIMARY KEY" in plan.fetchone()[3]
