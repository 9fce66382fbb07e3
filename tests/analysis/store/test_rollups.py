"""Sums in the roll-ups equal sums over the rows, whatever the rows."""

import random
from pathlib import Path

import pytest

from analysis.store import rollups
from analysis.store.queries.charts import REST
from analysis.store.reader import Reader
from analysis.store.rows import Batch, TrafficRow
from analysis.store.writer import Writer
from tests.analysis.store import samples
from tests.analysis.store.samples import KEY, OTHER, T0, ask, one

KEYS = (KEY, OTHER, ("eth0", "02:00:00:00:00:03"))


def random_batches(rnd: random.Random) -> list[Batch]:
    """Flows over three days, most in several rows, some of nobody; look-ups; traffic."""
    batches = [Batch() for _ in range(12)]
    for number in range(300):
        last, total = T0 + rnd.uniform(0, 3 * 86_400), [0, 0]
        key = rnd.choice((*KEYS, None))
        port = rnd.choice((53, 443))
        peer = rnd.choice(("example.com", "203.0.113.1", f"mac:{OTHER[1]}"))
        for part, batch in enumerate(sorted(rnd.sample(range(12), rnd.randint(1, 4)))):
            up, down = rnd.randint(0, 10_000), rnd.randint(0, 100_000)
            total = [total[0] + up, total[1] + down]
            last += rnd.uniform(0, 3_000)
            row = samples.flow(
                number,
                device=key,
                peer_key=peer,
                port=port,
                last_seen=last,
                new=part == 0,
                delta_up=up,
                delta_down=down,
                bytes_up=total[0],
                bytes_down=total[1],
            )
            batches[batch].flows.append(row)
    for batch in batches:
        for _ in range(40):
            batch.dns.append(
                samples.lookup(
                    device=rnd.choice((*KEYS, None)),
                    ts=T0 + rnd.uniform(0, 9_000),
                    rcode=rnd.choice(("NOERROR", "NXDOMAIN", None)),
                    blocked_by=rnd.choice((None, None, "own")),
                )
            )
            batch.traffic.append(
                TrafficRow(
                    rnd.choice(KEYS),
                    int(T0) // 60 + rnd.randrange(200),
                    rnd.randrange(999),
                    rnd.randrange(999),
                    rnd.randrange(9),
                )
            )
    return batches


