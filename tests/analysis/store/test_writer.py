"""Each kind of row, there and back."""

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from analysis.store.export import Export
from analysis.store.rows import AddressRow, BaselineRow, Batch, HealthRow, KnownDevice, NameRow, TrafficRow
from analysis.store.writer import Writer, json_list
from tests.analysis.store import samples
from tests.analysis.store.samples import KEY, OTHER, T0, ask, one


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.db"


@pytest.fixture
def writer(path: Path):
    with Writer(path, "eth0") as made:
        yield made


def test_device_keeps_what_a_later_row_does_not_know(writer: Writer, path: Path) -> None:
    writer.write(Batch(devices=[samples.device()]))
    bare = samples.device(
        vendor=None,
        name=None,
        name_source=None,
        vendor_class=None,
        dhcp_parameters=None,
        kind=None,
        os=None,
        ip=None,
        router=True,
        first_seen=T0 + 5,
        last_seen=T0 - 5,
    )
    writer.write(Batch(devices=[bare]))
    found = ask(
        path,
        "SELECT network, mac, vendor, randomised, name, name_source, vendor_class, dhcp_parameters, kind, os, router, ip, first_seen, last_seen FROM devices",
    )
    assert found == [
        (
            *KEY,
            "Maker",
            1,
            "phone",
            "dhcp",
            "android-dhcp-14",
            "1,3,6",
            "phone",
            "Android",
            1,
            "192.168.1.7",
            T0,
            T0,
        )
    ]


def test_device_takes_what_a_later_row_knows_and_its_times_only_widen(writer: Writer, path: Path) -> None:
    writer.write(Batch(devices=[samples.device()]))
    writer.write(
        Batch(
            devices=[
                samples.device(
                    name="tablet", name_source="mdns", ip="192.168.1.8", first_seen=T0 - 9, last_seen=T0 + 9
                )
            ]
        )
    )
    assert ask(path, "SELECT name, name_source, ip, first_seen, last_seen FROM devices") == [
        ("tablet", "mdns", "192.168.1.8", T0 - 9, T0 + 9)
    ]


def test_one_mac_in_two_networks_is_two_devices(writer: Writer, path: Path) -> None:
    writer.write(Batch(devices=[samples.device(), samples.device(("wlan0", KEY[1]))]))
    assert one(path, "SELECT count(*) FROM devices") == 2


def test_addresses_and_names_widen(writer: Writer, path: Path) -> None:
    for first, last in ((T0, T0 + 1), (T0 - 1, T0), (T0 + 5, T0 + 6)):
        writer.write(
            Batch(
                devices=[samples.device()],
                addresses=[AddressRow(KEY, "fe80::1", first, last)],
                names=[NameRow(KEY, "mdns", "phone.local", first, last)],
            )
        )
    assert ask(path, "SELECT ip, first_seen, last_seen FROM device_addresses") == [
        ("fe80::1", T0 - 1, T0 + 6)
    ]
    assert ask(path, "SELECT source, name, first_seen, last_seen FROM device_names") == [
        ("mdns", "phone.local", T0 - 1, T0 + 6)
    ]


def test_flow_is_updated_while_it_lasts(writer: Writer, path: Path) -> None:
    writer.write(
        Batch(devices=[samples.device()], flows=[samples.flow(state="open", peer=None, service=None)])
    )
    writer.write(
        Batch(
            flows=[
                samples.flow(new=False, last_seen=T0 + 9, bytes_up=2_000, delta_up=500, delta_down=0),
                samples.flow(2),
            ]
        )
    )
    columns = "sensor, flow, device, client_ip, server_ip, client_port, port, proto, peer, service, state, first_seen, last_seen, packets_up, packets_down, bytes_up, bytes_down"
    assert ask(path, f"SELECT {columns} FROM flows ORDER BY id") == [
        (
            "eth0",
            1,
            1,
            "192.168.1.7",
            "203.0.113.9",
            50_000,
            443,
            "tcp",
            "www.example.com",
            "tls",
            "established",
            T0,
            T0 + 9,
            10,
            12,
            2_000,
            9_000,
        ),
        (
            "eth0",
            2,
            1,
            "192.168.1.7",
            "203.0.113.9",
            50_000,
            443,
            "tcp",
            "www.example.com",
            "tls",
            "established",
            T0,
            T0 + 2,
            10,
            12,
            1_500,
            9_000,
        ),
    ]
    assert ask(path, "SELECT flows, bytes_up, bytes_down FROM edge_hour") == [(2, 3_500, 18_000)]


