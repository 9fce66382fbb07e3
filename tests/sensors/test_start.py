"""What a sensor has in memory: of the large packages, only what its traffic asked for."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from sensors.demo.frames import dhcp
from tests.sensors.frames import A, conversation, pcap, udp

HEAVY = {
    "scapy",  # 15 MB, for DHCP
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
if "scapy.data" in sys.modules:
    print("makers in scapy:", len(sys.modules["scapy.data"].MANUFDB))
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


def test_of_scapy_only_what_dissects_is_kept(tmp_path: Path) -> None:
    found = told(tmp_path, [(BEGIN, udp("0.0.0.0", "255.255.255.255", 68, 67, dhcp(1, 7, A)))])
    assert {"scapy.layers.dhcp", "makers in scapy: 0"} <= found
    assert not {"scapy.all", "ua_parser", "pandas"} & found


def test_a_user_agent_loads_its_patterns_once_and_where_it_can_in_re2(tmp_path: Path) -> None:
    request = b"GET / HTTP/1.1\r\nHost: a.example\r\nUser-Agent: curl/8.5.0\r\n\r\n"
    found = told(
        tmp_path, conversation(BEGIN, HOST, SERVER, 50_000, 80, [request], [b"HTTP/1.1 200 OK\r\n\r\n"])
    )
    assert "ua_parser_builtins.lazy" in found
    assert "ua_parser_builtins.matchers" not in found
    assert ("re2" in found) == (find_spec("re2") is not None)
    assert "scapy" not in found
