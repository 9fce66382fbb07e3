"""Whom an event is about that comes without its flow: the same device and peer as its flow's."""

from typing import Protocol

from analysis.alerts import Subject
from analysis.detector import Known


class Ends(Protocol):
    """What such events have in common."""

    @property
    def client_ip(self) -> str: ...
    @property
    def server_ip(self) -> str: ...


def subject_of(known: Known, event: Ends, port: int | None, proto: str, mac: str | None = None) -> Subject:
    """The device is the client and the peer the server, unless only the server is at home. `mac` is the
    client's where the event told it."""
    client, server = event.client_ip, event.server_ip
    client_home, server_home = known.is_home(client), known.is_home(server)
    ip, peer = (server, client) if server_home and not client_home else (client, server)
    if mac is None or ip != client or known.is_router(mac):
        mac = known.device_of(ip)
    name = known.peer_name(peer, ip)
    if name is None and client_home and server_home:
        shown = known.display_name(None, peer)
        name = None if shown == peer else shown
    return Subject(mac, ip, peer, name, port, proto)


def shown(known: Known, subject: Subject) -> tuple[str, str]:
    """Device and peer as a sentence names them."""
    peer = subject.peer_name or subject.peer_ip or "somebody"
    return known.display_name(subject.device_mac, subject.device_ip), peer
