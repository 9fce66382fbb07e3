"""The whole pipeline on frames: what comes out, in which order, and what it survives."""

import logging
import random
import struct
from collections import Counter

import pytest

from analysis.blocklist import Blocklist
from analysis.config import Config
from analysis.store.writer import Writer
from sensors.assemble import engine_for
from sensors.demo import frames as make
from sensors.demo.evening import batch_of, evening
from sensors.engine import Engine
from sensors.honesty import status
from tests.sensors.frames import ACK, PSH, SYN, A, B, batch, conversation, ether, ipv4, tcp, udp
from tests.sensors.seeds import demo_frames, kinds, mutate

HOME, AWAY = "192.168.1.10", "203.0.113.5"


@pytest.fixture
def engine(tmp_path) -> Engine:
    return new_engine(tmp_path)


def new_engine(tmp_path, **config) -> Engine:
    tmp_path.mkdir(exist_ok=True)
    settings = Config(base=str(tmp_path), learning_hours=0, **config)
    with Writer(tmp_path / "sentinel.db", "test") as writer:
        return engine_for(settings, writer, Blocklist.open(settings), network="test", run=1)


def run(engine: Engine, frames, size: int = 10**6):
    for lo in range(0, len(frames), size):
        engine.feed(batch(frames[lo : lo + size]))
    engine.finish()
    return engine.take()


def test_a_telnet_session_becomes_rows_and_one_finding(engine):
    turns = [b"\xff\xfb\x18", b"user\r\n"], [b"\xff\xfd\x18login: ", b"Password: "]
    rows = run(engine, conversation(100.0, HOME, "192.168.1.20", 40000, 23, *turns))
    (flow,) = rows.flows
    assert (flow.client_ip, flow.server_ip, flow.port, flow.service) == (HOME, "192.168.1.20", 23, "telnet")
    assert (flow.state, flow.packets_up, flow.packets_down) == ("established", 5, 4)
    rules = Counter(finding.rule for finding, _, _ in rows.findings)
    assert rules["insecure-protocol"] >= 1
    assert {row.key[1] for row in rows.devices} == {A, B}


def test_a_dns_question_and_its_answer_are_one_row_and_name_the_address(engine):
    ask = udp(HOME, "192.168.1.1", 4000, 53, make.dns_query(7, "www.example.org"))
    reply = udp("192.168.1.1", HOME, 53, 4000, make.dns_answer(7, "www.example.org", [AWAY]), src=B, dst=A)
    frames = [(1.0, ask), (1.1, reply), *conversation(2.0, HOME, AWAY, 40000, 443, [b"x"], [b"y"])]
    rows = run(engine, frames)
    (dns,) = rows.dns
    assert (dns.name, dns.rcode, dns.answers, dns.client_ip) == ("www.example.org", "NOERROR", (AWAY,), HOME)
    assert [f.peer for f in rows.flows if f.port == 443] == ["www.example.org"]
    assert [f.peer_key for f in rows.flows if f.port == 443] == ["example.org"]


@pytest.mark.parametrize("isn", [1000, 2**32 - 1, 2**32 - 40])
@pytest.mark.parametrize("order", [(0, 1), (1, 0), (2, 1, 0)])
@pytest.mark.parametrize("fast_open", [False, True])
@pytest.mark.parametrize("begun_by", [SYN, SYN | ACK])
def test_a_hello_is_read_in_whatever_order_its_segments_come(tmp_path, isn, order, fast_open, begun_by):
    hello = make.client_hello("www.example.org", bytes(32))
    size = len(hello) // len(order) + 1
    parts = [(1 + at, hello[at : at + size]) for at in range(0, len(hello), size)]
    ends = (HOME, AWAY, 40000, 443)
    syn = struct.pack("!HHIIBBHHH", 443, 40000, 7, (isn + 1) % 2**32, 0x50, SYN | ACK, 8192, 0, 0)
    frames = [ether(ipv4(syn, AWAY, HOME, 6), src=B, dst=A)]
    if begun_by == SYN:
        frames = [tcp(*ends, SYN, parts.pop(0)[1] if fast_open else b"", isn), *frames]
    parts = [parts[n] for n in order if n < len(parts)]
    frames += [tcp(*ends, PSH | ACK, data, (isn + at) % 2**32) for at, data in parts]
    rows = run(new_engine(tmp_path), [(n / 10, frame) for n, frame in enumerate(frames)])
    assert [row.sni for row in rows.tls] == ["www.example.org"]


