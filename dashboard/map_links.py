"""Who is linked with whom on the network map, how much, and how bad."""

from typing import NamedTuple

from analysis.store.peers import device_of, device_peer, is_everyone
from analysis.store.queries.devices import EVERYONE
from analysis.store.reader import Row


class Data(NamedTuple):
    """What the map is made from."""

    devices: list[Row]
    """id, name, kind, trust, severity (worst open, or None); `router` where it is one."""
    edges: list[Row]
    """device, peer, bytes_up, bytes_down."""
    worst: list[Row]
    """Open incidents by device and peer: device, peer_ip, peer_name, severity."""
    by_ip: dict[str, int]
    """Home devices by address."""


class Link(NamedTuple):
    """What goes between two: bytes in both directions, and the worst open severity."""

    bytes: int
    severity: int


Links = dict[int, dict[str, Link]]
"""Device to peer to link; peers as roll-ups name them."""


def links_of(data: Data) -> Links:
    """Every device's links, with the worst open severity of each."""
    known = {device["id"] for device in data.devices}
    links: Links = {device: {} for device in known}
    homes = {peer: at_home(peer, data.by_ip) for peer in {edge["peer"] for edge in data.edges}}
    for edge in data.edges:
        if edge["device"] in known:
            own, peer = links[edge["device"]], homes[edge["peer"]]
            before = own[peer].bytes if peer in own else 0
            own[peer] = Link(before + edge["bytes_up"] + edge["bytes_down"], 0)
    for row in data.worst:
        if row["device"] in known and (peer := _peer_of(row, links[row["device"]], data.by_ip)):
            link = links[row["device"]].get(peer, Link(0, 0))
            if row["severity"] > link.severity:
                links[row["device"]][peer] = Link(link.bytes, row["severity"])
    return links


def both_ways(links: Links) -> Links:
    """Every device's links, with those by which other devices at home reached it."""
    whole = {device: dict(peers) for device, peers in links.items()}
    for device, peers in links.items():
        for peer, link in peers.items():
            other = device_of(peer)
            if other in whole and other != device:
                own = whole[other].get(device_peer(device), Link(0, 0))
                joined = Link(own.bytes + link.bytes, max(own.severity, link.severity))
                whole[other][device_peer(device)] = joined
    return whole


def to_somebody(links: Links) -> Links:
    """Every device's links without what it called to everyone at once: that is no line to anybody."""
    return {
        device: {p: link for p, link in peers.items() if p != EVERYONE} for device, peers in links.items()
    }


def at_home(peer: str, by_ip: dict[str, int]) -> str:
    """A peer as a device where its address is one's: sensors call a router by its address."""
    if peer in by_ip:
        return device_peer(by_ip[peer])
    return EVERYONE if is_everyone(peer) else peer


def _peer_of(row: Row, links: dict[str, Link], by_ip: dict[str, int]) -> str | None:
    """The link that an incident is about: a device at home, the domain that covers the name, or the
    name or address itself."""
    if row["peer_ip"] and (near := at_home(row["peer_ip"], by_ip)) != row["peer_ip"]:
        return near
    domain = row["peer_name"] or ""
    while "." in domain:
        if domain in links:
            return domain
        domain = domain.partition(".")[2]
    return row["peer_name"] or row["peer_ip"]


def peer_name(peer: str, names: dict[int, str]) -> str:
    """A peer in words."""
    device = device_of(peer)
    return peer if device is None else names.get(device, peer)
