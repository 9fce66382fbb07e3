"""Turns events and flows into the rows that the store takes."""

from collections.abc import Iterable
from typing import NamedTuple

from analysis.blocklist import Match
from analysis.detector import Known
from analysis.events import DnsLookup, Flow, HttpRequest, MdnsQuery, TlsHello, of_values
from analysis.names import registrable
from analysis.store.rows import Batch, DnsRow, FlowRow, HttpRow, TlsRow

MAX_ANSWERS = 32
"""Answers of one look-up that are stored; a UDP answer of 1,232 bytes holds about 70."""


class Totals(NamedTuple):
    """The columns of a flow's row that a record of it needs; see `sensors.flows`."""

    last_ts: float
    packets_up: int
    packets_down: int
    bytes_up: int
    bytes_down: int
    payload_up: int
    payload_down: int
    flags_down: int
    proto: int
    syn: bool
    answered: bool
    written_ts: float
    """When an earlier row was written, 0 for never; `written_up` and `written_down` are its bytes."""
    written_up: int
    written_down: int


class Recorder:
    """Collects rows until they are taken. `known` tells whose they are and what they are called."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self.batch = Batch()

    def take(self) -> Batch:
        """The rows since the last call."""
        batch, self.batch = self.batch, Batch()
        return batch

    def lookup(self, event: DnsLookup) -> None:
        """A DNS question with its answer."""
        ts, transport, client_mac, client_ip, server_ip, name, qtype, rcode, records, elapsed = event
        blocked: Match | None = None
        if transport in ("udp", "tcp"):
            blocked = self._known.blocked_name(name)
        values = tuple([record.value for record in records[:MAX_ANSWERS]]) if records else ()
        self.batch.dns.append(
            of_values(
                DnsRow,
                (
                    ts, self._known.device_key(client_mac), transport, client_ip, client_mac, server_ip, name,
                    qtype, rcode, values, blocked.list if blocked else None, elapsed,
                ),
            )
        )  # fmt: skip

    def questions(self, event: MdnsQuery, asked: Iterable[tuple[str, str]]) -> None:
        """Those of the questions of one host to all others that are recorded."""
        ts, mac, ip, server_ip, _ = event
        key = self._known.device_key(mac)
        self.batch.dns.extend(
            [
                of_values(DnsRow, (ts, key, "mdns", ip, mac, server_ip, name, qtype, None, (), None, None))
                for name, qtype in asked
            ]
        )

    def tls(self, event: TlsHello) -> None:
        """A TLS or QUIC hello."""
        self.batch.tls.append(
            TlsRow(
                event.ts,
                self._known.device_key(event.client_mac),
                event.client_ip,
                event.server_ip,
                event.port,
                event.sni,
                event.version,
                ",".join(event.alpn),
                event.ja4,
                event.ech,
                event.quic,
            )
        )

    def http(self, event: HttpRequest) -> None:
        """An HTTP request head."""
        self.batch.http.append(
            HttpRow(
                event.ts,
                self._known.device_key(event.client_mac),
                event.client_ip,
                event.server_ip,
                event.port,
                event.method,
                event.host,
                event.path,
                event.user_agent,
            )
        )

    def flow(self, flow: Flow, service: str | None, state: str, totals: Totals) -> None:
        """A flow so far, or at its end."""
        (number, first_seen, client_mac, server_mac, client_ip, server_ip, client_port, port, proto,
         client_home, server_home, group) = flow  # fmt: skip
        (last_ts, packets_up, packets_down, bytes_up, bytes_down, _, _, _, _, _, _, written_ts, written_up,
         written_down) = totals  # fmt: skip
        device_key = self._known.device_key
        if client_home or not server_home:
            device, peer_ip, own_ip = device_key(client_mac), server_ip, client_ip
        else:
            device, peer_ip, own_ip = device_key(server_mac), client_ip, server_ip
        peer = None if group else self._known.peer_name(peer_ip, own_ip)
        neighbour = device_key(server_mac) if client_home and server_home and not group else None
        self.batch.flows.append(
            of_values(
                FlowRow,
                (
                    number, device, client_ip, server_ip, client_port, port, proto, peer, service, state,
                    first_seen, last_ts, packets_up, packets_down, bytes_up, bytes_down,
                    _peer_key(peer_ip, peer) if neighbour is None else f"mac:{neighbour[1]}",
                    not written_ts, bytes_up - written_up, bytes_down - written_down,
                ),
            )
        )  # fmt: skip


def _peer_key(ip: str, name: str | None) -> str:
    # A made-up name with a colon could pass for a device's key; no domain has one.
    return registrable(name) if name and ":" not in name else ip
