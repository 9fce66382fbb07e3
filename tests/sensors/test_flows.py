"""The flow table against a dictionary of flows, packet by packet."""

import random
from dataclasses import fields
from ipaddress import ip_address
from itertools import pairwise
from struct import pack

import numpy as np
import pytest

from sensors import flow_keys
from sensors.decode import decode
from sensors.flow_columns import COLUMNS, ZERO
from sensors.flow_groups import Groups
from sensors.flow_keys import begun_by
from sensors.flow_traffic import Traffic
from sensors.flows import (
    ATTEMPT_TIMEOUT,
    CLOSED_TIMEOUT,
    OTHER_TIMEOUT,
    STREAM_PACKETS,
    FlowTable,
    FlowUpdate,
)
from sensors.packets import PacketTable
from tests.sensors.frames import ACK, PSH, RST, SYN, batch, conversation, tcp, udp

HOME, AWAY = "192.168.1.10", "203.0.113.5"


def feed(table: FlowTable, frames):
    packets = decode(batch(frames))
    return table.update(packets, 0, len(frames)), packets


def only(table: FlowTable) -> dict:
    (row,) = table.all_rows()
    return {name: column[row].item() for name, column in table.col.items()}


def test_both_directions_are_one_flow_and_the_syn_sender_is_its_client():
    table = FlowTable()
    update, _ = feed(table, conversation(10.0, HOME, AWAY, 40000, 443, [b"hello"], [b"world!!"]))
    flow = only(table)
    assert (flow["client_port"], flow["server_port"], flow["proto"]) == (40000, 443, 6)
    assert (flow["packets_up"], flow["packets_down"]) == (4, 3)
    assert (flow["bytes_up"], flow["bytes_down"]) == (4 * 40 + 5, 3 * 40 + 7)
    assert (flow["payload_up"], flow["payload_down"]) == (1, 1)
    assert flow["syn"] and flow["answered"]
    assert update.up.tolist() == [True, False, True, True, False, True, False]
    assert np.flatnonzero(update.early).tolist() == [3, 4]


def test_a_flow_is_answered_once_by_the_first_packet_of_its_server():
    table = FlowTable()
    frames = conversation(10.0, HOME, AWAY, 40000, 443, [b"hello"], [b"world"])
    first, _ = feed(table, frames[:2])
    second, _ = feed(table, frames[2:5])
    third, _ = feed(table, frames[5:])
    assert [len(u.answered) for u in (first, second, third)] == [0, 1, 0]


@pytest.mark.parametrize(
    "flags, answered",
    [
        ([(True, SYN)], False),
        ([(True, SYN), (False, RST | ACK)], False),
        ([(True, SYN), (False, SYN | ACK), (True, RST)], False),
        ([(True, SYN), (False, SYN | ACK), (True, RST | ACK)], False),
        ([(True, SYN), (False, SYN | ACK), (True, ACK)], True),
        ([(True, SYN), (False, SYN | ACK), (True, ACK), (True, RST | ACK)], True),
    ],
)
@pytest.mark.parametrize("one_by_one", [False, True])
def test_a_probe_is_no_answer_however_the_packets_are_batched(flags, answered, one_by_one):
    table = FlowTable()
    frames = [
        (1.0 + n, tcp(HOME, AWAY, 5000, 23, f) if up else tcp(AWAY, HOME, 23, 5000, f))
        for n, (up, f) in enumerate(flags)
    ]
    for part in [[f] for f in frames] if one_by_one else [frames]:
        feed(table, part)
    assert only(table)["answered"] is answered


@pytest.mark.parametrize(
    "first, client_port",
    [
        (tcp(AWAY, HOME, 1883, 55000, PSH | ACK, b"x"), 55000),  # MQTT joined in its middle
        (tcp(HOME, AWAY, 55000, 1883, PSH | ACK, b"x"), 55000),
        (tcp(AWAY, HOME, 443, 55000, SYN | ACK), 55000),
        (tcp(HOME, AWAY, 513, 1023, PSH | ACK, b"x"), 1023),
        (udp(AWAY, HOME, 53, 40000), 40000),
        (udp(HOME, AWAY, 40000, 53), 40000),
        (udp(HOME, "224.0.0.251", 5353, 5353), 5353),
    ],
)
def test_without_a_handshake_the_server_like_port_is_the_server(first, client_port):
    table = FlowTable()
    feed(table, [(1.0, first)])
    assert only(table)["client_port"] == client_port