def test_rows_of_a_flow_make_the_same_in_one_batch_as_in_several(tmp_path: Path) -> None:
    rows = [
        samples.flow(1, state="open", peer=None, service=None, delta_up=100, delta_down=0),
        samples.flow(2, state="open", peer="first.example", service="tls", last_seen=T0 + 20),
        samples.flow(1, new=False, state="open", bytes_up=2_000, delta_up=500, delta_down=0, device=OTHER),
        samples.flow(2, new=False, peer=None, service=None, packets_up=20, delta_up=0, delta_down=7),
        samples.flow(3, device=None),
        samples.flow(1, new=False, peer=None, service=None, last_seen=T0 + 9, delta_up=0, delta_down=1),
    ]
    devices = [samples.device(), samples.device(key=OTHER)]
    whole, parts = tmp_path / "whole.db", tmp_path / "parts.db"
    with Writer(whole, "eth0") as writer:
        writer.write(Batch(devices=devices, flows=rows))
    with Writer(parts, "eth0") as writer:
        writer.write(Batch(devices=devices))
        for row in rows:
            writer.write(Batch(flows=[row]))
    for table in ("flows", "edge_hour", "edge_day"):
        assert ask(whole, f"SELECT * FROM {table}") == ask(parts, f"SELECT * FROM {table}") != []
    assert ask(whole, "SELECT flow, peer, service, state FROM flows ORDER BY id") == [
        (1, "www.example.com", "tls", "established"),
        (2, "first.example", "tls", "established"),
        (3, "www.example.com", "tls", "established"),
    ]


def test_an_exported_look_up_has_the_address_of_its_device(writer: Writer, path: Path) -> None:
    with closing(Export(path)) as export:
        writer.write(
            Batch(
                devices=[samples.device()],
                dns=[
                    samples.lookup(),
                    samples.lookup(device=None, client_mac=OTHER[1]),
                    samples.lookup(client_mac=OTHER[1]),
                    samples.lookup(device=None, client_mac=None),
                ],
            )
        )
        assert [row["client_mac"] for row in export.dns()] == [KEY[1], OTHER[1], OTHER[1], None]


def test_dns_tls_and_http_rows_come_back_whole(writer: Writer, path: Path) -> None:
    answers = ("203.0.113.9", 'a "quoted" \\ text', "ünïcode")
    writer.write(
        Batch(
            devices=[samples.device()],
            dns=[
                samples.lookup(answers=answers, blocked_by="own"),
                samples.lookup(device=None, rcode=None, answers=(), elapsed=None),
            ],
            tls=[samples.tls()],
            http=[samples.http(host=None, user_agent=None)],
        )
    )
    found = ask(
        path,
        "SELECT ts, sensor, device, transport, client_ip, client_mac, server_ip, name, qtype, rcode, answers, blocked_by, elapsed FROM dns ORDER BY id",
    )
    assert found[0][:10] == (
        T0,
        "eth0",
        1,
        "udp",
        "192.168.1.7",
        None,  # the device's own
        "192.168.1.1",
        "www.example.com",
        "A",
        "NOERROR",
    )
    assert json.loads(found[0][10]) == list(answers) and found[0][11:] == ("own", 0.012)
    assert (
        found[1][2] is None
        and found[1][5] == KEY[1]
        and found[1][9] is None
        and found[1][10] == "[]"
        and found[1][12] is None
    )
    assert ask(
        path, "SELECT ts, device, client_ip, server_ip, port, sni, version, alpn, ja4, ech, quic FROM tls"
    ) == [(T0, 1, *samples.tls()[2:9], 0, 1)]
    assert ask(
        path, "SELECT ts, device, client_ip, server_ip, port, method, host, path, user_agent FROM http"
    ) == [(T0, 1, "192.168.1.7", "203.0.113.9", 80, "GET", None, "/", None)]