@pytest.mark.parametrize("seed", range(8))
def test_sums_agree_with_the_rows(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "s.db"
    batches = random_batches(random.Random(seed))
    with Writer(path, "eth0") as writer:
        for batch in batches:
            writer.write(batch)
    assert ask(
        path,
        "SELECT device, port, sum(flows), sum(bytes_up), sum(bytes_down) FROM edge_hour GROUP BY 1, 2 ORDER BY 1, 2",
    ) == ask(
        path,
        "SELECT device, port, count(*), sum(bytes_up), sum(bytes_down) FROM flows WHERE device IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2",
    )
    assert ask(
        path,
        "SELECT hour / 24, device, peer, port, proto, sum(flows), sum(bytes_up), sum(bytes_down) FROM edge_hour GROUP BY 1, 2, 3, 4, 5",
    ) == ask(path, "SELECT * FROM edge_day ORDER BY 1, 2, 3, 4, 5")
    deltas = [row for batch in batches for row in batch.flows if row.device]
    assert ask(path, "SELECT sum(flows), sum(bytes_up), sum(bytes_down) FROM edge_day") == [
        (sum(r.new for r in deltas), sum(r.delta_up for r in deltas), sum(r.delta_down for r in deltas))
    ]
    assert one(path, "SELECT sum(bytes_up) FROM flows WHERE device IS NOT NULL") == sum(
        r.delta_up for r in deltas
    )
    assert ask(path, "SELECT * FROM dns_hour ORDER BY 1, 2") == ask(
        path,
        "SELECT CAST(ts AS INTEGER) / 3600, device, count(*), count(blocked_by), count(*) FILTER (WHERE rcode <> 'NOERROR')"
        " FROM dns WHERE device IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2",
    )
    sent = [row for batch in batches for row in batch.traffic]
    for table in ("traffic_minute", "traffic_hour"):
        assert ask(path, f"SELECT sum(bytes_up), sum(bytes_down), sum(packets) FROM {table}") == [
            tuple(sum(r[n] for r in sent) for n in (2, 3, 4))
        ]
    assert ask(
        path, "SELECT device, minute / 60, sum(bytes_up) FROM traffic_minute GROUP BY 1, 2 ORDER BY 1, 2"
    ) == ask(path, "SELECT device, hour, bytes_up FROM traffic_hour ORDER BY 1, 2")


def test_an_hour_of_too_many_edges_keeps_the_sums(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollups, "EDGES_AN_HOUR", 100)
    path = tmp_path / "s.db"
    with Writer(path, "eth0") as writer:
        for start in (0, 200):
            writer.write(
                Batch(
                    flows=[
                        samples.flow(n, port=n + 1, peer_key="203.0.113.1") for n in range(start, start + 200)
                    ]
                )
            )
    assert one(path, "SELECT count(*) FROM edge_hour") == 101
    assert ask(path, "SELECT flows, bytes_up FROM edge_hour WHERE peer = 'other' AND port = 0") == [
        (300, 300 * 1_500)
    ]
    assert one(path, "SELECT sum(flows) FROM edge_day") == 400


def test_traffic_by_whole_hours_is_the_same_from_both_roll_ups(tmp_path: Path) -> None:
    first = 29_000_000 // 60 * 60
    rows = [
        TrafficRow(("eth0", f"02:00:00:00:00:0{n % 3}"), first + n * 7, 10 + n, 100 + n, 2)
        for n in range(200)
    ]
    with Writer(tmp_path / "s.db", "eth0") as writer:
        writer.write(Batch(traffic=rows))
    reader = Reader(tmp_path / "s.db")
    for since, step in ((first, 60), (first + 120, 60), (first, 180)):
        by_hour = reader.traffic_over_time(since, step)
        plain = reader.rows(
            "SELECT minute / ?1 * ?1 AS minute, SUM(bytes_up) AS bytes_up, SUM(bytes_down) AS bytes_down"
            " FROM traffic_minute WHERE minute >= ?2 GROUP BY 1 ORDER BY 1",
            (step, since),
        )
        assert by_hour == plain
        assert sum(row["bytes_up"] for row in by_hour) == sum(
            row.bytes_up for row in rows if row.minute >= since
        )
    assert reader.traffic_over_time(first + 7, 60)[0]["bytes_up"] == sum(
        row.bytes_up for row in rows if first + 7 <= row.minute < first + 60
    )


@pytest.fixture
def charted(tmp_path: Path) -> Reader:
    """Traffic and flows of three devices over a week."""
    rnd, hour = random.Random(5), int(T0 // 3600)
    keys = [("eth0", f"02:00:00:00:00:0{n}") for n in range(3)]
    with Writer(tmp_path / "charts.db", "eth0") as writer:
        for part in range(4):
            batch = Batch()
            for n in range(300):
                at, key = hour + rnd.randrange(168), rnd.choice(keys)
                up, down = rnd.randrange(1, 10_000), rnd.randrange(1, 90_000)
                batch.traffic.append(TrafficRow(key, at * 60 + rnd.randrange(60), up, down, 3))
                name = f"site{min(rnd.randrange(30), rnd.randrange(30))}.example"
                batch.flows.append(
                    samples.flow(part * 300 + n, device=key, peer_key=name, last_seen=at * 3600.0 + 5.0,
                                 new=True, delta_up=up, delta_down=down)
                )  # fmt: skip
            writer.write(batch)
    return Reader(tmp_path / "charts.db")


@pytest.mark.parametrize("device", [None, 2])
@pytest.mark.parametrize("step", [1, 6, 25])
def test_bytes_of_a_device_by_steps_are_the_sums_of_its_hours(
    charted: Reader, device: int | None, step: int
) -> None:
    since = int(T0 // 3600) + 3
    plain: dict[tuple[int, int], int] = {}
    for at, number, size in charted.table(
        "SELECT hour, device, bytes_up + bytes_down FROM traffic_hour WHERE hour >= ?", (since,)
    )[1]:
        if device in (None, number):
            bar = since + (at - since) // step * step
            plain[bar, number] = plain.get((bar, number), 0) + size
    found = charted.traffic_by_device(since, device, step)
    assert {(row["hour"], row["device"]): row["value"] for row in found} == plain


@pytest.mark.parametrize("device", [None, 2])
@pytest.mark.parametrize("hours", [24, 168])
def test_the_largest_destinations_and_the_rest_are_all_bytes(
    charted: Reader, device: int | None, hours: int
) -> None:
    since = int(T0 // 3600) + 168 - hours
    every = charted.traffic_by_peer(since, device)
    rows = "edge_hour WHERE hour >= ?1" if hours == 24 else "edge_day WHERE day >= ?1 / 24"
    hour = "hour" if hours == 24 else "max(day * 24, ?1)"
    asked = charted.table(
        f"SELECT {hour}, peer, SUM(bytes_up + bytes_down) FROM {rows} AND (?2 IS NULL OR device = ?2)"
        " GROUP BY 1, 2 ORDER BY 1, 2",
        (since, device),
    )[1]
    assert [(row["hour"], row["peer"], row["value"]) for row in every] == asked
    totals: dict[str, int] = {}
    for row in every:
        totals[row["name"]] = totals.get(row["name"], 0) + row["value"]
    largest = set(sorted(totals, key=lambda name: (-totals[name], name))[:5])
    plain: dict[tuple[int, str], int] = {}
    for row in every:
        key = (row["hour"], row["name"] if row["name"] in largest else REST)
        plain[key] = plain.get(key, 0) + row["value"]
    found = charted.traffic_by_peer(since, device, most=5)
    assert {(row["hour"], row["name"]): row["value"] for row in found} == plain
    assert len({row["name"] for row in found}) == 6
