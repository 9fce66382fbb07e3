"""How roll-ups name the other side: a registrable domain, an address, or another device of the home."""

from ipaddress import ip_address

PREFIX = "device:"
"""Of a device's row number; no domain or address has it."""


def device_peer(device: int) -> str:
    """A device as the other side of another."""
    return f"{PREFIX}{device}"


def device_of(peer: str) -> int | None:
    """The device that the other side is; None for a domain or an address."""
    if not peer.startswith(PREFIX):
        return None
    number = peer.removeprefix(PREFIX)
    return int(number) if number.isascii() and number.isdigit() else None


def is_everyone(peer: str) -> bool:
    """Whether the other side is an address by which all devices of a network are called at once: multicast,
    the limited broadcast, or the last address of a private /24, the usual broadcast of a home."""
    # The map asks of 20,000 others at once, and to parse an address takes ten times as long as to look at it.
    if not (peer.endswith(".255") or peer.startswith(("22", "23", "ff", "FF"))):
        return False
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    return address.is_multicast or (peer.endswith(".255") and address.is_private)