@pytest.mark.parametrize(
    "values",
    [
        (),
        ("a",),
        ("a", "b"),
        ('"',),
        ("a", '"'),
        ('","',),
        ("\\",),
        ("\x00",),
        ("é", "b"),
        ("", ""),
        ('a","b', "c"),
    ],
)
def test_json_list_is_what_json_would_read(values: tuple[str, ...]) -> None:
    assert json.loads(json_list(values)) == list(values)


def test_packet_log_is_a_ring_of_the_newest(path: Path) -> None:
    with Writer(path, "eth0", packet_rows=10) as writer:
        for start in range(0, 40, 8):
            writer.write(Batch(packets=[samples.packet(sport=n) for n in range(start, start + 8)]))
        assert [row[0] for row in ask(path, "SELECT sport FROM packets ORDER BY id")] == list(range(30, 40))
        writer.write(Batch(packets=[samples.packet(sport=n, sample=4) for n in range(100)]))
    assert [row[0] for row in ask(path, "SELECT sport FROM packets ORDER BY id")] == list(range(90, 100))
    assert ask(path, "SELECT DISTINCT ts, sensor, src, dst, dport, proto, length, sample FROM packets") == [
        (T0, "eth0", "192.168.1.7", "203.0.113.9", 443, "tcp", 583, 4)
    ]


def test_packet_log_of_no_rows_keeps_none(path: Path) -> None:
    with Writer(path, "eth0", packet_rows=0) as writer:
        writer.write(Batch(packets=[samples.packet()]))
    assert one(path, "SELECT count(*) FROM packets") == 0


def test_baseline_row_is_renewed(writer: Writer, path: Path) -> None:
    row = BaselineRow(KEY, "203.0.113.9", 443, "tcp", None, True, T0, T0)
    writer.write(Batch(devices=[samples.device()], baseline=[row]))
    writer.write(
        Batch(
            baseline=[row._replace(service="example.com", learned=False, first_seen=T0 + 1, last_seen=T0 + 2)]
        )
    )
    assert ask(path, "SELECT * FROM baseline") == [
        (1, "203.0.113.9", 443, "tcp", "example.com", 0, T0, T0 + 2)
    ]


def test_status_and_its_minutes(writer: Writer, path: Path) -> None:
    before = time.time()
    writer.write(Batch(status=samples.status()))
    writer.write(
        Batch(status=samples.status(packets=160, bytes=90_000, dropped=3, undecoded=4, last_packet=T0 + 1))
    )
    writer.write(
        Batch(status=samples.status(packets=161, bytes=90_100, dropped=4, undecoded=4, last_packet=T0 + 60))
    )
    found = ask(
        path,
        "SELECT label, linktype, state, message, last_packet, packets, bytes, dropped, shed, evicted, counters FROM sensors",
    )
    assert found == [
        ("Home", 1, "running", None, T0 + 60, 161, 90_100, 4, 0, 1, '{"undecoded": {"truncated": 2}}')
    ]
    started, heartbeat = ask(path, "SELECT started, heartbeat FROM sensors WHERE name = 'eth0' AND pid > 0")[
        0
    ]
    assert before <= started <= heartbeat <= time.time() or abs(started - before) < 5
    minute = int(T0) // 60
    assert ask(path, "SELECT * FROM sensor_minute ORDER BY minute") == [
        ("eth0", minute, 160, 90_000, 3, 4),
        ("eth0", minute + 1, 1, 100, 1, 0),
    ]


def test_a_quiet_minute_of_a_live_sensor_is_a_row_too(writer: Writer, path: Path) -> None:
    writer.write(Batch(status=samples.status()))
    writer.write(Batch(status=samples.status()))
    minute, packets = ask(path, "SELECT minute, packets FROM sensor_minute ORDER BY minute")[-1]
    assert packets == 0 and abs(minute * 60 - time.time()) < 120


