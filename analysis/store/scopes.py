"""How far a person's "this is expected" reaches, from one incident's place to every device."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Scope(NamedTuple):
    """Incidents that an expectation covers: all of these hold; None holds for any. The rule is always
    fixed, so that a danger of another kind at the same place is told."""

    rule: str
    device: int | None = None
    peer: str | None = None
    """The other side: its name where there is one, else its address."""
    port: int | None = None


def scopes_of(alert: Mapping[str, Any]) -> dict[str, Scope]:
    """The scopes that an incident offers, narrow to wide: "place" (this device, peer and port),
    "device" (this device, any peer), "everyone" (any device, this peer where there is one)."""
    rule, device, port = alert["rule"], alert["device"], alert["port"]
    peer = alert["peer_name"] or alert["peer_ip"]
    everyone = Scope(rule, peer=peer)
    if device is None:
        return {"everyone": everyone}
    found = {"device": Scope(rule, device), "everyone": everyone}
    if peer is None and port is None:
        return found
    return {"place": Scope(rule, device, peer, port), **found}