def test_flows_end_after_the_silence_that_fits_them():
    table = FlowTable()
    frames = conversation(0.0, HOME, AWAY, 1, 443, [b"a"], [b"b"])
    frames += [(0.0, udp(HOME, AWAY, 2, 53)), (0.0, tcp(HOME, AWAY, 3, 80, SYN))]
    frames += conversation(0.0, HOME, AWAY, 4, 443, [b"a"], [b"b"], close=False)
    feed(table, sorted(frames, key=lambda f: f[0]))
    ends = [
        sorted(table.col["client_port"][table.idle(t)].tolist())
        for t in (CLOSED_TIMEOUT, CLOSED_TIMEOUT + 1, ATTEMPT_TIMEOUT + 1, OTHER_TIMEOUT + 1, 400)
    ]
    assert ends == [[], [1], [1, 3], [1, 2, 3], [1, 2, 3, 4]]


def reuses(table: FlowTable, packets: PacketTable, lo: int, hi: int) -> tuple[list[int], int | None]:
    """The client ports of the flows that end now, and the cut."""
    over, cut = table.reused(packets, lo, hi)
    return table.col["client_port"][over].tolist(), cut


def test_endpoints_that_are_used_again_are_cut_where_the_new_connection_begins():
    table = FlowTable()
    first = conversation(0.0, HOME, AWAY, 5, 21, [b"a"], [b"b"])
    again = conversation(1.0, HOME, AWAY, 5, 21, [b"a"], [b"b"])
    packets = decode(batch(first + again))
    end = len(first + again)
    assert reuses(table, packets, 0, end) == ([], len(first))
    table.update(packets, 0, len(first))
    assert reuses(table, packets, len(first), end) == ([5], None)
    gone = table.remove(table.reused(packets, len(first), end).over)
    assert gone["packets_up"].tolist() == [4]
    assert reuses(table, packets, len(first), end) == ([], None)
    table.update(packets, len(first), end)
    assert table.started == 2


def test_many_reopened_connections_need_no_cut_but_where_the_old_one_still_speaks():
    table = FlowTable()
    ports = [7, 5, 6]
    old = [frame for port in (5, 6, 7) for frame in conversation(0.0, HOME, AWAY, port, 21, [b"a"], [b"b"])]
    table.update(decode(batch(old)), 0, len(old))
    new = [frame for port in ports for frame in conversation(1.0, HOME, AWAY, port, 21, [b"a"], [b"b"])]
    assert reuses(table, decode(batch(new)), 0, len(new)) == (ports, None)
    late = [(0.9, tcp(HOME, AWAY, 6, 21, ACK))]
    packets = decode(batch(late + new))
    opens = 1 + 2 * len(new) // 3
    assert reuses(table, packets, 0, len(new) + 1) == ([7, 5], opens)
    assert reuses(table, packets, 1, len(new) + 1) == (ports, None)


def test_a_retransmitted_syn_is_the_same_connection():
    table = FlowTable()
    frames = [(float(n), tcp(HOME, AWAY, 5, 21, SYN)) for n in range(3)]
    packets = decode(batch(frames))
    assert reuses(table, packets, 0, 3) == ([], None)
    table.update(packets, 0, 3)
    assert only(table)["packets_up"] == 3


def test_a_full_table_pushes_out_the_longest_silent_and_counts_them():
    table = FlowTable(capacity=1024)
    kept = [(1e6, udp(HOME, AWAY, 9, 9))]
    for n in range(0, 5000, 500):
        frames = [(float(n + i), udp(HOME, AWAY, 1024 + n + i, 7)) for i in range(500)]
        packets = decode(batch(kept + frames))
        table.room_for(501)
        table.update(packets, 0, 501)
    assert len(table) <= 1024
    assert table.evicted == 5001 - len(table)
    assert 9 in table.col["client_port"][table.all_rows()].tolist()


