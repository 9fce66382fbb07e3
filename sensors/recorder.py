"""Turns events and flows into the rows that the store takes."""

from typing import NamedTuple

from analysis.blocklist import Match
from analysis.detector import Known
from analysis.events import DnsLookup, Flow, HttpRequest, TlsHello
from analysis.names import registrable
from analysis.store.rows import Batch, DeviceKey, DnsRow, FlowRow, HttpRow, TlsRow
from sensors.flow_keys import RST, SYN, TCP

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
        blocked: Match | None = None
        if event.transport in ("udp", "tcp"):
            blocked = self._known.blocked_name(event.name)
        self.batch.dns.append(
            DnsRow(
                event.ts,
                self._known.device_key(event.client_mac),
                event.transport,
                event.client_ip,
                event.client_mac,
                event.server_ip,
                event.name,
                event.qtype,
                event.rcode,
                tuple([record.value for record in event.records[:MAX_ANSWERS]]) if event.records else (),
                blocked.list if blocked else None,
                event.elapsed,
            )
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

    def flow(self, flow: Flow, service: str | None, state: str, totals: "Totals") -> None:
        """A flow so far, or at its end."""
        device, outward = self._owner(flow)
        peer_ip, own_ip = (flow.server_ip, flow.client_ip) if outward else (flow.client_ip, flow.server_ip)
        peer = None if flow.group else self._known.peer_name(peer_ip, own_ip)
        self.batch.flows.append(
            FlowRow(
                flow.id,
                device,
                flow.client_ip,
                flow.server_ip,
                flow.client_port,
                flow.port,
                flow.proto,
                peer,
                service,
                state,
                flow.first_seen,
                totals.last_ts,
                totals.packets_up,
                totals.packets_down,
                totals.bytes_up,
                totals.bytes_down,
                self._peer_key(flow, peer_ip, peer),
                not totals.written_ts,
                totals.bytes_up - totals.written_up,
                totals.bytes_down - totals.written_down,
            )
        )

    def _owner(self, flow: Flow) -> tuple[DeviceKey | None, bool]:
        """The device that a flow belongs to, and whether that is its client."""
        if flow.client_home or not flow.server_home:
            return self._known.device_key(flow.client_mac), True
        return self._known.device_key(flow.server_mac), False

    def _peer_key(self, flow: Flow, peer_ip: str, peer: str | None) -> str:
        if flow.client_home and flow.server_home and not flow.group and flow.server_mac:
            key = self._known.device_key(flow.server_mac)
            if key:
                return f"mac:{key[1]}"
        # A made-up name with a colon could pass for a device's key; no domain has one.
        return registrable(peer) if peer and ":" not in peer else peer_ip


def flow_state(proto: int, syn: bool, answered: bool, flags_down: int, payload: int) -> str:
    """How a conversation went, from its TCP flags seen in either direction; see `events.FlowEnd`."""
    if proto != TCP:
        return "stateless"
    if not syn:
        return "midstream"
    if answered or payload:
        return "established"
    return "rejected" if flags_down & RST and not flags_down & SYN else "attempt"
