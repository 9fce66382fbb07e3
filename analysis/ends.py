"""Who is at the ends of a conversation: whom an incident is about, and what the other side is called."""

from typing import TYPE_CHECKING, Protocol

from analysis.alerts import Subject

if TYPE_CHECKING:
    from analysis.detector import Known


class Ends(Protocol):
    """What events have in common that come without their flow."""

    @property
    def client_ip(self) -> str: ...
    @property
    def server_ip(self) -> str: ...


def subject_of(known: "Known", event: Ends, port: int | None, proto: str, mac: str | None = None) -> Subject:
    """Whom an event is about that comes without its flow: as `Detector.subject`. `mac` is the client's where
    the event told it."""
    client, server = event.client_ip, event.server_ip
    client_home, server_home = known.is_home(client), known.is_home(server)
    ip, peer = (server, client) if server_home and not client_home else (client, server)
    if mac is None or ip != client or known.is_router(mac):
        mac = known.device_of(ip)
    name, unsure = peer_of(known, peer, ip, None, inside=client_home and server_home)
    return Subject(mac, ip, peer, name, port, proto, unsure)


def peer_of(
    known: "Known", ip: str, own_ip: str, mac: str | None, *, inside: bool
) -> tuple[str | None, bool]:
    """What the other side is called, and whether that is unsure.

    A peer at home is the device that has the address now: its own name comes before that of DNS, where an
    address may stand under the name of the device that had it before. `mac` is the peer's where it is known.
    """
    if not inside:
        return known.peer_name(ip, own_ip), known.is_claimed(ip, own_ip)
    if mac is not None and known.is_router(mac):
        mac = None  # it may only have forwarded
    if name := known.device_name(mac, ip):
        return name, False
    if name := known.peer_name(ip, own_ip):
        return name, True
    shown = known.display_name(mac, ip)
    return (None if shown == ip else shown), False


def shown(known: "Known", subject: Subject) -> tuple[str, str]:
    """Device and peer as a sentence names them."""
    return known.display_name(subject.device_mac, subject.device_ip), subject.peer
