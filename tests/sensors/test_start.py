"""What a sensor has in memory: of the large packages, only what its traffic asked for."""

import struct
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from scapy.layers import dhcp6
from scapy.layers.inet import UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether

from sensors.demo.frames import dhcp
from tests.sensors.frames import A, conversation, pcap, udp
from tests.sensors.parsers.hellos import chrome_hello, record, server_hello
from tests.sensors.parsers.test_certificate import chain, made
from tests.sensors.parsers.test_quic import RFC_HELLO, crypto, initial

HEAVY = {
    "scapy",  # 30 MB, for interfaces and where pcapy-ng is missing
    "ua_parser",  # 10 MB, for User-Agents
    "cryptography",  # 8 MB, for QUIC and certificates
    "publicsuffixlist",
    "maxminddb",
    "pandas",
    "dash",
    "plotly",
    "http",
    "ssl",
    "numpy.ma",
}
"""Packages (and parts of such) that take megabytes of a sensor or tenths of a second of its start."""

RUN = """
import sys, sensors.sensor, sensors.replay
sensors.replay.main([sys.argv[1], "--config", sys.argv[2], "--db", sys.argv[3]])
print(*sys.modules, sep="\\n")
"""

WARM = """
import sys
from pathlib import Path
from analysis.config import Config, Interface
from sensors.capture import open_file
from sensors.sensor import _ready
engine, _ = _ready(Interface(name="none0"), Config(base=sys.argv[2]), Path(sys.argv[3]))
before = set(sys.modules)
with open_file(Path(sys.argv[1])) as file:
    for batch in file.batches():
        engine.feed(batch)
engine.finish()
batch = engine.recorder.batch
print(engine.packets, len(batch.tls), len(batch.dns), *sorted(set(sys.modules) - before))
"""

MAKERS = """
from sensors.capture import default_interface
default_interface()
from scapy.data import MANUFDB
print(len(MANUFDB))
"""
BEGIN, HOST, SERVER = 1_700_000_000.0, "192.168.1.7", "198.51.100.9"


def told(folder: Path, frames: list[tuple[float, bytes]]) -> set[str]:
    """The modules in memory after a capture of these frames, and what else `RUN` prints."""
    capture, config = folder / "few.pcap", folder / "config.yaml"
    capture.write_bytes(pcap(frames))
    config.write_text("blocklists: {lists: []}\n")
    command = [sys.executable, "-c", RUN, str(capture), str(config), str(folder / "few.db")]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines())


def test_nothing_large_is_loaded_before_it_is_needed(tmp_path: Path) -> None:
    found = told(tmp_path, conversation(BEGIN, HOST, SERVER, 50_000, 6_000, [b"hello"], [b"you"]))
    assert any(" packets, " in line for line in found)
    assert {"numpy", "pydantic", "sensors.engine"} <= found
    assert found & HEAVY == set()


def lease_frames() -> list[tuple[float, bytes]]:
    """DHCP and DHCPv6, which scapy would read, too."""
    six = IPv6(src="fe80::1", dst="ff02::1:2") / UDP(sport=546, dport=547)
    solicit = dhcp6.DHCP6_Solicit() / dhcp6.DHCP6OptIA_NA() / dhcp6.DHCP6OptVendorClass()
    return [
        (BEGIN, udp("0.0.0.0", "255.255.255.255", 68, 67, dhcp(1, 7, A))),
        (BEGIN, bytes(Ether(src=A) / six / solicit)),
    ]


def test_leases_are_read_without_scapy(tmp_path: Path) -> None:
    found = told(tmp_path, lease_frames())
    assert found & HEAVY == set()


def test_of_scapy_the_makers_of_network_cards_are_not_kept() -> None:
    run = subprocess.run([sys.executable, "-c", MAKERS], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["0"]


def test_a_live_sensor_loads_nothing_at_the_first_message_of_a_kind(tmp_path: Path) -> None:
    question = struct.pack("!6H", 1, 0x100, 1, 0, 0, 0) + b"\7b\xc3\xbccher\7example\0\0\1\0\1"
    answer = record(server_hello(0xC02F, None)) + record(chain(made()))
    frames = [
        *lease_frames(),
        (BEGIN, udp(HOST, SERVER, 50_000, 443, initial(crypto(RFC_HELLO)))),
        (BEGIN, udp(HOST, SERVER, 50_001, 53, question)),
        *conversation(BEGIN, HOST, SERVER, 50_002, 443, [record(chrome_hello())], [answer]),
    ]
    capture = tmp_path / "first.pcap"
    capture.write_bytes(pcap(frames))
    command = [sys.executable, "-c", WARM, str(capture), str(tmp_path), str(tmp_path / "x.db")]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    packets, hellos, lookups, *loaded = run.stdout.split()
    assert (int(packets), int(hellos), int(lookups), loaded) == (len(frames), 2, 1, [])


def test_a_user_agent_loads_its_patterns_once_and_where_it_can_in_re2(tmp_path: Path) -> None:
    request = b"GET / HTTP/1.1\r\nHost: a.example\r\nUser-Agent: curl/8.5.0\r\n\r\n"
    found = told(
        tmp_path, conversation(BEGIN, HOST, SERVER, 50_000, 80, [request], [b"HTTP/1.1 200 OK\r\n\r\n"])
    )
    assert "ua_parser_builtins.lazy" in found
    assert "ua_parser_builtins.matchers" not in found
    assert ("re2" in found) == (find_spec("re2") is not None)
    assert "scapy" not in found
