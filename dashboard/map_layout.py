"""Where everything stands on the network map: positions come from the data, never from a simulation.

Devices stand left and right, by kind; destinations in the middle, those with open alerts first, then by
bytes, the quiet tail folded into one. The same data always gives the same picture.
"""

from collections.abc import Iterable
from heapq import nlargest
from typing import Any

from analysis.store.peers import device_of
from analysis.store.reader import Row
from dashboard.map_links import Data, Links, Peers, both_ways, links_of, near, peer_name, to_somebody
from dashboard.words import cut, new_to_you, size

Element = dict[str, Any]
_ROUTER = "Router"
FAMILIES = {
    _ROUTER: set[str](),
    "People": {"phone", "tablet", "phone or tablet", "watch", "computer"},
    "TV and media": {"television", "speaker", "console"},
    "Cameras": {"camera", "doorbell"},
    "Smart home": {"smart home", "plug", "bridge", "thermostat", "light", "sensor", "vacuum", "appliance"},
    "Other": {"printer", "storage", "desk phone", "access point"},
}
_UNPLACED = "Not yet known"
_MIDDLE = 16
"""Destinations that are drawn; the others are folded into one."""
_MAIN_EDGES = 2
"""Links of a device that are drawn although nothing is wrong with them: the busiest."""
_TOP, _MOST_FOLDED = 8, 40
"""Links that are listed when a device is chosen, and destinations when the folded one is."""
_SIDE = 290
"""From the middle to a side. This and all lengths here are pixels at zoom 1."""
_ROW, _ROOMY = 30, 52
"""Height of a row: the least, and the most when there is room."""
_HEADER = 1.15
"""Rows that a family's header takes."""
TAIL = "tail"
"""The node that stands for the quiet tail."""


def arrange(data: Data, links: Links | None = None) -> list[Element]:
    """Nodes and edges for Cytoscape with preset positions; `links` are `links_of(data)`, where they are
    at hand."""
    links = to_somebody(links_of(data) if links is None else links)
    totals = _totals(links)
    ranked = sorted(sorted(totals.sizes), key=totals.rank, reverse=True)
    room = _MIDDLE if len(ranked) > _MIDDLE + 1 else _MIDDLE + 1  # never fold a single one
    shown, tail = ranked[:room], ranked[room:]
    sides = _sides(data.devices)
    height = max(_units(sides[0]) * _ROW, _units(sides[1]) * _ROW, (len(shown) + bool(tail)) * 40)
    told = both_ways(links)
    nodes = [
        *_column(sides[0], -_SIDE, height, told, data), *_column(sides[1], _SIDE, height, told, data)
    ]  # fmt: skip
    heights = {n["data"]["device"]: n["position"]["y"] for n in nodes if n["data"]["t"] == "device"}
    nodes += _middle(shown, tail, totals, links, heights, height)
    return nodes + _edges(links, set(shown), data)


def _totals(links: Links) -> Peers:
    """Destinations outside with the bytes of all devices and the worst severity."""
    totals = _joined(links.values())
    for peer in near(totals.sizes):
        del totals.sizes[peer]
    return totals


def _joined(several: Iterable[Peers]) -> Peers:
    """The peers of several devices as those of one."""
    sizes: dict[str, int] = {}
    worst: dict[str, int] = {}
    for peers in several:
        for peer, size_ in peers.sizes.items():
            sizes[peer] = sizes.get(peer, 0) + size_
        for peer, level in peers.levels.items():
            worst[peer] = max(level, worst.get(peer, 0))
    return Peers(sizes, worst)


def _sides(devices: list[Row]) -> tuple[list[tuple[str, list[Row]]], list[tuple[str, list[Row]]]]:
    """Families in their order, cut so that both sides are about equally long."""
    families: dict[str, list[Row]] = {name: [] for name in (*FAMILIES, _UNPLACED)}
    for device in sorted(devices, key=lambda d: d["name"].lower()):
        kind = device["kind"]
        family = next((name for name, kinds in FAMILIES.items() if kind in kinds), None)
        family = _ROUTER if device.get("router") else family or ("Other" if kind else _UNPLACED)
        families[family].append(device)
    ordered = [(name, members) for name, members in families.items() if members]
    half, left = len(devices) / 2, 0
    for index, (name, members) in enumerate(ordered):
        if left + len(members) > half:
            return _cut_at(ordered, index, name, members, round(half - left))
        left += len(members)
    return ordered, []


def _cut_at(
    ordered: list[tuple[str, list[Row]]], index: int, name: str, members: list[Row], room: int
) -> tuple[list[tuple[str, list[Row]]], list[tuple[str, list[Row]]]]:
    """Move a small family whole; split one that would leave the sides unequal."""
    if room <= 2 and index:
        return ordered[:index], ordered[index:]
    if len(members) - room <= 2:
        return ordered[: index + 1], ordered[index + 1 :]
    first, second = (name, members[:room]), (name, members[room:])
    return [*ordered[:index], first], [second, *ordered[index + 1 :]]


def _units(side: list[tuple[str, list[Row]]]) -> float:
    return sum(len(members) + _HEADER for _, members in side)


