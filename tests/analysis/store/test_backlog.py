"""What is given up when the database does not follow, in which order, and what never is."""

from analysis.store.backlog import Backlog, compact, size, split
from analysis.store.rows import AddressRow, Batch, NameRow, TrafficRow, VolumeRow
from tests.analysis.store import samples
from tests.analysis.store.samples import KEY, T0


def drain(backlog: Backlog) -> Batch:
    whole = Batch()
    from analysis.store.backlog import extend

    while (batch := backlog.take(1_000_000)) is not None:
        extend(whole, batch)
    return whole


def test_batches_come_out_as_they_went_in() -> None:
    backlog = Backlog(8, 1_000)
    for n in range(5):
        assert backlog.put(Batch(http=[samples.http(path=str(n))], status=samples.status(packets=n)))
    assert backlog.rows == 5
    out = drain(backlog)
    assert [row.path for row in out.http] == list("01234")
    assert out.status is not None and out.status.packets == 4
    assert backlog.rows == 0 and backlog.take(10) is None


def test_more_batches_than_the_bound_join_the_newest() -> None:
    backlog = Backlog(3, 1_000)
    for n in range(10):
        assert backlog.put(Batch(http=[samples.http(path=str(n))]))
    assert len(backlog) == 3
    assert [row.path for row in drain(backlog).http] == list("0123456789")


def test_a_large_batch_is_taken_in_parts_devices_first() -> None:
    backlog = Backlog(3, 1_000)
    backlog.put(
        Batch(
            devices=[samples.device()],
            flows=[samples.flow(n) for n in range(100)],
            packets=[samples.packet()] * 7,
            status=samples.status(),
        )
    )
    sizes = []
    flows = []
    while (part := backlog.take(30)) is not None:
        sizes.append(size(part))
        flows += part.flows
        assert bool(part.devices) == (len(sizes) == 1) == (part.status is not None)
    assert sum(sizes) == 108 and max(sizes) <= 30
    assert [f.flow for f in flows] == list(range(100))


def test_split_leaves_the_rest() -> None:
    batch = Batch(dns=[samples.lookup()] * 10)
    assert len(split(batch, 4).dns) == 4 and len(batch.dns) == 6


def test_the_packet_log_goes_first() -> None:
    backlog = Backlog(8, 100)
    for _ in range(4):
        whole = backlog.put(
            Batch(
                packets=[samples.packet()] * 20,
                flows=[samples.flow(backlog.rows)],
                dns=[samples.lookup(name=str(backlog.rows))],
            )
        )
    assert whole and not backlog.put(
        Batch(packets=[samples.packet()] * 20, dns=[samples.lookup(name="last")])
    )
    assert set(backlog.shed) == {"packets"} and backlog.rows <= 75
    out = drain(backlog)
    assert len(out.flows) == 4 and len(out.dns) == 5


def test_then_rows_of_one_flow_become_one_without_loss() -> None:
    backlog = Backlog(8, 100)
    for turn in range(6):
        backlog.put(
            Batch(
                flows=[
                    samples.flow(
                        n, new=turn == 0, state="open", bytes_up=100 * (turn + 1), delta_up=100, delta_down=7
                    )
                    for n in range(20)
                ]
            )
        )
    assert backlog.shed.total() == 0
    out = drain(backlog)
    totals = {row.flow: (row.new, row.bytes_up, row.delta_up, row.delta_down) for row in out.flows if row.new}
    assert sum(row.delta_up for row in out.flows) == 6 * 20 * 100
    assert len(totals) == 20 and max(row.bytes_up for row in out.flows) == 600


def test_then_updates_of_open_flows_then_repeated_names() -> None:
    backlog = Backlog(8, 100)
    rows = [samples.flow(n, new=False, state="open") for n in range(40)] + [
        samples.flow(100 + n) for n in range(10)
    ]
    backlog.put(
        Batch(flows=rows, dns=[samples.lookup(name=f"{n % 5}.example.com", ts=T0 + n) for n in range(60)])
    )
    assert backlog.shed == {"flows": 40}
    backlog.put(Batch(dns=[samples.lookup(name=f"{n % 5}.example.com", ts=T0 + n) for n in range(60)]))
    assert backlog.shed == {"flows": 40, "dns": 115}
    out = drain(backlog)
    assert len(out.flows) == 10 and sorted(row.name for row in out.dns) == [
        f"{n}.example.com" for n in range(5)
    ]
    assert [row.ts for row in out.dns] == [T0 + n for n in range(5)]


def test_the_oldest_detail_goes_last_and_memory_stays_bounded() -> None:
    backlog = Backlog(8, 100)
    for turn in range(50):
        backlog.put(
            Batch(
                dns=[samples.lookup(name=f"{turn}-{n}") for n in range(50)],
                flows=[samples.flow(turn * 50 + n) for n in range(50)],
            )
        )
        assert backlog.rows <= 100
    out = drain(backlog)
    assert backlog.shed.total() + size(out) == 5_000
    assert out.flows[-1].flow == 2_499


def test_findings_devices_and_status_are_never_shed() -> None:
    backlog = Backlog(4, 50)
    for turn in range(40):
        backlog.put(
            Batch(
                devices=[
                    samples.device(("eth0", f"02:00:00:00:00:{n:02x}"), last_seen=T0 + turn)
                    for n in range(20)
                ],
                addresses=[AddressRow(KEY, f"192.168.1.{n}", T0 + turn, T0 + turn) for n in range(5)],
                names=[NameRow(KEY, "mdns", "phone", T0 + turn, T0 + turn)],
                traffic=[TrafficRow(KEY, 5, 1, 2, 3)],
                findings=[(samples.finding(T0 + turn, key=f"k{n}"), KEY, 3_600.0) for n in range(3)],
                dns=[samples.lookup(name=f"{turn}-{n}") for n in range(30)],
                status=samples.status(packets=turn, dropped=turn),
            )
        )
    out = drain(backlog)
    compact(out)
    assert set(backlog.shed) == {"dns"}
    assert len(out.devices) == 20 and {row.last_seen for row in out.devices} == {T0 + 39}
    assert out.names == [NameRow(KEY, "mdns", "phone", T0, T0 + 39)]
    assert out.addresses[0] == AddressRow(KEY, "192.168.1.0", T0, T0 + 39)
    assert out.traffic == [TrafficRow(KEY, 5, 40, 80, 120)]
    assert sum(finding.times for finding, _, _ in out.findings) == 120
    assert out.status is not None and out.status.dropped == 39


def test_compact_device_keeps_what_was_known() -> None:
    batch = Batch(
        devices=[
            samples.device(),
            samples.device(
                name=None, name_source=None, vendor=None, ip="192.168.1.9", router=True, last_seen=T0 + 1
            ),
        ]
    )
    compact(batch)
    assert batch.devices == [samples.device(ip="192.168.1.9", router=True, last_seen=T0 + 1)]


def test_compact_keeps_the_newest_total_of_an_hour() -> None:
    batch = Batch(volumes=[VolumeRow(KEY, hour, size, 1) for hour, size in ((7, 5), (8, 1), (7, 9))])
    compact(batch)
    assert batch.volumes == [VolumeRow(KEY, 7, 9, 1), VolumeRow(KEY, 8, 1, 1)]
