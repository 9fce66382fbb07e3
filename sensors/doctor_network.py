"""The doctor's questions about the network: may we listen, to what, and what is to be heard there."""

import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sensors.findings import Result, ok, problem, unknown
from sensors.host import may_capture
from sensors.packets import PacketTable

SAMPLE_SECONDS = 4.0
"""Long enough for a home with one busy device to show; broadcasts do not count."""
SEE_THE_REST = (
    "To see the whole home, do one of these: connect this computer to the mirror (SPAN) port of a router "
    "or switch; run Sentinel on the gateway, or on a bridge between router and switch; let the devices "
    "use a hotspot that this computer offers. README.md, 'Seeing the whole home', has the steps."
)
_GROUP_BIT = np.uint64(1 << 40)
_UP, _RUNNING, _LOOPBACK = "UP", "RUNNING", "LOOPBACK"


class Card(NamedTuple):
    """A network interface of this computer."""

    name: str
    mac: int
    """48 bits; 0 where it has none."""
    addresses: tuple[str, ...]
    flags: frozenset[str]
    """Names as in netdevice(7): UP, RUNNING, LOOPBACK."""
    wireless: bool


def cards() -> list[Card]:
    """The interfaces as the system tells them."""
    import scapy.arch  # noqa: F401 - fills conf.ifaces
    from scapy.config import conf

    conf.ifaces.reload()  # interfaces come and go; scapy keeps what it saw when it was loaded
    return [
        Card(
            card.name,
            int((card.mac or "0").replace(":", ""), 16),
            tuple(address for family in card.ips.values() for address in family),
            frozenset(str(card.flags).split("+")),
            Path("/sys/class/net", card.name, "wireless").exists(),
        )
        for card in conf.ifaces.values()
    ]


def rights() -> Result:
    """May this process listen?"""
    if may_capture():
        return ok("rights", "this process may listen to the network")
    who = {"linux": "root or a process with CAP_NET_RAW", "darwin": "root or a member of access_bpf"}
    fix = "Start with administrator rights: sudo python3 sentinel.py doctor"
    return problem("rights", f"only {who.get(sys.platform, 'an administrator')} may listen", fix)


def interface(name: str, known: Iterable[Card]) -> Result:
    """Is the interface there and up?"""
    by_name = {card.name: card for card in known}
    check = f"interface {name}"
    if (card := by_name.get(name)) is None:
        others = ", ".join(sorted(n for n, c in by_name.items() if _LOOPBACK not in c.flags)) or "none"
        fix = f"Set `interfaces:` in config.yaml to one of those this computer has: {others}."
        return problem(check, "this computer has no such interface", fix)
    if _UP not in card.flags:
        fix = f"Turn it on: sudo ip link set {name} up" if sys.platform == "linux" else "Turn it on."
        return problem(check, "the interface is turned off", fix)
    if _RUNNING not in card.flags:
        fix = "Plug in the cable." if not card.wireless else "Join the Wi-Fi network."
        return problem(check, "the interface is on, but nothing is connected", fix)
    kind = "Wi-Fi" if card.wireless else "wired or virtual"
    return ok(check, f"up, {kind}, {', '.join(card.addresses) or 'no address (fine for a mirror port)'}")


def foreign(table: PacketTable, own_macs: NDArray[np.uint64], own_ips: frozenset[int]) -> int:
    """How many packets of the table are conversations of other computers: unicast frames between two
    other stations, or (on a gateway, whose frames all bear its own address) IPv4 packets between two
    other hosts. `own_ips` holds IPv4 addresses as numbers."""
    unicast = (table.src_mac != 0) & (table.dst_mac != 0) & ((table.dst_mac & _GROUP_BIT) == 0)
    others = unicast & ~np.isin(table.src_mac, own_macs) & ~np.isin(table.dst_mac, own_macs)
    mapped = np.array([0xFFFF << 32 | ip for ip in own_ips], dtype=np.uint64)
    host = (table.version == 4) & unicast & ((table.dst_lo & np.uint64(0xF0000000)) != 0xE0000000)
    routed = host & ~np.isin(table.src_lo, mapped) & ~np.isin(table.dst_lo, mapped)
    return int(np.count_nonzero(others | routed))


def visibility(name: str, tables: Iterable[PacketTable], known: Iterable[Card]) -> Result:
    """Whose traffic is to be heard? Takes what was captured."""
    check = f"visibility {name}"
    known = list(known)
    macs = np.array([card.mac for card in known], dtype=np.uint64)
    ips = frozenset(_ipv4(address) for card in known for address in card.addresses if "." in address)
    seen = others = 0
    for table in tables:
        seen += len(table.src_mac)
        others += foreign(table, macs, ips)
    if others:
        return ok(check, f"traffic between other devices is visible ({others} of {seen} packets)")
    if not seen:
        return unknown(check, f"nothing was heard for {SAMPLE_SECONDS:.0f} s")
    return problem(check, "Only this computer's own traffic is visible", SEE_THE_REST)


def _ipv4(address: str) -> int:
    return int.from_bytes(bytes(int(part) for part in address.split(".")), "big")


def listen(name: str, capture: str, seconds: float = SAMPLE_SECONDS) -> Iterator[PacketTable]:
    """What is to be heard on an interface for a while. OSError or CaptureError where it cannot be."""
    from analysis.config import Interface
    from sensors.capture import open_live
    from sensors.decode import decode

    source = open_live(Interface(name=name), capture)
    until = time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            batch = source.read(0.2)
            if batch is not None and len(batch.caplen):
                yield decode(batch)
    finally:
        source.close()