def test_a_flood_of_single_packets_pushes_out_no_conversation():
    table = FlowTable(capacity=1024)
    talks = [(0.0, udp(HOME, AWAY, 1 + n % 400, 7)) for n in range(800)]
    table.room_for(800)
    feed(table, talks)
    for n in range(0, 6000, 200):
        table.room_for(200)
        feed(table, [(1.0 + n + i, udp(HOME, AWAY, 1024 + n + i, 7)) for i in range(200)])
    ports = table.col["client_port"][table.all_rows()]
    assert sorted(ports[ports <= 400].tolist()) == list(range(1, 401))
    assert len(table) <= 400 + table.attempts
    assert table.evicted == 6400 - len(table)
    newest = sorted(ports[ports > 400].tolist())
    assert newest == list(range(1024 + 6000 - len(newest), 1024 + 6000))


def test_only_the_first_payload_packets_of_a_flow_are_early():
    table = FlowTable()
    frames = conversation(0.0, HOME, AWAY, 5, 443, [b"x"] * 90, [], close=False)
    update, _ = feed(table, frames)
    assert np.flatnonzero(update.early).tolist() == list(range(3, 3 + STREAM_PACKETS))
    later, _ = feed(table, [(9.0, tcp(HOME, AWAY, 5, 443, PSH | ACK, b"x"))])
    assert not later.early.any()


@pytest.mark.parametrize("seed", range(5))
def test_counts_equal_a_dictionary_of_flows_whatever_the_batches(seed):
    rng = random.Random(seed)
    frames = []
    for n in range(3000):
        client, port = f"10.0.0.{rng.randrange(20)}", 1024 + rng.randrange(50)
        payload = b"x" * rng.randrange(30)
        make = rng.choice(
            [lambda a, b, s, d: udp(a, b, s, d, payload), lambda a, b, s, d: tcp(a, b, s, d, ACK, payload)]
        )
        ends = (client, AWAY, port, 443) if rng.random() < 0.5 else (AWAY, client, 443, port)
        frames.append((n / 100, make(*ends)))
    expected: dict[tuple, list[int]] = {}
    packets = decode(batch(frames))
    for i in range(len(frames)):
        src = (packets.src_lo[i].item(), packets.sport[i].item())
        dst = (packets.dst_lo[i].item(), packets.dport[i].item())
        up = src[1] != 443
        key = (src, dst, packets.proto[i].item()) if up else (dst, src, packets.proto[i].item())
        counts = expected.setdefault(key, [0, 0, 0, 0])
        counts[0 if up else 1] += 1
        counts[2 if up else 3] += packets.ip_len[i].item()
    table, lo = FlowTable(), 0
    while lo < len(frames):
        hi = min(len(frames), lo + rng.randrange(1, 700))
        table.update(packets, lo, hi)
        lo = hi
    col, rows = table.col, table.all_rows()
    found = {
        ((int(col["client_lo"][r]), int(col["client_port"][r])), (int(col["server_lo"][r]), int(col["server_port"][r])), int(col["proto"][r])):
        [int(col[c][r]) for c in ("packets_up", "packets_down", "bytes_up", "bytes_down")]
        for r in rows
    }  # fmt: skip
    assert found == expected


def test_a_flow_is_the_same_whatever_else_is_in_the_batch():
    """IPv4 beside IPv6, ARP and fragments, and alone."""
    ours = conversation(10.0, HOME, AWAY, 40000, 443, [b"hello"], [b"world!!"])
    sides = ip_address("fe80::1").packed + ip_address("ff02::fb").packed
    six = bytes(12) + b"\x86\xdd" + pack(">IHBB", 6 << 28, 9, 17, 1) + sides + pack(">4Hx", 5353, 5353, 9, 0)
    other = [(10.0, six), (10.0, bytes(12) + b"\x08\x06" + bytes(28))]
    table = FlowTable()
    feed(table, ours[:2])
    feed(table, other + ours[2:4])
    feed(table, ours[4:])
    assert sorted(table.col["packets_up"][table.all_rows()].tolist()) == [1, 4]


