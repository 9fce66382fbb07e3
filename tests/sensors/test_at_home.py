"""Who began a conversation by UDP, and what follows from it."""

from collections import Counter
from ipaddress import IPv6Address, ip_address
from pathlib import Path

import numpy as np
import pytest

from analysis.blocklist import Blocklist
from analysis.config import Blocklists, BlocklistSource, Config
from analysis.networks import HomeNetworks
from analysis.store.writer import Writer
from sensors.assemble import engine_for
from sensors.at_home import AtHome, nobody
from sensors.decode import decode
from sensors.flows import FlowTable
from tests.sensors.frames import ROUTER, batch, udp

DEVICE, OTHER, AWAY = "192.168.1.10", "192.168.1.20", "203.0.113.5"
ADDRESSES = ("0.0.0.0", "10.1.2.3", DEVICE, "192.169.0.1", AWAY, "fe80::1", "fd00::7", "2001:db8:1::1",
             "2001:db8:2::1", "::1", "::a01:203", "ff02::fb")  # fmt: skip


def halves(address: str) -> tuple[int, int]:
    number = int(IPv6Address("::ffff:" + address if "." in address else address))
    return number >> 64, number & (1 << 64) - 1


def test_thousands_at_once_have_the_answers_of_each() -> None:
    networks = HomeNetworks(Config().home)
    at_home = AtHome(networks)
    hi, lo = np.array([halves(address) for address in ADDRESSES], np.uint64).T
    each = [networks.holds(ip_address(a).version, int(ip_address(a))) for a in ADDRESSES]
    assert at_home(hi, lo).tolist() == each
    assert networks.learn_prefix("2001:db8:1::/64") and at_home(hi, lo).tolist() == each
    at_home.look()
    each[ADDRESSES.index("2001:db8:1::1")] = True
    assert at_home(hi, lo).tolist() == each and not nobody(hi, lo).any()


@pytest.mark.parametrize(
    "source, target, ports, begun_by_sender",
    [
        (DEVICE, AWAY, (53, 40_000), True),
        (DEVICE, AWAY, (40_000, 53), True),
        (AWAY, DEVICE, (443, 50_000), False),  # a push after silence
        (AWAY, DEVICE, (50_000, 53), True),
        (DEVICE, OTHER, (1900, 50_000), False),  # an answer to what was asked of a group
    ],
)
def test_udp_that_leaves_the_home_was_begun_there(source, target, ports, begun_by_sender) -> None:
    table = FlowTable(home=AtHome(HomeNetworks(Config().home)))
    frames = [(1.0, udp(source, target, *ports)), (1.1, udp(target, source, *ports[::-1]))]
    update = table.update(decode(batch(frames)), 0, 2)
    (row,) = table.all_rows()
    client = table.col["client_lo"][row], table.col["client_port"][row]
    sender = (halves(source)[1], ports[0]), (halves(target)[1], ports[1])
    assert client == sender[not begun_by_sender]
    assert update.up.tolist() == [begun_by_sender, not begun_by_sender]
    assert (table.col["packets_up"][row], table.col["packets_down"][row]) == (1, 1)


def run(folder: Path, frames: list[tuple[float, bytes]]) -> Counter[tuple[str, str | None]]:
    """The alerts by rule and direction."""
    (folder / "own.txt").write_text(f"{AWAY}\n")
    lists = Blocklists(lists=(BlocklistSource(name="own", file="own.txt", category="malware", enabled=True),))
    config = Config(base=str(folder), learning_hours=0, blocklists=lists)
    with Writer(folder / "sentinel.db", "test") as writer:
        engine = engine_for(config, writer, Blocklist.open(config), network="test")
        engine.feed(batch(frames))
        engine.finish()
    return Counter((f.rule, f.evidence.get("direction")) for f, _, _ in engine.take().findings)


@pytest.mark.parametrize("port", [53, 1900, 5555])
@pytest.mark.parametrize("answered", [False, True])
def test_a_device_that_sends_from_a_service_s_port_answers_no_stranger(tmp_path, port, answered) -> None:
    frames = [(1.0 + n, udp(DEVICE, AWAY, port, 50_000, dst=ROUTER)) for n in range(4)]
    if answered:
        frames.append((5.0, udp(AWAY, DEVICE, 50_000, port, src=ROUTER)))
    found = run(tmp_path, frames)
    assert found["blocklisted-address", "outward"] and not found["blocklisted-address", "inward"]
    assert not found["exposed-service", None]


def test_a_stranger_who_asks_is_still_answered(tmp_path) -> None:
    frames = [
        (1.0, udp(AWAY, DEVICE, 50_000, 53, src=ROUTER)),
        (1.1, udp(DEVICE, AWAY, 53, 50_000, dst=ROUTER)),
    ]
    found = run(tmp_path, frames)
    assert found["exposed-service", None] == found["blocklisted-address", "inward"] == 1


@pytest.mark.parametrize("port", [80, 40_000])
def test_a_flood_hides_behind_no_port(tmp_path, port) -> None:
    packet = udp(DEVICE, AWAY, port, 34_567, dst=ROUTER)
    assert run(tmp_path, [(1.0 + n / 2000, packet) for n in range(30_000)])["flood", None]
