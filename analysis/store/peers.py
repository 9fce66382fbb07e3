"""How roll-ups name the other side: a registrable domain, an address, or another device of the home."""

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
