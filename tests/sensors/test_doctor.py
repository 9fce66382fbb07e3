"""The doctor on real sockets, files, clocks and packets."""

import http.server
import json
import socket
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet

from analysis.config import Blocklists, BlocklistSource, Config, Dashboard, Retention
from analysis.store.writer import Writer
from sensors import doctor, doctor_host, doctor_network
from sensors.decode import decode
from sensors.doctor_network import Card, visibility
from sensors.findings import Result, State
from sensors.packets import PacketTable
from tests.sensors.frames import batch

OWN, ROUTER, TV, PHONE = (f"02:00:00:00:00:0{n}" for n in range(1, 5))
CARD = Card("eth0", 0x020000000001, ("192.168.1.2", "fe80::1"), frozenset({"UP", "RUNNING"}), False)


def table(*packets: Packet) -> PacketTable:
    return decode(batch([(0.0, bytes(packet)) for packet in packets]))


def frame(src: str, dst: str, src_ip: str, dst_ip: str) -> Packet:
    return Ether(src=src, dst=dst) / IP(src=src_ip, dst=dst_ip) / UDP(sport=1000, dport=2000)


def well_formed(result: Result) -> bool:
    return (result.state is State.PROBLEM) == bool(result.fix)


def test_the_talk_of_two_other_devices_is_seen() -> None:
    heard = table(frame(TV, PHONE, "192.168.1.3", "192.168.1.4"))
    result = visibility("eth0", [heard], [CARD])
    assert result.state is State.OK
    assert "1 of 1 packets" in result.message


@pytest.mark.parametrize(
    "packet",
    [
        frame(OWN, ROUTER, "192.168.1.2", "1.1.1.1"),
        frame(ROUTER, OWN, "1.1.1.1", "192.168.1.2"),
        frame(TV, "ff:ff:ff:ff:ff:ff", "192.168.1.3", "192.168.1.255"),
        frame(TV, "01:00:5e:00:00:fb", "192.168.1.3", "224.0.0.251"),
        Ether(src=TV, dst="ff:ff:ff:ff:ff:ff") / ARP(),
        Ether(src=TV, dst="33:33:00:00:00:01") / IPv6(src="fe80::3", dst="ff02::1") / UDP(),
        Ether(src=ROUTER, dst=OWN) / IPv6(src="2001:db8::1", dst="2001:db8::2") / UDP(),
    ],
)
def test_own_talk_and_broadcasts_show_nothing_of_the_others(packet: Packet) -> None:
    result = visibility("eth0", [table(packet)], [CARD])
    assert result.state is State.PROBLEM
    assert result.message == "Only this computer's own traffic is visible"
    for way in ("mirror", "gateway", "bridge", "hotspot"):
        assert way in (result.fix or "")


def test_a_gateway_sees_the_others_though_every_frame_is_its_own() -> None:
    forwarded = table(frame(TV, OWN, "192.168.1.3", "1.1.1.1"), frame(ROUTER, OWN, "1.1.1.1", "192.168.1.3"))
    assert "2 of 2 packets" in visibility("eth0", [forwarded], [CARD]).message


def test_silence_is_not_taken_for_blindness() -> None:
    assert visibility("eth0", [], [CARD]).state is State.UNKNOWN


def test_an_interface_that_is_not_there_gets_the_names_of_those_that_are() -> None:
    result = doctor_network.interface("eth9", [CARD, Card("lo", 0, (), frozenset({"LOOPBACK"}), False)])
    assert result.state is State.PROBLEM
    assert "eth0" in (result.fix or "") and "lo" not in (result.fix or "").split()


@pytest.mark.parametrize(
    ("flags", "wireless", "message", "fix"),
    [
        (set(), False, "turned off", "Turn it on"),
        ({"UP"}, False, "nothing is connected", "cable"),
        ({"UP"}, True, "nothing is connected", "Wi-Fi"),
    ],
)
def test_an_interface_that_cannot_hear_says_why(
    flags: set[str], wireless: bool, message: str, fix: str
) -> None:
    result = doctor_network.interface("eth0", [CARD._replace(flags=frozenset(flags), wireless=wireless)])
    assert result.state is State.PROBLEM
    assert message in result.message and fix in (result.fix or "")


def test_an_interface_in_order_tells_its_addresses() -> None:
    result = doctor_network.interface("eth0", [CARD])
    assert result.state is State.OK and "192.168.1.2" in result.message


def test_the_interfaces_of_this_computer_are_found() -> None:
    found = {card.name: card for card in doctor_network.cards()}
    assert {name for _, name in socket.if_nameindex()} <= set(found)
    loopback = [card for card in found.values() if "LOOPBACK" in card.flags]
    assert any("127.0.0.1" in card.addresses for card in loopback)


def test_the_rights_are_told_as_the_system_grants_them() -> None:
    result = doctor_network.rights()
    assert well_formed(result)
    try:
        socket.socket(getattr(socket, "AF_PACKET", socket.AF_INET), socket.SOCK_RAW, 0).close()
    except PermissionError:
        assert result.state is State.PROBLEM
    else:
        assert result.state is State.OK


@pytest.mark.parametrize(("when", "year"), [(0.0, 1970), (2_500_000_000.0, 2049)])
def test_an_impossible_clock_is_a_problem(when: float, year: int) -> None:
    result = doctor_host.clock(when)
    assert result.state is State.PROBLEM and str(year) in result.message and result.fix