@pytest.mark.parametrize("name", ["mac:02:00:00:00:00:99", "device:1", "mac:"])
def test_a_server_that_calls_itself_a_device_is_its_address(engine, name):
    hello = make.client_hello(name, bytes(32))
    rows = run(engine, conversation(2.0, HOME, AWAY, 40000, 443, [hello], [b"y"], server_mac=B))
    (flow,) = rows.flows
    assert (flow.peer, flow.peer_key) == (name, AWAY)


@pytest.mark.parametrize("cut", [2, 16, 60, 1400])
def test_a_password_after_a_long_cookie_is_one_request_and_one_finding(engine, cut):
    head = (
        b"GET / HTTP/1.1\r\nHost: a.example\r\nCookie: "
        + b"a" * 1500
        + b"\r\nAuthorization: Basic eDp5\r\n\r\n"
    )
    rows = run(engine, conversation(2.0, HOME, AWAY, 40000, 80, [head[:cut], head[cut:]], []))
    assert [(row.method, row.path, row.host) for row in rows.http] == [("GET", "/", "a.example")]
    assert [finding.rule for finding, _, _ in rows.findings].count("clear-credentials") == 1


def test_traffic_of_a_device_is_the_sum_of_its_flows(engine):
    frames = conversation(
        60.0, HOME, AWAY, 40000, 443, [b"a" * 500], [b"b" * 900] * 3, server_mac="02:00:00:00:00:01"
    )
    rows = run(engine, frames)
    flow = rows.flows[0]
    mine = [t for t in rows.traffic if t.device[1] == A]
    assert (sum(t.bytes_up for t in mine), sum(t.bytes_down for t in mine)) == (
        flow.bytes_up,
        flow.bytes_down,
    )
    assert flow.delta_up == flow.bytes_up and flow.new


@pytest.mark.parametrize("size", [1, 10**6])
def test_traffic_counts_in_its_own_minute_however_much_comes_at_once(engine, size):
    times = (3590.0, 3605.0, 7300.0)
    rows = run(engine, [(ts, tcp(HOME, AWAY, 40000, 443, 0x18, b"z" * 100)) for ts in times], size)
    mine = Counter()
    for row in rows.traffic:
        if row.device[1] == A:
            mine[row.minute] += row.bytes_up
    assert mine == dict.fromkeys((59, 60, 121), 140)


def test_a_long_flow_is_told_while_it_lasts_and_its_bytes_once(engine):
    frames = conversation(0.0, HOME, AWAY, 40000, 443, [b"a"], [b"b"], close=False)
    frames += [(float(t), tcp(HOME, AWAY, 40000, 443, 0x18, b"z" * 100)) for t in range(5, 400, 5)]
    rows = run(engine, frames)
    assert [r.state for r in rows.flows[:-1]] == ["open"] * (len(rows.flows) - 1) and len(rows.flows) >= 3
    assert sum(r.delta_up for r in rows.flows) == rows.flows[-1].bytes_up
    assert [r.new for r in rows.flows] == [True] + [False] * (len(rows.flows) - 1)


def test_a_router_is_no_device(engine):
    router = "02:00:00:00:00:01"
    frames = []
    for n in range(4):
        frames += conversation(n, HOME, f"203.0.113.{n}", 40000 + n, 443, [b"a"], [b"b"], server_mac=router)
    rows = run(engine, frames)
    assert {r.key[1]: r.router for r in rows.devices if not r.router} == {A: False}


