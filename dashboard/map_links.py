"""Who is linked with whom on the network map, how much, and how bad."""

from collections.abc import Container, Iterable
from heapq import nlargest
from typing import NamedTuple

from analysis.store.peers import PREFIX, device_of, device_peer, is_everyone
from analysis.store.queries.devices import EVERYONE
from analysis.store.queries.serious import Place
from analysis.store.queries.traffic import Edges
from analysis.store.reader import Row


class Data(NamedTuple):
    """What the map is made from."""

    devices: list[Row]
    """id, name, kind, trust, severity (worst open, or None); `router` where it is one."""
    edges: Edges
    worst: dict[Place, int]
    """The worst open severity by device and peer."""
    by_ip: dict[str, int]
    """Home devices by address."""


class Peers(NamedTuple):
    """Whom a device talks to, called as roll-ups do. Both are told apart because few of thousands have an
    open alert."""

    sizes: dict[str, int]
    """Bytes in both directions."""
    levels: dict[str, int]
    """The worst open severity of those that have one, in the order of `sizes`: equals keep it."""

    def add(self, peer: str, size: int, level: int) -> None:
        """Add what goes between the device and a peer; `level` 0 is no open alert."""
        self.sizes[peer] = self.sizes.get(peer, 0) + size
        if level > self.levels.get(peer, 0):
            self.levels[peer] = level

    def rank(self, peer: str) -> tuple[int, int]:
        """By which peers stand in order, the greatest first: worst severity, bytes."""
        return self.levels.get(peer, 0), self.sizes[peer]

    def foremost(self, number: int) -> list[str]:
        """So many peers that stand before the others."""
        bad = nlargest(number, self.levels, key=self.rank)
        if len(bad) == number:
            return bad
        quiet = (peer for peer in self.sizes if peer not in self.levels)
        return bad + nlargest(number - len(bad), quiet, key=self.sizes.__getitem__)

    def copy(self, but: str = "") -> "Peers":
        """Another one to be changed, without a peer."""
        found = Peers(self.sizes.copy(), self.levels.copy())
        found.sizes.pop(but, None)
        found.levels.pop(but, None)
        return found


Links = dict[int, Peers]
"""By device."""


def links_of(data: Data) -> Links:
    """Every device's links, peers at home told as devices, with the worst open severity of each."""
    links: Links = {device: Peers({}, {}) for device in sorted(row["id"] for row in data.devices)}
    homes = {peer: at_home(peer, data.by_ip) for peer in set().union(*data.edges.values())}
    for device, (sizes, _) in links.items():
        for peer, size in data.edges.get(device, {}).items():
            home = homes[peer]
            sizes[home] = sizes.get(home, 0) + size
    _add_alerts(links, data)
    return {
        device: Peers(sizes, {peer: levels[peer] for peer in sizes if peer in levels})
        for device, (sizes, levels) in links.items()
    }


def _add_alerts(links: Links, data: Data) -> None:
    met = {ip for _, ip, _ in data.worst if ip}
    homes = {ip: home for ip in met if (home := at_home(ip, data.by_ip)) != ip}
    for (device, ip, name), severity in data.worst.items():
        if device in links:
            sizes, levels = links[device]
            peer = homes.get(ip or "") or _covering(name, sizes) or ip
            if peer and severity > levels.get(peer, 0):
                levels[peer] = severity
                sizes.setdefault(peer, 0)


def both_ways(links: Links) -> Links:
    """Every device's links, with those by which other devices at home reached it."""
    whole = {device: peers.copy() for device, peers in links.items()}
    for device, (sizes, levels) in links.items():
        for peer, other in near(sizes).items():
            if other in whole and other != device:
                whole[other].add(device_peer(device), sizes[peer], levels.get(peer, 0))
    return whole


def to_somebody(links: Links) -> Links:
    """Every device's links without what it called to everyone at once: that is no line to anybody."""
    return {device: peers.copy(but=EVERYONE) for device, peers in links.items()}


def near(peers: Iterable[str]) -> dict[str, int]:
    """Those that are devices at home, with their numbers."""
    return {p: n for p in peers if p.startswith(PREFIX) and (n := device_of(p)) is not None}


def at_home(peer: str, by_ip: dict[str, int]) -> str:
    """A peer as a device where its address is one's: sensors call a router by its address."""
    if peer in by_ip:
        return device_peer(by_ip[peer])
    return EVERYONE if is_everyone(peer) else peer


def _covering(name: str | None, peers: Container[str]) -> str | None:
    """The domain among a device's peers that covers a name, else the name itself."""
    domain = name or ""
    while "." in domain:
        if domain in peers:
            return domain
        domain = domain.partition(".")[2]
    return name


def peer_name(peer: str, names: dict[int, str]) -> str:
    """A peer in words."""
    device = device_of(peer)
    return peer if device is None else names.get(device, peer)