def test_the_clock_of_this_computer_is_judged() -> None:
    result = doctor_host.clock(time.time())
    assert well_formed(result) and "believes" not in result.message


def test_a_disk_without_room_for_the_configured_size_is_a_problem(tmp_path: Path) -> None:
    huge = Config(retention=Retention(size_mb=1 << 24))
    result = doctor_host.disk(huge, tmp_path / "not yet" / "sentinel.db")
    assert result.state is State.PROBLEM and "size_mb" in (result.fix or "")
    small = Config(retention=Retention(size_mb=50))
    assert doctor_host.disk(small, tmp_path / "sentinel.db").state is State.OK


def test_a_whole_a_missing_and_a_damaged_database(tmp_path: Path) -> None:
    path = tmp_path / "sentinel.db"
    assert doctor_host.database(path).state is State.OK
    assert not path.exists(), "the doctor makes nothing"
    Writer(path, "eth0").close()
    assert doctor_host.database(path).state is State.OK
    size = path.stat().st_size
    with path.open("r+b") as file:
        for page in range(4096, size, 4096):
            file.seek(page)
            file.write(b"\xff" * 512)
    result = doctor_host.database(path)
    assert result.state is State.PROBLEM and "damaged" in result.message and result.fix


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "sentinel.db"
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(path).execute("PRAGMA schema_version").fetchone()
    assert doctor_host.database(path).state is State.PROBLEM


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_port_that_another_program_holds_is_a_problem() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        config = Config(dashboard=Dashboard(port=other.getsockname()[1]))
        # It never answers: the doctor's own time limit ends the wait.
        assert doctor_host.port(config).state is State.PROBLEM
    assert doctor_host.port(Config(dashboard=Dashboard(port=free_port()))).state is State.OK


def test_a_port_that_sentinels_dashboard_holds_is_fine() -> None:
    class Pages(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<title>Sentinel</title>")

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        result = doctor_host.port(Config(dashboard=Dashboard(port=server.server_port)))
        server.shutdown()
    assert result.state is State.OK and "answers" in result.message


def test_missing_and_present_lists(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("bad.example.com\nworse.example.com\n")
    lists = (
        BlocklistSource(name="Mine", file="mine.txt"),
        BlocklistSource(name="Gone", file="gone.txt"),
    )
    results = doctor_host.lists(Config(base=str(tmp_path), blocklists=Blocklists(lists=lists)))
    assert [result.state for result in results] == [State.OK, State.PROBLEM]
    assert all(well_formed(result) for result in results)


def project(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text)
    return path


def test_the_exit_status_and_the_json_tell_of_problems(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = project(tmp_path, "interfaces:\n  - name: nowhere0\nblocklists:\n  lists: []\n")
    assert doctor.main(["--config", str(config), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    by_check = {row["check"]: row for row in told["results"]}
    assert by_check["interface nowhere0"]["state"] == "problem"
    assert by_check["visibility nowhere0"]["state"] == "unknown"
    assert told["problems"] == sum(row["state"] == "problem" for row in told["results"])
    assert all(row["fix"] for row in told["results"] if row["state"] == "problem")
    assert {"python", "config", "clock", "disk", "database", "port", "rights"} <= set(by_check)


def test_a_mistake_in_the_configuration_does_not_stop_the_doctor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = doctor.examine(
        project(tmp_path, "interfaces:\n  - name: nowhere0\nprot: 1\n"), tmp_path / "x.db"
    )
    first = [next(results) for _ in range(4)]
    assert [result.check for result in first] == ["python", "config", "clock", "disk"]
    assert first[1].state is State.PROBLEM and "prot" in first[1].message


def test_text_names_the_fix_under_the_problem() -> None:
    text = doctor.as_text(Result("disk", State.PROBLEM, "full", "Make room."))
    first, second = text.split("\n")
    assert first.startswith("PROBLEM  disk") and second.strip() == "-> Make room."


def test_a_database_of_a_newer_sentinel_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "sentinel.db"
    Writer(path, "eth0").close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 9999")
    db.close()
    result = doctor_host.database(path)
    assert result.state is State.PROBLEM and "written by a newer Sentinel (schema 9999" in result.message


def test_where_even_the_smallest_database_does_not_fit_no_smaller_one_is_advised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for free_mb, advised in ((120, "even the smallest"), (400, "below 200")):
        free = type("Usage", (), {"free": free_mb << 20})
        monkeypatch.setattr(doctor_host.shutil, "disk_usage", lambda _, free=free: free)
        assert advised in (doctor_host.disk(Config(), tmp_path / "sentinel.db").fix or "")


def test_a_certificate_that_cannot_be_used_is_told_by_its_line(tmp_path: Path) -> None:
    config = project(tmp_path, "dashboard:\n  tls_certificate: no.pem\n")
    (_, result) = (next(found) for found in [doctor.examine(config, tmp_path / "x.db")] * 2)
    assert result.state is State.PROBLEM
    assert result.message.startswith(f"{config}:2: dashboard.tls_certificate: {tmp_path / 'no.pem'} cannot")
    assert f"`python3 sentinel.py check --config {config}`" in (result.fix or "")
