"""Each column of a row stands under its own name."""

import numpy as np
import pytest

from analysis.alerts import Severity
from analysis.blocklist import Match
from analysis.events import DnsLookup, DnsRecord, Flow, MdnsQuery
from analysis.store.rows import DeviceKey, DnsRow, FlowRow
from sensors.recorder import MAX_ANSWERS, Recorder

PHONE, NAS = "02:00:00:00:00:01", "02:00:00:00:00:02"
FLOW = Flow(7, 1_000.0, PHONE, NAS, "192.168.1.7", "203.0.113.9", 50_000, 443, "tcp", True, False, False)
TOTALS = {
    "last_ts": 1_060.0, "packets_up": 10, "packets_down": 12, "bytes_up": 1_500, "bytes_down": 9_000,
    "written_ts": 0.0, "written_up": 0, "written_down": 0,
}  # fmt: skip


class Known:
    """Two devices, one named server, no list."""

    def device_key(self, mac: str | None) -> DeviceKey | None:
        return ("eth0", mac) if mac in (PHONE, NAS) else None

    def peer_name(self, ip: str, client_ip: str | None = None) -> str | None:
        return {"203.0.113.9": "www.example.com", "203.0.113.66": "mac:trick"}.get(ip)

    def blocked_name(self, name: str) -> None:
        return None


def row_of(flow: Flow, totals: dict[str, float] = TOTALS) -> FlowRow:
    recorder = Recorder(Known())  # type: ignore[arg-type]
    recorder.flows([flow], ["tls"], ["open"], {name: np.array([total]) for name, total in totals.items()})
    (row,) = recorder.take().flows
    assert type(row) is FlowRow
    return row


def test_every_column_of_a_flow() -> None:
    assert row_of(FLOW) == FlowRow(
        flow=7, device=("eth0", PHONE), client_ip="192.168.1.7", server_ip="203.0.113.9", client_port=50_000,
        port=443, proto="tcp", peer="www.example.com", service="tls", state="open", first_seen=1_000.0,
        last_seen=1_060.0, packets_up=10, packets_down=12, bytes_up=1_500, bytes_down=9_000,
        peer_key="example.com", new=True, delta_up=1_500, delta_down=9_000,
    )  # fmt: skip


def test_a_further_row_adds_what_came_since() -> None:
    row = row_of(FLOW, {**TOTALS, "written_ts": 1_030.0, "written_up": 500, "written_down": 2_000})
    assert (row.new, row.delta_up, row.delta_down) == (False, 1_000, 7_000)


@pytest.mark.parametrize(
    ("changes", "device", "peer", "peer_key"),
    [
        ({"server_ip": "192.168.1.9", "server_home": True}, PHONE, None, f"mac:{NAS}"),
        ({"server_ip": "192.168.1.9", "server_home": True, "server_mac": None}, PHONE, None, "192.168.1.9"),
        ({"server_ip": "192.168.1.255", "server_home": True, "group": True}, PHONE, None, "192.168.1.255"),
        ({"group": True}, PHONE, None, "203.0.113.9"),
        ({"client_home": False, "server_home": True}, NAS, None, "192.168.1.7"),
        ({"client_home": False}, PHONE, "www.example.com", "example.com"),
        ({"server_ip": "203.0.113.66"}, PHONE, "mac:trick", "203.0.113.66"),
    ],
)
def test_whose_a_flow_is_and_who_the_other_side_is(
    changes: dict[str, object], device: str, peer: str | None, peer_key: str
) -> None:
    row = row_of(FLOW._replace(**changes))
    assert (row.device, row.peer, row.peer_key) == (("eth0", device), peer, peer_key)


def test_each_question_to_all_is_a_row() -> None:
    recorder = Recorder(Known())  # type: ignore[arg-type]
    asked = ("tv.local", "A"), ("_hap._tcp.local", "PTR")
    recorder.questions(MdnsQuery(1_000.0, PHONE, "192.168.1.7", "224.0.0.251", asked), asked)
    rows = recorder.take().dns
    assert [(row.name, row.qtype) for row in rows] == list(asked)
    assert {(*row[:6], *row[8:]) for row in rows} == {
        (1_000.0, ("eth0", PHONE), "mdns", "192.168.1.7", PHONE, "224.0.0.251", None, (), None, None)
    }


def test_every_column_of_a_lookup() -> None:
    recorder = Recorder(Known())  # type: ignore[arg-type]
    records = tuple(DnsRecord("example.com", "A", f"203.0.113.{n}") for n in range(MAX_ANSWERS + 3))
    recorder.lookup(
        DnsLookup(
            1_000.0, "udp", PHONE, "192.168.1.7", "192.168.1.1", "example.com", "A", "NOERROR", records, 0.012
        )
    )
    (row,) = recorder.take().dns
    assert type(row) is DnsRow
    assert row == DnsRow(
        ts=1_000.0, device=("eth0", PHONE), transport="udp", client_ip="192.168.1.7", client_mac=PHONE,
        server_ip="192.168.1.1", name="example.com", qtype="A", rcode="NOERROR",
        answers=tuple(record.value for record in records[:MAX_ANSWERS]), blocked_by=None, elapsed=0.012,
    )  # fmt: skip


def test_a_look_up_of_an_alias_of_a_listed_name_is_marked() -> None:
    class Listed(Known):
        def blocked_name(self, name: str) -> Match | None:
            return Match("test list", name, "malware", Severity.HIGH) if name == "evil.example" else None

    recorder = Recorder(Listed())  # type: ignore[arg-type]
    records = (
        DnsRecord("www.shop.example", "CNAME", "evil.example"),
        DnsRecord("evil.example", "A", "1.2.3.4"),
    )
    event = DnsLookup(
        1.0, "udp", PHONE, "192.168.1.7", "192.168.1.1", "www.shop.example", "A", "NOERROR", records, 0.01
    )
    recorder.lookup(event)
    recorder.lookup(event._replace(name="stranger.example"))
    recorder.lookup(event._replace(transport="llmnr"))
    assert [row.blocked_by for row in recorder.take().dns] == ["test list", None, None]
