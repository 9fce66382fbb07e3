"""Interfaces of this machine: which one to listen on, what lies behind it, whether it is there."""

import ipaddress
import socket
import struct
import sys
from typing import Any

_FLAGS_REQUEST = {"linux": 0x8913, "darwin": 0xC0206911}
"""SIOCGIFFLAGS, by sys.platform."""

_UP, _RUNNING = 0x1, 0x40
EVERY = "any"
"""libpcap's name for all interfaces of a Linux machine at once: it has no number and is always there."""


def interface_index(name: str) -> int | None:
    """The system's number of an interface, None when there is none; a new one when it is made again."""
    if name == EVERY:
        return 0
    try:
        return socket.if_nametoindex(name)
    except OSError:
        return None if sys.platform != "win32" else 0  # Npcap's names are not the system's


def is_up(name: str) -> bool:
    """Whether the interface is switched on and its link has a carrier; True where we cannot ask."""
    request = _FLAGS_REQUEST.get(sys.platform)
    if request is None or name == EVERY:
        return True
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            answer = fcntl.ioctl(probe, request, struct.pack("16sH14x", name.encode()[:15], 0))
        except OSError:
            return False
    flags: int = struct.unpack_from("H", answer, 16)[0]
    return flags & _UP != 0 and flags & _RUNNING != 0


def default_interface() -> str | None:
    """The interface of the default route, IPv4 first, then IPv6; None without such a route."""
    routes = _routes()
    best = min((route for route in routes if route.network.prefixlen == 0), default=None, key=_Route.order)
    return best.interface if best else None


def interface_subnets(name: str) -> tuple[str, ...]:
    """The subnets that an interface is directly in, such as "192.168.1.0/24"; link-local ones are
    left out, for every interface is in those."""
    found = {
        str(route.network)
        for route in _routes()
        if route.interface == name
        and route.direct
        and 0 < route.network.prefixlen < route.network.max_prefixlen
        and not route.network.is_multicast
        and not (route.network.is_link_local)
    }
    return tuple(sorted(found))


class _Route:
    """A row of the system's routing table."""

    def __init__(self, network: str, gateway: str, interface: str, metric: int) -> None:
        self.network = ipaddress.ip_network(network, strict=False)
        self.direct = ipaddress.ip_address(gateway).is_unspecified
        self.interface = interface
        self.metric = metric

    def order(self) -> tuple[int, int]:
        return self.network.version, self.metric


def _routes() -> list[_Route]:
    """Both routing tables, read anew through scapy, which knows them on every system."""
    from scapy.config import conf

    table: Any = _tables(conf)
    found = []
    for net, mask, gateway, interface, _, metric in table[0]:
        network = f"{ipaddress.IPv4Address(net)}/{mask.bit_count()}"
        found.append(_Route(network, gateway, _name(interface), metric))
    for prefix, length, gateway, interface, _, metric in table[1]:
        found.append(_Route(f"{prefix}/{length}", gateway, _name(interface), metric))
    return found


def spare_memory() -> None:
    """Let go of what scapy reads when it is loaded, and only its printing asks: 57,000 makers of network
    cards, 15 MB."""
    from scapy.data import MANUFDB

    MANUFDB.d.clear()


def _tables(conf: Any) -> tuple[list[Any], list[Any]]:
    import scapy.route
    import scapy.route6  # noqa: F401  (both fill conf when imported)

    spare_memory()
    conf.route.resync()
    conf.route6.resync()
    return conf.route.routes, conf.route6.routes


def _name(interface: Any) -> str:
    return str(getattr(interface, "network_name", interface))