@pytest.mark.parametrize("count", [1, 2, 3, 500, 4096, 4097])
@pytest.mark.parametrize("kinds", [1, 7, 5000])
@pytest.mark.parametrize("alike", [False, True])
def test_packets_are_grouped_by_their_keys_in_their_order(count, kinds, alike):
    """Also where the keys differ only in bits that make room for the packets' numbers."""
    rng = np.random.default_rng(count * kinds)
    keys = rng.integers(0, 2**64, kinds, np.uint64)
    if alike:
        keys = np.arange(kinds, dtype=np.uint64) % np.uint64(8)
    key = keys[rng.integers(0, kinds, count)]
    wanted: dict[int, list[int]] = {}
    for number, each in enumerate(key.tolist()):
        wanted.setdefault(each, []).append(number)
    groups = Groups.by_key(key)
    parts = np.split(groups.order, groups.begin[1:])
    assert dict(zip(groups.key.tolist(), (part.tolist() for part in parts), strict=True)) == wanted
    assert groups.first.tolist() == [wanted[each][0] for each in groups.key.tolist()]
    assert groups.last().tolist() == [wanted[each][-1] for each in groups.key.tolist()]
    bounds = np.unique([0, count // 3, count // 2, count])
    within = Groups.by_key(key, bounds)
    alone = [(Groups.by_key(key[lo:hi]), lo) for lo, hi in pairwise(bounds.tolist())]
    assert within.order.tolist() == [n + lo for groups, lo in alone for n in groups.order.tolist()]
    assert within.key.tolist() == [each for groups, _ in alone for each in groups.key.tolist()]


def test_a_new_flow_fills_every_column():
    packets = decode(batch(conversation(0.0, HOME, AWAY, 1, 443, [b"a"], [b"b"])))
    filled = {*begun_by(packets, np.arange(1)), *ZERO, "serial"}
    assert filled == set(COLUMNS)


@pytest.mark.parametrize("bounds", [[0, 200], [0, 1, 2, 90, 91, 170, 200], [100, 150, 200]])
def test_ranges_that_are_summed_ahead_give_what_they_give_alone(bounds):
    rng = random.Random(len(bounds))
    frames = [(60.0, bytes(12) + b"\x08\x06" + bytes(28))] * 40
    for port in range(20):
        frames += conversation(float(port), HOME, AWAY, 5000 + port % 7, 443, [b"x"] * 2, [b"yy"])
    rng.shuffle(frames)
    packets = decode(batch(frames))
    ahead, alone = FlowTable(), FlowTable()
    traffic = Traffic(packets, bounds)
    for lo, hi in pairwise(bounds):
        assert traffic.part(lo, hi + 1) is None
        one, other = ahead.update(packets, lo, hi, traffic), alone.update(packets, lo, hi)
        for field in fields(FlowUpdate):
            assert sorted(getattr(one, field.name).tolist()) == sorted(getattr(other, field.name).tolist())
        assert one.up.tolist() == other.up.tolist() and one.early.tolist() == other.early.tolist()
    rows = ahead.all_rows(), alone.all_rows()
    for name in COLUMNS:
        assert ahead.col[name][rows[0]].tolist() == alone.col[name][rows[1]].tolist(), name


def test_no_flow_hangs_on_how_endpoints_are_hashed(monkeypatch):
    rng = random.Random(7)
    frames = [
        f
        for port in range(90)
        for f in conversation(port / 9, HOME, AWAY, 5000 + port % 70, 443, [b"x"], [b"y"])
    ]
    rng.shuffle(frames)
    told = []
    for seed in range(3):
        fresh = np.random.default_rng(seed).integers(1 << 63, 1 << 64, 6, np.uint64) | np.uint64(1)
        monkeypatch.setattr(flow_keys, "_K", fresh)
        table, packets = FlowTable(), decode(batch(frames))
        updates = [table.update(packets, lo, hi) for lo, hi in ((0, 77), (77, len(frames)))]
        rows = table.all_rows()
        columns = [table.col[name][rows].tolist() for name in COLUMNS if name not in ("hash", "client_half")]
        in_order = [
            (u.start_at.tolist(), u.answer_at.tolist(), u.up.tolist(), u.early.tolist()) for u in updates
        ]
        told.append((columns, in_order, table.col["hash"][rows].tolist()))
    assert told[0][:2] == told[1][:2] == told[2][:2]
    assert len({tuple(keys) for _, _, keys in told}) == 3
