"""Where the other devices of the home find the pages."""

import socket

from analysis.config import Dashboard

EVERYWHERE = {"0.0.0.0": (socket.AF_INET, "192.0.2.1"), "::": (socket.AF_INET6, "2001:db8::1")}  # noqa: S104 - compared, not bound
"""A host that means every address of this computer: its family, and a place on the internet that is nobody's
(RFC 5737, RFC 3849)."""


def family_url(dashboard: Dashboard) -> str | None:
    """The pages' address for other devices, where they are served on every address of this computer; None
    where they are not, or where no network leads out of it."""
    family, outside = EVERYWHERE.get(dashboard.host.strip("[]"), (None, ""))
    own = None if family is None else own_address(family, outside)
    return None if own is None else dashboard.model_copy(update={"host": own}).url


def own_address(family: socket.AddressFamily, outside: str) -> str | None:
    """This computer's address on the way to another one; to connect a UDP socket sends nothing."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((outside, 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])