def test_a_replay_has_no_minutes_but_those_of_its_packets(path: Path) -> None:
    with Writer(path, "replay") as writer:
        writer.write(
            Batch(status=samples.status(packets=0, bytes=0, dropped=0, undecoded=0, last_packet=None))
        )
        writer.write(Batch(status=samples.status()))
    assert ask(path, "SELECT sensor, minute FROM sensor_minute") == [("replay", int(T0) // 60)]


def test_counters_that_start_again_are_a_new_run(writer: Writer, path: Path) -> None:
    for packets in (100, 150, 20):
        writer.write(Batch(status=samples.status(packets=packets)))
    assert one(path, "SELECT sum(packets) FROM sensor_minute") == 170


def test_growth_is_counted_once_when_a_write_fails(path: Path) -> None:
    with Writer(path, "eth0") as writer:
        bad = Batch(status=samples.status(packets=150), tls=[samples.tls(sni="\ud800")])
        writer.write(Batch(status=samples.status()))
        for _ in range(2):
            with pytest.raises(UnicodeEncodeError):
                writer.write(bad)
        writer.write(Batch(status=samples.status(packets=150)))
    assert one(path, "SELECT sum(packets) FROM sensor_minute") == 150


def test_health_remembers_since_when(writer: Writer, path: Path) -> None:
    writer.write(Batch(health=[HealthRow("disk", "space", "ok", "fine", None)]))
    first = one(path, "SELECT since FROM health")
    time.sleep(0.01)
    writer.write(Batch(health=[HealthRow("disk", "space", "ok", "finer", "x")]))
    level, message, fix, since, updated = ask(path, "SELECT level, message, fix, since, updated FROM health")[
        0
    ]
    assert (level, message, fix, since) == ("ok", "finer", "x", first) and updated > first
    writer.write(Batch(health=[HealthRow("disk", "space", "alarm", "full", None)]))
    assert one(path, "SELECT since FROM health") > first


def test_another_home_device_is_a_peer_by_its_row(writer: Writer, path: Path) -> None:
    writer.write(
        Batch(
            devices=[samples.device(), samples.device(OTHER)],
            flows=[samples.flow(peer_key=f"mac:{OTHER[1]}")],
        )
    )
    assert one(path, "SELECT peer FROM edge_hour") == "device:2"


def test_a_row_about_a_device_without_its_own_row_makes_one(writer: Writer, path: Path) -> None:
    writer.write(Batch(flows=[samples.flow()]))
    assert ask(path, "SELECT network, mac, randomised, first_seen FROM devices") == [(*KEY, 1, T0)]
    writer.write(Batch(devices=[samples.device(first_seen=T0 + 3)]))
    assert ask(path, "SELECT id, name, first_seen FROM devices") == [(1, "phone", T0)]


def test_a_flow_that_belongs_to_nobody_at_home_is_kept_without_edge(writer: Writer, path: Path) -> None:
    writer.write(Batch(flows=[samples.flow(device=None)]))
    assert one(path, "SELECT count(*) FROM flows WHERE device IS NULL") == 1
    assert one(path, "SELECT count(*) FROM edge_hour") == 0


def test_a_device_that_was_removed_meanwhile_comes_back_under_a_new_number(
    writer: Writer, path: Path
) -> None:
    writer.write(Batch(devices=[samples.device()]))
    db = sqlite3.connect(path)
    db.execute("DELETE FROM devices")
    db.commit()
    db.close()
    writer.write(Batch(addresses=[AddressRow(KEY, "192.168.1.7", T0, T0)]))
    assert ask(path, "SELECT id, mac FROM devices") == [(2, KEY[1])]


def test_a_batch_that_fails_leaves_nothing_and_can_be_mended(writer: Writer, path: Path) -> None:
    batch = Batch(
        devices=[samples.device()],
        flows=[samples.flow()],
        findings=[(samples.finding(), KEY, 60.0)],
        http=[samples.http(path="\ud800")],
    )
    with pytest.raises(UnicodeEncodeError):
        writer.write(batch)
    assert all(
        one(path, f"SELECT count(*) FROM {table}") == 0
        for table in ("devices", "flows", "edge_hour", "alerts")
    )
    batch.http.clear()
    writer.write(batch)
    assert all(
        one(path, f"SELECT count(*) FROM {table}") == 1
        for table in ("devices", "flows", "edge_hour", "alerts")
    )


def test_a_deleted_file_is_made_anew(writer: Writer, path: Path) -> None:
    writer.write(Batch(devices=[samples.device()]))
    for name in path.parent.glob("s.db*"):
        name.unlink()
    writer.write(Batch(devices=[samples.device(OTHER)], flows=[samples.flow()]))
    assert ask(path, "SELECT mac FROM devices ORDER BY id") == [(OTHER[1],), (KEY[1],)]
    (level, message) = ask(path, "SELECT level, message FROM health WHERE component = 'database'")[0]
    assert level == "alarm" and "deleted or replaced at" in message


def test_a_file_that_was_closed_or_mended_is_not_told_as_lost(writer: Writer, path: Path) -> None:
    writer.write(Batch(status=samples.status()))
    writer.close()
    writer.write(Batch(devices=[samples.device()]))
    copy = path.with_name("copy.db")
    with sqlite3.connect(path) as old, sqlite3.connect(copy) as new:
        old.backup(new)
    copy.replace(path)
    for name in ("s.db-wal", "s.db-shm"):
        path.with_name(name).unlink(missing_ok=True)
    writer.write(Batch(devices=[samples.device(OTHER)]))
    assert ask(path, "SELECT count(*) FROM devices") == [(2,)]
    assert ask(path, "SELECT * FROM health WHERE component = 'database'") == []


def test_what_a_sensor_loads(writer: Writer) -> None:
    row = BaselineRow(KEY, "203.0.113.9", 443, "tcp", "example.com", True, T0, T0)
    batch = Batch(
        devices=[
            samples.device(router=True),
            samples.device(OTHER, last_seen=T0 + 9),
            samples.device(("wlan0", KEY[1])),
        ],
        addresses=[AddressRow(KEY, "192.168.1.7", T0, T0 + 5), AddressRow(KEY, "fe80::1", T0, T0 + 1)],
        names=[NameRow(KEY, "dhcp", "phone", T0, T0 + 2), NameRow(KEY, "mdns", "phone.local", T0, T0 + 1)],
        traffic=[TrafficRow(KEY, 1, 1, 1, 1)],
        baseline=[row, row._replace(device=("wlan0", KEY[1]))],
    )
    writer.write(batch)
    db = sqlite3.connect(writer.path)
    db.execute(
        "INSERT INTO device_notes (network, mac, name, trust, note, changed) VALUES ('eth0', ?, 'Ann', 'trusted', NULL, 5)",
        KEY[1:],
    )
    db.commit()
    db.close()
    assert writer.known_devices() == [
        KnownDevice(OTHER, None, "unknown", False, T0, T0 + 9),
        KnownDevice(
            KEY,
            "Ann",
            "trusted",
            True,
            T0,
            T0,
            (("fe80::1", T0 + 1), ("192.168.1.7", T0 + 5)),
            (("mdns", "phone.local"), ("dhcp", "phone")),
        ),
    ]
    assert writer.known_baseline() == [row]
    assert [(g.key, g.name) for g in writer.given_names()] == [(KEY, "Ann")]
    assert writer.given_names(after=5) == []


def test_a_reset_voids_what_was_learned_before_it(writer: Writer, path: Path) -> None:
    row = BaselineRow(KEY, "203.0.113.9", 443, "tcp", None, True, T0, T0 + 50)
    writer.write(
        Batch(devices=[samples.device(), samples.device(OTHER)], baseline=[row, row._replace(device=OTHER)])
    )
    db = sqlite3.connect(path)
    db.execute("INSERT INTO baseline_resets (device, asked) VALUES (1, ?)", (T0 + 10,))
    db.commit()
    db.close()
    (reset,) = writer.baseline_resets()
    assert (reset.id, reset.device, reset.asked) == (1, KEY, T0 + 10)
    assert [b.device for b in writer.known_baseline()] == [OTHER]
    assert writer.baseline_resets(reset.id) == []
    writer.write(Batch(baseline=[row._replace(first_seen=T0 + 20)]))
    assert {b.device for b in writer.known_baseline()} == {KEY, OTHER}


def test_a_reset_asked_while_no_sensor_ran_counts_at_the_next_start(path: Path) -> None:
    with Writer(path, "eth0") as writer:
        writer.write(
            Batch(devices=[samples.device()], baseline=[BaselineRow(KEY, "a", 1, "tcp", None, True, T0, T0)])
        )
    db = sqlite3.connect(path)
    db.execute("INSERT INTO baseline_resets (device, asked) VALUES (1, ?)", (T0 + 10,))
    db.commit()
    db.close()
    with Writer(path, "eth0") as writer:
        assert writer.known_baseline() == []
