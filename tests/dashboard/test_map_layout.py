"""Where things stand on the map."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from analysis.store.queries.serious import Place
from analysis.store.queries.traffic import Edges
from dashboard.map_layout import arrange
from dashboard.map_links import Data, Peers, at_home, both_ways, links_of
from dashboard.map_style import style
from dashboard.pages.network_map import read
from tests.dashboard.filldb import Home, busy


def device(number: int, kind: str | None = "phone", severity: int | None = None) -> dict[str, Any]:
    return {"id": number, "name": f"d{number}", "kind": kind, "trust": "trusted", "severity": severity}


def edge(device: int, peer: str, size: int = 10) -> Edges:
    return {device: {peer: size}}


def together(*edges: Edges) -> Edges:
    found: Edges = {}
    for one in edges:
        for device, peers in one.items():
            found.setdefault(device, {}).update(peers)
    return found


def nodes(elements: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {e["data"]["id"]: e for e in elements if "position" in e}


def test_the_map_folds_the_quiet_tail_and_shows_alerts_first() -> None:
    edges = together(*(edge(1, f"site{n}.test", 1000 - n) for n in range(50)))
    worst: dict[Place, int] = {(1, "192.0.2.1", "www.site49.test"): 2}
    drawn = nodes(arrange(Data([device(1, severity=2)], edges, worst, {})))
    assert drawn["p-site49.test"]["data"]["severity"] == 2
    assert drawn["tail"]["data"]["label"] == "34 quieter ones"
    assert "p-site48.test" not in drawn


def test_an_alert_between_devices_is_a_line_between_devices() -> None:
    worst: dict[Place, int] = {(1, "192.168.1.2", None): 1}
    elements = arrange(Data([device(1, severity=1), device(2)], {}, worst, {"192.168.1.2": 2}))
    line = next(e["data"] for e in elements if "source" in e["data"])
    assert (line["source"], line["target"], line["severity"], line["home"]) == ("d1", "d2", 1, 1)


@pytest.mark.parametrize("name", ["device:x.test", "device:", "device:x"])
def test_a_server_that_calls_itself_a_device_is_a_destination_like_others(name: str) -> None:
    data = Data([device(1), device(2)], together(edge(1, name), edge(1, "device:2")), {}, {})
    drawn = nodes(arrange(data))
    assert drawn[f"p-{name}"]["data"]["full"] == name
    assert (drawn["d1"]["data"]["peers"], drawn["d1"]["data"]["home"]) == (1, 1)


def test_every_line_of_the_map_ends_at_a_node_and_nothing_overlaps(tmp_path: Path) -> None:
    from analysis.store.reader import Reader

    home = busy(tmp_path / "busy.db", flows=10, lookups=10, alerts=300)
    store = Reader(home.path)
    hour = int(store.clock() // 3600)
    data = Data(store.devices(hour - 24), store.edges(hour - 24), store.worst_open(), store.directory().by_ip)
    elements = arrange(data)
    drawn = nodes(elements)
    assert sum(n["data"]["t"] == "device" for n in drawn.values()) == 40
    for element in elements:
        if "source" in element["data"]:
            assert element["data"]["source"] in drawn and element["data"]["target"] in drawn
    spots = [(round(n["position"]["x"]), round(n["position"]["y"])) for n in drawn.values()]
    assert len(spots) == len(set(spots))
    lefts = sum(n["data"].get("side") == "left" and n["data"]["t"] == "device" for n in drawn.values())
    assert 14 <= lefts <= 26
    assert arrange(data) == elements, "the same data gives the same picture"
    assert len(json.dumps(elements)) < 200_000


def test_the_map_of_nobody_and_of_one() -> None:
    assert arrange(Data([], {}, {}, {})) == []
    assert "d1" in nodes(arrange(Data([device(1, None)], {}, {}, {})))


def test_the_folded_tail_tells_its_destinations_busiest_first() -> None:
    edges = together(*(edge(1 + n % 2, f"p{n:02}.example", 1000 - n) for n in range(60)))
    nodes = {e["data"]["id"]: e["data"] for e in arrange(Data([device(1), device(2)], edges, {}, {}))}
    tail = nodes["tail"]
    assert (tail["folded"], tail["users"]) == (44, 2)
    assert [name for name, _, _ in tail["inside"]] == [f"p{n:02}.example" for n in range(16, 56)]


def test_only_devices_of_which_nothing_was_said_are_new() -> None:
    devices = [
        device(1) | {"trust": "unknown", "noted": None},
        device(2) | {"trust": "unknown", "noted": "Mine"},
        device(3),
    ]
    drawn = arrange(Data(devices, {}, {}, {}))
    fresh = {e["data"]["device"]: e["data"]["fresh"] for e in drawn if e["data"].get("t") == "device"}
    assert fresh == {1: 1, 2: 0, 3: 0}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dots_mean_home_whatever_the_severity(scheme: str) -> None:
    lines = {rule["selector"]: rule["style"].get("line-style") for rule in style(scheme)}
    assert {name: kind for name, kind in lines.items() if kind} == {"edge[home=1]": "dotted"}


def test_a_router_is_on_the_map_and_its_everyday_lines_wait_for_a_tap() -> None:
    router = device(9, None) | {"router": 1, "trust": "unknown"}
    edges = together(edge(1, "192.168.1.1", 10**9), edge(2, "device:9"), edge(1, "site.test"))
    elements = arrange(Data([device(1), device(2), router], edges, {}, {"192.168.1.1": 9}))
    drawn = nodes(elements)
    assert drawn["d9"]["data"]["fresh"] == 0, "nobody is asked to place it"
    assert "h-left-Router" in drawn or "h-right-Router" in drawn
    assert "p-192.168.1.1" not in drawn, "its address is no destination"
    lines = {e["data"]["id"]: e["data"]["main"] for e in elements if "source" in e["data"]}
    assert lines == {"1>d9": 0, "2>d9": 0, "1>p-site.test": 1}
    worst: dict[Place, int] = {(1, "192.168.1.1", None): 2}
    bad = arrange(Data([device(1), router], edges, worst, {"192.168.1.1": 9}))
    assert next(e["data"]["main"] for e in bad if e["data"]["id"] == "1>d9") == 1


def test_a_device_names_who_reached_it_as_well_as_whom_it_reached() -> None:
    worst: dict[Place, int] = {(1, "192.168.1.2", None): 2}
    edges = together(edge(1, "device:2", 40), edge(2, "device:1", 2), edge(2, "site.test", 900))
    elements = arrange(Data([device(1, severity=2), device(2)], edges, worst, {"192.168.1.2": 2}))
    told = nodes(elements)["d2"]["data"]
    assert told["top"] == [["d1", "42 B", 2], ["site.test", "900 B", 0]]
    assert (told["peers"], told["home"]) == (1, 1), "a device at home is no destination"
    lines = sorted(e["data"]["id"] for e in elements if "source" in e["data"])
    assert lines == ["1>d2", "2>d1", "2>p-site.test"], "nothing is drawn twice"


def test_what_is_called_to_everyone_is_no_destination_and_one_partner() -> None:
    edges = together(
        edge(1, "224.0.0.251", 7), edge(1, "255.255.255.255", 5), edge(1, "192.168.1.255", 1),
        edge(1, "a.test"),
    )  # fmt: skip
    worst: dict[Place, int] = {(1, "239.255.255.250", None): 1}
    data = Data([device(1, severity=1)], edges, worst, {})
    elements = arrange(data)
    drawn = nodes(elements)
    assert [n for n in drawn if n.startswith("p-")] == ["p-a.test"]
    assert (drawn["d1"]["data"]["peers"], len(drawn["d1"]["data"]["top"])) == (1, 1)
    assert [e["data"]["target"] for e in elements if "source" in e["data"]] == ["p-a.test"]
    assert links_of(data)[1].rank("everyone at home") == (1, 13)


def test_the_list_and_the_devices_say_the_same_of_a_router(own_client: FlaskClient, home: Home) -> None:
    home.db.execute("UPDATE devices SET router = 1 WHERE id = 6")
    address = home.db.execute("SELECT ip FROM devices WHERE id = 6").fetchone()[0]
    home.db.execute(
        "INSERT INTO edge_hour (hour, device, peer, port, proto, flows, bytes_up, bytes_down)"
        " VALUES (?, 1, ?, 53, 'udp', 9, 200000, 90300)",
        (int(home.now // 3600), address),
    )
    rows = own_client.get("/api/v1/export/devices.json").json["rows"]
    told = next(row["bytes"] for row in rows if row["ip"] == address)
    with own_client.application.test_request_context():
        data = read("24h")
    links = both_ways(links_of(data))[6]
    assert sum(links.sizes.values()) == told >= 290_300


def test_the_foremost_are_the_gravest_then_those_with_most_bytes() -> None:
    peers = Peers({"a": 5, "b": 9, "c": 0, "d": 9, "e": 7}, {"c": 1, "a": 2, "e": 1})
    for number in range(7):
        ranked = sorted(peers.sizes, key=peers.rank, reverse=True)
        assert peers.foremost(number) == ranked[:number]
    assert ranked == ["a", "e", "c", "b", "d"]


def test_an_incident_about_a_name_or_address_that_no_roll_up_tells_is_a_link_without_bytes() -> None:
    worst: dict[Place, int] = {
        (1, None, "x.y.new.test"): 2, (1, "198.51.100.7", None): 1, (1, None, None): 2, (1, "", ""): 2,
        (1, "198.51.100.8", "y.new.test"): 1, (1, None, "deep.y.new.test"): 1, (7, None, "gone.test"): 2,
    }  # fmt: skip
    links = links_of(Data([device(1)], {}, worst, {}))
    assert links == {1: Peers(dict.fromkeys(("x.y.new.test", "198.51.100.7", "y.new.test"), 0),
                              {"x.y.new.test": 2, "198.51.100.7": 1, "y.new.test": 1})}  # fmt: skip


BY_IP = {"192.168.1.1": 1, "192.168.1.2": 2}
PEERS = [
    "a.test",
    "b.a.test",
    "c.b.a.test",
    "test",
    "203.0.113.9",
    "224.0.0.251",
    "device:2",
    "device:8",
    *BY_IP,
]


def plainly(data: Data) -> dict[int, dict[str, list[int]]]:
    """`links_of`, one row after the other: worst severity and bytes."""
    links: dict[int, dict[str, list[int]]] = {row["id"]: {} for row in data.devices}
    for device in links:
        for peer, size in data.edges.get(device, {}).items():
            links[device].setdefault(at_home(peer, BY_IP), [0, 0])[1] += size
    for (device, ip, name), severity in data.worst.items():
        if device not in links:
            continue
        own, peer = links[device], name or ip
        parts = (name or "").split(".")
        covering = [".".join(parts[n:]) for n in range(len(parts) - 1)]
        peer = next((domain for domain in covering if domain in own), peer)
        peer = at_home(ip, BY_IP) if ip and at_home(ip, BY_IP) != ip else peer
        if peer:
            link = own.setdefault(peer, [0, 0])
            link[0] = max(link[0], severity)
    return links


@given(
    st.dictionaries(st.integers(1, 4), st.dictionaries(st.sampled_from(PEERS), st.integers(0, 3))),
    st.dictionaries(
        st.tuples(
            st.integers(1, 4),
            st.sampled_from([None, *PEERS[4:6], *BY_IP]),
            st.sampled_from([None, *PEERS[:4]]),
        ),
        st.integers(1, 2),
    ),
)
def test_links_equal_a_plain_telling(edges: Edges, worst: dict[Place, int]) -> None:
    data = Data([device(n) for n in (1, 2, 3)], edges, worst, BY_IP)
    links, plain = links_of(data), plainly(data)
    assert {n: {p: [*peers.rank(p)] for p in peers.sizes} for n, peers in links.items()} == plain
    for number, peers in links.items():
        ranked = sorted(plain[number], key=plain[number].__getitem__, reverse=True)
        assert all(peers.foremost(n) == ranked[:n] for n in range(5))
    arrange(data, links)
    assert links == links_of(data), "what is drawn changes nothing"