def _column(
    side: list[tuple[str, list[Row]]], x: int, height: float, links: Links, data: Data
) -> list[Element]:
    """A side's headers and devices from top to bottom, centred in the height."""
    units = _units(side)
    row = min(_ROOMY, max(_ROW, height / max(units, 1)))
    y, nodes, names = (height - units * row) / 2, [], {d["id"]: d["name"] for d in data.devices}
    place = "left" if x < 0 else "right"
    for family, members in side:
        header = {
            "id": f"h-{place}-{family}",
            "label": f"{family}  {len(members)}",
            "t": "header",
            "side": place,
        }
        nodes.append({"data": header, "position": {"x": x, "y": y}, "selectable": False, "grabbable": False})
        y += row
        for device in members:
            nodes.append(_device_node(device, x, y, place, links[device["id"]], names))
            y += row
        y += row * (_HEADER - 1)
    return nodes


def _device_node(device: Row, x: int, y: float, place: str, peers: Peers, names: dict[int, str]) -> Element:
    sizes, levels = peers
    top, home = peers.foremost(_TOP), len(near(sizes))
    data = {
        "id": f"d{device['id']}",
        "t": "device",
        "device": device["id"],
        "label": cut(device["name"], 26),
        "full": device["name"],
        "side": place,
        "severity": device["severity"] or 0,
        "fresh": int(not device.get("router") and new_to_you(device)),
        "top": [[peer_name(peer, names), size(sizes[peer]), levels.get(peer, 0)] for peer in top],
        "peers": len(sizes) - home,
        "home": home,
    }
    return {"data": data, "position": {"x": x, "y": y}, "grabbable": False}


def _middle(
    shown: list[str],
    tail: list[str],
    totals: Peers,
    links: Links,
    heights: dict[int, float],
    height: float,
) -> list[Element]:
    """Destinations in the order of the devices that have alerts with them: lines hardly cross."""
    users = {peer: [device for device, peers in links.items() if peer in peers.sizes] for peer in shown}

    def gravity(peer: str) -> float:
        alerting = [heights[d] for d in users[peer] if peer in links[d].levels and d in heights]
        return sum(alerting) / len(alerting) if alerting else height

    ranks = {peer: rank for rank, peer in enumerate(shown)}
    shown = sorted(shown, key=lambda peer: (gravity(peer), -totals.sizes[peer]))
    step = height / max(1, len(shown) + bool(tail) - 1)
    step = min(step, _ROOMY)
    y = (height - step * (len(shown) + bool(tail) - 1)) / 2
    drawn = [
        _destination(f"p-{peer}", peer, totals.rank(peer), len(users[peer])) | {"rank": ranks[peer]}
        for peer in shown
    ]
    if tail:
        told = set(shown)
        having = sum(
            any(peer not in told and device_of(peer) is None for peer in peers.sizes)
            for peers in links.values()
        )
        drawn.append(_folded(tail, totals, having))
    return [
        {"data": data, "position": {"x": 0, "y": y + index * step}, "grabbable": False}
        for index, data in enumerate(drawn)
    ]


def _destination(node: str, name: str, rank: tuple[int, int], users: int) -> dict[str, Any]:
    return {
        "id": node, "t": "peer", "label": cut(name, 24), "full": name, "severity": rank[0],
        "size": size(rank[1]), "users": users,
    }  # fmt: skip


def _folded(tail: list[str], totals: Peers, users: int) -> dict[str, Any]:
    """The quiet tail as one destination that tells what it holds."""
    quiet = (0, sum(totals.sizes[peer] for peer in tail))
    inside = [[peer, size(totals.sizes[peer]), 0] for peer in tail[:_MOST_FOLDED]]
    return _destination(TAIL, f"{len(tail):,} quieter ones", quiet, users) | {
        "folded": len(tail),
        "inside": inside,
    }


def _targets(links: Links, shown: set[str]) -> dict[str, str | None]:
    """The nodes of peers that are not in the quiet tail; None for devices that are not drawn."""
    at_home = near(set().union(*(peers.sizes for peers in links.values())))
    devices = {peer: f"d{other}" if other in links else None for peer, other in at_home.items()}
    return {**devices, **{peer: f"p-{peer}" for peer in shown}}


def _ends(peers: Peers, targets: dict[str, str | None]) -> Peers:
    """A device's links by the node where they end, those to folded destinations as one."""
    ends = Peers({}, {})
    for peer, size_ in peers.sizes.items():
        if (target := targets.get(peer, TAIL)) is not None:
            ends.sizes[target] = ends.sizes.get(target, 0) + size_
    for peer, level in peers.levels.items():
        if (target := targets.get(peer, TAIL)) is not None:
            ends.levels[target] = max(level, ends.levels.get(target, 0))
    return ends


def _edges(links: Links, shown: set[str], data: Data) -> list[Element]:
    """Lines with open alerts, those at home and each device's busiest are drawn; the others, and those
    with a router, with which every device talks, wait for a tap."""
    elements, routers = [], {f"d{device['id']}" for device in data.devices if device.get("router")}
    targets = _targets(links, shown)
    for device, peers in links.items():
        folded = _ends(peers, targets)
        busiest = nlargest(_MAIN_EDGES, folded.sizes, key=folded.sizes.__getitem__)
        for target in folded.sizes:
            everyday = f"d{device}" in routers or target in routers
            bad = target in folded.levels
            drawn = int(bad or (not everyday and (target in busiest or target[0] == "d")))
            data = {
                "id": f"{device}>{target}",
                "source": f"d{device}",
                "target": target,
                "severity": folded.levels.get(target, 0),
                "main": drawn,
                "home": int(target.startswith("d")),
            }
            elements.append({"data": data})
    return elements