@pytest.mark.parametrize("size", [1, 7, 100, 10**6])
def test_results_do_not_depend_on_the_size_of_batches(tmp_path, size):
    frames = list(evening(1_700_000_000.0, hours=0.05, seed=2))[:3000]
    whole, parts = new_engine(tmp_path / "a"), new_engine(tmp_path / "b")
    expected, found = run(whole, frames), run(parts, frames, size)
    assert found.flows == expected.flows
    assert found.dns == expected.dns and found.tls == expected.tls and found.http == expected.http
    assert [f for f, _, _ in found.findings] == [f for f, _, _ in expected.findings]
    assert sorted(found.devices) == sorted(expected.devices)


def test_time_that_goes_backwards_moves_no_window(engine):
    frames = conversation(1000.0, HOME, AWAY, 1, 443, [b"a"], [b"b"]) + conversation(
        10.0, HOME, AWAY, 2, 443, [b"a"], [b"b"]
    )
    rows = run(engine, frames)
    assert len(rows.flows) == 2 and engine.now >= 1000.0


def test_what_cannot_be_decoded_is_counted_by_reason(engine):
    frames = [(1.0, b"\0" * 10), (1.0, b"\xff" * 14 + b"\x45" * 3), (1.0, make.ethernet(A, B, 0x88CC, b"x"))]
    run(engine, frames)
    told = status(engine, "running")
    assert told.packets == 3
    assert sum(told.counters["undecoded"].values()) == 3


@pytest.fixture(scope="module")
def seed_frames() -> list[bytes]:
    return kinds(demo_frames())


def test_a_hundred_thousand_mutated_packets_end_nothing(tmp_path, seed_frames, caplog):
    engine = new_engine(tmp_path)
    rng = random.Random(7)
    caplog.set_level(logging.ERROR)
    for n in range(100):
        frames = [(n + i / 1000, mutate(rng.choice(seed_frames), rng)) for i in range(1000)]
        engine.feed(batch_of(frames))
        engine.take()
    engine.finish()
    assert engine.packets == 100_000
    assert bugs(engine) == {} and not engine.pipeline.failures
    assert caplog.records == []


def test_every_frame_cut_at_every_byte_ends_nothing(tmp_path, seed_frames, caplog):
    engine = new_engine(tmp_path)
    caplog.set_level(logging.ERROR)
    total = 0
    for n, frame in enumerate(seed_frames):
        cuts = [(n + i / 10_000, frame[:i]) for i in range(len(frame))]
        total += len(cuts)
        engine.feed(batch_of(cuts))
        engine.take()
    engine.finish()
    assert engine.packets == total > 15_000
    assert bugs(engine) == {} and not engine.pipeline.failures
    assert caplog.records == []


def bugs(engine: Engine) -> dict[str, int]:
    failures = {**engine.failures, **engine.streams.failures}
    return {name: count for name, count in failures.items() if name.endswith("(bug)")}


def test_floods_of_new_flows_names_and_macs_stay_within_their_caps(engine):
    rng = random.Random(1)
    for n in range(30):
        frames = []
        for i in range(4000):
            mac = f"02:{n:02x}:{i >> 8:02x}:{i & 255:02x}:00:01"
            ip = f"10.{n}.{i >> 8}.{i & 255}"
            name = f"{rng.getrandbits(60):x}.example.org"
            frames.append(
                (
                    n + i / 4000,
                    udp(ip, "192.168.1.1", rng.randrange(1024, 65536), 53, make.dns_query(i, name), src=mac),
                )
            )
        engine.feed(batch(frames))
        engine.take()
    counters = status(engine, "running").counters["evicted"]
    assert counters["flows"] > 0 and counters["dns"] > 0 and counters["devices"] > 0
    assert len(engine.conversations.table) <= engine.conversations.table.capacity
